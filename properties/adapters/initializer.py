"""An initializer: f(fan_in, fan_out) or f(shape), with ``rng=`` where it takes one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from .._case import Case
from ._adapted import Fact, merge
from ._seeded import global_seed

Array = NDArray[Any]
Variance = Callable[[int, int], float]

GENERATORS = ("rng", "generator", "random")
SEEDS = ("seed", "random_state", "rng_seed")
SHAPES = ("shape", "size", "dims")

FORMULAS: dict[str, Variance] = {
    "1/fan_in": lambda fan_in, _: 1 / fan_in,
    "2/fan_in": lambda fan_in, _: 2 / fan_in,
    "1/fan_out": lambda _, fan_out: 1 / fan_out,
    "2/fan_out": lambda _, fan_out: 2 / fan_out,
    "2/(fan_in + fan_out)": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "1/(3 fan_in)": lambda fan_in, _: 1 / (3 * fan_in),
}
"""The variances in use; one that fits within a few per cent is inferred, and printed as inferred."""

TRIAL = ((400, 100), (100, 400))
NEAR = 0.1
WIDE, SMALL, BIG = 256, 0.25, 100.0
"""In a square layer of this width, what width times variance is called small or big."""

SPARSE = 0.6
"""Share of exact zeros above which a matrix is called sparse, declared or not."""

LAYER = 128
"""Width of the square layer through which signals are sent."""

KURTOSIS = {"uniform": (1.8, 0.1), "normal": (3.0, 0.2)}
"""Distribution -> its fourth moment over its squared second, and how near a trial must come."""


@dataclass(frozen=True)
class Initializer:
    """Weights of a layer from its two sizes and a seed."""

    call: Callable[[int, int, int], Any]
    traits: Traits
    abilities: frozenset[str]

    def __call__(self, fan_in: int, fan_out: int, seed: int) -> Array:
        """Return weights of shape (fan_in, fan_out)."""
        return np.asarray(self.call(fan_in, fan_out, seed))

    def variance(self, fan_in: int, fan_out: int) -> float:
        """Return the variance that was declared, or inferred."""
        assert self.traits.variance is not None
        return float(self.traits.variance(fan_in, fan_out))

    def entries(self, case: Case, fan_in: int, fan_out: int, count: int) -> Array:
        """Return at least `count` entries, from as many independent matrices as that takes."""
        seeds = case.generator(fan_in).integers(2**31, size=-(-count // (fan_in * fan_out)))
        return np.concatenate([self(fan_in, fan_out, int(seed)).reshape(-1) for seed in seeds]).astype(np.float64)


def adapt(declaration: Declaration) -> tuple[Initializer, tuple[Fact, ...]]:
    """Return the declared thing as an initializer, and the facts relied on."""
    if not callable(declaration.thing):
        raise InvalidArgument(
            f"{declaration.name!r} is a {type(declaration.thing).__name__}, but an initializer is called as "
            "f(fan_in, fan_out) or f(shape)"
        )
    call, how = _calling(declaration.thing)
    traits, facts = merge(declaration.traits, _facts(call, declaration.traits))
    abilities = _abilities(traits) - ({"independent"} if _is_sparse(call) else set())
    return Initializer(call, traits, abilities), (("called as", how, "inferred"), *facts)


def _abilities(traits: Traits) -> frozenset[str]:
    name, known = traits.distribution, traits.variance is not None
    gain = LAYER * traits.variance(LAYER, LAYER) if traits.variance is not None else 0.0
    present = {
        "constant": name == "constant",
        "seeded": name != "constant" and not traits.deterministic,
        "independent": name != "constant" and not traits.deterministic,
        "uniform": name == "uniform" and known,
        "distribution": name in {"normal", "uniform"} and known,
        "small": name != "constant" and 0 < WIDE * traits.variance(WIDE, WIDE) <= SMALL if traits.variance else False,
        "big": WIDE * traits.variance(WIDE, WIDE) >= BIG if traits.variance else False,
        "keeps variance": bool(np.isclose(gain, 1.0)),
        "keeps second moment": bool(np.isclose(gain, 2.0)),
    }
    return frozenset(ability for ability, there in present.items() if there)


def _is_sparse(call: Callable[[int, int, int], Any]) -> bool:
    """Say whether most entries are exactly 0: then two rows of few entries are alike by chance."""
    try:
        return bool(np.mean(np.asarray(call(*TRIAL[0], 12345)) == 0) > SPARSE)
    except Exception:  # a law says what it raises
        return False


def _calling(function: Callable[..., Any]) -> tuple[Callable[[int, int, int], Any], str]:
    parameters = _parameters(function)
    keyword = next((name for name in (*GENERATORS, *SEEDS) if name in parameters), None)
    names = [p.name for p in parameters.values() if p.name != keyword and p.kind is not p.KEYWORD_ONLY]
    needed = [name for name in names if parameters[name].default is inspect.Parameter.empty]
    by_shape = bool(names) and (names[0] in SHAPES or len(needed or names) == 1)

    def call(fan_in: int, fan_out: int, seed: int) -> Any:
        sizes: tuple[Any, ...] = ((fan_in, fan_out),) if by_shape else (fan_in, fan_out)
        if keyword is None:
            with global_seed(seed):
                return function(*sizes)
        source = np.random.default_rng(seed) if keyword in GENERATORS else seed
        return function(*sizes, **{keyword: source})

    sizes = "shape" if by_shape else "fan_in, fan_out"
    return call, f"f({sizes}{f', {keyword}=' if keyword else ''})" + ("" if keyword else ", np.random seeded")


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}


def _facts(call: Callable[[int, int, int], Any], declared: Traits) -> dict[str, Any]:
    try:
        samples = [np.asarray(call(*sizes, 12345), dtype=np.float64) for sizes in TRIAL]
    except Exception:  # a law says what it raises
        return {}
    if all((sample == sample.flat[0]).all() for sample in samples):
        return {"distribution": "constant"}
    found = {"distribution": _distribution(samples[0])}
    if declared.variance is None:
        found["variance"] = _variance([float(np.mean(sample**2)) for sample in samples])
    return {name: value for name, value in found.items() if value is not None}


def _distribution(sample: Array) -> Any:
    kurtosis = float(np.mean(sample**4) / np.mean(sample**2) ** 2)
    return next((name for name, (truth, near) in KURTOSIS.items() if abs(kurtosis - truth) < near), None)


def _variance(measured: list[float]) -> Any:
    fits = {
        name: max(abs(m / formula(*sizes) - 1) for m, sizes in zip(measured, TRIAL, strict=True))
        for name, formula in FORMULAS.items()
    }
    name = min(fits, key=lambda formula: fits[formula])
    return _named(FORMULAS[name], name) if fits[name] < NEAR else None


def _named(formula: Variance, name: str) -> Variance:
    def variance(fan_in: int, fan_out: int) -> float:
        return formula(fan_in, fan_out)

    variance.__name__ = name
    return variance

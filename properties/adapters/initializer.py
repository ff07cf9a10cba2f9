"""An initializer: f(fan_in, fan_out) or f(shape), with ``rng=`` where it takes one."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from .._case import Case
from ._adapted import Fact, merge
from ._seeded import global_seed, reseeded
from ._trial import accepted, copyable, instance
from ._weight_names import variances_named

Array = NDArray[Any]
Variance = Callable[[int, int], float]

GENERATORS = ("rng", "generator", "random")
SEEDS = ("seed", "random_state", "rng_seed")
SHAPES = ("shape", "size", "dims")

LAYOUTS = ("OIHW", "HWIO")
"""Layouts of the weights of a convolution: the axes of filters (O), channels (I), height and width."""

KERNEL = "kernel"
"""The name of the argument that makes an initializer return kernels."""

FORMULAS: dict[str, Variance] = {
    "1/fan_in": lambda fan_in, _: 1 / fan_in,
    "2/fan_in": lambda fan_in, _: 2 / fan_in,
    "1/fan_out": lambda _, fan_out: 1 / fan_out,
    "2/fan_out": lambda _, fan_out: 2 / fan_out,
    "2/(fan_in + fan_out)": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "1/(3 fan_in)": lambda fan_in, _: 1 / (3 * fan_in),
}
"""The variances in use; one that fits is inferred, and printed as inferred."""

TRIAL = ((400, 100), (100, 400))

NEAR = 0.02
"""How near the measured variances must come to a formula: three standard deviations of the trial's."""
WIDE, SMALL, BIG = 256, 0.25, 100.0
"""In a square layer of this width, what width times variance is called small or big."""

SPARSE = 0.6
"""Share of exact zeros above which a matrix is called sparse, declared or not."""

LAYER = 64
"""Width of the square layer through which signals are sent."""

STANDARD = {"uniform": stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)), "normal": stats.norm()}
"""Distribution -> its form with mean 0 and variance 1."""

KURTOSIS = {"uniform": (1.8, 0.1), "normal": (3.0, 0.2)}
"""Distribution -> its fourth moment over its squared second, and how near a trial must come."""

APART = 0.011
"""How far a trial's distribution function may be from the one it is taken for: 2 exp(-2 n t²) is 1e-4 for both."""


@dataclass(frozen=True)
class Initializer:
    """Weights of a layer from its two sizes and a seed.

    ``claimed`` is the distribution that was declared, ``"normal"`` or ``"uniform"``: an inferred one only looks like
    it, and no rate rests on that.
    """

    call: Callable[[int, int, int], Any]
    traits: Traits
    abilities: frozenset[str]
    claimed: str | None = None
    function: Callable[..., Any] | None = None

    def __call__(self, fan_in: int, fan_out: int, seed: int) -> Array:
        """Return weights of shape (fan_in, fan_out)."""
        return np.asarray(self.call(fan_in, fan_out, seed))

    def kernel(self, channels: int, filters: int, size: tuple[int, int], seed: int) -> Array:
        """Return the weights of a convolution."""
        return np.asarray(_kernel(self.function, self.traits.kernels, (channels, filters, *size), seed))

    def bare(self, fan_in: int, fan_out: int, seed: int) -> Callable[[], Any]:
        """Return a call that is handed a seed where it takes one, and leaves the global generators to it."""
        assert self.function is not None
        keyword, by_shape = _convention(self.function)
        sizes: tuple[Any, ...] = ((fan_in, fan_out),) if by_shape else (fan_in, fan_out)
        return partial(copy.deepcopy(self.function), *sizes, **_source(keyword, seed))

    def variance(self, fan_in: int, fan_out: int) -> float:
        """Return the variance that was declared, or inferred."""
        assert self.traits.variance is not None
        return float(self.traits.variance(fan_in, fan_out))

    def entries(self, case: Case, fan_in: int, fan_out: int, count: int, stream: int = 0) -> Array:
        """Return at least `count` entries, from as many independent matrices as that takes."""
        seeds = case.generator(fan_in + stream).integers(2**31, size=-(-count // (fan_in * fan_out)))
        return np.concatenate([self(fan_in, fan_out, int(seed)).reshape(-1) for seed in seeds]).astype(np.float64)


def adapt(declaration: Declaration) -> tuple[Initializer, tuple[Fact, ...]]:
    """Return the declared thing as an initializer, and the facts relied on."""
    function = copyable(instance(declaration.thing, declaration.name), declaration.name)
    if not callable(function):
        raise InvalidArgument(
            f"{declaration.name!r} is a {type(declaration.thing).__name__}, but an initializer is called as "
            "f(fan_in, fan_out) or f(shape)"
        )
    call, how = _calling(function)
    accepted(call, 3, 2, 0, name=declaration.name, how="an initializer, f(fan_in, fan_out) or f(shape)")
    found = _facts(call, declaration.traits) | _layout(function)
    named = _named_otherwise(declaration, function, found)
    found |= {} if named is None else {"variance": named}
    traits, facts = merge(declaration.traits, found)
    claimed = declaration.traits.distribution if declaration.traits.distribution in KURTOSIS else None
    abilities = _abilities(traits, claimed) - ({"independent"} if _is_sparse(call) else set())
    abilities |= {"own seed"} if _convention(function)[0] else set()
    whole = Initializer(call, traits, abilities, claimed, function)
    told: tuple[Fact, ...] = () if named is None else (("variance by its name", named.__name__, "inferred"),)
    return whole, (("called as", how, "inferred"), *told, *facts)


def _named_otherwise(declaration: Declaration, function: Any, found: dict[str, Any]) -> Variance | None:
    """Return the variance that the name of a function stands for, where it shows another one; None else."""
    if declaration.traits.variance is not None or found.get("distribution") not in KURTOSIS:
        return None  # truncated weights have the variance that is left
    taken = {"fan_in", "fan_out", "n_in", "n_out", "dtype", KERNEL, *GENERATORS, *SEEDS, *SHAPES}
    beside = set(_parameters(function)) - taken if inspect.isroutine(function) else {"what an object holds"}
    said = variances_named(getattr(function, "__name__", ""), beside)
    shown = found.get("variance")
    return None if not said or (shown and shown.__name__ in said) else _named(FORMULAS[said[0]], said[0])


def _abilities(traits: Traits, claimed: str | None) -> frozenset[str]:
    name, known = traits.distribution, traits.variance is not None
    drawn = name != "constant" and not traits.deterministic and not traits.identity
    gain = LAYER * traits.variance(LAYER, LAYER) if traits.variance is not None else 0.0
    present = {
        "constant": name == "constant",
        "seeded": drawn,
        "kernels": traits.kernels in LAYOUTS,
        "independent": drawn,
        "dense": drawn and not traits.sparsity,
        "uniform": name == "uniform" and known,
        "declared distribution": claimed is not None and known,
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
    keyword, by_shape = _convention(function)

    def call(fan_in: int, fan_out: int, seed: int) -> Any:
        sizes: tuple[Any, ...] = ((fan_in, fan_out),) if by_shape else (fan_in, fan_out)
        return _seeded(function, keyword, seed, *sizes)

    sizes = "shape" if by_shape else "fan_in, fan_out"
    return call, f"f({sizes}{f', {keyword}=' if keyword else ''})" + (
        "" if keyword else ", np.random seeded" if reseeded(function, 0) is None else ", its own generator seeded"
    )


def _convention(function: Callable[..., Any]) -> tuple[str | None, bool]:
    """Return the name of the argument for the seed, and whether the sizes are handed over as one shape."""
    parameters = _parameters(function)
    keyword = next((name for name in (*GENERATORS, *SEEDS) if name in parameters), None)
    names = [p.name for p in parameters.values() if p.name != keyword and p.kind is not p.KEYWORD_ONLY]
    needed = [name for name in names if parameters[name].default is inspect.Parameter.empty]
    return keyword, bool(names) and (names[0] in SHAPES or len(needed or names) == 1)


def _seeded(function: Callable[..., Any], keyword: str | None, seed: int, *sizes: Any, **options: Any) -> Any:
    if keyword is None:
        own = reseeded(function, seed)
        with global_seed(seed):
            return (function if own is None else own)(*sizes, **options)
    return function(*sizes, **options, **_source(keyword, seed))


def _source(keyword: str | None, seed: int) -> dict[str, Any]:
    """Return the generator or the seed under the name by which a function takes it."""
    if keyword is None:
        return {}
    return {keyword: np.random.default_rng(seed) if keyword in GENERATORS else seed}


def _kernel(function: Any, layout: Any, sizes: tuple[int, int, int, int], seed: int) -> Any:
    """Return kernels of so many channels and filters, height and width."""
    keyword, by_shape = _convention(function)
    if not by_shape:
        return _seeded(function, keyword, seed, *sizes[:2], **{KERNEL: sizes[2:]})
    named = dict(zip("IOHW", sizes, strict=True))
    return _seeded(function, keyword, seed, tuple(named[axis] for axis in layout))


def _layout(function: Callable[..., Any]) -> dict[str, Any]:
    """Tell the layout of the kernels that `function` makes if asked to by name."""
    if KERNEL not in _parameters(function):
        return {}
    try:
        shape = np.shape(_kernel(function, None, (2, 3, 4, 5), 0))
    except Exception:  # it makes none
        return {}
    named = dict(zip("IOHW", (2, 3, 4, 5), strict=True))
    return {"kernels": next((layout for layout in LAYOUTS if shape == tuple(named[axis] for axis in layout)), None)}


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
    w = np.sort(sample, axis=None) / np.sqrt(np.mean(sample**2))
    kurtosis, steps = float(np.mean(w**4)), np.arange(w.size) / w.size
    for name, (truth, near) in KURTOSIS.items():
        if abs(kurtosis - truth) < near and np.abs(STANDARD[name].cdf(w) - steps).max() < APART:
            return name
    return None


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

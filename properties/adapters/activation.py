"""An activation: f(x), elementwise, and its derivative given or found beside it."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from ...subjects.functions._beside import derivative_beside
from .. import _infer
from .._case import Case
from ..strategies import MILD, at_kinks, away_from, tensors
from ._adapted import SINGLE, Fact, is_single, merge
from ._example import Example
from ._trial import accepted, copyable, instance, seen_as, tried

Array = NDArray[Any]

ROWS, WIDTH = 5, 3
DERIVATIVES = ("derivative", "gradient", "grad", "deriv", "prime")
"""What an object calls its derivative, as a function of the input."""

MARGIN = 1e-3
"""Distance that ordinary examples of a gradient keep from a kink; others are put exactly at one."""


@dataclass(frozen=True)
class Activation:
    """f and f', with the facts known about them; ``size`` is the largest value near 0.

    ``bounded`` says that its author declared the range: what is read off a scan says nothing about infinity.
    """

    function: Callable[[Any], Any]
    derivative: Callable[[Any], Any] | None
    traits: Traits
    abilities: frozenset[str]
    size: float
    bounded: bool = False
    second: Callable[[Any], Any] | None = None

    def __call__(self, x: Any) -> Array:
        """Return f(x) as an array."""
        return np.asarray(self.function(x))

    def slope(self, x: Any) -> Array:
        """Return f'(x) as an array."""
        assert self.derivative is not None
        return np.asarray(self.derivative(x))

    def repeat(self, case: Case) -> tuple[Callable[[Array], Any], Array]:
        """Return a call and its input, for the laws that hold of anything."""
        return self.function, case.array("x", tensors())

    def checkable(self) -> tuple[Any, dict[str, Any]]:
        """Return what to hand to `gradcheck.check` with the subject's own inputs."""
        return self.function, {"derivative": self.derivative}

    def gradient_call(self, case: Case, mode: str) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:  # noqa: ARG002
        """Return what to hand to `gradcheck.check`."""
        kinks = self.traits.kinks or ()
        shape: dict[str, Any] = {"rows": (2, 4), "widths": (1, 4), "structures": MILD, "scales": (1.0, 0.1, 10.0)}
        strategy = away_from((*kinks, *(self.traits.jumps or ())), margin=MARGIN, locs=(0.0, 1.0, -3.0), **shape)
        if kinks:
            strategy = strategy | at_kinks(kinks, **shape)
        return self.function, (case.array("x", strategy),), {"derivative": self.derivative}

    def ordinary(self, rng: np.random.Generator) -> Example:
        """Return one call at ordinary values, for what is tried without a search."""
        return Example(self.function, (rng.standard_normal((ROWS, WIDTH)),), {"derivative": self.derivative}, (0,))

    def example(self, case: Case) -> Example:
        """Return one call, for the gradient laws."""
        return Example(*self.gradient_call(case, "train"), rows=(0,))


def adapt(declaration: Declaration) -> tuple[Activation, tuple[Fact, ...]]:
    """Return the declared thing as an activation, and the facts relied on."""
    declaration = replace(declaration, thing=instance(declaration.thing, declaration.name))
    function = _function(declaration)
    accepted(function, np.array([0.5, -0.5]), name=declaration.name, how="an activation, f(x) of one array")
    derivative, found = _derivative(declaration)
    inferred = _infer.facts_of(function, derivative)
    told = declaration.traits.kinks is not None
    if told:  # then where it jumps is told as well
        inferred.pop("jumps", None)
    traits, facts = merge(declaration.traits, inferred)
    second = _second(function, declaration.options.get("derivative"))
    activation = Activation(
        function,
        derivative,
        traits,
        _abilities(function, derivative, second, traits) | ({"told kinks"} if told else set()),
        _infer.size_near_zero(function),
        bounded=declaration.traits.range is not None,
        second=second,
    )
    return activation, (*found, *facts)


def _function(declaration: Declaration) -> Callable[[Any], Any]:
    """Return the function: the thing itself, or the forward of a copy that nobody else holds."""
    thing = declaration.thing
    if callable(thing) and not hasattr(thing, "backward"):
        _refuse_of_one_number(thing, declaration.name)
        return thing  # type: ignore[no-any-return]
    if not hasattr(thing, "forward") and not callable(thing):
        raise InvalidArgument(
            f"{declaration.name!r} is a {type(thing).__name__}, but an activation is a function of one array, or an "
            f"object with forward, and with backward or one of {', '.join(DERIVATIVES)}"
        )
    copyable(thing, declaration.name)
    return seen_as(lambda x: _forward(copy.deepcopy(thing), x)[0], getattr(thing, "forward", thing))


def _refuse_of_one_number(function: Callable[[Any], Any], name: str) -> None:
    error = tried(function, np.array([0.5, -0.5]))[1]
    if error is not None and isinstance(tried(function, 0.5)[0], float):
        raise InvalidArgument(
            f"{name!r} takes one number, and raised {type(error).__name__} for an array of two: {error}; write it "
            "for arrays, with np.where and np.maximum, or declare np.vectorize of it"
        ) from error


def _forward(thing: Any, x: Any) -> tuple[Any, ...]:
    """Return the output of an object, and the cache that it returns beside it."""
    out = getattr(thing, "forward", thing)(x)
    return out if isinstance(out, tuple) else (out,)


def _method(thing: Any) -> tuple[Callable[[Any], Any], str] | None:
    """Return the derivative that an object brings along, and what it is called."""
    if inspect.isroutine(thing):
        return None
    name = next((name for name in DERIVATIVES if callable(getattr(thing, name, None))), None)
    if name is not None:
        return getattr(thing, name), name
    if not callable(getattr(thing, "backward", None)):
        return None
    return seen_as(lambda x: _backward(copy.deepcopy(thing), x), thing.backward), "backward"


def _backward(thing: Any, x: Any) -> Any:
    """Return what a backward makes of ones."""
    out, *cache = _forward(thing, x)
    found = thing.backward(np.ones_like(np.asarray(out)), *cache)
    return found[0] if isinstance(found, tuple) else found


def _abilities(function: Any, derivative: object, second: object, traits: Traits) -> frozenset[str]:
    signs, single = _signs(function), is_single(function, np.array([0.5, -0.5]))
    known = {
        "derivative": derivative,
        "gradient": derivative,
        "second": derivative and second,
        "saturation": traits.saturates,
        "rows": True,
        "independent rows": True,
        "repeatable": True,
        "float32": True,
        SINGLE: single,
        "double": not single,
        "two signs": signs == (-1.0, 1.0),
        "one sign": derivative and traits.range is not None and traits.range[0] >= 0,
        "dead side": derivative and _is_dead(function, derivative),
    }
    return frozenset(name for name, present in known.items() if present)


def _signs(function: Callable[[Any], Any]) -> tuple[float, ...] | None:
    try:
        return tuple(float(s) for s in np.sign(np.asarray(function(np.array([-1.0, 1.0])))))
    except Exception:  # a law says what it raises
        return None


def _is_dead(function: Callable[[Any], Any], derivative: Any) -> bool:
    """Say whether function and derivative are exactly 0 on the left."""
    try:
        left = np.array([-0.5, -1.0, -10.0])
        return not np.any(function(left)) and not np.any(derivative(left))
    except Exception:  # a law says what it raises
        return False


def _second(function: Any, given: Any) -> Callable[[Any], Any] | None:
    """Return the second derivative: the second of two that were given, or what stands beside the function."""
    if isinstance(given, tuple):
        return given[1]  # type: ignore[no-any-return]
    name = getattr(function, "__name__", "")
    beside = getattr(function, "__globals__", {}).get(f"{name}_second") if name else None
    return beside if callable(beside) else None


def _derivative(declaration: Declaration) -> tuple[Callable[[Any], Any] | None, tuple[Fact, ...]]:
    for option in ("derivative", "vjp", "grad"):
        given = declaration.options.get(option)
        if given is not None:
            given = given[0] if isinstance(given, tuple) else given  # first and second order
            called = partial(_with_ones, given) if option == "vjp" else given
            return called, (("derivative", getattr(given, "__name__", option), "declared"),)
    beside = _method(declaration.thing) or derivative_beside(declaration.thing)
    if beside is None:
        return None, ()
    return beside[0], (("derivative", beside[1], "inferred"),)


def _with_ones(vjp: Callable[[Any, Any], Any], x: Any) -> Any:
    result = vjp(np.ones_like(np.asarray(x)), x)
    return result[0] if isinstance(result, tuple) else result

"""A regularizer: a penalty f(w) with its gradient, or a projection w -> w; its strength fixed at an ordinary value.

Forms: a function of the weights, and of a strength if it takes one; an object with a value and a gradient under the
usual names, of which a backward comes after its forward; a function that returns weights of the same shape is a
projection.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from ...subjects.functions._beside import NAMES
from .._case import Case
from .._expect import epsilon
from ..strategies import tensors
from ._adapted import Fact, merge
from ._example import Example
from ._trial import accepted, copyable, instance, own, seen_as, told, tried

Array = NDArray[Any]
Function = Callable[..., Any]

VALUES = ("penalty", "value", "loss", "forward", "__call__")
GRADIENTS = ("gradient", "grad", "derivative", "backward")
STRENGTH, MORE = 0.5, (0.25, 0.75)
"""What is handed to parameters without a default: the first is the strength or the limit."""

PROXIMAL = re.compile("prox|soft.?thresh|shrink")
"""What is in the name of a map that goes a step towards smaller weights, and another one when it is called again."""

TRIAL = np.array([[0.5, -2.0, 3.0], [-0.25, 1.5, 0.75]])
ORDINARY: dict[str, Any] = {"scales": (1.0, 0.1, 10.0), "locs": (0.0, 1.0, -3.0), "rows": (1, 4)}


@dataclass(frozen=True)
class Regularizer:
    """Penalty and gradient as functions of the weights; or a projection."""

    function: Function
    gradient: Function | None
    extra: tuple[Any, ...]
    traits: Traits
    abilities: frozenset[str]
    shape: tuple[int, ...] | None = None

    def __call__(self, w: Array, strength: float | None = None) -> Array:
        """Return the penalty, or the projected weights."""
        return np.asarray(self.function(w, *self._with(strength)))

    def slope(self, w: Array, strength: float | None = None) -> Array:
        """Return the gradient of the penalty."""
        assert self.gradient is not None
        found = self.gradient(w, *self._with(strength))
        return np.asarray(found[0] if isinstance(found, tuple) else found)

    @property
    def strength(self) -> float:
        """What the penalty is multiplied by; 1 where nothing is asked for."""
        return float(self.extra[0]) if self.extra else 1.0

    def weights(self, case: Case, name: str = "w", shape: tuple[int, ...] | None = None, **options: Any) -> Array:
        """Draw weights."""
        return case.array(name, tensors(shape or self.shape, **{**ORDINARY, **options}))

    def beside_zero(self, shape: tuple[int, ...]) -> float:
        """Return the least penalty of weights near 0, of either sign."""
        return min(float(self(sign * 1e-3 * z)) for z in units_of(shape) for sign in (1.0, -1.0))

    def segment(self, case: Case) -> tuple[Array, Array, Callable[[Array], Any]]:
        """Draw two points, and return the penalty."""
        w = self.weights(case)
        return w, self.weights(case, "v", w.shape), self

    def example(self, case: Case) -> Example:
        """Return one call, for the gradient laws."""
        return Example(self.penalty, (self.weights(case, structures=("dense", "sorted")),), {"grad": self.slope})

    def gradient_call(self, case: Case, mode: str) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:  # noqa: ARG002
        """Return what to hand to `gradcheck.check`."""
        example = self.example(case)
        return self.penalty, example.inputs, {"grad": self.slope}

    def checkable(self) -> tuple[Any, dict[str, Any]]:
        """Return what to hand to `gradcheck.check` with the subject's own inputs."""
        return self.penalty, {"grad": lambda w, *_: self.slope(w), "wrt": 0}

    def repeat(self, case: Case) -> tuple[Callable[[Array], Any], Array]:
        """Return a call and its input, for the laws that hold of anything."""
        return self, self.weights(case)

    def penalty(self, w: Any, *_: Any) -> Any:
        """Return the penalty as a function of the weights alone."""
        return self.function(w, *self.extra)

    def _with(self, strength: float | None) -> tuple[Any, ...]:
        return self.extra if strength is None else (strength, *self.extra[1:])


def units_of(shape: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Return weights of size 1: alike, of alternating signs, and every other one alone."""
    signs = np.where(np.indices(shape).sum(axis=0) % 2, -1.0, 1.0)
    return np.ones(shape), signs, (1 + signs) / 2


def adapt(declaration: Declaration) -> tuple[Regularizer, tuple[Fact, ...]]:
    """Return the declared thing as a regularizer, and the facts relied on.

    Raises
    ------
    InvalidArgument
        It cannot be called with weights.
    """
    function, gradient, how = _functions(declaration)
    shape = tuple(np.shape(declaration.inputs[0])) if declaration.inputs else None
    extra = tuple(declaration.inputs[1:]) or _extra(function)
    draft = Regularizer(function, gradient, extra, declaration.traits, frozenset(), shape)
    trial = np.resize(TRIAL, TRIAL.shape if shape is None else shape)
    accepted(draft.penalty, trial.copy(), name=declaration.name, how="a regularizer, f(w) of the weights")
    _refuse_raising(draft, trial, declaration.name)
    projects = np.shape(_try(draft, trial)) == trial.shape != ()
    traits, facts = merge(declaration.traits, {} if projects else _facts(draft, trial))
    onto = projects and not PROXIMAL.search(declaration.name.lower())
    known = {
        "map": projects,
        "projection": onto,
        "penalty": not projects,
        "rises": not projects and not _asks_for_others(draft, trial.shape),
        "gradient": gradient is not None and not projects,
        "float32": gradient is not None and not projects,
        "strength": bool(extra) and not projects and len(extra) == 1,
        "limit": onto and bool(extra),
        "ball": onto and bool(extra) and not traits.separable,
        "degree": traits.degree is not None and gradient is not None,
        "quadratic": traits.degree == 2 and gradient is not None,
        "flat sum": traits.degree == 2 and bool(traits.separable),
    }
    abilities = frozenset(name for name, there in known.items() if there)
    listed = (("called as", f"f(w{''.join(f', {value:g}' for value in extra if np.ndim(value) == 0)})", "inferred"),)
    found = (("gradient", how, "inferred"),) if how else ()
    return replace(draft, traits=traits, abilities=abilities), (*listed, *found, *facts)


def _asks_for_others(penalty: Regularizer, shape: tuple[int, ...]) -> bool:
    """Say whether weights near 0 cost less than none, and none of them less than nothing."""
    beside, nothing = _try(penalty.beside_zero, shape), _try(penalty, np.zeros(shape))
    return beside is not None and np.size(nothing) == 1 and 0 <= beside < float(nothing)


def _refuse_raising(penalty: Regularizer, w: Array, name: str) -> None:
    """Raise `InvalidArgument` where ordinary weights raise inside: no law could say more."""
    _, error = tried(penalty.penalty, w.copy())
    if (raised := own([error])) is not None:
        raise InvalidArgument(
            f"{name!r} raised {told(raised)} for weights of shape {w.shape}; a regularizer is f(w) of one array: "
            "declare an example of it where that has another shape"
        ) from raised


def _functions(declaration: Declaration) -> tuple[Function, Function | None, str]:
    thing, options = instance(declaration.thing, declaration.name), declaration.options
    if not inspect.isroutine(thing):
        value = next((getattr(thing, name) for name in VALUES if callable(getattr(thing, name, None))), None)
        named = next((name for name in GRADIENTS if callable(getattr(thing, name, None))), None)
        slope = None if named is None else getattr(thing, named)
        if slope is not None:
            copyable(thing, declaration.name)
        if named == "backward" and value is not None and slope is not None:
            slope = _after(value, slope)
    else:
        value, slope = thing, None
    if value is None:
        raise InvalidArgument(
            f"{declaration.name!r} is a {type(thing).__name__}, but a regularizer is a function of the weights, or "
            f"an object with one of {', '.join(VALUES[:-1])} and one of {', '.join(GRADIENTS)}"
        )
    given = options.get("grad") or options.get("derivative") or slope
    if given is not None:
        return value, given, ""
    found = _beside(thing)
    return value, found[0] if found else None, found[1] if found else ""


def _after(forward: Function, backward: Function) -> Function:
    """Return the gradient that a backward gives after its forward: of the weights, or of the upstream 1 of a loss."""
    takes, weights = _positional(backward), _positional(forward)
    if takes and takes[0].name in {*_WEIGHTS, *(p.name for p in weights[:1])}:
        return backward
    upstream = (1.0,) if takes and takes[0].default is inspect.Parameter.empty else ()

    def gradient(w: Array, *extra: Any) -> Any:
        forward(w, *extra)
        return backward(*upstream)

    return seen_as(gradient, backward)


_WEIGHTS = ("w", "W", "weight", "weights", "x", "theta", "params")
"""What a backward calls its argument where that is no upstream."""


def _positional(function: Function) -> list[inspect.Parameter]:
    """Return the parameters that may be handed over by place."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [parameter for parameter in parameters if parameter.kind in kinds]


def _beside(function: Any) -> tuple[Function, str] | None:
    name = getattr(function, "__name__", "")
    home = getattr(function, "__globals__", None) or vars(
        sys.modules.get(getattr(function, "__module__", ""), object)
    )
    names = [pattern.format(name) for pattern in NAMES] if name else []
    return next(((home[n], n) for n in names if inspect.isroutine(home.get(n)) and home[n] is not function), None)


def _extra(function: Function) -> tuple[float, ...]:
    """Return values for the parameters after the weights that have no default."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[1:]
    except (TypeError, ValueError):
        return ()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p for p in parameters if p.default is p.empty and p.kind in positional]
    if needed or not parameters:
        return (STRENGTH, *MORE)[: len(needed)]
    first = parameters[0]
    return (float(first.default),) if first.kind in positional and isinstance(first.default, (int, float)) else ()


_FACTORS = (2.0, 3.0, 2.0**-20)
"""Where a degree has to show; the small one tells sqrt(w² + ε) from |w|."""


def _facts(penalty: Regularizer, w: Array) -> dict[str, Any]:
    values = [_try(penalty, a * w) for a in (1.0, *_FACTORS)]
    if any(v is None or np.size(v) != 1 for v in values):
        return {}
    one, *others = (float(np.asarray(v).reshape(())) for v in values)
    digits = epsilon(np.asarray(values[0])) * 64 * w.size
    parts = [_try(penalty, row[None]) for row in w] if w.ndim > 1 else []
    facts: dict[str, Any] = {}
    if one > 0:
        for degree in (1.0, 2.0):
            if np.allclose(others, np.power(_FACTORS, degree) * one, rtol=digits, atol=0.0):
                facts["degree"] = degree
    single = [_try(penalty, np.array([[entry]])) for entry in w.flat]
    if parts and all(v is not None for v in single):
        facts["separable"] = bool(np.isclose(sum(float(np.asarray(v).reshape(())) for v in single), one))
    if facts.get("separable") and facts.get("degree") == 1:
        facts["sparse"] = True
    return facts


def _try(function: Function, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except Exception:  # it is not called that way: that is the answer
        return None

"""A loss: f(prediction, target), its gradient with respect to the prediction given, returned beside it, or found.

Forms: a function with ``grad=`` or with its gradient beside it in the module; a function that returns the loss and
its gradient; an object with ``forward(prediction, target)`` and ``backward()``. A target is whole numbers (a class
per row), or an array like the prediction.
"""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...subjects import Declaration, Traits
from ...subjects._beside import NAMES
from .._case import Case
from ..strategies import MILD, choice, tensors
from ._adapted import Fact, merge
from ._example import Example
from ._repeated import reduction
from ._trial import own, told, tried

Array = NDArray[Any]
Function = Callable[..., Any]

ROWS, CLASSES = 5, 3
TRIAL = np.random.default_rng(0).standard_normal((ROWS, CLASSES))
REDUCTIONS = ("mean", "sum", "none")
GENTLE: dict[str, Any] = {"structures": MILD, "scales": (1.0, 0.1, 10.0), "locs": (0.0, 1.0, -3.0)}


@dataclass(frozen=True)
class Loss:
    """Value and gradient as functions of prediction and target; ``targets`` is what the target looks like."""

    value: Function
    gradient: Function | None
    targets: str
    traits: Traits
    abilities: frozenset[str]
    shape: tuple[int, ...] | None = None
    thing: Any = None

    def __call__(self, prediction: Array, target: Array, **how: Any) -> Array:
        """Return the loss."""
        return np.asarray(self.value(prediction, target, **how))

    def slope(self, prediction: Array, target: Array, **how: Any) -> Array:
        """Return the gradient with respect to the prediction."""
        assert self.gradient is not None
        return np.asarray(self.gradient(prediction, target, **how))

    def drawn(self, case: Case, **options: Any) -> tuple[Array, Array]:
        """Draw a prediction and a target."""
        shape: dict[str, Any] = {"rows": (1, 6), "widths": (2, 5)}
        if self.shape is not None:
            shape = {"shape": self.shape}
        prediction = case.array("prediction", tensors(**{**shape, **GENTLE, **options}))
        return prediction, self.target(case, prediction.shape)

    def segment(self, case: Case) -> tuple[Array, Array, Callable[[Array], Any]]:
        """Draw two predictions, and return the loss as a function of the prediction."""
        prediction, target = self.drawn(case)
        other = case.array("other", tensors(prediction.shape, **GENTLE))
        return prediction, other, lambda x: self(x, target)

    def target(self, case: Case, shape: tuple[int, ...]) -> Array:
        """Draw a target for predictions of `shape`."""
        rng = np.random.default_rng(case.pick("target seed", choice(tuple(range(100)))))
        return target_of(self.targets, shape, rng)

    def ordinary(self, rng: np.random.Generator) -> Example:
        """Return one call at ordinary values, for what is tried without a search."""
        thing, options = self.checkable()
        shape = (ROWS, CLASSES) if self.shape is None else self.shape
        return Example(thing, (rng.standard_normal(shape), target_of(self.targets, shape, rng)), options, (0, 1))

    def example(self, case: Case) -> Example:
        """Return one call, for the gradient laws: with a target, the loss is a function of the prediction."""
        thing, options = self.checkable()
        return Example(thing, self.drawn(case), options, (0, 1))

    def gradient_call(self, case: Case, mode: str) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:  # noqa: ARG002
        """Return what to hand to `gradcheck.check`."""
        example = self.example(case)
        return example.thing, example.inputs, dict(example.options)

    def checkable(self) -> tuple[Any, dict[str, Any]]:
        """Return what to hand to `gradcheck.check` with the subject's own inputs."""
        if self.thing is not None:
            return _Held(copy.deepcopy(self.thing)), {"wrt": 0}
        return self.value, {"vjp": self._vjp, "wrt": 0}

    def repeat(self, case: Case) -> tuple[Callable[[Array], Any], Array]:
        """Return a call and its input, for the laws that hold of anything."""
        prediction, target = self.drawn(case)
        return (lambda x: self.value(x, target)), prediction

    def _vjp(self, upstream: Any, prediction: Any, target: Any) -> Any:
        gradient = self.slope(prediction, target)
        weight = np.asarray(upstream)
        return gradient * (
            weight if weight.ndim == 0 else weight.reshape(*weight.shape, *(1,) * (gradient.ndim - weight.ndim))
        )


class _Held:
    """A loss object as a layer: its backward takes an upstream, whether or not it asks for one."""

    def __init__(self, loss: Any) -> None:
        self.loss = loss

    def forward(self, prediction: Any, target: Any) -> Any:
        """Return the loss."""
        return self.loss.forward(prediction, target)

    def backward(self, upstream: Any) -> Any:
        """Return the gradient with respect to the prediction."""
        if _asks(self.loss.backward):
            found = self.loss.backward(upstream)
            return found[0] if isinstance(found, tuple) else found
        found = self.loss.backward()
        return upstream * (found[0] if isinstance(found, tuple) else found)


def target_of(targets: str, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return a random target of a kind.

    >>> target_of("one-hot", (2, 3), np.random.default_rng(0)).sum(axis=1)
    array([1., 1.])
    """
    if targets == "labels":
        return rng.integers(shape[-1], size=shape[:-1])
    if targets == "one-hot":
        return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    if targets in {"binary", "signs"}:
        bits = rng.integers(2, size=shape).astype(float)
        return bits if targets == "binary" else 2 * bits - 1
    if targets == "probabilities":
        return rng.dirichlet(np.ones(shape[-1]), size=shape[:-1])
    return rng.standard_normal(shape)


def adapt(declaration: Declaration) -> tuple[Loss, tuple[Fact, ...]]:
    """Return the declared thing as a loss, and the facts relied on.

    Raises
    ------
    InvalidArgument
        It is not called with a prediction and a target.
    """
    value, gradient, how = _functions(declaration)
    example = declaration.inputs[:2] if len(declaration.inputs) > 1 else None
    targets = declaration.traits.targets or (_kind_of(*example) if example else _found(declaration.name, value))
    shape = tuple(np.shape(example[0])) if example else None
    draft = Loss(value, gradient, targets, declaration.traits, frozenset(), shape)
    traits, facts = merge(declaration.traits, {"targets": targets, **_facts(draft)})
    held = declaration.thing if hasattr(declaration.thing, "backward") else None
    loss = Loss(value, gradient, targets, traits, _abilities(draft, traits), shape, held)
    return loss, (*((("gradient", how, "inferred"),) if how else ()), *facts)


def _functions(declaration: Declaration) -> tuple[Function, Function | None, str]:
    thing, options = declaration.thing, declaration.options
    if hasattr(thing, "forward") and hasattr(thing, "backward"):
        return _of_object(thing)
    if not callable(thing):
        raise InvalidArgument(
            f"{declaration.name!r} is a {type(thing).__name__}, but a loss is a function of prediction and target, "
            "or an object with forward and backward"
        )
    given = options.get("grad") or options.get("derivative")
    if given is not None:
        return thing, _first(given), ""
    if options.get("vjp") is not None:
        vjp = options["vjp"]
        return thing, _first(lambda p, t, **how: vjp(np.ones_like(thing(p, t, **how)), p, t, **how)), ""
    beside = _beside(thing)
    if beside is not None:
        return thing, _first(beside[0]), beside[1]
    if _returns_both(thing):
        return (lambda p, t, **how: thing(p, t, **how)[0]), (lambda p, t, **how: thing(p, t, **how)[1]), "returned"
    return thing, None, ""


def _of_object(thing: Any) -> tuple[Function, Function, str]:
    def value(prediction: Any, target: Any) -> Any:
        return copy.deepcopy(thing).forward(prediction, target)

    def gradient(prediction: Any, target: Any) -> Any:
        fresh = _Held(copy.deepcopy(thing))
        return fresh.backward(np.ones_like(fresh.forward(prediction, target)))

    return value, gradient, "backward"


def _asks(backward: Function) -> bool:
    needed = (p for p in _parameters(backward).values() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL)
    return any(True for _ in needed)


def _first(gradient: Function) -> Function:
    """Return the gradient with respect to the prediction, where those of both arguments are returned."""

    def of_prediction(prediction: Any, target: Any, **how: Any) -> Any:
        found = gradient(prediction, target, **how)
        return found[0] if isinstance(found, tuple) else found

    return of_prediction


def _beside(function: Any) -> tuple[Function, str] | None:
    name = getattr(function, "__name__", "")
    home = getattr(function, "__globals__", None) or vars(
        sys.modules.get(getattr(function, "__module__", ""), object)
    )
    names = (
        pattern.format(stem) for stem in dict.fromkeys([name, name.removesuffix("_forward")]) for pattern in NAMES
    )
    return next(
        ((home[n], n) for n in names if name and inspect.isroutine(home.get(n)) and home[n] is not function), None
    )


def _returns_both(function: Function) -> bool:
    for targets in ("labels", "real"):
        out = _try(function, TRIAL, target_of(targets, TRIAL.shape, np.random.default_rng(1)))
        if isinstance(out, tuple) and len(out) == 2 and np.shape(out[1]) == TRIAL.shape:
            return True
    return False


def _kind_of(prediction: Any, target: Any) -> str:
    array = np.asarray(target)
    if array.dtype.kind in "iu" and array.ndim < np.ndim(prediction):
        return "labels"
    values = set(np.unique(array).tolist())
    if values <= {0.0, 1.0}:
        return "one-hot" if array.ndim > 1 and (array.sum(axis=-1) == 1).all() else "binary"
    if array.min() >= 0 and array.ndim > 1 and np.allclose(array.sum(axis=-1), 1.0):
        return "probabilities"
    return "signs" if values <= {-1.0, 1.0} else "real"


def _found(name: str, value: Function) -> str:
    """Return what a loss takes as its target: whole numbers, or an array like the prediction."""
    errors = []
    for targets in ("labels", "real"):
        out, error = tried(value, TRIAL, target_of(targets, TRIAL.shape, np.random.default_rng(1)))
        if out is not None and np.shape(out) in {(), (ROWS,), TRIAL.shape} and np.isfinite(out).all():
            return targets
        errors.append(error)
    raised = own(reversed(errors))
    what = "took neither labels nor an array like the prediction as its target"
    raise InvalidArgument(
        f"{name!r} {what if raised is None else f'raised {told(raised)} for any target that was tried'}; declare an "
        "example of a call, or say what it compares with: traits={'targets': 'one-hot'}"
    ) from raised


def _facts(loss: Loss) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    point = TRIAL if loss.shape is None else rng.standard_normal(loss.shape)
    if point.ndim < 2:
        return {}
    target = target_of(loss.targets, point.shape, rng)
    here = _try(loss, point, target)
    moved = _try(loss, point + rng.standard_normal((len(point), *(1,) * (point.ndim - 1))), target)
    flat = _try(loss, np.zeros_like(point), target)
    if here is None or moved is None or flat is None:
        return {}
    shift = bool(np.allclose(here, moved, rtol=1e-9, atol=1e-12))
    facts: dict[str, Any] = {"shift_invariant": shift}
    each = float(flat) if flat.ndim == 0 else float(flat.mean())
    if shift and any(np.isclose(each, n * np.log(point.shape[-1])) for n in (1, len(point))):
        facts["likelihood"] = "softmax"
    if loss.targets == "real":
        at = _try(loss, point, point.copy())
        facts["minimum_at_target"] = at is not None and not np.any(at)
    return facts


def _abilities(loss: Loss, traits: Traits) -> frozenset[str]:
    target = target_of(loss.targets, loss.shape or TRIAL.shape, np.random.default_rng(1))
    point = TRIAL if loss.shape is None else np.random.default_rng(0).standard_normal(loss.shape)
    plain = _try(loss, point, target)
    twice = _try(loss, np.concatenate([point, point]), np.concatenate([target, target]))
    mean = plain is not None and twice is not None and plain.ndim == 0 and bool(np.isclose(twice, plain))
    classes = loss.targets in {"labels", "one-hot"} and (traits.likelihood or traits.margin) is not None
    entropy = loss.traits.likelihood == "softmax" or (
        traits.likelihood == "softmax" and _is_cross_entropy(plain, point, target)
    )
    usual = None if loss.gradient is None else reduction(loss.ordinary(np.random.default_rng(0)), 2)
    known = {
        "gradient": loss.gradient is not None,
        "repeatable": usual is not None,
        "rows": True,
        "float32": loss.gradient is not None,
        "reductions": all(_reduced(loss, point, target, r) for r in REDUCTIONS),
        "mean": mean,
        "labels": loss.targets in {"labels", "one-hot"},
        "softmax": traits.likelihood == "softmax",
        "softmax gradient": entropy and loss.gradient is not None,
        "scores": (traits.likelihood is not None or traits.margin is not None),
        "classes": classes,
        "one answer": classes and (traits.likelihood != "softmax" or entropy),
    }
    return frozenset(name for name, there in known.items() if there)


def _is_cross_entropy(value: Any, scores: Array, target: Array) -> bool:
    """Say whether `value` is log sum exp(s) - s_y itself: with smoothed targets or weights it is something else."""
    if value is None:
        return False
    right = np.eye(scores.shape[-1])[target] if target.ndim < scores.ndim else target
    each = np.log(np.exp(scores).sum(axis=-1)) - (right * scores).sum(axis=-1)
    return any(np.shape(value) == np.shape(v) and np.allclose(value, v) for v in (each, each.mean(), each.sum()))


def _reduced(loss: Loss, point: Array, target: Array, reduction: str) -> bool:
    names: Mapping[str, Any] = _parameters(loss.value)
    if "reduction" not in names:
        return False
    return _try(loss, point, target, reduction=reduction) is not None


def _parameters(function: Function) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}


def _try(function: Function, *arguments: Any, **how: Any) -> Any:
    return tried(function, *arguments, **how)[0]

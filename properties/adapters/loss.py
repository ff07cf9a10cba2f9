"""A loss: f(prediction, target), its gradient with respect to the prediction given, returned beside it, or found.

Forms: a function with ``grad=`` or with its gradient beside it in the module; a function that returns the loss and
its gradient; an object with ``forward(prediction, target)`` or a call, and ``backward()``; an object with a value and
a gradient of (prediction, target) under the usual names; a class of such objects. A target is whole numbers (a class
per row), or an array like the prediction.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...subjects import Declaration, Traits
from .._case import Case
from .._expect import epsilon
from ..strategies import MILD, choice, tensors
from ._adapted import Fact, merge
from ._example import Example
from ._loss_forms import functions_of, held, is_layer, parameters_of
from ._loss_names import ignored_by, likelihood_named
from ._loss_sizes import WIDTHS, Form, form_of
from ._orders import order_of
from ._priced import class_weights, one_by_one, only_alike
from ._repeated import reduction
from ._targets import (
    TRIAL,
    UNIT,
    domain_of,
    is_logistic,
    kind_of,
    refuse_axis,
    refuse_called_otherwise,
    refuse_other,
    target_of,
)
from ._trial import copyable, instance, tried

Array = NDArray[Any]
Function = Callable[..., Any]

REDUCTIONS = ("mean", "sum", "none")
OF_CLASSES = frozenset({"labels", "one-hot"})
APART = 7
"""What tells the seed of a target from that of a prediction: of the same numbers, nothing is left to learn."""

GENTLE: dict[str, Any] = {"structures": MILD, "scales": (1.0, 0.1, 10.0), "locs": (0.0, 1.0, -3.0)}


@dataclass(frozen=True)
class Loss:
    """Value and gradient as functions of prediction and target; ``targets`` is what the target looks like.

    ``domain`` is where the entries of a prediction live: ``"real"``, or ``"unit"`` for probabilities.
    ``shape`` and ``target_shape`` are those of a declared example. ``claimed`` is the likelihood that is declared, or
    that its name says; ``ignored`` the label that counts for nothing; ``column`` says that a target has one, whatever
    the width of the prediction.
    """

    value: Function
    gradient: Function | None
    targets: str
    traits: Traits
    abilities: frozenset[str]
    shape: tuple[int, ...] | None = None
    thing: Any = None
    domain: str = "real"
    target_shape: tuple[int, ...] | None = None
    claimed: str | None = None
    ignored: int | None = None
    column: bool = False
    widths: tuple[int, int] = WIDTHS
    order: str | None = None

    def __call__(self, prediction: Array, target: Array, **how: Any) -> Array:
        """Return the loss."""
        return np.asarray(self.value(prediction, target, **how))

    def slope(self, prediction: Array, target: Array, **how: Any) -> Array:
        """Return the gradient with respect to the prediction."""
        assert self.gradient is not None
        return np.asarray(self.gradient(prediction, target, **how))

    def drawn(self, case: Case, **options: Any) -> tuple[Array, Array]:
        """Draw a prediction and a target."""
        shape: dict[str, Any] = {"rows": (1, 6), "widths": self.widths}
        if self.shape is not None:
            shape = {"shape": self.shape}
        prediction = case.array("prediction", tensors(**{**shape, **GENTLE, **self.inside, **options}))
        return prediction, self.target(case, prediction.shape)

    @property
    def inside(self) -> dict[str, Any]:
        """What keeps a prediction where it lives: no probability is set to 0 or 1."""
        return {} if self.domain == "real" else {"domain": self.domain, "edits": (0.5,)}

    def segment(self, case: Case) -> tuple[Array, Array, Callable[[Array], Any]]:
        """Draw two predictions, and return the loss as a function of the prediction."""
        prediction, target = self.drawn(case)
        other = case.array("other", tensors(prediction.shape, **GENTLE, **self.inside, stream=1))
        return prediction, other, lambda x: self(x, target)

    def target(self, case: Case, shape: tuple[int, ...]) -> Array:
        """Draw a target for predictions of `shape`."""
        rng = np.random.default_rng([APART, case.pick("target seed", choice(tuple(range(100))))])
        return self.target_for(shape, rng)

    def target_for(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return a random target for predictions of `shape`."""
        own_shape = (*shape[:-1], 1) if self.column else self.target_shape
        return target_of(self.targets, shape, rng, own_shape)

    def ordinary(self, rng: np.random.Generator) -> Example:
        """Return one call at ordinary values, for what is tried without a search."""
        thing, options = self.checkable()
        shape = TRIAL.shape if self.shape is None else self.shape
        return Example(thing, (self.point(rng, shape), self.target_for(shape, rng)), options, (0, 1))

    def at(self, rng: np.random.Generator) -> Array:
        """Return a prediction of the declared shape, or that of every trial."""
        if self.shape is None:
            return TRIAL if self.domain == "real" else UNIT
        return self.point(rng, self.shape)

    def point(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        """Return an ordinary prediction."""
        return rng.standard_normal(shape) if self.domain == "real" else rng.uniform(0.1, 0.9, shape)

    def example(self, case: Case) -> Example:
        """Return one call, for the gradient laws: with a target, the loss is a function of the prediction."""
        thing, options = self.checkable()
        return Example(thing, self.drawn(case), options, (0, 1), order=self.order)

    def gradient_call(self, case: Case, mode: str) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:  # noqa: ARG002
        """Return what to hand to `gradcheck.check`."""
        example = self.example(case)
        return example.thing, example.inputs, dict(example.options)

    def checkable(self) -> tuple[Any, dict[str, Any]]:
        """Return what to hand to `gradcheck.check` with the subject's own inputs."""
        if self.thing is not None:
            return held(copy.deepcopy(self.thing)), {"wrt": 0}
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


def adapt(declaration: Declaration) -> tuple[Loss, tuple[Fact, ...]]:
    """Return the declared thing as a loss, and the facts relied on.

    Raises
    ------
    InvalidArgument
        It is not called with a prediction and a target.
    """
    thing = instance(declaration.thing, declaration.name)
    if is_layer(thing):
        copyable(thing, declaration.name)
    value, gradient, how = functions_of(replace(declaration, thing=thing))
    example = declaration.inputs[:2] if len(declaration.inputs) > 1 else None
    form = _form(declaration, value, example)
    targets, shape = form.targets, form.shape
    if example and targets == "labels":
        refuse_axis(declaration.name, *example)
    claimed = declaration.traits.likelihood or likelihood_named(declaration.name, value)
    draft = Loss(value, gradient, targets, declaration.traits, frozenset(), shape, target_shape=form.target_shape)
    draft = replace(draft, column=form.column, widths=form.widths)
    draft = replace(draft, claimed=claimed, ignored=ignored_by(value, thing) if targets == "labels" else None)
    point = draft.at(np.random.default_rng(0))
    target = draft.target_for(point.shape, np.random.default_rng(1))
    out, error = tried(value, point, target)
    refuse_called_otherwise(declaration.name, error)
    refuse_other(declaration.name, out, error)
    draft = replace(draft, order=order_of(value, draft.point(np.random.default_rng(0), point.shape), target))
    if draft.traits.likelihood is None and draft.traits.margin is None:  # else these are scores
        draft = replace(draft, domain=domain_of(draft, target, point.shape))
    traits, facts = merge(declaration.traits, {"targets": targets, **_facts(draft)})
    loss = replace(
        draft, traits=traits, abilities=_abilities(draft, traits), thing=thing if is_layer(thing) else None
    )
    found: tuple[Fact, ...] = (("gradient", how, "inferred"),) if how else ()
    inside: tuple[Fact, ...] = (("predictions", "in (0, 1)", "inferred"),) if draft.domain == "unit" else ()
    return loss, (*found, *inside, *(() if example else _size_facts(form)), *facts)


def _form(declaration: Declaration, value: Function, example: tuple[Any, ...] | None) -> Form:
    """Return what a call looks like: the example, or one that is found."""
    if example is None:
        return form_of(declaration.name, value, declaration.traits.targets)
    shape, of_target = map(np.shape, example)
    own = of_target if shape and of_target and of_target[:1] == shape[:1] else None
    return Form(declaration.traits.targets or kind_of(*example), shape, own)


def _size_facts(form: Form) -> tuple[Fact, ...]:
    """Return what is told where not every size of a batch is drawn."""
    taken = f"of shape {form.shape}" + (f" beside targets of {form.target_shape}" if form.target_shape else "")
    sizes: tuple[Fact, ...] = () if form.shape is None else (("predictions", taken, "inferred"),)
    if form.widths != WIDTHS:
        sizes = (("predictions", f"{form.widths[0]} wide", "inferred"),)
    return (*sizes, *((("a target", "one column", "inferred"),) if form.column else ()))


def _facts(loss: Loss) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    point = loss.at(rng)
    if loss.targets == "binary" and is_logistic(loss, point.shape, loss.target_shape):
        return {"likelihood": "sigmoid"}
    if point.ndim < 2:
        return {}
    target = loss.target_for(point.shape, rng)
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
    if loss.targets == "real" and target.shape == point.shape:
        at = _try(loss, point, point.copy())
        facts["minimum_at_target"] = at is not None and not np.any(at)
    return facts


def _abilities(loss: Loss, traits: Traits) -> frozenset[str]:
    target = loss.target_for(loss.shape or TRIAL.shape, np.random.default_rng(1))
    point = loss.at(np.random.default_rng(0))
    plain = _try(loss, point, target)
    twice = _try(loss, np.concatenate([point, point]), np.concatenate([target, target]))
    mean = plain is not None and twice is not None and plain.ndim == 0 and _is_same(twice, plain)
    entropy = loss.traits.likelihood == "softmax" or (
        traits.likelihood == "softmax" and _is_cross_entropy(plain, point, target)
    )
    # Classes that weigh differently have names; a likelihood that is declared is believed to have none.
    alike = loss.traits.likelihood is not None or entropy or not _weighs(loss, traits)
    classes = alike and loss.targets in OF_CLASSES and (traits.likelihood or traits.margin) is not None
    answered = loss.targets in OF_CLASSES or (loss.targets == "binary" and target.shape == point.shape)
    classed = bool(traits.shift_invariant) and point.ndim == 2 and _is_even(loss)
    called = loss.claimed == "sigmoid" or (loss.claimed == "softmax" and classed)
    logistic = loss.targets == "binary" and traits.likelihood == "sigmoid" and answered
    usual = None if loss.gradient is None else reduction(loss.ordinary(np.random.default_rng(0)), 2)
    known = {
        "gradient": loss.gradient is not None,
        "repeatable": usual is not None,
        "rows": True,
        "float32": loss.gradient is not None,
        "reductions": all(_reduced(loss, point, target, r) for r in REDUCTIONS),
        "mean": mean,
        "one by one": (loss.targets in OF_CLASSES and not _are_alike(loss))
        or all(_one_by_one(loss, seed) for seed in (0, 1)),
        "labels": loss.targets in OF_CLASSES,
        "even": (alike and traits.likelihood == "softmax") or (called and loss.targets != "signs"),
        "likelihood": traits.likelihood is not None and answered,
        "ignores": loss.ignored is not None,
        "yes or no": loss.traits.targets in {"binary", "signs"} and _looks_at(loss, point, target),
        "softmax": alike and traits.likelihood == "softmax",
        "softmax gradient": entropy and loss.gradient is not None,
        "scores": (traits.likelihood is not None or traits.margin is not None),
        "classes": classes,
        "one answer": (classes and (traits.likelihood != "softmax" or entropy)) or logistic,
    }
    return frozenset(name for name, there in known.items() if there)


def _one_by_one(loss: Loss, seed: int) -> bool:
    rng = np.random.default_rng(seed)
    point = loss.point(rng, loss.shape or TRIAL.shape)
    return one_by_one(loss, point, loss.target_for(point.shape, rng))


def _are_alike(loss: Loss) -> bool:
    """Say whether labels only say which rows are alike."""
    rng = np.random.default_rng(0)
    point = loss.point(rng, loss.shape or TRIAL.shape)
    return loss.targets == "labels" and only_alike(loss, point, loss.target_for(point.shape, rng))


def _looks_at(loss: Loss, point: Array, target: Array) -> bool:
    """Say whether each prediction has an answer, and the other one costs something else; a generator knows none."""
    if np.size(target) != np.size(point):
        return False
    there, other = (_try(loss, point, t) for t in (target, target.max() + target.min() - target))
    return there is None or other is None or not np.array_equal(there, other)


def _weighs(loss: Loss, traits: Traits) -> bool:
    labels = loss.targets == "labels"
    known = loss.targets in OF_CLASSES and traits.likelihood == "softmax"
    return known and class_weights(loss, labels=labels) is not None


def _is_same(value: Array, other: Array) -> bool:
    """Say whether two losses are the same up to rounding: a smoothing of 1e-6 is more than that."""
    return bool(np.isclose(value, other, rtol=max(1e-9, 64 * epsilon(value)), atol=0.0))


def _is_even(loss: Loss) -> bool:
    """Say whether no class of a cross-entropy has a weight of its own."""
    if loss.targets not in OF_CLASSES:
        return False
    weights = class_weights(loss, labels=loss.targets == "labels")
    return weights is None or bool(np.allclose(weights, weights[0]))


def _is_cross_entropy(value: Any, scores: Array, target: Array) -> bool:
    """Say whether `value` is log sum exp(s) - s_y itself: with smoothed targets or weights it is something else."""
    if value is None:
        return False
    right = np.eye(scores.shape[-1])[target] if target.ndim < scores.ndim else target
    each = np.log(np.exp(scores).sum(axis=-1)) - (right * scores).sum(axis=-1)
    return any(np.shape(value) == np.shape(v) and np.allclose(value, v) for v in (each, each.mean(), each.sum()))


def _reduced(loss: Loss, point: Array, target: Array, reduction: str) -> bool:
    names: Mapping[str, Any] = parameters_of(loss.value)
    if "reduction" not in names:
        return False
    return _try(loss, point, target, reduction=reduction) is not None


def _try(function: Function, *arguments: Any, **how: Any) -> Any:
    return tried(function, *arguments, **how)[0]

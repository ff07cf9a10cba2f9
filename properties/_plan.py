"""`plan`: which laws apply to a subject, which do not and why, and what is known about it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..subjects import Declaration, Traits, subject
from ..subjects._traits import NEW_KINDS, known_kinds
from ._guess import guess_kind
from ._law import Law
from ._registry import laws, suggestion

ADAPTERS = {
    "activation": "activation",
    "preprocessor": "preprocessor",
    "initializer": "initializer",
    "normalization": "normalization",
    "layer": "layer",
    "loss": "loss",
    "regularizer": "regularizer",
    "optimizer": "optimizer",
}
"""Kind -> the adapter that says how such a thing is called."""

MISSING = {
    "derivative": "no derivative is given, and none stands beside the function under a usual name",
    "gradient": "there is no gradient to check: no derivative, no backward, or no input to try it on",
    "backward": "it has no backward",
    "inverse": "it has no inverse_transform",
    "fit": "it is a function of one array: there is nothing that it learns",
    "featurewise": "it does not treat each feature on its own",
    "table": "it takes images, not tables",
    "sorted": "its outputs have equal variances",
    "running": "it keeps no running statistics (running_mean, running_var)",
    "affine": "it has no scale and shift that could be set (gamma, beta)",
    "parameters": "it has no parameters",
    "shared": "there is nothing that the examples share",
    "rows": "no input was found whose rows are examples",
    "independent rows": "its examples know of each other, or no input was found whose rows are examples",
    "jvp": "no jvp= is declared",
    "float32": "its framework has its own precision, or it is random",
    "second": "no second derivative stands beside it (`name_second`)",
    "two signs": "it is not negative at -1 and positive at 1",
    "one sign": "its values are not known to be all positive, or no derivative is known",
    "dead side": "it is not flat on the left, or no derivative is known",
    "callable": "there is no input to try it on",
    "drops": "it does not set entries to 0 at random",
    "random": "it draws no random numbers",
    "max pool": "it is not declared to take the maximum of windows that do not overlap (`pools`)",
    "average pool": "it is not declared to take the average of windows that do not overlap (`pools`)",
    "lookup": "none of its inputs is an array of whole numbers",
    "reductions": "it takes no `reduction` of mean, sum and none",
    "mean": "it is no mean over the batch",
    "labels": "its targets are no classes",
    "classes": "it is not known to price scores of classes (`likelihood` or `margin`)",
    "one answer": "it is not known to price nothing but the right class of each example",
    "scores": "it is not known to price scores (`likelihood` or `margin`)",
    "softmax": "it is not known to be the cross-entropy of a softmax",
    "softmax gradient": "it is not the cross-entropy of a softmax and one right class, by value, with a gradient",
    "penalty": "it is a projection",
    "projection": "it is a penalty, not a projection",
    "limit": "it is no projection with a limit that could be told",
    "strength": "it takes no strength, or more than one",
    "degree": "it has no gradient, or no `degree` that could be told",
    "quadratic": "it is not known to be quadratic, with a gradient",
    "flat sum": "it is not known to be quadratic",
    "state": "it returns no state",
    "learning rate": "no setting of it is called learning_rate, lr, ...",
    "weight decay": "no setting of it is called weight_decay, ...",
    "closed form": "its `rule` is not declared, or a setting that its formula needs was not found",
    "bias correction": "it is not declared to be Adam (`rule`), or its learning rate is not known",
    "casoratian": "it is not declared to have momentum (`rule`), or its settings are not known",
    "plain descent": "it is not declared to be plain descent (`rule`), or its learning rate is not known",
    "test mode": "no switch between training and test was found (training, train(), eval())",
    "test gradient": "it has no switch of its own between training and test",
    "batch": "it normalizes over features, not over the batch",
    "images": "it does not take (N, C, H, W)",
    "saturation": "it is not known to saturate on either side",
    "constant": "it is not constant",
    "uniform": "it is not known to be uniform, with a known variance",
    "distribution": "it is not known to be normal or uniform, with a known variance",
    "keeps variance": "it is not meant to: width times variance is not known to be 1 in a square layer",
    "small": "its weights are not small: width times variance is above 1/4",
    "big": "its weights are not big: width times variance is below 100",
    "keeps second moment": "it is not meant to: width times variance is not known to be 2 in a square layer",
    "independent": "it is constant, declared deterministic, or most of its entries are 0",
    "seeded": "it is constant, or declared deterministic, so that the seed changes nothing",
}
"""Ability -> the sentence for a subject that lacks it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a suite is going to do with one subject.

    Attributes
    ----------
    declaration, kind
        The subject as declared, and the kind whose laws are meant.
    adapted
        The subject as laws call it.
    laws
        The laws that apply.
    skipped
        The laws that do not, each with the reason.
    facts
        ``(trait, value, "declared" or "inferred")``.
    """

    declaration: Declaration
    kind: str
    adapted: Any
    laws: tuple[Law, ...]
    skipped: tuple[tuple[Law, str], ...]
    facts: tuple[tuple[str, str, str], ...]

    @property
    def name(self) -> str:
        """What reports call the subject."""
        return self.declaration.name

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the laws that apply."""
        return tuple(law.code for law in self.laws)

    def find(self, code: str) -> tuple[Law, str | None]:
        """Return the law of `code`, and why it does not apply (None if it does).

        Raises
        ------
        InvalidArgument
            The kind has no such law.
        """
        for law, reason in (*((law, None) for law in self.laws), *self.skipped):
            if law.code == code:
                return law, reason
        raise InvalidArgument(f"code={code!r} is no law of kind {self.kind!r}; {suggestion(code)}")


def plan(subject_: Any, kind: str | None = None) -> Plan:
    """Return which laws apply to `subject_`.

    Parameters
    ----------
    subject_
        Anything that is called as its kind is called, or what `gradcheck.subject` returned.
    kind
        Its kind; by default what was declared, or what its methods tell.

    Raises
    ------
    InvalidArgument
        The kind is unknown and cannot be told, or the thing cannot be called as its kind is; the message says what
        to add.
    """
    declaration = subject_ if isinstance(subject_, Declaration) else subject(subject_)
    every = laws()  # those of other packages bring their kinds along
    known = kind or declaration.kind or guess_kind(declaration)
    if known not in known_kinds():
        raise InvalidArgument(f"kind={known!r} is not a kind of subject; the kinds are {', '.join(known_kinds())}")
    adapted, facts = _adapt(known)(declaration)
    reasons = [(law, _reason(law, adapted)) for law in every if known in law.kinds]
    return Plan(
        declaration,
        known,
        adapted,
        tuple(law for law, reason in reasons if reason is None),
        tuple((law, reason) for law, reason in reasons if reason is not None),
        facts,
    )


def _adapt(kind: str) -> Callable[[Declaration], tuple[Any, tuple[tuple[str, str, str], ...]]]:
    def quietly(declaration: Declaration) -> tuple[Any, tuple[tuple[str, str, str], ...]]:
        adapt = NEW_KINDS.get(kind) or import_module(f".adapters.{ADAPTERS[kind]}", __package__).adapt
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            adapted, facts = adapt(declaration)
        return adapted, facts

    return quietly


def _reason(law: Law, adapted: Any) -> str | None:
    lacking = next((need for need in law.needs if need not in adapted.abilities), None)
    if lacking:
        return MISSING.get(lacking, f"it has no {lacking}")
    return _unknown(law.traits, adapted.traits) if law.traits else None


def _unknown(names: tuple[str, ...], traits: Traits) -> str | None:
    values = [getattr(traits, name) for name in names]
    if any(value is not None and value is not False for value in values):
        return None
    listed = " or ".join(f"`{name}`" for name in names)
    if any(value is False for value in values):
        return f"it is not {listed}"
    return f"{listed} is not declared, and could not be inferred"

"""What the name of a loss, and the names of its parameters, say of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ._loss_forms import parameters_of

BINARY = ("binarycrossentropy", "sigmoidcrossentropy", "bce", "logloss")
ENTROPY = ("crossentropy", "softmaxcrossentropy", "softmaxloss", "ce")
FILLERS = ("categorical", "sparse", "with", "from", "logits", "loss", "forward", "batch", "my")
"""Words of a name that say nothing of what a loss is."""

WEIGHTS = ("weight", "alpha", "gamma")
"""What is in the name of a parameter by which answers do not count alike."""

IGNORED = ("ignore_index", "ignore_label")
"""What the label goes by that counts for nothing."""


def likelihood_named(name: str, value: Callable[..., Any]) -> str | None:
    """Return the likelihood that a name says a loss is of; none where it says more, or the loss takes weights.

    >>> [likelihood_named(name, abs) for name in ("BCEWithLogitsLoss", "cross_entropy", "smoothed_cross_entropy")]
    ['sigmoid', 'softmax', None]
    """
    stem = re.sub(r"[^a-z]", "", name.lower())
    if any(word in parameter for parameter in parameters_of(value) for word in WEIGHTS):
        return None
    for likelihood, words in (("sigmoid", BINARY), ("softmax", ENTROPY)):
        if re.fullmatch(f"(?:{'|'.join(FILLERS)})*(?:{'|'.join(words)})(?:{'|'.join(FILLERS)})*", stem):
            return likelihood
    return None


def ignored_by(value: Callable[..., Any], thing: Any) -> int | None:
    """Return the label that counts for nothing: the default of a parameter, or what an object holds."""
    held: Mapping[str, Any] = {name: p.default for name, p in parameters_of(value).items()}
    held = {**held, **getattr(thing, "__dict__", {})}
    return next((held[name] for name in IGNORED if type(held.get(name)) is int), None)

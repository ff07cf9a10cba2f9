"""What the name of an optimizer says of its rule."""

from __future__ import annotations

import re
from collections.abc import Iterable

NEEDED: dict[str, tuple[str, ...]] = {
    "sgd": ("learning_rate",),
    "momentum": ("learning_rate", "momentum"),
    "nesterov": ("learning_rate", "momentum"),
    "adagrad": ("learning_rate",),
    "rmsprop": ("learning_rate", "decay"),
    "adam": ("learning_rate", "beta1", "beta2"),
    "adamw": ("learning_rate", "beta1", "beta2", "weight_decay"),
}
"""Rule -> the settings that its closed form is written in, beside eps, whose reach is measured."""

ADAPTIVE = ("adagrad", "rmsprop", "adam", "adamw")

ADAPTS = re.compile("adagrad|rmsprop|adam|amsgrad")
"""What is in the names of adaptive rules whose steps a gradient that stays the same does not lengthen."""

GROWS = re.compile("adadelta|rprop|belief|momentum|nesterov")
"""What is in the names of rules that speed up by design, whatever the size of the gradients."""

LAYERWISE = ("lamb", "lars", "novograd")
"""Rules that scale a step by a norm over all the weights of an array."""

FILLERS = ("optimizer", "optimiser", "update", "step", "rule", "solver", "opt", "my")
"""Words of a name that say nothing about the rule."""


def rule_named(name: str) -> str | None:
    """Return the rule that a name says it is, and None where it says something more, or two things.

    >>> rule_named("AdamOptimizer"), rule_named("sgd_momentum"), rule_named("adamax"), rule_named("nesterov_adam")
    ('adam', 'momentum', None, None)
    """
    rules = words_of(name, NEEDED)
    for general, special in (("sgd", "momentum"), ("sgd", "nesterov"), ("momentum", "nesterov")):
        rules -= {general} if special in rules else set()
    return rules.pop() if len(rules) == 1 else None


def words_of(name: str, known: Iterable[str]) -> set[str]:
    """Return which of the known words are in a name that says nothing else; none where it does.

    >>> words_of("LambOptimizer", LAYERWISE), words_of("lambda_update", LAYERWISE)
    ({'lamb'}, set())
    """
    words, stem = "|".join(sorted((*known, *FILLERS), key=len, reverse=True)), re.sub(r"[^a-z]", "", name.lower())
    return set(re.findall(words, stem)) - set(FILLERS) if re.fullmatch(f"(?:{words})+", stem) else set()


def is_layerwise(name: str) -> bool:
    """Say whether a name is that of a rule that scales a step by a norm over all the weights."""
    return bool(words_of(name, LAYERWISE))


def is_steady(name: str, *, claimed: bool) -> bool:
    """Say whether the steps of a rule do not grow under equal gradients, by its name or as an adaptive one by claim.

    >>> is_steady("fast Adam", claimed=False), is_steady("mine", claimed=True), is_steady("Adadelta", claimed=True)
    (True, True, False)
    """
    return (claimed or bool(ADAPTS.search(name.lower()))) and not GROWS.search(name.lower())

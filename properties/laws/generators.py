"""Laws about the generators that everybody shares, NumPy's and Python's: a call may draw from them, and no more."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from ...checks.bench._randomness import callers_randomness_kept
from .._case import Case
from .._expect import Violation
from .._registry import declares
from ..adapters.initializer import Initializer
from .health import CALLED
from .initializer import _sizes_and_seed

STARTS = (1, 2)
"""Two seeds of the global generators: wherever they were, a call that seeds them leaves them in one state."""

GENERATORS: dict[str, Callable[[], Any]] = {
    "np.random": lambda: pickle.dumps(np.random.get_state(legacy=False)),  # noqa: NPY002
    "random": random.getstate,
}
"""Name of a module -> the state of its global generator."""


@declares("GC135", "does not seed the global generator", *CALLED, "initializer", effort=0.1)
def global_generator(subject: Any, case: Case) -> None:
    """After a call the global generators of NumPy and Python are where their own state took them.

    A call that seeds them makes every random number of the program that follows the same: the order of the batches,
    the masks of dropout, the weights of the next layer. Drawing from them is usual, where no seed is taken.

    The usual mistake is ``np.random.seed(0)`` inside a function, to make it repeatable: a generator of its own,
    ``rng = np.random.default_rng(0)``, does so for it alone.
    """
    call = _call(subject, case)
    with callers_randomness_kept():
        ends = [_after(call, seed) for seed in STARTS]
    for name in GENERATORS:
        if ends[0][name] == ends[1][name]:
            raise Violation(f"the call seeds the global generator of {name}")


@declares("GC425", "draws from the generator it is given alone", "initializer", needs=("own seed",), effort=0.1)
def own_generator(init: Initializer, case: Case) -> None:
    """An initializer that takes a generator or a seed leaves the global ones where they were.

    Whoever hands in a seed counts on everything else being unmoved.

    The usual mistake is one line that still draws from ``np.random``.
    """
    call = init.bare(*_sizes_and_seed(case))
    with callers_randomness_kept():
        _start(STARTS[0])
        before = {name: state() for name, state in GENERATORS.items()}
        call()
        after = {name: state() for name, state in GENERATORS.items()}
    for name in GENERATORS:
        if before[name] != after[name]:
            raise Violation(f"it is given a generator or a seed, and moves the global generator of {name}")


def _call(subject: Any, case: Case) -> Callable[[], Any]:
    """Return a call that nothing seeds from outside."""
    if isinstance(subject, Initializer):
        return subject.bare(*_sizes_and_seed(case))
    call, x = subject.repeat(case)
    if "random" in subject.abilities:
        call = subject.session().forward
    return lambda: call(x.copy())


def _after(call: Callable[[], Any], seed: int) -> dict[str, Any]:
    _start(seed)
    call()
    return {name: state() for name, state in GENERATORS.items()}


def _start(seed: int) -> None:
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)

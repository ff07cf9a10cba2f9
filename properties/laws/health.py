"""Laws of anything that is called: it leaves its input alone, and says the same thing twice."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from typing import Any

from .._case import Case
from .._expect import Violation, expect
from .._registry import declares

CALLED = ("activation", "preprocessor", "normalization", "layer", "loss", "regularizer", "optimizer")


@declares("GC105", "leaves its input alone", *CALLED, effort=0.4)
def input_kept(subject: Any, case: Case) -> None:
    """The array that was handed in is the same, bit for bit, after the call.

    Whoever called still needs it: the backward pass, the next layer, the next epoch.

    The usual mistake is an in-place operation, such as ``x[x < 0] = 0`` or ``x -= x.mean(0)``.
    """
    call, x = subject.repeat(case)
    before = x.copy()
    call(x)
    expect(x, "the input after the call").identical(before)


@declares("GC111", "says the same thing twice", *CALLED, effort=0.4)
def deterministic(subject: Any, case: Case) -> None:
    """Two calls with equal inputs give equal outputs, bit for bit.

    A function that draws random numbers at every call has no derivative to check.

    The usual mistake is noise that is not switched off, or state that a call leaves behind.
    """
    call, x = subject.repeat(case)
    first, second = call(x.copy()), call(x.copy())
    if subject.traits.deterministic is False:
        case.idle("it is declared not to be deterministic")
    try:
        expect(second, "the second output").identical(first)
    except Violation as violation:
        raise Violation(f"two equal calls differ: {violation.message}", index=violation.index) from violation

"""Entries that pass one by one, held against what they do together.

Where f is differentiable, a slope along any direction is the sum of those of the entries. A median of three equal
numbers stands still whichever of them moves alone, and goes with all of them: each partial derivative is zero, and
zero is no gradient of any kind. Which one is, differences do not tell; so the entries are left open. Where some have
passed beside far larger ones only, it is rounding that hides which are wrong, and no kink.
"""

from __future__ import annotations

from ...numerics import Glance, Ruling, forward_noise
from ._comparison import Comparison
from ._hunt import judged_along
from ._outcome import Outcome


def hold_in_sum(comparison: Comparison, outcome: Outcome, seen: Glance) -> None:
    """Leave the entries of `outcome` open, if all passed and they are plainly wrong along the direction of `seen`.

    A kink has been judged by sums of its own, and excuses the direction.
    """
    columns, look = outcome.columns, seen.doubted
    if columns is None or not (outcome.passes and look.plain):
        return
    judged = judged_along(comparison, seen, look, forward_noise(comparison.problem, comparison.base, comparison.rng))
    if judged.ruling[0] == Ruling.FAIL and not judged.kinked[0]:
        if {Ruling.ROW, Ruling.FLAT} & set(columns.state):  # beside the others any of these may be wrong
            columns.limit, columns.scale = ["noise"] * len(columns.limit), [abs(a) for a in columns.analytic]
        else:
            columns.limit = ["kink"] * len(columns.limit)
        columns.state = [Ruling.OPEN] * len(columns.state)

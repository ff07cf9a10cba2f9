r"""The law of weights that know of each other: rows, columns, and the two halves beside the diagonal.

With n entries drawn independently, a correlation is about normal with deviation 1/√n:

.. math:: r = \frac{\sum (a - \bar a)(b - \bar b)}{\|a - \bar a\| \, \|b - \bar b\|}, \qquad r \le 8 / \sqrt n
"""

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import Violation, expect
from .._registry import declares
from ..adapters.initializer import Array, Initializer

SIDE = 256
DEVIATIONS = 8.0
"""Chance of one pair beyond that is 6e-16; there are 65,280 pairs of rows and of columns."""


@declares(
    "GC423",
    "weights do not know of each other",
    "initializer",
    needs=("independent",),
    effort=None,
    claims=("W-ZERO",),
)
def independent(init: Initializer, case: Case) -> None:
    """No row or column is constant or follows another one, and the matrix does not mirror itself at its diagonal.

    Neurons that are alike get like gradients and stay alike: a layer then has fewer of them than it seems to.

    The usual mistake is one vector drawn and broadcast, a part that is left at 0, or ``a + a.T``.
    """
    w = init(SIDE, SIDE, int(case.generator().integers(2**31))).astype(np.float64)
    for name, table in (("row", w), ("column", w.T)):
        _unlike(table, name)
    upper, lower = w[np.triu_indices(SIDE, 1)], w.T[np.triu_indices(SIDE, 1)]
    found = float(np.corrcoef(upper, lower)[0, 1])
    expect(found, "the correlation of the entries with those across the diagonal").at_most(
        0.0, allowed=DEVIATIONS / np.sqrt(upper.size)
    )
    case.state("rows and columns compared", f"{SIDE} of each, with a limit of {DEVIATIONS:g} deviations")


def _unlike(table: Array, name: str) -> None:
    still = np.flatnonzero((table == table[:, :1]).all(axis=1))
    if still.size:
        raise Violation(
            f"{name} {still[0]} of a matrix of shape ({SIDE}, {SIDE}) is constant", index=(int(still[0]),)
        )
    r = np.corrcoef(table) - np.eye(SIDE)
    one, other = (int(i) for i in np.unravel_index(int(np.argmax(r)), r.shape))
    expect(float(r[one, other]), f"the correlation of {name}s {one} and {other}").at_most(
        0.0, allowed=DEVIATIONS / np.sqrt(SIDE)
    )

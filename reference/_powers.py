r"""What the softmax and its losses share: exponentials of the distance from the largest entry of a row.

.. math:: e_i = e^{x_i - m} \in [0, 1], \qquad m = \max_j x_j, \qquad r = \sum_{j \ne k} e_j, \quad x_k = m

One entry, `k`, has the exponential 1, and is left out of `r`: then :math:`\log(1 + r)` keeps the digits that the sum
:math:`1 + r` would round away. The difference :math:`x_i - m` is rounded, and an exponential multiplies that error by
the difference; its remainder is found exactly and given back. For single precision it is too small to count.

Entries that equal the largest have the difference 0, also where both are infinite: equal entries get equal shares.

Source: P. Blanchard, D. Higham and N. Higham, "Accurately computing the log-sum-exp and softmax functions" (2021);
for the remainder D. Knuth, "The Art of Computer Programming", volume 2, section 4.2.2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._arrays import Floats, as_doubles


class Powers(NamedTuple):
    """Of each row: the largest entry, the distances from it and what rounding took from them, and e to that power."""

    largest: Floats
    below: Floats
    lost: Floats | float
    powers: Floats

    @property
    def others(self) -> Floats:
        """The sum of the powers but for one, which is 1; shape (n, 1)."""
        return but_largest(self.powers, self.below)


def powers(rows: Floats) -> Powers:
    """Return them for a table, shape (n, C), in double precision."""
    z = as_doubles(rows)
    largest = z.max(axis=-1, keepdims=True, initial=-np.inf)
    below = z - largest
    if not np.isfinite(below).all():
        below[z == largest] = 0.0
    raised = np.exp(below)
    if rows.dtype.itemsize < z.dtype.itemsize:
        return Powers(largest, below, 0.0, raised)
    lost = _lost(z, largest, below)
    raised += raised * lost
    return Powers(largest, below, lost, raised)


def _lost(z: Floats, largest: Floats, below: Floats) -> Floats:
    """Return ``z - largest - below``, exactly; 0 where something is infinite."""
    back = below - z
    lost = z - (below - back)
    back += largest
    lost -= back
    if not np.isfinite(lost).all():
        lost[~np.isfinite(lost)] = 0.0
    return lost


def but_largest(x: Floats, order: Floats) -> Floats:
    """Return the sum of each row of `x` without the entry that comes first in `order`; shape (n, 1)."""
    rest = x.copy()
    if x.size:
        np.put_along_axis(rest, order.argmax(axis=-1, keepdims=True), 0.0, axis=-1)
    total: Floats = rest.sum(axis=-1, keepdims=True)
    return total

r"""What the softmax family shares: exponentials of the distance from the largest entry.

.. math:: e_i = e^{x_i - m} \in [0, 1], \qquad m = \max_j x_j, \qquad r = \sum_{j \ne k} e_j, \quad x_k = m

One entry, `k`, has the exponential 1, and is left out of `r`: then :math:`\log(1 + r)` keeps the digits that the sum
:math:`1 + r` would round away. The difference :math:`x_i - m` is rounded, and an exponential multiplies that error by
the difference; its remainder is found exactly and given back.

Entries that equal the largest have the difference 0, also where both are infinite: equal entries get equal shares.

Source: P. Blanchard, D. Higham and N. Higham, "Accurately computing the log-sum-exp and softmax functions" (2021);
for the remainder D. Knuth, "The Art of Computer Programming", volume 2, section 4.2.2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._arrays import Floats, as_doubles
from .._options import one_axis


class Exponentials(NamedTuple):
    """Along the last axis: the largest entry, the differences from it, their exponentials, and the sum less 1."""

    largest: Floats
    differences: Floats
    remainders: Floats
    terms: Floats
    others: Floats

    @property
    def shares(self) -> Floats:
        """The softmax."""
        return self.terms / (1.0 + self.others)


def exponentials(x: Floats, axis: int) -> Exponentials:
    """Return them for `x`, with `axis` moved to the end."""
    x = np.moveaxis(as_doubles(x), one_axis(x, axis), -1)
    largest = x.max(axis=-1, keepdims=True, initial=-np.inf)
    differences = np.where(x == largest, 0.0, x - largest)
    remainders = _remainders(x, largest, differences)
    terms = np.exp(differences)
    terms += terms * remainders
    others = terms.copy()
    if x.size:
        np.put_along_axis(others, x.argmax(axis=-1, keepdims=True), 0.0, axis=-1)
    return Exponentials(largest, differences, remainders, terms, others.sum(axis=-1, keepdims=True))


def _remainders(x: Floats, largest: Floats, rounded: Floats) -> Floats:
    """Return ``x - largest - rounded``, exactly; 0 where something is infinite."""
    part = rounded - x
    exact = (x - (rounded - part)) - (largest + part)
    return np.where(np.isfinite(exact), exact, 0.0)

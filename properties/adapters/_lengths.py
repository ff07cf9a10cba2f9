r"""Rows that are divided by a length, and not by the root of a mean square: where their eps stands.

.. math:: \frac{x}{\sqrt{\sum x^2 + \epsilon}}, \qquad \frac{x}{\|x\| + \epsilon}, \qquad
          \frac{x}{\max(\|x\|, \epsilon)}

Under the root, eps stands beside a sum of squares; beside a length, of whatever norm, it stands beside no square. A
root mean square that forgot its mean has the values of the first; only its words tell that a mean was meant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._expect import epsilon

if TYPE_CHECKING:
    from .normalization import Normalization

Array = NDArray[Any]

UNDER_THE_ROOT, BESIDE = "under the root of a sum of squares", "beside a length"
ULPS = 64
NORMS = (2, 1, np.inf)
MEANS = re.compile(r"rms|mean.?square|(?:layer|batch|group|instance).?norm|varian|deviation|std", re.IGNORECASE)
"""Words of who divides by the root of a mean square, or says so."""


def where_eps_stands(subject: Normalization, eps: float, rows: Array) -> str | None:
    """Return where the eps of rows that come out with length 1 stands; None where they come out otherwise."""
    if subject.traits.normalizes != "features" or subject.width == 1 or subject.traits.centers:
        return None
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    # Rows as long as the root of eps: what stands where is as large as they are.
    short = rows / lengths * np.sqrt(eps) if eps > 0 else rows
    if not _says_mean(subject.make()) and _is(subject, short, 2, lambda n: n / np.sqrt(n**2 + eps)):
        return UNDER_THE_ROOT
    beside = any(_is(subject, rows, p, form) for p in NORMS for form in (np.ones_like, lambda n: n / (n + eps)))
    return BESIDE if beside else None


def _is(subject: Normalization, x: Array, p: float, form: Any) -> bool:
    out = subject.fresh().plain(x)
    found, before = (np.linalg.norm(value, ord=p, axis=-1) for value in (out, x))
    unit = epsilon(subject.fresh().forward(x))
    return bool(np.all(np.abs(found - form(before)) <= ULPS * unit))


def _says_mean(layer: Any) -> bool:
    """Say whether the name or the docstring of a layer speaks of a mean square, or a name of what it holds."""
    names = [home.__name__ for home in type(layer).__mro__]
    return any(MEANS.search(word) for word in (*names, type(layer).__doc__ or "", *getattr(layer, "__dict__", {})))

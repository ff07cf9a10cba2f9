r"""Constants: a zero is claimed of all of a lane, and no step moves it by more than rounding.

The sum of a softmax is 1 to the last digit, which is all that moves, and no slope but zero is as small as that:

.. math:: |f(x \pm h) - f(x)| \le 8\,\eta, \qquad h \le 16\,|x|

A slope that such steps do not show is lost in that digit for every x there is. Nor may the claim be one: as much is
rounding as moves f by a share of 2^-44, and is a derivative of some ulps of f, or what an ulp of x makes another.
"""

from __future__ import annotations

from itertools import chain

import numpy as np

from .._problem import Mask
from ..ladder._case import Case
from ..ladder._ladder import Ladder

_FAR, _SCATTERS = (1.0, 4.0, 16.0), 8
"""Steps at which a constant still stands; times its noise that it may differ from itself."""
_NOTHING, _FEW_ULPS = 2.0**-44, 16
"""Share of f that is none; ulps of f that are left of terms that cancel."""


def stands_still(case: Case, ladder: Ladder) -> Mask:
    """Return the lanes that are constant as far as any step shows, and claimed to be, but for rounding."""
    size, eps, claim = ladder.finest.size, case.precision.eps, np.abs(case.analytic)
    found = np.maximum(np.maximum(claim, case.row), case.noise) <= _NOTHING * size
    if not found.any() or case.allowance is None or np.any(case.settles):  # the last are no slopes, but curvatures
        return np.zeros(found.size, dtype=bool)
    noise = np.nan_to_num(case.allowance(found), nan=0.0)  # it is not measured for the others
    found &= claim <= np.maximum(_FEW_ULPS * eps * size * np.abs(case.unit), noise)
    for rung in chain(ladder.rungs, map(case.sample, _FAR)):  # far steps are asked where no other has told
        with np.errstate(all="ignore"):
            moved = rung.step * np.maximum(np.abs(rung.left), np.abs(rung.right))
            found &= moved <= _SCATTERS * np.maximum(case.noise, eps / 2 * size)
        if not found.any():
            break
    return np.asarray(found)

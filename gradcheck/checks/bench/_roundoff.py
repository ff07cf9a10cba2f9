r"""How far a claim in low precision may be from the one in float64.

With e = g_low - g_64 and X the sizes of the inputs, for each input on its own, eps the unit roundoff of the format,
:math:`G = \|g_{64} \circ X\|` of that input, O the size of the outputs, :math:`\|u \circ f\|`, and s the larger of
both times eps, the claims agree if

.. math:: \|e \circ X\| \le 4 s + \min(2\,\|\nu \circ X\|,\;
          16\,\|m \circ X\| + 32 \bar s + \varepsilon^{0.4} G)

=====  =============================================================================================================
s      a few ulps of the gradient; and of the outputs, for in saturation it is a difference of terms of their size.
       The one with a bar is that of all inputs together: what cancels in one may be as large as another
nu     the scatter of g_low, and of e (`_pairs`): what one ulp of the inputs does, another scale, another stair
m      what one ulp of the inputs does to g_64: scatter beyond that is no rounding of the inputs, but digits that the
       code has lost on its own, as in E[x^2] - E[x]^2; six tenths of the format's digits are granted, as normal
       equations of condition 300 lose them in float32
=====  =============================================================================================================

An input is weighed twice: each entry by its own size, and all by a typical one, so that an entry near zero counts
like any other. Where it agrees, but to fewer than six tenths of the digits, that is noted.

In bfloat16 the rule would hide a tenth of the gradient. Rounding has no direction, though, and a mistake has: where
it allows more than a twentieth, the error at several neighbours must have no part along the gradient itself,

.. math:: |\alpha|\,\|g_{64} \circ X\| \le \|m \circ X\| + 3 s, \qquad
          \alpha = \frac{\sum_k \langle e_k, g_k \rangle}{\sum_k \|g_k\|^2}

unless alpha is within six of its own standard errors. In saturation, where all of the gradient is nothing beside the
outputs, 32 s are free instead of 4 s, and no factor can be told. So it is with entries that are no more than 32
ulps of the outputs, all together, as those of one saturated row beside others.

Next to a kink all of that is too little: there g_low must lie between both sides of a jump of g_64, a few ulps away.
Entries of g_64 below the smallest normal number of the format may be anything as small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...numerics import Vector, largest, norm
from ._pairs import Pairs
from ._pieces import Piece

_ULPS, _AT_ONCE, _SCATTER, _MOVED, _LOST = 4.0, 16.0, 2.0, 16.0, 32.0
_GRANTED, _NOTED = 0.4, 0.6
"""Powers of eps: how far a gradient may be off whose digits are lost in the code, and from where on that is said."""
_BLUNT, _SIGNIFICANT, _ZERO = 0.05, 6.0, 1e-9
_FACTOR_MOVED, _FACTOR_ULPS = 1.0, 3.0
_AWAY = (0.5, 2.0, 8.0)
"""How many ulps of the format a point may be away and still be taken for x, if the forward rounds on the way."""
_HALVINGS, _KINKS = 20, 8
"""How closely a kink is found, and of how many an error may be made up."""


@dataclass(frozen=True, slots=True)
class Share:
    """What is held together: the entries of one array, how entries are weighed, and how large the outputs are."""

    piece: Piece
    weights: Vector
    beside: float

    def size(self, values: Vector) -> float:
        """Return the size of what `values` are in the piece."""
        with np.errstate(all="ignore"):
            return norm(self._weighed(values))

    def whole(self, values: Vector) -> float:
        """Return the size of all `values`."""
        return norm(values * self.weights)

    def worst(self, off: Vector) -> int:
        """Return where `off` is largest in the piece."""
        with np.errstate(all="ignore"):
            weighed = np.nan_to_num(np.abs(self._weighed(off)), nan=np.inf)
        return int(self.piece.where.start) + int(np.argmax(weighed))

    def _weighed(self, values: Vector) -> Vector:
        return values[self.piece.where] * self.weights[self.piece.where]


@dataclass(frozen=True, slots=True)
class Rounding:
    """What the comparison of a share came to.

    ``exceeded`` says that the error is more than rounding, ``underflows`` that it would be but for entries too small
    for the format; ``factor`` is what the claims have in common, if that is no rounding; ``off`` is the error
    relative to the claim, and ``measured`` says that scatter explains it, not the outputs alone.
    """

    share: Share
    noise: Vector
    exceeded: bool = False
    underflows: bool = False
    factor: float = 0.0
    off: float = 0.0
    measured: bool = True

    @property
    def fails(self) -> bool:
        """Whether the claim is wrong."""
        return self.exceeded or bool(self.factor)


def roundings(pairs: Pairs, shares: Sequence[Share]) -> list[Rounding]:
    """Return what is to be said of `shares`: of none that agrees to nearly all digits."""
    rest = [share for share in shares if not _agrees_at_once(pairs, share)]
    return [found for share in rest if (found := _compared(pairs, share)).fails or _is_noteworthy(pairs, found)]


def _is_noteworthy(pairs: Pairs, found: Rounding) -> bool:
    return found.underflows or (found.off > pairs.eps**_NOTED and not _cancels(pairs, found.share))


def _cancels(pairs: Pairs, share: Share) -> bool:
    """Whether the claim is zero but for rounding in either format, as that of a bias in front of a batch norm."""
    whole = max(share.whole(pairs.high), share.beside)
    return share.size(pairs.high) <= _ZERO * whole and _error(pairs, share) <= _AT_ONCE * pairs.eps * whole


def _error(pairs: Pairs, share: Share) -> float:
    off = share.size(pairs.low - pairs.high)
    return off if np.isfinite(off) else np.inf


def _agrees_at_once(pairs: Pairs, share: Share) -> bool:
    """Whether a few ulps explain the difference, and are few enough beside the gradient to leave it at that."""
    few = (_AT_ONCE if _AT_ONCE * pairs.eps <= _BLUNT else _ULPS) * pairs.eps
    return _error(pairs, share) <= few * share.size(pairs.high)


def _compared(pairs: Pairs, share: Share) -> Rounding:
    error, own = _error(pairs, share), share.size(pairs.high)
    limit = _limit(pairs, share, pairs.scatter)
    if error > limit:
        limit = _limit(pairs, share, np.fmax(pairs.scatter, pairs.further))
    off = error / own if own else np.inf
    if error > limit:
        if _error_of_normal_numbers(pairs, share) <= limit:
            return Rounding(share, pairs.scatter, underflows=True, off=off)
        if _error_beside_the_drowned(pairs, share) <= limit:
            return Rounding(share, pairs.scatter, off=off, measured=False)
        if not _lies_beside_a_kink(pairs, share, limit):
            return Rounding(share, pairs.scatter, exceeded=True, off=off)
        return Rounding(share, pairs.scatter)
    measured = error <= limit - _free(pairs, share) + _ULPS * pairs.eps * own
    factor = 0.0 if limit <= _BLUNT * own or _is_saturated(pairs, share) else _common_factor(pairs, share)
    return Rounding(share, pairs.scatter, factor=factor, off=off, measured=measured)


def _limit(pairs: Pairs, share: Share, scatter: Vector) -> float:
    eps, own = pairs.eps, share.size(pairs.high)
    of_all = eps * max(share.whole(pairs.high), share.beside)
    explained = _MOVED * share.size(pairs.moved) + _LOST * of_all + eps**_GRANTED * own
    return _free(pairs, share) + float(np.fmin(_SCATTER * share.size(scatter), explained))


def _free(pairs: Pairs, share: Share) -> float:
    ulps = pairs.eps * max(share.size(pairs.high), share.beside)
    return (_LOST if _is_saturated(pairs, share) else _ULPS) * ulps


def _is_saturated(pairs: Pairs, share: Share) -> bool:
    """Whether the claim is a difference of terms of the outputs' size, which may be steep besides."""
    return share.whole(pairs.high) <= _BLUNT * share.beside


def _error_of_normal_numbers(pairs: Pairs, share: Share) -> float:
    """Return the error without the entries whose gradient the format holds with few digits, or as zero."""
    too_small = np.maximum(np.abs(pairs.low), np.abs(pairs.high)) < 2 / largest(pairs.format)
    with np.errstate(all="ignore"):
        return share.size(np.where(too_small, 0.0, pairs.low - pairs.high))


def _error_beside_the_drowned(pairs: Pairs, share: Share) -> float:
    """Return the error without entries that are, all together, some ulps of the outputs: one saturated row."""
    drowning = _LOST * pairs.eps * share.beside
    sizes = np.maximum(np.abs(pairs.low), np.abs(pairs.high))
    drowned = sizes * share.weights <= drowning
    if _LOST * pairs.eps > _BLUNT or share.size(np.where(drowned, sizes, 0.0)) > drowning:
        return np.inf
    with np.errstate(all="ignore"):
        return share.size(np.where(drowned, 0.0, pairs.low - pairs.high))


# -- a kink ----------------------------------------------------------------------------------------------------------


def _lies_beside_a_kink(pairs: Pairs, share: Share, limit: float) -> bool:
    """Whether g_low lies, to `limit`, between both sides of a jump of g_64 that rounding cannot tell from x.

    Next to a kink rounding decides on which side a point is, and either side's gradient is right. The error
    points across the kink. Where there are several kinks, each decides on its own, entry by entry.
    """
    if not np.isfinite(pairs.low).all():
        return False
    lowest, highest = pairs.high, pairs.high
    across = np.sign(pairs.low - pairs.high) if pairs.low.size == pairs.x.size else np.ones(pairs.x.size)
    for shift in pairs.sides(across, ulps=_AWAY):
        here, there = _sides_of_a_jump(pairs, share, shift)
        low, high = np.minimum(here, there), np.maximum(here, there)
        lowest, highest = np.fmin(lowest, low), np.fmax(highest, high)
        if min(_outside(pairs, share, low, high), _outside(pairs, share, lowest, highest)) <= limit:
            return True
    return False


def _outside(pairs: Pairs, share: Share, low: Vector, high: Vector) -> float:
    return share.size(np.maximum(np.maximum(pairs.low - high, low - pairs.low), 0.0))


def _sides_of_a_jump(pairs: Pairs, share: Share, shift: Vector) -> tuple[Vector, Vector]:
    """Return g_64 on both sides of what changes it most between x and x + `shift`, a millionth of that apart.

    Where it is smooth, these are the same.
    """
    start, end = pairs.high, pairs.claim.high(pairs.x + shift)
    if not share.size(start - end) > _error(pairs, share) / _KINKS:
        return start, start
    near, far, here, there = 0.0, 1.0, start, end
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        between = pairs.claim.high(pairs.x + middle * shift)
        if share.size(between - start) <= share.size(between - end):
            near, here = middle, between
        else:
            far, there = middle, between
    return (here, there) if share.size(here - there) > share.size(start - end) / 2 else (start, start)


# -- a common factor -------------------------------------------------------------------------------------------------


def _common_factor(pairs: Pairs, share: Share) -> float:
    """Return the factor that the claims at several points have in common, 0 where that may be rounding."""
    mine, weights = share.piece.where, share.weights[share.piece.where]
    points = [pairs.here, *pairs.near]
    high = np.array([h[mine] * weights for _, h in points])
    error = np.array([low[mine] * weights for low, _ in points]) - high
    allowed = _FACTOR_MOVED * share.size(pairs.moved) + _FACTOR_ULPS * pairs.eps * max(norm(high[0]), share.beside)
    alpha = _along(error, high)
    return 1 + alpha if alpha and abs(alpha) * norm(high[0]) > allowed else 0.0


def _along(error: NDArray[np.float64], gradient: NDArray[np.float64]) -> float:
    """Return alpha, or 0 where it is not significant; rows are points, and those are not independent."""
    whole = float(np.sum(gradient**2))
    if not whole or not np.isfinite(error).all():
        return 0.0
    alpha = float(np.sum(error * gradient)) / whole
    spread = float(np.sqrt(np.sum(np.sum((error - alpha * gradient) * gradient, axis=0) ** 2))) / whole
    return alpha if abs(alpha) > _SIGNIFICANT * spread else 0.0

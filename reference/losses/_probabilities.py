r"""Targets that are probabilities: each in [0, 1], and where they are shares of classes, :math:`\sum_c t_c = 1`.

Shares that were computed add up to 1 up to the rounding of each of them. They may have been computed in single
precision and be given in double, so that is the least that is allowed for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats


def as_probabilities(target: ArrayLike, scores: Floats) -> Floats:
    """Return `target` in double precision.

    Raises
    ------
    ValueError
        It has another shape than `scores`, or an entry is outside [0, 1].
    """
    t = as_floats(target, "target")
    if t.shape != scores.shape:
        raise ValueError(f"target has shape {t.shape}, prediction has shape {scores.shape}; they must agree")
    if not (t.min(initial=0) >= 0 and t.max(initial=1) <= 1):
        at = tuple(np.argwhere(~((t >= 0) & (t <= 1)))[0].tolist())
        raise ValueError(f"target{_place(at)}={t[at]} is not a probability; targets lie in [0, 1]")
    return as_doubles(t)


def as_shares(target: ArrayLike, scores: Floats) -> Floats:
    """Return `target` in double precision: the probabilities of the classes on the last axis.

    Raises
    ------
    ValueError
        As `as_probabilities`, or those of one row do not add up to 1.
    """
    shares = as_probabilities(target, scores)
    totals = shares.sum(axis=-1)
    precision = max(np.finfo(as_floats(target).dtype).eps, np.finfo(np.float32).eps)
    wrong = np.argwhere(np.abs(totals - 1) > precision * (shares.shape[-1] + 2))
    if len(wrong):
        at = tuple(wrong[0].tolist())
        raise ValueError(
            f"target{_place(at)} adds up to {totals[at]}; the probabilities of the classes add up to 1: "
            "divide each row by its sum, or give labels"
        )
    return shares


def _place(at: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, at))}]" if at else ""

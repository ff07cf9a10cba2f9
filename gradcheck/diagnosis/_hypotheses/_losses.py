"""Classification losses: the gradient of the scores is (p - onehot), p their softmax, times a weight per row.

A = w p                 the label is not subtracted
A = w (x - onehot)      the scores stand where their probabilities belong
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .._box import Array
from .._evidence import Case, Point
from ._match import Match, matched


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def _weight(case: Case, p: Point, r: int) -> Array | None:
    """Return the weight w of every row, where the true gradient is w (softmax - onehot); None where it is not."""
    truth, probabilities = case.truth(p, r), _softmax(case.value(p))
    rows, classes = np.arange(len(truth)), np.argmax(np.abs(truth), axis=1)
    with np.errstate(all="ignore"):
        w = truth[rows, classes] / (probabilities[rows, classes] - 1)
    onehot = np.zeros_like(truth)
    onehot[rows, classes] = 1
    wanted = w[:, None] * (probabilities - onehot)
    fits = np.allclose(wanted, truth, rtol=1e-5, atol=1e-7 * np.max(np.abs(truth)))
    return w[:, None] if fits else None


def labels(case: Case) -> Iterator[Match]:
    """Try both on scores of shape (examples, classes)."""
    if any(case.value(p).ndim != 2 or case.value(p).shape[1] < 3 for p in case.points):
        return
    if any(_weight(case, p, r) is None for p, r in case.pairs):
        return

    def target_missing(p: Point, r: int) -> Array:
        return np.asarray(_weight(case, p, r) * _softmax(case.value(p)))

    def scores(p: Point, r: int) -> Array:
        w = _weight(case, p, r)
        return np.asarray(case.truth(p, r) + w * (case.value(p) - _softmax(case.value(p))))

    yield from matched(case, "target-missing", target_missing)
    yield from matched(case, "scores-for-probabilities", scores)

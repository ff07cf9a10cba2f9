"""`covariances`: how the features of a table belong together, before and after a preprocessor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..report import Matrix
from ._digits import digits

EXAMPLES, WIDTH, MOST = 400, 6, 16
"""Rows and features of a table that stands in where the subject brings none; features that a picture shows."""


def covariances(transform: Callable[[Any], Any], x: NDArray[np.float64] | None = None) -> tuple[Matrix, ...]:
    """Return the covariance of a table before and after `transform`; nothing where it is no table.

    Parameters
    ----------
    transform
        Returns the transformed table.
    x
        The table, of shape (examples, features); a correlated one off the origin by default.
    """
    table = correlated() if x is None else x
    with np.errstate(all="ignore"):
        after = np.asarray(transform(table.copy()), dtype=np.float64)
    if any(t.ndim != 2 or len(t) < 2 or not t.shape[1] for t in (table, after)):
        return ()
    return (_matrix("before", table), _matrix("after", after))


def correlated() -> NDArray[np.float64]:
    """Return a table whose features have several scales and depend on each other."""
    rng = np.random.default_rng(0)
    mixed = rng.standard_normal((EXAMPLES, WIDTH)) @ (np.eye(WIDTH) + 0.6 * rng.standard_normal((WIDTH, WIDTH)))
    return mixed * np.linspace(0.5, 2.0, WIDTH) + 3.0


def _matrix(title: str, table: NDArray[np.float64]) -> Matrix:
    shown = table[:, :MOST]
    centred = shown - shown.mean(axis=0)
    with np.errstate(all="ignore"):
        values = centred.T @ centred / len(shown)
    return Matrix(title, shown.shape[1], table.shape[1], digits(values.ravel()))

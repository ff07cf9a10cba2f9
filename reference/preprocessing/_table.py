"""What every preprocessing step asks of its data: one example a row, as wide as the training data."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats


def training_table(x: ArrayLike) -> Floats:
    """Return `x` as a table to learn statistics from.

    Raises
    ------
    ValueError
        It is not a table, or has no row or no column.
    """
    table = _table(x, "x")
    if table.size == 0:
        raise ValueError(f"x has shape {table.shape}; fit needs at least one example and one feature")
    return table


def new_table(x: ArrayLike, step: object, name: str = "x", width: int | None = None) -> Floats:
    """Return `x` as a table that the fitted `step` can map; it may have no rows.

    Parameters
    ----------
    x : array_like, shape (n, width)
        The data.
    step
        The preprocessing step; its ``n_features_in_`` is set by ``fit``.
    name
        What `x` is called in messages.
    width
        The columns needed, where they are not the features of the training data.

    Raises
    ------
    ValueError
        `step` has not seen training data, or `x` is not a table of its width.
    """
    kind = type(step).__name__
    features: int | None = getattr(step, "n_features_in_", None)
    if features is None:
        raise ValueError(f"this {kind} has not seen training data yet: call fit(x) first")
    table, width = _table(x, name), features if width is None else width
    if table.shape[1] != width:
        raise ValueError(
            f"{name} has {table.shape[1]} columns where {width} are needed: "
            f"this {kind} was fitted to {features} features"
        )
    return table


def finite(x: Floats, step: object) -> Floats:
    """Return `x`, which a singular value decomposition is about to read.

    Raises
    ------
    ValueError
        It holds NaN or infinity.
    """
    wrong = np.argwhere(~np.isfinite(x))
    if len(wrong):
        row, column = wrong[0]
        raise ValueError(
            f"x[{row}, {column}]={x[row, column]} is not finite; {type(step).__name__} needs every entry: "
            "fill in or drop such examples first"
        )
    return x


def _table(x: ArrayLike, name: str) -> Floats:
    table = as_floats(x, name)
    if table.ndim != 2:
        raise ValueError(
            f"{name} has shape {table.shape}; a table of one example a row is needed: "
            f"reshape one example with {name}.reshape(1, -1), images with {name}.reshape(len({name}), -1)"
        )
    return table

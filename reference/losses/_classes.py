"""What the losses of a classifier ask of their arguments: one score a class on the last axis, and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import Floats, as_floats

Labels = NDArray[np.integer[Any]]


def as_scores(prediction: ArrayLike) -> Floats:
    """Return `prediction` as an array with one score a class on the last axis.

    Raises
    ------
    ValueError
        It has no axis, or no class.
    """
    scores = as_floats(prediction, "prediction")
    if scores.ndim == 0 or scores.shape[-1] == 0:
        raise ValueError(f"prediction has shape {scores.shape}; it needs one score a class on the last axis")
    return scores


def as_labels(target: ArrayLike, scores: Floats) -> Labels:
    """Return `target` as the index of a class for each row of `scores`.

    Raises
    ------
    ValueError
        The labels are not integers, not one per row, or one of them is not a class.
    """
    labels = np.asarray(target)
    if labels.shape != scores.shape[:-1]:
        raise ValueError(
            f"target has shape {labels.shape}, prediction has shape {scores.shape}; "
            f"one label per row is needed, shape {scores.shape[:-1]}"
        )
    if labels.size and labels.dtype.kind not in "iu":
        raise ValueError(f"target has dtype {labels.dtype}; labels are integers, the index of the true class")
    labels = labels.astype(np.intp)
    classes = scores.shape[-1]
    wrong = np.argwhere((labels < 0) | (labels >= classes))
    if len(wrong):
        at = tuple(wrong[0].tolist())
        where = f"[{', '.join(map(str, at))}]" if at else ""
        raise ValueError(
            f"target{where}={labels[at]} is not a class: prediction has {classes} of them, 0 to {classes - 1}"
        )
    return labels


def at_labels(scores: Any, labels: Labels) -> Any:
    """Return the entry of each row that belongs to its label; shape (..., 1)."""
    return np.take_along_axis(scores, labels[..., np.newaxis], axis=-1)


def put_at_labels(scores: Floats, labels: Labels, values: Floats) -> None:
    """Write `values`, shape (..., 1), over the entries that `at_labels` returns."""
    np.put_along_axis(scores, labels[..., np.newaxis], values, axis=-1)

"""What every update rule does with its arguments: weights, a gradient of their shape, and a state that fits."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_doubles, as_floats, finite_number

State = TypeVar("State", bound=tuple[Any, ...])


def weights_and_gradient(w: ArrayLike, grad: ArrayLike) -> tuple[Floats, Floats, np.dtype[Any]]:
    """Return both in double precision, and the precision of `w`.

    Raises
    ------
    ValueError
        The shapes differ; a gradient is never broadcast.
    """
    weights, gradient = as_floats(w, "w"), as_floats(grad, "grad")
    if gradient.shape != weights.shape:
        raise ValueError(f"grad has shape {gradient.shape}, w has shape {weights.shape}; they must agree")
    return as_doubles(weights), as_doubles(gradient), weights.dtype


def resumed(state: State | None, start: State) -> State:
    """Return `state`, or `start` where it is None.

    Raises
    ------
    ValueError
        It is the state of another rule, or belongs to weights of another shape.
    """
    if state is None:
        return start
    kind = type(start).__name__
    if type(state).__name__ != kind:
        raise ValueError(f"state is a {type(state).__name__}, but this rule keeps a {kind}: begin with state=None")
    for held, fresh in zip(state, start, strict=True):
        if np.shape(held) != np.shape(fresh):
            raise ValueError(
                f"state belongs to weights of shape {np.shape(held)}, w has shape {np.shape(fresh)}: "
                "keep one state for each array"
            )
    return state


def decay(name: str, value: float) -> float:
    """Return `value` as a plain float.

    Raises
    ------
    ValueError
        It is outside [0, 1).
    """
    if not (finite_number(value) and 0 <= value < 1):
        raise ValueError(f"{name}={value!r} must lie in [0, 1): it is the share of the past that is kept")
    return float(value)

"""What a subject returned, as arrays, or the sentence that says what it should have been."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..._errors import InvalidArgument
from ...numerics import Vector
from ...subjects import Array, Malformed, is_floating
from ._pieces import Piece


def read_output(path: str, value: Any, name: str) -> Array:
    """Return what a forward returned for `path`; `InvalidArgument` where it is no floating-point array."""
    if value is None:
        raise InvalidArgument(
            f"the forward of {name} returned None for {path}; it must return arrays: a forgotten `return` looks so"
        )
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InvalidArgument(f"{path} of {name} is no array: {error}") from None
    if not is_floating(array.dtype):
        raise InvalidArgument(
            f"{path} of {name} has dtype {array.dtype}, which has no derivative; return floating-point arrays"
        )
    return array


def read_gradient(gradient: Any, piece: Piece) -> Array:
    """Return the gradient of `piece` in float64; `Malformed` where it is missing, no numbers, or of another shape."""
    if gradient is None:
        raise _missing(piece)
    try:
        array = np.asarray(gradient)
    except ValueError:
        array = np.asarray(None)
    if not (is_floating(array.dtype) or array.dtype.kind in "iub"):
        raise Malformed(
            "GC104", f"the gradient of {piece.path} has dtype {array.dtype}, expected real numbers", piece.path
        )
    if array.shape != piece.shape:
        raise _wrong_shape(array.shape, piece)
    return array.astype(float, copy=False)


def read_tangent(tangent: Any, piece: Piece) -> Vector:
    """Return the tangent of the output `piece`, flat; `Malformed` as for a gradient."""
    try:
        array = np.asarray(tangent)
    except ValueError:
        array = np.asarray(None)
    real = is_floating(array.dtype) or array.dtype.kind in "iub"
    if tangent is None or not real or array.shape != piece.shape:
        shown = "None" if tangent is None else f"of shape {array.shape} and dtype {array.dtype}"
        raise Malformed(
            "GC104",
            f"the tangent of {piece.path} that the jvp returned is {shown}, the output has shape {piece.shape}",
            piece.path,
            "return one tangent of real numbers per output, of its shape",
        )
    return array.astype(float).ravel()


def _missing(piece: Piece) -> Malformed:
    if "params" in piece.path:
        title = f"backward left no gradient for {piece.path}, which moves the output"
        return Malformed("GC104", title, piece.path, "leave its gradient where the others are, in every backward")
    title, hint = (
        f"the backward returned None for {piece.path}",
        "return the gradient; a forgotten `return` looks like this",
    )
    return Malformed("GC104", title, piece.path, hint)


def _wrong_shape(shape: tuple[int, ...], piece: Piece) -> Malformed:
    told = f"the gradient of {piece.path} has shape {shape}, the {'parameter' if 'params' in piece.path else 'input'}"
    if _is_broadcast(piece.shape, shape):
        return Malformed(
            "GC115",
            f"{told} {piece.shape}: it was broadcast in forward and not summed back",
            piece.path,
            f"sum the gradient over the axes that broadcasting added, down to shape {piece.shape}",
        )
    return Malformed("GC104", f"{told} has shape {piece.shape}", piece.path, "return a gradient of the same shape")


def _is_broadcast(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(small, large) == large and prod(large) > prod(small)
    except ValueError:
        return False

"""A private copy of a user's object, so that the object itself is never touched.

`copy.deepcopy` parts what belongs together: a view and its base become two arrays, and a layer that writes through
one name and reads through the other is broken by it. So the arrays are copied here, each memory once, and handed to
deepcopy as already done. On the way, low precision can be widened, everywhere at once.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ._floats import is_low
from ._subject import Array


def is_same(now: Array, before: Array) -> bool:
    """Whether both hold the same numbers, and NaN where the other does."""
    if np.array_equal(now, before):  # a quarter of the time, where there is none
        return True
    return before.dtype.kind in "fc" and np.array_equal(now, before, equal_nan=True)


def private_copy(owner: Any, *, widen: bool = False, known: Mapping[int, Any] | None = None) -> Any:
    """Return a deep copy of `owner` in which arrays that shared memory still do; `widen` makes floats float64.

    `known` holds copies of what cannot copy itself, by the identity of the original.

    Raises
    ------
    InvalidArgument
        The object cannot be copied.
    """
    memo = _copied_arrays(owner, widen=widen)
    memo.update(known or {})
    try:
        return copy.deepcopy(owner, memo)
    except Exception as error:
        raise InvalidArgument(
            f"the {type(owner).__name__} cannot be copied ({type(error).__name__}: {error}), so it could not come "
            "back untouched; give it a __deepcopy__, or check its functions"
        ) from error


def _copied_arrays(owner: Any, *, widen: bool) -> dict[int, Any]:
    """Return a memo for deepcopy: the copy of every array inside `owner`, by identity."""
    roots: dict[int, Array] = {}
    memo: dict[int, Any] = {}
    kept: list[Any] = []
    for array in _arrays(owner, set()):
        root = _root(array)
        kept += [array, root]
        if id(root) not in roots:
            roots[id(root)] = np.array(root, dtype=_dtype(root, widen=widen), order="K", subok=True)
        memo[id(array)] = _same_view(array, root, roots[id(root)])
    memo[id(memo)] = kept  # deepcopy's own way to keep the originals alive while it works
    return memo


def _arrays(held: Any, seen: set[int]) -> Iterator[Array]:
    """Yield every array reachable through attributes, dictionaries, lists and tuples."""
    if id(held) in seen:
        return
    seen.add(id(held))
    if isinstance(held, np.ndarray):
        if held.dtype != object:
            yield held
    elif isinstance(held, dict):
        for item in list(held.values()):
            yield from _arrays(item, seen)
    elif isinstance(held, (list, tuple)):
        for item in held:
            yield from _arrays(item, seen)
    elif hasattr(held, "__dict__") and not isinstance(held, type) and not callable(held):
        yield from _arrays(vars(held), seen)


def _root(array: Array) -> Array:
    """Return the array that owns the memory of `array`, where it can be copied as a whole."""
    root = array
    while isinstance(root.base, np.ndarray) and root.base.dtype == array.dtype:
        root = root.base
    return root if root.flags.forc else array


def _dtype(root: Array, *, widen: bool) -> np.dtype[Any]:
    if not widen or root.dtype.kind not in "fcV":
        return root.dtype
    if root.dtype.kind == "c":
        return np.result_type(root.dtype, np.complex128)
    return np.dtype(np.float64) if is_low(root.dtype) else root.dtype


def _same_view(array: Array, root: Array, copied: Array) -> Array:
    """Return the view of `copied` that `array` is of `root`."""
    if array is root:
        return copied
    ratio = copied.itemsize // root.itemsize
    offset = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    strides = tuple(step * ratio for step in array.strides)
    memory = copied.ravel(order="K").view(np.uint8)  # as bytes: not every format can be exported as itself
    view = np.ndarray(array.shape, copied.dtype, memory.data, offset * ratio, strides)
    view.flags.writeable = array.flags.writeable
    return view

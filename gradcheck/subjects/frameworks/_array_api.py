"""Arrays of any library that keeps the array API standard, CuPy's among them: gradients written by hand for them.

Such a library differentiates nothing. What it brings are its arrays: they come as NumPy's, and go back as they came,
on the same device, for every call of the forward and of what claims its gradient. Where `array_api_compat` is
installed, it says what the namespace of an array is, for libraries that keep the standard by its help.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from ..._errors import InvalidArgument, MissingExtra
from .._subject import Array
from ._framework import Framework, Result

_BY_HELP = ("cupy",)
"""Packages whose arrays say nothing of a namespace by themselves."""


class ArrayApi(Framework):
    """The library of `example`, one of its arrays."""

    def __init__(self, example: Any) -> None:
        self._kind, self._namespace = type(example), _namespace_of(example)
        self._device = getattr(example, "device", None)
        self.name = getattr(self._namespace, "__name__", "the array API")

    def is_array(self, value: Any) -> bool:
        """Whether `value` is of the type of the example."""
        return isinstance(value, self._kind)

    def to_numpy(self, array: Any) -> Array:
        """Return a copy of an array of the library as one of NumPy, from wherever it is."""
        if hasattr(array, "get"):  # CuPy copies to the host by this alone
            return np.asarray(array.get())
        try:
            return np.array(np.from_dlpack(array))
        except (TypeError, AttributeError, BufferError, RuntimeError):
            return np.array(array)

    def from_numpy(self, value: Array, like: Any) -> Any:
        """Return `value` as an array of the library, on the device of `like`, by default of the example.

        What is strided has its axes in reverse order in memory.
        """
        device = getattr(like, "device", self._device)
        where = {} if device is None else {"device": device}
        if value.ndim < 2 or value.flags.c_contiguous:
            return self._namespace.asarray(np.array(value), **where)
        turned = self._namespace.asarray(np.array(value.T, order="C"), **where)
        return self._namespace.permute_dims(turned, tuple(range(value.ndim))[::-1])

    def run(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> Result:
        """Refuse: nothing differentiates here."""
        del function, arrays
        raise InvalidArgument(
            f"{self.name} differentiates nothing; pass derivative=, grad=, vjp= or a (forward, backward) pair"
        )


def is_foreign_array(value: Any) -> bool:
    """Whether `value` is an array by the standard, be it by the help of `array_api_compat`, but none of NumPy's."""
    keeps = hasattr(type(value), "__array_namespace__") or type(value).__module__.partition(".")[0] in _BY_HELP
    return keeps and hasattr(value, "shape") and not isinstance(value, (np.ndarray, np.generic))


def _namespace_of(array: Any) -> Any:
    try:
        return import_module("array_api_compat").array_namespace(array)
    except (ImportError, TypeError):
        if hasattr(array, "__array_namespace__"):
            return array.__array_namespace__()
        package = type(array).__module__.partition(".")[0]
        raise MissingExtra(f"arrays of {package} need array_api_compat: pip install 'gradcheck[array-api]'") from None

"""Functions of a framework's arrays: the framework differentiates, and what it says is the claim.

A framework is a file of its own, with a `Framework` and a line in `_frameworks.py`; this file is what they share:
arguments are opened into leaves (`_trees`), NumPy arrays go in, NumPy arrays come out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._errors import InvalidArgument
from .._copying import is_same
from .._floats import is_floating
from .._subject import Array, Malformed
from .._trees import Opened, opened

Pull = Callable[[Sequence[Array]], Any]


@dataclass(frozen=True, slots=True)
class Result:
    """One call: its differentiable outputs by name, as NumPy arrays, and how an upstream is pulled back.

    ``through`` is that of an `Evaluation`.
    """

    outputs: dict[str, Array]
    pull: Pull
    through: Callable[[Sequence[str]], Pull] | None = None


class Trust:
    """How far a framework's reverse mode of a function can be trusted, as far as it has been seen.

    ``derived`` and ``pure`` are those of a `Subject`. ``asking`` says that somebody's rules are in it that may ask
    which inputs need a gradient, or which outputs are made use of; ``ruled`` is that of a `Subject`.
    """

    derived = False
    ruled = True
    pure = False
    asking = False


class Framework(ABC):
    """What has to be known about a framework.

    Attributes
    ----------
    name
        What reports call it.
    conjugated
        Whether complex gradients come in the conjugate convention.
    maps
        Whether several upstreams at once cost less than one after the other; not where each new shape is compiled.
    twice
        Whether it differentiates its own gradients: then it has a `gradient`.
    revalued
        The outputs by name as the last pullback, or the last `push`, had them anew, where rules may have made others.

    """

    name: str
    conjugated = False
    maps = False
    twice = False
    revalued: Mapping[str, Array] | None = None

    @abstractmethod
    def is_array(self, value: Any) -> bool:
        """Whether `value` is one of the framework's arrays."""

    def is_remote(self, value: Any) -> bool:
        """Whether `value` lives where a mistake in sizes cannot be refused, but ends the process."""
        del value
        return False

    @abstractmethod
    def to_numpy(self, array: Any) -> Array:
        """Return one of the framework's arrays as a NumPy array, which may share memory."""

    @abstractmethod
    def from_numpy(self, value: Array, like: Any) -> Any:
        """Return `value` as an array of the framework, on the device and in the layout of `like`."""

    def all_from_numpy(self, values: Sequence[Array], likes: Sequence[Any]) -> list[Any]:
        """Return `values` as arrays of the framework, as `from_numpy` does one by one."""
        return [self.from_numpy(value, like) for value, like in zip(values, likes, strict=True)]

    def lasting(self, array: Any) -> Any:
        """Return a copy of a constant that may be handed over time and again; `array` itself where that is no use."""
        return array

    def lent(self, arguments: Any) -> Any:
        """Return the arguments of a call, as copies where the function takes away what it is handed."""
        return arguments

    def show_written(self, arrays: Sequence[Any], values: Sequence[Array]) -> None:
        """Let what has been written into `arrays`, copies of `values`, show in these, as it does in NumPy.

        Raises
        ------
        ValueError
            A value is read-only.

        """
        for array, value in zip(arrays, values, strict=True):
            if self.is_written(array, value):
                value[...] = self.to_numpy(array)

    def is_touched(self, array: Any) -> bool:  # noqa: ARG002
        """Whether the framework has counted a write into `array`, whatever it holds now."""
        return False

    def is_written(self, array: Any, value: Array) -> bool:
        """Whether `array` is no longer the `value` that it was made of, which a library may have rounded."""
        now = self.to_numpy(array)
        return not (is_same(now, value) or is_same(now, self.to_numpy(self.from_numpy(value, None))))

    def refuse_strides(self, error: Exception, again: Callable[[], Any]) -> None:
        """Raise `Malformed` for an `error` that does not come `again`, where the same lies in contiguous memory."""
        again()
        raise Malformed(
            "GC116",
            f"a strided upstream makes the backward raise {type(error).__name__}: {str(error).strip()}",
            hint="call .contiguous() on grad_output, or reshape instead of view",
        ) from None

    @abstractmethod
    def run(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> Result:
        """Call `function` with a list of arrays, inside a session; it may return any tree."""

    def push(
        self,
        function: Callable[[Sequence[Any]], Any],  # noqa: ARG002
        arrays: Sequence[Any],  # noqa: ARG002
        tangents: Sequence[Any],  # noqa: ARG002
    ) -> Any:
        """Return the tangents of the outputs by name, by the framework's forward mode."""
        raise InvalidArgument(f"jvp=True needs a forward mode, which {self.name} does not have; pass a function")

    def marked(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], wanted: Sequence[int]
    ) -> Result:
        """Call `function` where the arrays in `wanted` alone need a gradient; None for those that have none."""
        raise NotImplementedError

    def trust(self, function: Callable[[Sequence[Any]], Any], point: Callable[[], Sequence[Any]]) -> Trust:
        """Return what says how far the reverse mode of `function` can be trusted, now and later.

        `point` makes the arrays to trace it with, where it is traced.
        """
        del function, point
        return Trust()

    def draws(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> Sequence[Any]:
        """Return which random numbers the function draws, as far as it can be told: of what shape and width."""
        del function, arrays
        return ()

    def left_out(self, function: Callable[..., Any]) -> Sequence[str]:
        """Return what else got a gradient when `function` was called, as far as it can be told: what it is called."""
        del function
        return ()

    def formats(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> Sequence[np.dtype[Any]]:
        """Return in which formats the function computes what has a slope, as far as it can be told."""
        del function, arrays
        return ()

    def by_design(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> Sequence[str]:
        """Return sentences about what the framework does not differentiate as it is computed, on purpose."""
        del function, arrays
        return ()

    def tried(self, call: Callable[[], Any]) -> Any:
        """Return what `call`, code for this framework's arrays inside a session, returns."""
        return call()

    def run_many(
        self,
        function: Callable[[Sequence[Any]], Any],
        arrays: Sequence[Any],
        moved: Mapping[int, Array],
    ) -> dict[str, Array] | None:
        """Return the outputs by name with one more axis in front, as the arrays in `moved` have, by position.

        None where the framework has nothing of the kind; whatever it raises says the same of the function.
        """
        del function, arrays, moved
        return None

    def pull_many(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], upstreams: Sequence[Array]
    ) -> Sequence[Any] | None:
        """Return the gradients, with one more axis in front, for upstreams that have it; None and errors as above."""
        del function, arrays, upstreams
        return None

    def gradient(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], upstreams: Sequence[Any]
    ) -> Sequence[Any]:
        """Return the gradients at arrays of the framework, as arrays that it can differentiate again."""
        raise NotImplementedError

    def session(self, *, wide: bool) -> AbstractContextManager[Any]:  # noqa: ARG002 - most need none
        """Return what surrounds every call; `wide` where low precision was made float64."""
        return nullcontext()

    def opened(self, tree: Any, name: str = "") -> Opened:
        """Return the leaves of nested arguments or results."""
        return opened(tree, name)

    def is_asked_for(self, array: Any) -> bool | None:
        """Whether the caller asks for the gradient of `array`; None where the framework has no such mark."""
        del array
        return None

    def is_differentiable(self, value: Any) -> bool:
        """Whether `value` is an array of floating-point or complex numbers: the framework's own, or NumPy's."""
        if isinstance(value, np.ndarray):
            return is_floating(value.dtype) or value.dtype.kind == "c"
        return self.is_array(value) and _has_a_slope(self.to_numpy(value).dtype)


def _has_a_slope(dtype: np.dtype[Any]) -> bool:
    return is_floating(dtype) or dtype.kind == "c"


def output_path(name: str) -> str:
    """Return the path of an output by its name in the tree of results."""
    return f"outputs[{name or '0'}]" if name.isdigit() or not name else f"outputs[{name!r}]"

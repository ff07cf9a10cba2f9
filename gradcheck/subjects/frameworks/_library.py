"""Any library of automatic differentiation, through three functions.

=========================  =========================================================================================
``from_array(array)``      an array of the library, of the same numbers
``to_array(array)``        back
``vjp(f, *inputs)``        ``(f(*inputs), pull)``; ``pull(upstream)`` returns one gradient per input
=========================  =========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._errors import InvalidArgument
from .._subject import Array
from ._framework import Framework, Result, output_path


@dataclass(frozen=True, slots=True)
class Library:
    """A library that differentiates, as `gradcheck.check` needs to know it.

    Calling it with a function of the library's arrays returns what `check` takes as a subject.

    Parameters
    ----------
    name
        What reports call it.
    from_array
        ``from_array(array)``: an array of the library with the numbers of a NumPy array.
    to_array
        ``to_array(array)``: the NumPy array back.
    vjp
        ``vjp(f, *inputs) -> (outputs, pull)`` with ``pull(upstream)``: one gradient per input in a tuple, or in a
        dictionary by name, or the one gradient; the upstream is packed as the outputs are.
    conjugated
        Whether complex gradients, upstreams among them, are dL/dx - i dL/dy, as in JAX and HIPS autograd, so that a
        holomorphic f pulls u back to ``u * f'(z)``; by default they are dL/dx + i dL/dy, as in PyTorch.

    Raises
    ------
    InvalidArgument
        One of the three is no function.

    Examples
    --------
    A library of one operation, whose gradient is right:

    >>> import numpy as np
    >>> square = lambda x: x**2
    >>> toy = gradcheck.Library("toy", np.array, np.asarray, lambda f, x: (f(x), lambda u: 2 * x * u))
    >>> gradcheck.check(toy(square), np.ones(3)).ok
    True

    """

    name: str
    from_array: Callable[[Array], Any]
    to_array: Callable[[Any], Array]
    vjp: Callable[..., tuple[Any, Callable[[Any], Any]]]
    conjugated: bool = False

    def __post_init__(self) -> None:
        for field in ("from_array", "to_array", "vjp"):
            value = getattr(self, field)
            if not callable(value):
                raise InvalidArgument(f"{field}={value!r} of the library {self.name!r} must be a function")

    def __call__(self, function: Callable[..., Any]) -> Differentiable:
        """Return `function` as something to check."""
        return Differentiable(self, function)


@dataclass(frozen=True, slots=True)
class Differentiable:
    """A function and the library that differentiates it."""

    library: Library
    function: Callable[..., Any]


class Foreign(Framework):
    """A `Library` as a framework."""

    def __init__(self, library: Library) -> None:
        self.name, self.conjugated, self._library = library.name, library.conjugated, library
        self._kind = type(library.from_array(np.zeros(1)))

    def is_array(self, value: Any) -> bool:
        """Whether `value` is of the type that ``from_array`` returns."""
        return isinstance(value, self._kind)

    def to_numpy(self, array: Any) -> Array:
        """Return an array of the library as one of NumPy."""
        return np.asarray(self._library.to_array(array))

    def from_numpy(self, value: Array, like: Any) -> Any:  # noqa: ARG002
        """Return a private copy of `value` as an array of the library, strided if `value` is."""
        return self._library.from_array(_copied(value))

    def run(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> Result:
        """Call `function`; the library differentiates it when an upstream is there."""
        tree = self.opened(function(arrays))
        paths = [output_path(name) for name in tree.names]
        outputs = {p: self._number(out) for p, out in zip(paths, tree.leaves, strict=True) if self._is_number(out)}

        def pull(upstreams: Sequence[Array]) -> Any:
            given = {p: self.from_numpy(u, None) for p, u in zip(outputs, upstreams, strict=True)}
            leaves = [given.get(p, out) for p, out in zip(paths, tree.leaves, strict=True)]
            pullback = self._pullback(self._library.vjp(lambda *inputs: function(inputs), *arrays))
            returned = self.opened(pullback(tree.closed(leaves)))
            self.show_written(list(given.values()), upstreams)
            return returned.closed([None if leaf is None else self._number(leaf) for leaf in returned.leaves])

        return Result(outputs, pull)

    def _pullback(self, returned: Any) -> Callable[[Any], Any]:
        if isinstance(returned, (tuple, list)) and len(returned) == 2 and callable(returned[1]):
            back: Callable[[Any], Any] = returned[1]
            return back
        parts = ", ".join(type(part).__name__ for part in returned) if isinstance(returned, (tuple, list)) else None
        got = type(returned).__name__ if parts is None else f"({parts})"
        raise InvalidArgument(
            f"vjp of the library {self.name!r} returned {got}; vjp(f, *inputs) must return (f(*inputs), pull), where "
            "pull(upstream) returns one gradient per input"
        )

    def _is_number(self, out: Any) -> bool:
        return self.is_differentiable(out) or isinstance(out, (float, np.floating))

    def _number(self, out: Any) -> Array:
        return self.to_numpy(out) if self.is_array(out) else np.asarray(out)


def _copied(value: Array) -> Array:
    """Return a copy; of what is strided one with its axes in reverse order, that is no row either."""
    if value.flags.forc:
        return np.array(value)
    memory = np.empty((*value.shape[::-1], 2), value.dtype)[..., 0].T
    memory[...] = value
    return memory

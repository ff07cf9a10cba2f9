"""JAX: functions of arrays and pytrees; ``jax.vjp`` is what claims, whoever wrote the rule.

64-bit mode is on inside a call and as it was outside. A function with a loop or a branch of JAX's own is compiled
once, for otherwise each call would compile it anew. All others run as they stand, so that what they do beside
computing is met; their reverse mode is traced once besides (`_Reverse`), for tracing costs more than all the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from importlib import import_module
from typing import Any

import numpy as np

from ._framework import Framework, Result, output_path
from ._subject import Array
from ._trees import Opened, step

_AS_IT_STANDS, _LAST_BITS = 1, 2.0**-44
_COMPILED_ANEW = frozenset({"scan", "while", "cond", "custom_linear_solve"})
"""Primitives that carry a program, which is compiled again for every call outside of ``jit``."""


class Jax(Framework):
    """JAX, which the caller has imported."""

    name = "JAX"
    conjugated = True
    twice = True

    def __init__(self) -> None:
        self._compiled: dict[Any, tuple[Callable[..., Any], Callable[..., Any]]] = {}
        self._paths: tuple[str, ...] = ()
        self._dtypes: list[Any] = []

    @cached_property
    def jax(self) -> Any:
        """The module."""
        import jax

        return jax

    # -- arrays ------------------------------------------------------------------------------------------------------

    def is_array(self, value: Any) -> bool:
        """Whether `value` is an array of JAX, other than a key of random numbers."""
        return isinstance(value, self.jax.Array) and not self._is_key(value)

    def _is_key(self, value: Any) -> bool:
        return bool(self.jax.dtypes.issubdtype(value.dtype, self.jax.dtypes.prng_key))

    def to_numpy(self, array: Any) -> Array:
        """Return an array of JAX as one of NumPy."""
        return np.asarray(array)

    def from_numpy(self, value: Array, like: Any) -> Any:  # noqa: ARG002 - arrays of JAX have no layout to keep
        """Return `value` as an array of JAX, of the same dtype; it is copied."""
        return self.jax.numpy.array(value)

    def opened(self, tree: Any, name: str = "") -> Opened:
        """Return the leaves of a pytree."""
        found, structure = self.jax.tree_util.tree_flatten_with_path(tree)
        names = tuple(_joined(name, path) for path, _ in found)
        return Opened(names, tuple(leaf for _, leaf in found), lambda leaves: structure.unflatten(list(leaves)))

    def session(self, *, wide: bool) -> AbstractContextManager[Any]:  # noqa: ARG002 - float32 stays float32
        """Return a context in which there are 64 bits."""
        if self.jax.config.jax_enable_x64:
            return nullcontext()  # and so JAX's caches are those of the code outside
        home = self.jax if hasattr(self.jax, "enable_x64") else import_module("jax.experimental")
        context: AbstractContextManager[Any] = home.enable_x64(True)
        return context

    # -- calls -------------------------------------------------------------------------------------------------------

    def run(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> Result:
        """Call `function`; it is differentiated when an upstream is there to be pulled back."""
        forward, backward = self._pair(function, arrays)
        tree = self.opened(forward(list(arrays)))
        found = {
            output_path(name): out for name, out in zip(tree.names, tree.leaves, strict=True) if self._has_slope(out)
        }
        self._paths = tuple(found)
        self._dtypes = [out.dtype for out in found.values()]

        def pull(upstreams: Sequence[Array], dtypes: Sequence[Any] = tuple(self._dtypes)) -> list[Array]:
            given = [self.jax.numpy.array(u, d) for u, d in zip(upstreams, dtypes, strict=True)]
            return [self.to_numpy(gradient) for gradient in backward(list(arrays), given)]

        return Result({path: self.to_numpy(out) for path, out in found.items()}, pull)

    def push(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], tangents: Sequence[Any]
    ) -> dict[str, Array]:
        """Return the tangents of the outputs by ``jax.jvp``."""
        names = [
            output_path(name)
            for name, out in zip(*_two(self.opened(function(list(arrays)))), strict=True)
            if self._has_slope(out)
        ]
        _, moved = self.jax.jvp(lambda *given: self._outputs(function, given), tuple(arrays), tuple(tangents))
        return {path: self.to_numpy(tangent) for path, tangent in zip(names, moved, strict=True)}

    def gradient(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], upstreams: Sequence[Any]
    ) -> list[Any]:
        """Return the gradients by ``jax.vjp``."""
        return list(self._pulled(function, arrays, list(upstreams)))

    def run_many(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], moved: Mapping[int, Array]
    ) -> dict[str, Array]:
        """Return the outputs by ``jax.vmap``."""

        def one(*given: Any) -> list[Any]:
            return self._outputs(
                function, list((dict(enumerate(arrays)) | dict(zip(moved, given, strict=True))).values())
            )

        outs = self.jax.vmap(one)(*map(self.jax.numpy.array, moved.values()))
        return {path: self.to_numpy(out) for path, out in zip(self._paths, outs, strict=True)}

    def pull_many(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], upstreams: Sequence[Array]
    ) -> list[Array]:
        """Return the gradients by ``jax.vmap`` of the pullback: as it was traced, where it was."""
        reverse = self._pair(function, arrays)[1]
        if isinstance(reverse, _Reverse) and reverse.traced is not None and self._dtypes:
            given = [self.jax.numpy.array(u, dtype) for u, dtype in zip(upstreams, self._dtypes, strict=True)]
            return [self.to_numpy(g) for g in self.jax.vmap(partial(reverse.traced, *arrays))(*given)]
        outs, pull = self.jax.vjp(lambda *given: self._outputs(function, given), *arrays)
        given = [self.jax.numpy.array(u, out.dtype) for u, out in zip(upstreams, outs, strict=True)]
        return [self.to_numpy(gradient) for gradient in self.jax.vmap(pull)(given)]

    def _has_slope(self, out: Any) -> bool:
        return self.is_array(out) and bool(self.jax.numpy.issubdtype(out.dtype, self.jax.numpy.inexact))

    def _outputs(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> list[Any]:
        """Return the outputs that have a slope, traced or not."""
        inexact = self.jax.numpy.inexact
        leaves = self.jax.tree_util.tree_leaves(function(list(arrays)))
        return [out for out in leaves if self.jax.numpy.issubdtype(getattr(out, "dtype", np.int64), inexact)]

    def _pair(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]
    ) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Return the function and its reverse mode, compiled where it pays."""
        key = tuple((array.shape, array.dtype) for array in arrays)
        if key not in self._compiled:
            pulled = partial(self._pulled, function)
            self._compiled[key] = (
                (self.jax.jit(function), self.jax.jit(pulled))
                if self._has_loops(function, arrays)
                else (function, _Reverse(self.jax, pulled))
            )
        return self._compiled[key]

    def _pulled(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], upstreams: Any) -> Any:
        return self.jax.vjp(lambda *given: self._outputs(function, given), *arrays)[1](upstreams)

    def _has_loops(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> bool:
        """Whether `function` can be traced, and holds a program that would be compiled for every call."""
        try:
            traced = self.jax.make_jaxpr(lambda arrays: self._outputs(function, arrays))(list(arrays))
        except Exception:  # it looks at values, so it cannot be compiled; what it raises otherwise, it raises again
            return False
        return any(equation.primitive.name in _COMPILED_ANEW for equation in traced.jaxpr.eqns)


class _Reverse:
    """The reverse mode of a function: as it was traced, where that is what it says.

    The first call runs the rules of the function as they stand. The second traces them; if for the inputs of the
    first they then say what they said, to the last bits, they are not run again. A rule that looks at values, or
    that draws, counts or keeps something, is run every time.
    """

    def __init__(self, jax: Any, pulled: Callable[[Any, Any], Any]) -> None:
        self._jax, self._pulled = jax, pulled
        self.traced: Callable[..., Any] | None = None
        self._seen: list[tuple[list[Any], list[Any]]] = []
        self._settled = False

    def __call__(self, arrays: Sequence[Any], upstreams: Sequence[Any]) -> Sequence[Any]:
        """Return the gradients."""
        given = [*arrays, *upstreams]
        if len(self._seen) == _AS_IT_STANDS and not self._settled:
            self._settle(arrays, upstreams)
        if self.traced is not None:
            return list(self.traced(*given))
        found = self._run(arrays, upstreams)
        if not self._settled:
            self._seen.append((given, found))
        return found

    def _settle(self, arrays: Sequence[Any], upstreams: Sequence[Any]) -> None:
        """Trace, and keep what was traced if it says what was said before."""
        (given, said), self._seen, self._settled = self._seen[-1], [], True
        traced = self._trace(arrays, upstreams)
        if traced is not None and all(map(_agree, traced(*given), said)):
            self.traced = traced

    def _run(self, arrays: Sequence[Any], upstreams: Sequence[Any]) -> list[Any]:
        return list(self._pulled(arrays, upstreams))

    def _trace(self, arrays: Sequence[Any], upstreams: Sequence[Any]) -> Callable[..., Any] | None:
        try:
            program = self._jax.make_jaxpr(self._run)(list(arrays), list(upstreams))
        except Exception:  # it looks at values; what it raises otherwise, it raises again
            return None
        run: Callable[..., Any] = import_module("jax.extend.core").jaxpr_as_fun(program)
        return run


def _agree(one: Any, other: Any) -> bool:
    one, other = np.asarray(one, dtype=np.complex128), np.asarray(other, dtype=np.complex128)
    with np.errstate(all="ignore"):
        off = np.abs(one - other)
    largest = float(np.max(np.abs(one), initial=0.0))
    return one.shape == other.shape and bool(np.all((off <= _LAST_BITS * largest) | (one == other)))


def _two(tree: Opened) -> tuple[Sequence[str], Sequence[Any]]:
    return tree.names, tree.leaves


def _joined(name: str, path: Sequence[Any]) -> str:
    """Return the name of a leaf by its path in the pytree: ``x.layers.0.weight``."""
    for entry in path:
        key = next(getattr(entry, field) for field in ("key", "idx", "name") if hasattr(entry, field))
        name = step(name, key)
    return name

"""JAX: functions of arrays and pytrees; ``jax.vjp`` is what claims, whoever wrote the rule.

64-bit mode is on inside a call and as it was outside. A function in the precision of its inputs that does not take
its constants in 64 bits, as primitives that compare dtypes do not, is called in the mode of its caller. A function
with a loop or a branch of JAX's own is compiled once, for otherwise each call would compile it anew. All others run
as they stand, so that what they do beside computing is met; their modes are those of `_reverse`, `_forward`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, cached_property, partial
from importlib import import_module
from typing import Any

import numpy as np

from .._subject import Array
from .._trees import Opened, step
from ..frameworks._framework import Framework, Pull, Result, Trust, output_path
from ._forward import Push, forward_of
from ._reverse import OFTEN, Reverse, by_design, drawn, reverse_of

_FEW = 16
"""Points at which a function is called in a row: cheaper than to map it, the first time by far."""

Function = Callable[[Sequence[Any]], Any]


class Jax(Framework):
    """JAX, which the caller has imported; without `widen`, 64 bits are left where they are not taken."""

    name = "JAX"
    conjugated = True
    twice = True

    def __init__(self, *, widen: bool = True) -> None:
        self._may_leave = not widen and not self.jax.config.jax_enable_x64
        self._has_left = False
        self._pairs: dict[Any, tuple[Function, Reverse]] = {}
        self._pushes: dict[Reverse, Push] = {}
        self._asked: Counter[Any] = Counter()
        self._mapped: dict[Any, Callable[..., Any]] = {}
        self._paths: tuple[str, ...] = ()
        self._dtypes: list[Any] = []
        self._takes_away: bool | None = None
        self._lent: list[Any] = []

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

    def is_written(self, array: Any, value: Array) -> bool:  # noqa: ARG002
        """Nothing writes into arrays of JAX."""
        return False

    def from_numpy(self, value: Array, like: Any) -> Any:
        """Return a copy of `value` as an array of JAX, of the same dtype, on the devices of `like`."""
        return self._beside(self.jax.numpy.array(value), like)

    def all_from_numpy(self, values: Sequence[Array], likes: Sequence[Any] = ()) -> list[Any]:
        """Return copies of `values` as arrays of JAX, by one call, which costs less than one of ``array``."""
        copies = _copied(self.jax)(list(values))
        return [self._beside(copy, like) for copy, like in zip(copies, likes, strict=True)] if likes else copies

    def _beside(self, array: Any, like: Any) -> Any:
        """Return `array` on the devices of `like`, if that is one of JAX's; mostly it is there."""
        there = getattr(like, "sharding", array.sharding)
        return array if array.sharding == there else self.jax.device_put(array, there)

    def lent(self, arguments: Any) -> Any:
        """Return copies of the arrays among `arguments`, as long as it may be that they are deleted (donated)."""
        if self._takes_away is False:
            return arguments
        tree, seen = self.opened(arguments), self._takes_away is None
        copies = [self.jax.numpy.array(leaf) if self._is_at_risk(leaf) else leaf for leaf in tree.leaves]
        self._lent = [leaf for leaf in copies if seen and self._is_at_risk(leaf)]
        return tree.closed(copies)

    def _is_at_risk(self, leaf: Any) -> bool:
        """Whether a function can delete `leaf`: an array, or what stands for one once it is known that it does."""
        return self.is_array(leaf) and bool(self._takes_away or not isinstance(leaf, self.jax.core.Tracer))

    def opened(self, tree: Any, name: str = "") -> Opened:
        """Return the leaves of a pytree."""
        found, structure = self.jax.tree_util.tree_flatten_with_path(tree)
        names = tuple(_joined(name, path) for path, _ in found)
        return Opened(names, tuple(leaf for _, leaf in found), lambda leaves: structure.unflatten(list(leaves)))

    def session(self, *, wide: bool) -> AbstractContextManager[Any]:  # noqa: ARG002 - float32 stays float32
        """Return a context in which there are 64 bits, unless they were left, and products of float32 are in full."""
        has_64 = self.jax.config.jax_enable_x64 or self._has_left  # then JAX's caches are those of the code outside
        x64 = nullcontext() if has_64 else self._mode(x64=True)
        return self._in_full(x64) if self._rounds_products else x64

    @cached_property
    def _rounds_products(self) -> bool:
        """Whether products of float32 are rounded to fewer bits by default, as on GPUs and TPUs."""
        return bool(self.jax.default_backend() != "cpu")

    @contextmanager
    def _in_full(self, mode: AbstractContextManager[Any]) -> Iterator[None]:
        with mode, self.jax.default_matmul_precision("highest"):
            yield

    def _mode(self, *, x64: bool) -> AbstractContextManager[Any]:
        home = self.jax if hasattr(self.jax, "enable_x64") else import_module("jax.experimental")
        context: AbstractContextManager[Any] = home.enable_x64(x64)
        return context

    def tried(self, call: Callable[[], Any], again: Callable[[], Any] | None = None) -> Any:
        """Return what `call` returns, inside a session, or what `again` does in the mode of the caller."""
        try:
            return call()
        except Exception:
            if not self._may_leave:
                raise
        self._may_leave, self._has_left = False, True
        self._pairs.clear()
        with self._mode(x64=False):
            return (again or call)()

    # -- calls -------------------------------------------------------------------------------------------------------

    def run(self, function: Function, arrays: Sequence[Any]) -> Result:
        """Call `function`; it is differentiated when an upstream is there to be pulled back."""
        result: Result = self.tried(lambda: self._run(function, arrays))
        if not self._may_leave:
            return result
        return Result(
            result.outputs,
            lambda given: self.tried(lambda: result.pull(given), lambda: self._run(function, arrays).pull(given)),
            result.through,
        )

    def _run(self, function: Function, arrays: Sequence[Any]) -> Result:
        forward, reverse = self._pair(function, arrays)
        tree = self.opened(forward(list(arrays)))
        if self._takes_away is None and self._lent:
            self._takes_away, self._lent = any(array.is_deleted() for array in self._lent), []
        found = {
            output_path(name): out for name, out in zip(tree.names, tree.leaves, strict=True) if self._has_slope(out)
        }
        self._paths = tuple(found)
        self._dtypes = [out.dtype for out in found.values()]

        def pull(upstreams: Sequence[Array], dtypes: Sequence[Any] = tuple(self._dtypes)) -> list[Array]:
            given = self._given(upstreams, dtypes)
            gradients = [self.to_numpy(g) for g in reverse(list(arrays), given, list(found.values()))]
            self._keep(list(found), reverse.values)
            return gradients

        through = partial(self._through, function, arrays, found) if reverse.asking else None
        return Result({path: self.to_numpy(out) for path, out in found.items()}, pull, through)

    def _keep(self, paths: Sequence[str], values: Sequence[Any] | None) -> None:
        """Keep the outputs of a call that was differentiated, where rules may make others of them."""
        pairs = None if values is None else zip(paths, values, strict=True)
        self.revalued = None if pairs is None else {path: self.to_numpy(value) for path, value in pairs}

    def _through(
        self, function: Function, arrays: Sequence[Any], found: Mapping[str, Any], paths: Sequence[str]
    ) -> Pull:
        """Return what pulls back through the outputs at `paths`, while nothing depends on the others."""
        used = [k for k, path in enumerate(found) if path in paths]
        dtypes = [out.dtype for path, out in found.items() if path in paths]

        def pull(upstreams: Sequence[Array]) -> list[Array]:
            _, back = self.jax.vjp(lambda *given: [self._outputs(function, given)[k] for k in used], *arrays)
            return [self.to_numpy(g) for g in back(self._given(upstreams, dtypes))]

        return pull

    def _given(self, upstreams: Sequence[Array], dtypes: Sequence[Any]) -> list[Any]:
        return self.all_from_numpy([np.asarray(u, d) for u, d in zip(upstreams, dtypes, strict=True)])

    def marked(self, function: Function, arrays: Sequence[Any], wanted: Sequence[int]) -> Result:
        """Call `function` where all but the arrays in `wanted` are constants."""
        asked = [arrays[k] for k in wanted]
        outs, back = self.jax.vjp(partial(self._moved, function, tuple(wanted), arrays), *asked)

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            found = dict(zip(wanted, back(self._given(upstreams, [out.dtype for out in outs])), strict=True))
            return [self.to_numpy(found[k]) if k in found else None for k in range(len(arrays))]

        return Result({path: self.to_numpy(out) for path, out in zip(self._paths, outs, strict=True)}, pull)

    def trust(self, function: Function, point: Callable[[], Sequence[Any]]) -> Trust:
        """Return the reverse mode, which says whether a rule that is not JAX's own was met, and what it reads."""
        return self._pair(function, point())[1]

    def draws(self, function: Function, arrays: Sequence[Any]) -> Sequence[Any]:
        """Return how many random numbers of how many bits the function draws, as far as it can be traced."""
        return self._told(drawn, function, arrays)

    def by_design(self, function: Function, arrays: Sequence[Any]) -> Sequence[str]:
        """Return what is differentiated otherwise than computed, as far as it can be traced."""
        return self._told(by_design, function, arrays)

    def _told(self, ask: Callable[[Any], list[Any]], function: Function, arrays: Sequence[Any]) -> Sequence[Any]:
        try:
            return ask(self.jax.make_jaxpr(partial(self._outputs, function))(list(arrays)).jaxpr)
        except Exception:  # it looks at values
            return ()

    def push(self, function: Function, arrays: Sequence[Any], tangents: Sequence[Any]) -> dict[str, Array]:
        """Return the tangents of the outputs by ``jax.jvp``."""
        forward, reverse = self._pair(function, arrays)
        if reverse not in self._pushes:
            self._pushes[reverse] = forward_of(self.jax, partial(self._outputs, function), reverse)
        names = [
            output_path(name)
            for name, out in zip(*_two(self.opened(forward(list(arrays)))), strict=True)
            if self._has_slope(out)
        ]
        moved = self._pushes[reverse](list(arrays), list(tangents))
        self._keep(names, None if reverse.derived else moved[len(names) :])
        return {path: self.to_numpy(tangent) for path, tangent in zip(names, moved, strict=False)}

    def gradient(self, function: Function, arrays: Sequence[Any], upstreams: Sequence[Any]) -> list[Any]:
        """Return the gradients by ``jax.vjp``."""
        _, pull = self.jax.vjp(lambda *given: self._outputs(function, given), *arrays)
        return list(pull(list(upstreams)))

    def run_many(self, function: Function, arrays: Sequence[Any], moved: Mapping[int, Array]) -> dict[str, Array]:
        """Return the outputs by ``jax.vmap``, or one after the other where they are few."""
        stacks = self.all_from_numpy(list(moved.values()))
        if len(stacks[0]) <= _FEW:
            one = partial(self._moved, self._pair(function, arrays)[0], tuple(moved), arrays)
            outs = [np.stack(rows) for rows in zip(*map(one, *stacks), strict=True)]
        else:
            outs = self._mapping(function, arrays, moved)(arrays, *stacks)
        return {path: self.to_numpy(out) for path, out in zip(self._paths, outs, strict=True)}

    def _moved(self, function: Function, which: Sequence[int], arrays: Sequence[Any], *given: Any) -> list[Any]:
        """Return the outputs where the arrays `which` are those `given`."""
        return self._outputs(
            function, list((dict(enumerate(arrays)) | dict(zip(which, given, strict=True))).values())
        )

    def _mapping(self, function: Function, arrays: Sequence[Any], moved: Mapping[int, Array]) -> Callable[..., Any]:
        """Return what maps over the arrays in `moved`; compiled, where that is asked for often and may be traced."""
        key = (len(arrays), *((k, stack.shape) for k, stack in moved.items()))
        if key in self._mapped:
            return self._mapped[key]

        def mapped(here: Sequence[Any], *stacks: Any) -> Any:
            return self.jax.vmap(partial(self._moved, function, tuple(moved), here))(*stacks)

        self._asked[key] += 1
        if self._asked[key] == OFTEN and self._pair(function, arrays)[1].traceable:
            self._mapped[key] = self.jax.jit(mapped)
        return mapped

    def pull_many(self, function: Function, arrays: Sequence[Any], upstreams: Sequence[Array]) -> list[Array]:
        """Return the gradients by ``jax.vmap`` of the pullback."""
        reverse = self._pair(function, arrays)[1]
        given = self._given(upstreams, self._dtypes)
        return [self.to_numpy(gradient) for gradient in self.jax.vmap(reverse.at(arrays))(given)]

    def _has_slope(self, out: Any) -> bool:
        return self.is_array(out) and bool(self.jax.numpy.issubdtype(out.dtype, self.jax.numpy.inexact))

    def _outputs(self, function: Function, arrays: Sequence[Any]) -> list[Any]:
        """Return the outputs that have a slope, traced or not."""
        leaves = self.jax.tree_util.tree_leaves(function(list(arrays)))
        return [out for out in leaves if self._has_slope(out)]

    def _compiled(self, function: Function) -> Function:
        """Return `function` compiled, but for what is no array of JAX in its outputs, which ``jit`` makes one."""

        def arrays_alone(arrays: Sequence[Any]) -> Any:
            kept = self.jax.Array
            return self.jax.tree_util.tree_map(lambda out: out if isinstance(out, kept) else None, function(arrays))

        compiled: Function = self.jax.jit(arrays_alone)
        return compiled

    def _pair(self, function: Function, arrays: Sequence[Any]) -> tuple[Function, Reverse]:
        """Return the function and its reverse mode, compiled where it pays."""
        key = tuple((array.shape, array.dtype) for array in arrays)
        if key not in self._pairs:
            known = [reverse for _, reverse in self._pairs.values()]
            traceable = bool(known) and all(reverse.traceable for reverse in known)
            reverse = reverse_of(self.jax, partial(self._outputs, function), arrays, traceable=traceable)
            self._pairs[key] = (self._compiled(function) if reverse.looped else function, reverse)
        return self._pairs[key]


@cache
def _copied(jax: Any) -> Callable[[list[Array]], list[Any]]:
    """Return what copies arrays of NumPy to JAX; compiled for the whole process."""
    copied: Callable[[list[Array]], list[Any]] = jax.jit(lambda values: [jax.numpy.array(value) for value in values])
    return copied


def _two(tree: Opened) -> tuple[Sequence[str], Sequence[Any]]:
    return tree.names, tree.leaves


def _joined(name: str, path: Sequence[Any]) -> str:
    """Return the name of a leaf by its path in the pytree: ``x.layers.0.weight``."""
    for entry in path:
        key = next(getattr(entry, field) for field in ("key", "idx", "name") if hasattr(entry, field))
        name = step(name, key)
    return name

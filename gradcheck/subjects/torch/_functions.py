"""torch: functions of tensors, and what surrounds each of their calls.

The claim is what ``torch.autograd.grad`` returns; a gradient that is None is zero, as everywhere in torch. Every call
draws the same random numbers, with autocast and the fast float32 products off; afterwards all of it is as it was.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cached_property
from typing import Any

import numpy as np

from .._subject import Array, Malformed
from ..frameworks._framework import Framework, Pull, Result, Trust, output_path
from ._arrays import as_array, as_tensor
from ._draws import draws_of
from ._graph import ends, names_of, nodes, others
from ._mapped import Mapped
from ._precision import exact, is_exact
from ._rules import Rules

_WRONG_COUNT_OR_SHAPE = ("returned an invalid gradient", "returned an incorrect number of gradients")
_SEED = 0
_SHOWN = 4096
"""So many numbers of a tensor are looked at for what its kernels may have written."""


class OutOfDomain(ValueError):
    """torch refuses values; it says so by a `RuntimeError`, as it says everything."""


class Torch(Framework):
    """torch, which the caller has imported."""

    name = "torch"
    maps = True
    twice = True

    def __init__(self, example: Any = None) -> None:
        self._device = getattr(example, "device", "cpu")
        self._pulls, self._works = 0, False
        self.generators: list[tuple[Any, Any]] = []
        self._states: dict[int, Any] = {}
        self._others: list[Any] | None = None
        self._trust = Rules()

    @cached_property
    def torch(self) -> Any:
        """The module."""
        import torch

        return torch

    def watch_generators(self, values: Sequence[Any]) -> None:
        """Start every generator among `values` from where it stands now, in each call."""
        generators = [value for value in values if isinstance(value, self.torch.Generator)]
        self.generators = [(generator, generator.get_state()) for generator in generators]

    # -- arrays ------------------------------------------------------------------------------------------------------

    def is_array(self, value: Any) -> bool:
        """Whether `value` is a tensor."""
        return isinstance(value, self.torch.Tensor)

    def is_asked_for(self, array: Any) -> bool | None:
        """Whether a tensor requires a gradient."""
        return bool(array.requires_grad) if self.is_array(array) else None

    def is_differentiable(self, value: Any) -> bool:
        """Whether `value` is a tensor of floating-point or complex numbers, or such an array of NumPy."""
        if not self.is_array(value):
            return super().is_differentiable(value)
        return bool(value.dtype.is_floating_point or value.dtype.is_complex)

    def is_remote(self, value: Any) -> bool:
        """Whether `value` is a tensor on another device than the processor."""
        return self.is_array(value) and value.device.type != "cpu"

    def to_numpy(self, array: Any) -> Array:
        """Return a tensor as an array, sharing memory where it can."""
        return as_array(self.torch, array)

    def from_numpy(self, value: Array, like: Any) -> Any:
        """Return `value` as a tensor, on the device and with the strides of `like`; memory is shared if it can be.

        Without a `like` it goes to the device of the example; strided is then an upstream alone.
        """
        if not self.is_array(like):
            return self._given(value, self._device)
        tensor = self.tensor(value)
        tensor = tensor.to(like.device)
        if like.layout is not self.torch.strided or like.is_contiguous() or 0 in like.stride():
            return tensor
        kept = self.torch.empty_strided(like.shape, like.stride(), dtype=tensor.dtype, device=like.device)
        kept.data.copy_(tensor)  # not as something that wrote into it
        return kept if self.torch.equal(kept, tensor) else tensor  # entries that overlap cannot be moved one by one

    def tensor(self, value: Any) -> Any:
        """Return an array as a tensor, which shares its memory where that may be written into."""
        return as_tensor(self.torch, np.asarray(value))

    def _given(self, value: Array, device: Any, dtype: Any = None) -> Any:
        """Return what is handed over as a tensor on `device`; a strided one with its axes in reverse order besides.

        A view of every second number can still be viewed as one long row, so that ``grad_output.view(-1)`` is no
        mistake for it; most layers that come after hand over others. Strides are made where the tensor is to be, for
        they are lost on the way to another device, and so is what runs backwards or is read-only.
        """
        tensor = self.tensor(value)
        if value.flags.c_contiguous or value.flags.f_contiguous:
            return tensor.to(device, dtype)
        reverse = tuple(range(tensor.ndim))[::-1]
        shape = tensor.permute(reverse).shape
        memory = self.torch.zeros((*shape, 2), dtype=dtype or tensor.dtype, device=device)[..., 0]
        memory.data.copy_(tensor.permute(reverse))  # not as something that wrote into it
        return memory.permute(reverse)

    def lasting(self, array: Any) -> Any:
        """Return a copy of a tensor in memory as usual, for what is written into it is counted."""
        if not self.is_array(array) or array.layout is not self.torch.strided:
            return array
        unusual = array.is_meta or array.is_quantized or array.is_nested
        return array if unusual else array.detach().clone()

    def is_touched(self, array: Any) -> bool:
        """Whether torch has counted a write into a tensor, which no backward forgives that has saved it before."""
        return bool(not array.is_inference() and array._version > 0)  # noqa: SLF001

    def is_written(self, array: Any, value: Array) -> bool:
        """Whether something has written into a tensor, as far as it counts, or a few of its rows show."""
        counted = self.is_touched(array)
        if counted or not array.ndim or array.layout is not self.torch.strided:
            return counted
        apart, tensor = max(1, value.size // _SHOWN), array.detach()
        some = (slice(None, None, apart), slice(-1, None)) if apart > 1 else (...,)
        return any(self._differs(tensor[rows], value[rows]) for rows in some)

    def _differs(self, tensor: Any, value: Array) -> bool:
        return super().is_written(tensor, value.astype(self.to_numpy(tensor).dtype, copy=False))

    # -- calls -------------------------------------------------------------------------------------------------------

    def run(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> Result:
        """Call `function` with leaves that require gradients."""
        leaves = self._leaves(arrays)
        with self._seeded(_SEED):
            return self.result(self._called(function, leaves), leaves)

    def marked(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], wanted: Sequence[int]
    ) -> Result:
        """Call `function` with some leaves that require gradients; what no way of the graph leads to has none."""
        leaves = [a if k in wanted else a.detach() for k, a in enumerate(self._leaves(arrays))]
        with self._seeded(_SEED):
            returned = self._called(function, leaves)
        led = {id(tensor) for tensor in ends(out for _, out in self._differentiable(returned))}
        asked = [k for k in wanted if id(leaves[k]) in led]
        result = self.result(returned, [leaves[k] for k in asked])

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            gradients = dict(zip(asked, result.pull(upstreams), strict=True))
            return [gradients.get(k) for k in range(len(leaves))]

        return Result(result.outputs, pull)

    def trust(self, function: Callable[[Sequence[Any]], Any], point: Callable[[], Sequence[Any]]) -> Trust:  # noqa: ARG002
        """Return what says, after the first call, whether rules of somebody's own were in it."""
        return self._trust

    def _leaves(self, arrays: Sequence[Any]) -> list[Any]:
        parameter = self.torch.nn.Parameter
        return [a if isinstance(a, parameter) else a.detach().requires_grad_() for a in arrays]

    def _called(self, function: Callable[[Sequence[Any]], Any], leaves: Sequence[Any]) -> Any:
        """Call `function`; once it has worked, an error of torch's says that other values are out of its domain."""
        try:
            returned = self._trust.called(self.torch, function, leaves)
        except RuntimeError as error:
            if self._works:
                raise OutOfDomain(str(error)) from error
            raise
        self._works = True
        return returned

    def result(self, returned: Any, leaves: Sequence[Any]) -> Result:
        """Return the differentiable outputs in `returned`, and how upstreams are pulled back to `leaves`."""
        found = self._differentiable(returned)
        if any(out.requires_grad for _, out in found):
            found = [(path, out) for path, out in found if out.requires_grad]
        outs = [out for _, out in found]
        if self._others is None:
            self._others = others(outs, leaves)
            self._trust.look(self.torch, outs)

        def through(paths: Sequence[str]) -> Pull:
            used = [out for path, out in found if path in paths]
            return lambda upstreams: self._pull(used, leaves, upstreams)

        return Result(
            {path: self.to_numpy(out) for path, out in found},
            lambda upstreams: self._pull(outs, leaves, upstreams),
            through if self._trust.asking else None,
        )

    def formats(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> Sequence[np.dtype[Any]]:
        """Return the formats in the graph of a call: autocast inside narrows float32, but not float64."""
        leaves = self._leaves(arrays)
        with self._seeded(_SEED):
            outs = [out for _, out in self._differentiable(self._called(function, leaves)) if out.requires_grad]
        behind = nodes(out.grad_fn for out in outs)
        kinds = {kind.dtype for node in behind for kind in getattr(node, "_input_metadata", ())}
        floats = [kind for kind in kinds if kind.is_floating_point and kind.itemsize > 1]
        return [self.to_numpy(self.torch.empty(0, dtype=kind)).dtype for kind in floats]

    def draws(self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any]) -> Sequence[Any]:
        """Return the random numbers that a call draws, roughly."""
        leaves = self._leaves(arrays)
        try:
            with self._seeded(_SEED):
                return draws_of(self.torch, lambda: self._called(function, leaves))
        except Exception:  # what is scripted or traced may not be watched
            return ()

    def left_out(self, function: Callable[..., Any]) -> list[str]:
        """Return what else gets a gradient in a call of `function`, by the names that its code has for it."""
        return names_of(self._others or (), function, self.torch.nn.Module)

    def _differentiable(self, returned: Any) -> list[tuple[str, Any]]:
        """Return the tensors of floating-point or complex numbers in `returned` by path."""
        tree = self.opened(returned)
        return [
            (output_path(name), out)
            for name, out in zip(tree.names, tree.leaves, strict=True)
            if self.is_array(out) and self.is_differentiable(out)
        ]

    def _pull(self, outs: Sequence[Any], leaves: Sequence[Any], upstreams: Sequence[Array]) -> list[Array]:
        self._pulls += 1
        given = [self._given(u, out.device, out.dtype) for u, out in zip(upstreams, outs, strict=True)]
        with self._seeded(_SEED + self._pulls):  # another seed each time: a backward that draws gives itself away
            gradients = self._gradients(outs, leaves, given)
        self.show_written(given, upstreams)
        return [
            self.to_numpy(self.torch.zeros_like(leaf) if g is None else g)
            for leaf, g in zip(leaves, gradients, strict=True)
        ]

    def _gradients(self, outs: Sequence[Any], leaves: Sequence[Any], given: Sequence[Any]) -> Sequence[Any]:
        if not any(out.requires_grad for out in outs):
            return [None] * len(leaves)
        grad = self.torch.autograd.grad
        try:
            found: Sequence[Any] = grad(outs, leaves, given, retain_graph=True, allow_unused=True)
        except RuntimeError as error:
            if any(words in str(error) for words in _WRONG_COUNT_OR_SHAPE):
                raise Malformed(
                    "GC104", str(error).strip(), hint="return one gradient per input of forward, of its shape"
                ) from None
            if all(u.is_contiguous() for u in given):
                raise
            rows = [u.contiguous() for u in given]
            self.refuse_strides(error, lambda: grad(outs, leaves, rows, retain_graph=True, allow_unused=True))
            raise
        return found

    def push(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], tangents: Sequence[Any]
    ) -> dict[str, Any]:
        """Return the tangents of the outputs by dual numbers."""
        forward_ad = self.torch.autograd.forward_ad
        with self._seeded(_SEED), forward_ad.dual_level(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # torch's own, of what it scripts when first asked
            duals = [forward_ad.make_dual(x.detach(), t.detach()) for x, t in zip(arrays, tangents, strict=True)]
            tree = self.opened(function(duals))
            parts = {}
            for name, out in zip(tree.names, tree.leaves, strict=True):
                if self.is_array(out) and self.is_differentiable(out):
                    primal, tangent = forward_ad.unpack_dual(out)
                    parts[output_path(name)] = self.torch.zeros_like(primal) if tangent is None else tangent
            return {path: self.to_numpy(tangent) for path, tangent in parts.items()}

    def gradient(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], upstreams: Sequence[Any]
    ) -> list[Any]:
        """Return the gradients with a graph of their own; those that do not depend on anything depend on 0 u."""
        outs = [out for _, out in self._differentiable(function(arrays)) if out.requires_grad]
        found = self.torch.autograd.grad(outs, arrays, upstreams, create_graph=True, allow_unused=True)
        if any(node.name().endswith("::Error") for node in nodes(g.grad_fn for g in found if g is not None)):
            raise NotImplementedError("a rule is marked as differentiable once; torch would take its slope for zero")
        nothing = 0 * sum(u.sum() for u in upstreams)
        return [nothing.expand_as(leaf) if g is None else g + nothing for leaf, g in zip(arrays, found, strict=True)]

    # -- many calls at once ------------------------------------------------------------------------------------------

    @cached_property
    def _mapping(self) -> Mapped:
        return Mapped(self.torch)

    def run_many(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], moved: Mapping[int, Array]
    ) -> dict[str, Array]:
        """Return the outputs by ``torch.func.vmap`` where that can be; random numbers are the same for all."""
        names: list[str] = []

        def one(*given: Any) -> tuple[Any, ...]:
            found = self._differentiable(function(_filled(arrays, zip(moved, given, strict=True))))
            names[:] = [path for path, _ in found]
            return tuple(out for _, out in found)

        with self.torch.no_grad():
            stacks = [self.tensor(stack).to(arrays[k].device) for k, stack in moved.items()]
            outs = self._mapping.forward(one, stacks, lambda: self._seeded(_SEED))
        return {path: self.to_numpy(out) for path, out in zip(names, outs, strict=True)}

    def pull_many(
        self, function: Callable[[Sequence[Any]], Any], arrays: Sequence[Any], upstreams: Sequence[Array]
    ) -> list[Array]:
        """Return the gradients by ``torch.func.vmap`` of the backward where that can be."""
        leaves = self._leaves(arrays)
        with self._seeded(_SEED):
            outs = [out for _, out in self._differentiable(function(leaves)) if out.requires_grad]
            given = [self.tensor(u).to(out.device, out.dtype) for u, out in zip(upstreams, outs, strict=True)]
            found = self._mapping.backward(lambda *us: self._grads(outs, leaves, us), given)
        return [self.to_numpy(gradient) for gradient in found]

    def _grads(self, outs: Sequence[Any], leaves: Sequence[Any], upstreams: Sequence[Any]) -> tuple[Any, ...]:
        found = self.torch.autograd.grad(outs, leaves, upstreams, allow_unused=True, retain_graph=True)
        return tuple(self.torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, found, strict=True))

    # -- what surrounds them -----------------------------------------------------------------------------------------

    def session(self, *, wide: bool) -> AbstractContextManager[Any]:
        """Record gradients, in full precision, with float64 as the default where low precision was widened."""
        return self._surrounded(wide=wide) if wide or not self._is_plain() else nullcontext()

    def _is_plain(self) -> bool:
        """Whether nothing has to be switched, as mostly: it is asked around every call."""
        usual = self.torch.is_grad_enabled() and not self.torch.is_inference_mode_enabled()
        return usual and not self._with_autocast() and is_exact(self.torch)

    def _with_autocast(self) -> list[str]:
        return [device for device in ("cpu", "cuda") if self.torch.is_autocast_enabled(device)]

    @contextmanager
    def _surrounded(self, *, wide: bool) -> Iterator[None]:
        torch = self.torch
        with torch.inference_mode(mode=False), torch.enable_grad(), self._full_precision():
            usual = torch.get_default_dtype()
            if wide:
                torch.set_default_dtype(torch.float64)
            try:
                yield
            finally:
                torch.set_default_dtype(usual)

    @contextmanager
    def _full_precision(self) -> Iterator[None]:
        """Switch autocast and the fast products and convolutions of float32 off."""
        with ExitStack() as stack:
            for device in self._with_autocast():
                stack.enter_context(self.torch.autocast(device, enabled=False))
            stack.enter_context(exact(self.torch))
            yield

    def _state(self, seed: int) -> Any:
        """Return the state of a generator seeded so; that of the forward is kept, for seeding takes its time."""
        if seed not in self._states:
            state = self.torch.Generator().manual_seed(seed).get_state()
            self._states = {k: kept for k, kept in self._states.items() if k == _SEED} | {seed: state}
        return self._states[seed]

    @contextmanager
    def _seeded(self, seed: int) -> Iterator[None]:
        """Draw from `seed` on; give the generators back as they were."""
        torch = self.torch
        kept = torch.random.get_rng_state()
        on_gpu = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
        held = [(generator, generator.get_state()) for generator, _ in self.generators]
        try:
            torch.random.set_rng_state(self._state(seed))
            if on_gpu is not None:
                torch.cuda.manual_seed_all(seed)
            for generator, start in self.generators:
                generator.set_state(start)
            yield
        finally:
            torch.random.set_rng_state(kept)
            if on_gpu is not None:
                torch.cuda.set_rng_state_all(on_gpu)
            for generator, state in held:
                generator.set_state(state)


def _filled(arrays: Sequence[Any], others: Iterable[tuple[int, Any]]) -> list[Any]:
    """Return `arrays` with some of them replaced."""
    return list((dict(enumerate(arrays)) | dict(others)).values())

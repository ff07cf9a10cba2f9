"""Layer objects: ``forward(*inputs)``, ``backward(upstream)``, parameters found or told.

The check works on a deep copy, so that the caller's layer comes back untouched: parameters, running statistics,
caches, generators.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ._inputs import Inputs
from ._parameters import Slot, find_slots
from ._subject import Array, Evaluation, Leaf, Malformed, Subject, named_outputs, one_per_leaf


class Layer(Subject):
    """An object with ``forward`` and ``backward``; its parameters are leaves too."""

    outlives = False

    def __init__(
        self,
        name: str,
        layer: Any,
        inputs: Inputs,
        *,
        params: Any = None,
        grads: Any = None,
        wrt: Any = None,
        widen: bool = True,
    ) -> None:
        self.name, self._inputs = name, inputs
        self.backward = type(layer).backward if hasattr(type(layer), "backward") else layer.backward
        self._dtype = np.dtype(float) if widen else None
        self._layer = _private_copy(layer, widen=widen)
        self._slots, how = self._discover(params, grads)
        if wrt is not None:
            self._slots = _selected(self._slots, wrt)
        parameters = tuple(Leaf(f"params[{s.name!r}]", np.array(s.get())) for s in self._slots)
        self.leaves = (*inputs.leaves, *parameters)
        if not self.leaves:
            raise InvalidArgument(f"wrt={wrt!r} names neither an input nor a parameter of {name}")
        self.convention = f"layer object with forward and backward; {how}"
        if self._slots:
            self.convention += ": " + ", ".join(s.name for s in self._slots)

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Set the parameters, call forward; the claim is what backward returns, and the parameters' gradients."""
        count = len(self._inputs.leaves)
        for slot, value in zip(self._slots, values[count:], strict=True):
            slot.write(value)
        outputs = named_outputs(self._layer.forward(*self._inputs.call_with(values[:count])))
        return Evaluation(outputs, lambda upstreams: self._pull(outputs, upstreams))

    def parameter_values(self) -> dict[str, Array]:
        """Return the parameters as the layer holds them now."""
        paths = [leaf.path for leaf in self.leaves[len(self._inputs.leaves) :]]
        return {path: np.asarray(slot.get()) for path, slot in zip(paths, self._slots, strict=True)}

    def _pull(self, outputs: dict[str, Any], upstreams: Sequence[Array]) -> list[Any]:
        zero_grad = getattr(self._layer, "zero_grad", None)
        if callable(zero_grad):
            zero_grad()
        upstream = upstreams[0] if len(outputs) == 1 else tuple(upstreams)
        returned = self._layer.backward(upstream)
        paths = [leaf.path for leaf in self._inputs.leaves]
        inputs = one_per_leaf(returned, paths, "backward") if paths else []
        return [*inputs, *(_gradient(slot) for slot in self._slots)]

    def _discover(self, params: Any, grads: Any) -> tuple[list[Slot], str]:
        """Run the layer twice on a copy, with two inputs: what then has a gradient and stayed put is a parameter.

        A copy of the input kept by forward has a gradient beside it as often as not, but it follows the input.
        """
        trial = copy.deepcopy(self._layer)
        values = [leaf.value.astype(self._dtype or leaf.value.dtype) for leaf in self._inputs.leaves]
        with np.errstate(all="ignore"):
            outputs = named_outputs(trial.forward(*self._inputs.call_with([v.copy() for v in values])))
            upstreams = tuple(np.ones_like(out) for out in outputs.values())
            trial.backward(upstreams[0] if len(upstreams) == 1 else upstreams)
            slots, how = find_slots(trial, params, grads)
            if params is None:
                before = {s.name: np.array(s.get()) for s in slots}
                trial.forward(*self._inputs.call_with([1.25 * v + 0.5 for v in values]))
                stayed = {s.name for s in slots if np.array_equal(before[s.name], np.asarray(s.get()))}
            else:
                stayed = {s.name for s in slots}
        names = [s.name for s in slots if s.name in stayed]
        self._run_once([np.roll(v, 1) for v in values], upstreams)
        mine, _ = find_slots(self._layer, params, grads)
        return [s for s in mine if s.name in names], how if names else "no parameters found"

    def _run_once(self, values: list[Array], upstreams: tuple[Array, ...]) -> None:
        """Give the working copy the attributes that only a backward call creates, at inputs not to be checked."""
        with np.errstate(all="ignore"), suppress(Exception):
            self._layer.forward(*self._inputs.call_with(values))
            self._layer.backward(upstreams[0] if len(upstreams) == 1 else upstreams)


def _gradient(slot: Slot) -> Any:
    gradient = slot.gradient()
    if gradient is None:
        raise Malformed(
            "GC104",
            f"backward left no gradient for the parameter {slot.name!r}: it is None",
            f"params[{slot.name!r}]",
            f"set the gradient of {slot.name} in backward",
        )
    return np.array(gradient)


def _selected(slots: list[Slot], wrt: Any) -> list[Slot]:
    wanted = [wrt] if isinstance(wrt, (str, int)) else list(wrt)
    return [s for s in slots if s.name in wanted or f"params[{s.name!r}]" in wanted]


def _private_copy(layer: Any, *, widen: bool) -> Any:
    """Return a deep copy of `layer` ; `widen` makes its low-precision arrays float64, each everywhere at once."""
    try:
        copied = copy.deepcopy(layer)
    except Exception as error:
        raise InvalidArgument(
            f"the {type(layer).__name__} cannot be copied ({type(error).__name__}: {error}), so it could not be handed "
            "back untouched; give it a __deepcopy__, or check its functions"
        ) from error
    if widen:
        _widen(copied, {}, set())
    return copied


def _widen(held: Any, done: dict[int, Array], seen: set[int]) -> Any:
    """Return `held` with every float16 and float32 array inside widened; shared arrays stay shared."""
    if isinstance(held, np.ndarray):
        if held.dtype.kind != "f" or held.dtype.itemsize >= 8:
            return held
        return done.setdefault(id(held), held.astype(np.float64))
    if id(held) in seen:
        return held
    seen.add(id(held))
    if isinstance(held, dict):
        for key, item in held.items():
            held[key] = _widen(item, done, seen)
    elif isinstance(held, list):
        held[:] = [_widen(item, done, seen) for item in held]
    elif type(held) is tuple:
        return tuple(_widen(item, done, seen) for item in held)
    elif hasattr(held, "__dict__") and not isinstance(held, type) and not callable(held):
        _widen(vars(held), done, seen)
    return held

"""Layer objects: ``forward(*inputs)``, ``backward(upstream)``, parameters found or told.

The check works on a deep copy, so that the caller's layer comes back untouched: parameters, running statistics,
caches, generators.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MethodType
from typing import Any

import numpy as np

from ..._errors import InvalidArgument
from .._copying import is_same, private_copy
from .._floats import is_floating
from .._inputs import Inputs, as_names, refuse_unknown
from .._subject import Array, Evaluation, Leaf, OutOfBudget, Part, Subject, elsewhere, named_outputs
from ._calling import forward_of, pull_back, takes_upstream
from ._heads import read_by
from ._inside import all_layers, composed_of
from ._parameters import Slot, arrays_of, candidates, declared, find_slots, immovable, is_gradient
from ._parts import Overheard
from ._tied import one_per_array

_CLEARING = ("zero_grad", "zero_grads", "zero_gradients", "clear_grad", "clear_grads", "cleargrads", "reset_grads")
"""Methods by which layers that accumulate are told to start afresh; called before every backward."""


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
        most: int | None = None,
        inside: bool = False,
    ) -> None:
        self.name, self._inputs, self._most, self._inside = name, inputs, most, inside
        self.backward = type(layer).backward if hasattr(type(layer), "backward") else layer.backward
        self._dtype = np.dtype(float) if widen else None
        self._layer = private_copy(layer, widen=widen)
        self.linear = not takes_upstream(self._layer)
        self._at_home: set[str] = set()
        self._returned: Any = None
        self._handed: list[Any] = []
        slots, how, before = self._discover(params, grads)
        self._slots = one_per_array(slots)
        found = [getattr(each, name, None) for each in (self._layer, *all_layers(self._layer)) for name in _CLEARING]
        self._clearing = [method for method in found if callable(method)]
        self._inputs = inputs = self._of_a_loss(wrt)
        if wrt is not None:
            known = [leaf.path for leaf in inputs.leaves] + [slot.path for slot in self._slots]
            self._slots = [slot for slot in self._slots if any(map(slot.is_meant, as_names(wrt)))]
            self._inputs = inputs = inputs.narrowed(wrt)
            chosen = [leaf.path for leaf in inputs.leaves]
            chosen += [f"params[{name!r}]" for slot in self._slots for name in slot.names]
            refuse_unknown(wrt, chosen, known, name)
        held = (before[s.name] if s.name in before else np.array(s.get()) for s in self._slots)
        self.leaves = (
            *inputs.leaves,
            *(Leaf(slot.path, value) for slot, value in zip(self._slots, held, strict=True)),
        )
        if not self.leaves:
            raise InvalidArgument(f"{name} has no floating-point input and no parameter: nothing to differentiate")
        form = "backward" if not self.linear else "a backward that takes no upstream"
        self.convention = f"layer object with forward and {form}; {how}"
        if self._slots:
            self.convention += ": " + ", ".join(s.name for s in self._slots)
        for slot in self._slots:
            if slot.also:
                said = " and ".join(slot.also)
                self.convention += f"; one array by several names: {slot.name} is {said}, their gradients are added"

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Set the parameters, call forward; the claim is what backward returns, and the parameters' gradients."""
        count = len(self._inputs.leaves)
        for slot, value, leaf in zip(self._slots, values[count:], self.leaves[count:], strict=True):
            if value is not leaf.value or slot.name not in self._at_home:
                slot.write(value)
            (self._at_home.add if value is leaf.value else self._at_home.discard)(slot.name)
        arguments = self._inputs.call_with(values[:count])
        outputs = named_outputs(forward_of(self._layer)(*arguments))
        self.spoiled = self._inputs.spoiled(arguments)

        def pull(upstreams: Sequence[Array]) -> list[Any]:
            gradients = self._pull(outputs, upstreams)
            self.written = None if self.spoiled else self._inputs.spoiled(arguments)
            return gradients

        return Evaluation(outputs, pull)

    @contextmanager
    def claiming(self, backward: Any) -> Iterator[None]:
        """Bind `backward` to our copy of the layer as long as the context lasts."""
        self._layer.backward = MethodType(backward, self._layer)
        try:
            yield
        finally:
            del self._layer.backward

    def parameter_values(self) -> dict[str, Array]:
        """Return the parameters as the layer holds them now."""
        paths = [leaf.path for leaf in self.leaves[len(self._inputs.leaves) :]]
        return {path: np.asarray(slot.get()) for path, slot in zip(paths, self._slots, strict=True)}

    def settings(self) -> Iterator[tuple[str, Any]]:
        """Yield the attributes of the layer, its class and the layers inside, and what its forward reads."""
        for layer in (self._layer, *(inner for _, inner in composed_of(self._layer))):
            yield from {**vars(type(layer)), **getattr(layer, "__dict__", {})}.items()
        yield from read_by(forward_of(self._layer))

    def parts(self) -> list[Part]:
        """Return the layers inside, each with what its forward was called with."""
        inner = list({id(layer): (name, layer) for name, layer in composed_of(self._layer)}.values())
        point = [leaf.value.astype(_widened(leaf.value.dtype, self._dtype)) for leaf in self.leaves]
        return Overheard(inner).during(lambda: self.evaluate(point)) if inner else []

    def _pull(self, outputs: dict[str, Any], upstreams: Sequence[Array]) -> list[Any]:
        for clear in self._clearing:
            clear()
        returned = pull_back(self._layer, self.name, outputs, upstreams)
        if self._handed and isinstance(returned, (tuple, list)):
            count = len(returned) - len(self._handed)
            returned, self._handed = returned[:count], list(returned[count:])
        inputs = self._inputs.gradients(returned, "backward") if self._inputs.leaves else []
        gradients = [*inputs, *(slot.gradient() for slot in self._slots)]
        return [_times(upstreams[0].reshape(()), g) for g in gradients] if self.linear else gradients

    def _discover(self, params: Any, grads: Any) -> tuple[list[Slot], str, dict[str, Array]]:
        """Run the layer once at other inputs: what then has a gradient beside it and stayed put is a parameter.

        A copy of the input that forward keeps has its gradient beside it as often as not, but it follows the input.
        Parameters that only the first call creates, or that the layer itself writes into, need a second call, with
        the same inputs, to be told from those.
        """
        before = _arrays(self._layer)
        with np.errstate(all="ignore"):
            self._run(1)
            slots, how = find_slots(self._layer, params, grads)
            if params is None:
                slots, how = self._handed_back(before, slots, how)
            if params is None:
                kept = [s for s in slots if s.name in before and is_same(s.get(), before[s.name])]
                if len(kept) == len(slots):
                    self._at_home = {s.name for s in kept}
                else:
                    slots = self._told_from_caches(slots, kept, before)
        for slot in slots:
            if slot.name in before and slot.name not in self._at_home:
                slot.write(before[slot.name])
        self._refuse_immovable({slot.name for slot in slots})
        taken = {slot.name for slot in slots}
        named = [name for name, _ in candidates(self._layer)]
        checked = [slot.get() for slot in slots]
        listed = set(declared(self._layer))
        unclaimed = [
            name
            for name, value in candidates(self._layer)
            if name in before
            and name not in taken
            and not any(np.may_share_memory(value, other) for other in checked)  # the same by another name
            and not is_gradient(name, named)
            and np.ndim(value)
            and is_same(value, before[name])
        ]
        self.unchecked = tuple(name for name in unclaimed if name not in listed)
        self.undecided = tuple(name for name in dict.fromkeys(unclaimed) if name in listed)
        return slots, how if slots else "no parameters found", before

    def _handed_back(self, before: dict[str, Array], slots: list[Slot], how: str) -> tuple[list[Slot], str]:
        """Return the parameters whose gradients backward returns after those of the inputs; else `slots`.

        They must fit, one after the other, what the layer holds. Where they are kept beside it as well, that counts.
        """
        returned = self._returned if isinstance(self._returned, (tuple, list)) else ()
        more = list(returned[len(self._inputs.leaves) :])
        kept = [s for s in arrays_of(self._layer) if s.name in before and is_same(s.get(), before[s.name])]
        if not more or [np.shape(g) for g in more] != [np.shape(s.get()) for s in slots or kept]:
            return slots, how
        self._handed = more
        handed = [replace(s, gradient=lambda k=k: self._handed[k]) for k, s in enumerate(kept)]  # type: ignore[misc]
        return (slots, how) if slots else (handed, "gradients returned after those of the inputs")

    def _of_a_loss(self, wrt: Any) -> Inputs:
        """Return the inputs; of a loss whose backward returns one gradient the first alone, the prediction.

        So it is for a layer inside of another, which knows what it gets: the mask beside an input is no input.
        """
        leaves, returned = self._inputs.leaves, self._returned
        several = isinstance(returned, (tuple, list, dict)) or wrt is not None or len(leaves) < 2
        if not (self.linear or self._inside) or several or np.shape(returned) != leaves[0].value.shape:
            return self._inputs
        first, *others = (leaf.path for leaf in leaves)
        alone = "alone, as of a loss" if self.linear else "alone"
        self.left_out = (f"backward returned the gradient of {first} {alone}: none of {', '.join(others)}",)
        return self._inputs.narrowed(self._inputs.positions[0])

    def _refuse_immovable(self, taken: set[str]) -> None:
        """Raise `InvalidArgument` for a parameter that no step can move; what forward keeps of its inputs is none."""
        given = [np.asarray(argument) for argument in self._inputs.arguments if isinstance(argument, np.ndarray)]
        for name, value in immovable(self._layer):
            if name not in taken and not any(np.array_equal(value, argument) for argument in given):
                kind = f"has dtype {value.dtype}" if isinstance(value, np.ndarray) else f"is a {type(value).__name__}"
                raise InvalidArgument(
                    f"params[{name!r}] of {self.name} {kind}, which no small step can move; make it a floating-point "
                    f"array: np.asarray({name.rpartition('.')[2]}, dtype=float)"
                )

    def _told_from_caches(self, slots: list[Slot], kept: list[Slot], before: dict[str, Array]) -> list[Slot]:
        """Return `kept`, what was created and stays, and what is written into with every call, whatever the input."""
        first = {s.name: np.array(s.get()) for s in slots}
        self._run(1)
        again = {s.name: np.array(s.get()) for s in slots}
        self._run(2)
        created = [s for s in slots if s.name not in before and is_same(s.get(), first[s.name])]
        written = [
            s for s in slots if s.name in before and s not in kept and not is_same(again[s.name], first[s.name])
        ]
        return [s for s in slots if s in kept or s in created or s in written]

    def _run(self, places: int) -> None:
        """Call forward and backward with other inputs, so that no cache holds the real ones."""
        if self._most is not None and self.spent[0] >= self._most:
            raise OutOfBudget
        leaves = [leaf.value.astype(_widened(leaf.value.dtype, self._dtype)) for leaf in self._inputs.leaves]
        arguments = self._inputs.call_with([elsewhere(v, places) for v in leaves])
        outputs = named_outputs(forward_of(self._layer)(*arguments))
        self.spent = (self.spent[0] + 1, self.spent[1])
        for path, out in outputs.items():
            if out is None:
                raise InvalidArgument(f"the forward of {self.name} returned None for {path}; it must return arrays")
        upstreams = [_uneven(np.asarray(out)) for out in outputs.values()]
        self._returned = pull_back(self._layer, self.name, outputs, upstreams)
        self.spent = (self.spent[0], self.spent[1] + 1)


def _uneven(out: Array) -> Array:
    """Return an upstream for `out` that is not all ones."""
    if not (is_floating(out.dtype) or out.dtype.kind == "c"):
        return out
    return (1 + 0.5 * np.cos(np.arange(out.size))).reshape(out.shape).astype(out.dtype)


def _widened(dtype: np.dtype[Any], least: np.dtype[Any] | None) -> np.dtype[Any]:
    return dtype if least is None else np.result_type(dtype, least)


def _arrays(layer: Any) -> dict[str, Array]:
    """Return copies of the parameters that could be, by the names that `find_slots` gives them."""
    return {name: np.array(value) for name, value in candidates(layer)}


def _times(upstream: Array, gradient: Any) -> Any:
    return None if gradient is None else upstream * gradient

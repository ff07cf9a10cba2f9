"""``torch.nn.Module``: inputs and parameters are leaves, ``params['blocks.3.attn.q_proj.weight']``.

The check works on a deep copy whose parameters and buffers are set anew for every call, so that running statistics
start from where the caller's stand, each call owns its graph, and the caller's module comes back as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from ..._errors import InvalidArgument
from .._copying import private_copy
from .._inputs import as_names, refuse_unknown
from .._subject import Array, Leaf, Part
from ..frameworks._differentiated import Call, Differentiated, finite, input_path, widened
from ..frameworks._framework import Pull, Result
from ._functions import Torch
from ._parts import parts_of
from ._unusable import refuse_computed

_WIDER = {"float16": "float64", "bfloat16": "float64", "float32": "float64", "complex64": "complex128"}
_COMPILED = "_orig_mod."
"""What `torch.compile` puts in front of every name."""

_COMPILERS = ("torch._dynamo", "torch._inductor")


@dataclass(slots=True)
class Held:
    """A parameter or buffer, in each of the places that share it, and the names of these."""

    path: str
    value: Any
    places: list[tuple[Any, str]]
    names: list[str]

    def put(self, value: Any, scripted: type) -> None:
        """Set it everywhere to `value`, without the conditions of a module's ``setattr``, where it can be."""
        for owner, name in self.places:
            if isinstance(owner, scripted):
                setattr(owner, name, value)
                continue
            (owner._parameters if name in owner._parameters else owner._buffers)[name] = value  # noqa: SLF001
            flat = vars(owner).get("_flat_weights_names", ())  # recurrent modules keep a second list
            if name in flat:
                owner._flat_weights[flat.index(name)] = value  # noqa: SLF001


class Module(Differentiated):
    """A module and a call of it."""

    def __init__(self, name: str, framework: Torch, call: Call, *, wrt: Any = None, widen: bool = True) -> None:
        self.torch = framework.torch
        module, method = _owner(call.function, self.torch.nn.Module)
        self._scripted = self.torch.jit.ScriptModule
        lower = any(_dtype(t) in _WIDER for t in (*module.parameters(), *module.buffers()))
        call = replace(call, arguments=tuple(_as_parameters_are(a, module) for a in call.arguments))
        super().__init__(name, framework, call, wrt=wrt, widen=widen, lower=lower, held=True)
        self._hooks = {p: list((t._backward_hooks or {}).values()) for p, t in _named(module, "named_parameters")}  # noqa: SLF001
        try:
            self._module = private_copy(module, known=self._unmade_buffers(module))
        except InvalidArgument:
            refuse_computed(module, self.torch.Tensor)
            raise
        self._function = getattr(self._module, method) if method else self._module
        self._initialize()
        known = _places(self._module, "named_parameters")
        self._chosen_parameters = [h for h in known if h.value.requires_grad and _is_named(wrt, h.path)]
        parameters = [self._leaf(held) for held in self._chosen_parameters]
        self._say_what_is_left_out(wrt, known, parameters)
        self._say_what_is_shared()
        self._uncalled = type(module).__name__ if callable(getattr(type(module), "backward", None)) else ""
        self.leaves = (*self.leaves, *parameters)
        if not self.leaves:
            raise InvalidArgument(f"{name} has no floating-point input and no parameter: nothing to differentiate")
        chosen = {held.path for held in self._chosen_parameters}
        self._parameters = [held for held in known if held.path in chosen]
        self._buffers = _places(self._module, "named_buffers")
        if self.wide:
            self._widen([*known, *self._buffers])
        self._started = [held.value.detach().clone() for held in self._buffers]
        self.backward = getattr(type(module), method or "forward", module)
        self._now: list[Any] = []
        self._moved: int | None = None

    @property
    def left_out(self) -> tuple[str, ...]:  # type: ignore[override]
        """What gets a gradient and is no leaf, and a backward that looks like one."""
        said = f"{self._uncalled} has a method backward, which autograd never calls: it was not checked"
        return (*super().left_out, said) if self._uncalled else super().left_out

    def _said(self) -> str:
        mode = "training" if self._module.training else "evaluation"
        return f"torch module in {mode} mode, differentiated by autograd"

    def arrays(self, values: Sequence[Array]) -> list[Any]:
        """Return `values` as tensors: inputs, then parameters."""
        count = len(self._chosen)
        tensors = [self.framework.tensor(value) for value in values[count:]]  # type: ignore[attr-defined]
        pairs = zip(tensors, self._parameters, strict=True)
        return [
            *super().arrays(values[:count]),
            *(self.torch.nn.Parameter(t.to(held.value.device)) for t, held in pairs),
        ]

    def call(self, arrays: Sequence[Any]) -> Any:
        """Set parameters and buffers, then call the module."""
        count = len(self._chosen)
        self._hold(list(arrays[count:]))
        for held, value in zip(self._parameters, self._now, strict=True):
            for hook in self._hooks.get(held.path, ()) if value.requires_grad else ():
                value.register_hook(hook)
        moved = None if self._moved is None else arrays[self._moved]
        for held, start in zip(self._buffers, self._started, strict=True):
            held.put(start.clone() if moved is None else _one_for_each(start, moved), self._scripted)
        try:
            return super().call(arrays[:count])
        except Exception as error:
            if not self._is_uncompiled_after(error):
                raise
            return super().call(arrays[:count])

    def backward_of(self, result: Result) -> Pull:
        """Return how upstreams are pulled back, with the parameters of the call, for another may come in between.

        A backward may call the module once more, as that of a checkpoint does. What else a call has left behind is as
        the last one left it: whoever lives on that is wrong wherever two calls come before a backward.
        """
        pull, now = super().backward_of(result), self._now

        def pull_with_them(upstreams: Sequence[Array]) -> Any:
            self._hold(now)
            return pull(upstreams)

        return pull_with_them

    def _hold(self, parameters: list[Any]) -> None:
        """Let the module hold `parameters`, as far as there has been a call."""
        self._now = parameters
        for held, value in zip(self._parameters, parameters, strict=False):
            held.put(value, self._scripted)

    def outputs_of_many(self, values: Sequence[Array], moved: Mapping[int, Array]) -> dict[str, Any] | None:
        """Call the module for many points at once; buffers are one for each."""
        with self._kept():
            self._moved = next(iter(moved))
            return super().outputs_of_many(values, moved)

    def gradients_of_many(self, values: Sequence[Array], upstreams: Sequence[Array]) -> Sequence[Any] | None:
        """Call the module once, and its backward for many upstreams at once."""
        with self._kept():
            return super().gradients_of_many(values, upstreams)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Let the module hold afterwards what it holds now; what is compiled or scripted is called as it is."""
        now = self._now
        if isinstance(self._module, self._scripted) or hasattr(self._function, "_orig_mod"):
            raise NotImplementedError
        try:
            yield
        finally:
            self._moved = None
            self._hold(now)
            for held, start in zip(self._buffers, self._started, strict=True):
                held.put(start.clone(), self._scripted)

    def parameter_values(self) -> dict[str, Array]:
        """Return the parameters as the last call left them."""
        pairs = zip(self._parameters, self._now, strict=False)
        return {_path(held.path): self.framework.to_numpy(value) for held, value in pairs}

    def parts(self) -> list[Part]:
        """Return the modules inside, each with what it was called with."""
        names = {module: name.replace(_COMPILED, "") for name, module in self._module.named_modules() if name}
        point = [widened(leaf.value) if self.wide else leaf.value.copy() for leaf in self.leaves]
        return parts_of(lambda: self.evaluate(point), names, self.framework, self.torch) if names else []

    def _is_uncompiled_after(self, error: Exception) -> bool:
        """Go on without the compiler where it is the compiler that failed, as it does where there is none."""
        original = getattr(self._function, "_orig_mod", None)
        if original is None or not type(error).__module__.startswith(_COMPILERS):
            return False
        self._function = original
        self.remarks[f"checked uncompiled, for compiling it raised {type(error).__name__}"] = None
        return True

    # -- the private copy --------------------------------------------------------------------------------------------

    def _leaf(self, held: Held) -> Leaf:
        value = finite(_path(held.path), np.array(self.framework.to_numpy(held.value)))
        value.flags.writeable = False  # the leaf keeps its value, whatever the module does to what it is handed
        return Leaf(_path(held.path), value)

    def _initialize(self) -> None:
        """Let lazy modules, on the copy, find out their shapes."""
        lazy = self.torch.nn.parameter.UninitializedParameter
        if any(isinstance(p, lazy) for p in self._module.parameters()):
            with self.torch.no_grad():
                Differentiated.call(self, super().arrays([leaf.value for leaf in self.leaves]))

    def _unmade_buffers(self, module: Any) -> dict[int, Any]:
        """Return copies of the buffers of lazy modules that have no shape yet, which torch cannot copy."""
        unmade = self.torch.nn.parameter.UninitializedBuffer
        buffers = [buffer for buffer in module.buffers() if isinstance(buffer, unmade)]
        return {id(b): unmade(requires_grad=False, device=b.device, dtype=b.dtype) for b in buffers}

    def _widen(self, every: Sequence[Held]) -> None:
        parameter = self.torch.nn.Parameter
        for held in every:
            wider = _WIDER.get(_dtype(held.value))
            if wider is not None:
                value = held.value.detach().to(getattr(self.torch, wider))
                asked = held.value.requires_grad
                held.value = parameter(value, asked) if isinstance(held.value, parameter) else value
                held.put(held.value, self._scripted)

    def _say_what_is_left_out(self, wrt: Any, known: Sequence[Held], chosen: Sequence[Leaf]) -> None:
        frozen = [held.path for held in known if not held.value.requires_grad]
        if frozen and wrt is None:
            self.remarks[f"left out, for it does not require a gradient: {', '.join(frozen)}"] = None
        if wrt is not None:
            every = [*self.known, *(_path(held.path) for held in known)]
            paths = [leaf.path for leaf in (*self.leaves, *chosen)]
            unknown = [w for w in as_names(wrt) if isinstance(w, str) and not self._leads_somewhere(w, chosen)]
            refuse_unknown(unknown, paths, every, self.name)

    def _say_what_is_shared(self) -> None:
        for held in self._chosen_parameters:
            _, *others = held.names
            if others:
                self.remarks[f"one parameter by several names: {held.path} is {' and '.join(others)}"] = None

    def _leads_somewhere(self, wanted: str, chosen: Sequence[Leaf]) -> bool:
        inputs = any(input_path(wanted, leaf.path) for leaf in self.leaves)
        return inputs or any(_is_named(wanted, leaf.path[8:-2]) for leaf in chosen)


def is_module(function: Any, base: type) -> bool:
    """Whether `function` is a module, or a method of one."""
    return isinstance(function, base) or isinstance(getattr(function, "__self__", None), base)


def _owner(function: Any, base: type) -> tuple[Any, str]:
    """Return the module, and the name of its method if `function` is one."""
    return (function, "") if isinstance(function, base) else (function.__self__, function.__name__)


def _as_parameters_are(argument: Any, module: Any) -> Any:
    """Return an array of NumPy in the precision of the module; whatever else as it is."""
    if not (isinstance(argument, np.ndarray) and argument.dtype == np.float64):
        return argument
    floating = next((p.dtype for p in module.parameters() if p.dtype.is_floating_point), None)
    return argument.astype(np.float32) if str(floating) == "torch.float32" else argument


def _one_for_each(start: Any, moved: Any) -> Any:
    """Return a buffer for each of many calls at once, so that each can write into its own."""
    return moved.new_empty(start.shape, dtype=start.dtype).copy_(start)


def _path(name: str) -> str:
    return f"params[{name!r}]"


def _dtype(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _is_named(wrt: Any, path: str) -> bool:
    """Whether ``wrt`` means the parameter at `path`: by name, path, or the name of a module that holds it."""
    if wrt is None:
        return True
    wanted = [w for w in as_names(wrt) if isinstance(w, str)]
    return any(w in (path, _path(path)) or path.startswith(f"{w}.") for w in wanted)


def _named(module: Any, kind: str) -> Iterator[tuple[str, Any]]:
    for path, tensor in getattr(module, kind)():
        yield path.replace(_COMPILED, ""), tensor


def _places(module: Any, kind: str) -> list[Held]:
    """Return the parameters or buffers of `module`, one for those that are shared."""
    found: dict[int, Held] = {}
    for path, tensor in getattr(module, kind)(remove_duplicate=False):
        prefix, _, name = path.rpartition(".")
        shown = path.replace(_COMPILED, "")
        held = found.setdefault(id(tensor), Held(shown, tensor, [], []))
        owner = (
            reduce(getattr, prefix.split("."), module) if prefix else module
        )  # scripted ones have no get_submodule
        held.places.append((owner, name))
        held.names.append(shown)
    return list(found.values())

"""Which modules are called inside of a torch module, and with what.

Inputs are noted before a hook or the module itself changes them, and with their marks: what is a constant in the
whole is one in its part. A module that writes into its inputs is handed copies, as it would be what others have made.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from .._subject import MOST_USES, Part
from ..frameworks._framework import Framework


@dataclass(frozen=True, slots=True)
class _Use:
    """A call of a module: its arguments as they were, and the tensors themselves, each with its version then.

    ``marked`` says whether one of them got a gradient.
    """

    inputs: tuple[Any, ...]
    keywords: dict[str, Any]
    versions: list[tuple[Any, int]]
    marked: bool

    def wrote(self) -> bool:
        """Whether the call has written into its arguments."""
        return any(tensor._version != version for tensor, version in self.versions)  # noqa: SLF001


def parts_of(run: Callable[[], Any], names: Mapping[Any, str], framework: Framework, torch: Any) -> list[Part]:
    """Return the modules that `run` calls, the first few calls of each, in the order in which they return."""
    begun: defaultdict[Any, list[_Use]] = defaultdict(list)
    uses: Counter[Any] = Counter()
    found: list[Part] = []

    def note(module: Any, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        tensors = [v for v in framework.opened((inputs, keywords)).leaves if framework.is_array(v)]
        kept = _each(_as_leaf, inputs, framework), _each(_as_leaf, keywords, framework)
        versions = [(tensor, tensor._version) for tensor in tensors]  # noqa: SLF001
        begun[module].append(_Use(*kept, versions, any(tensor.requires_grad for tensor in tensors)))

    def keep(module: Any, *_: Any) -> None:
        use = begun[module].pop()
        uses[module] += 1
        learns = use.marked or any(p.requires_grad for p in module.parameters())
        if learns and torch.is_grad_enabled() and uses[module] <= MOST_USES:
            thing, inputs = _alone(module, use, framework, torch)
            kind = type(module)
            found.append(Part(names[module], kind.__name__, kind.forward, thing, inputs, uses[module]))

    with ExitStack() as hooks:
        for module in names:
            hooks.callback(module.register_forward_pre_hook(note, prepend=True, with_kwargs=True).remove)
            hooks.callback(module.register_forward_hook(keep).remove)
        run()
    return found


def _alone(module: Any, use: _Use, framework: Framework, torch: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return what is to be called in the place of `module`, and with what."""

    def on_copies(inner: Any, *inputs: Any, **keywords: Any) -> Any:
        return inner(*_each(_copy, inputs, framework), **_each(_copy, keywords, framework))

    if not use.marked:
        return _in_place_of(module, lambda inner: on_copies(inner, *use.inputs, **use.keywords), torch), ()
    thing = _in_place_of(module, on_copies, torch) if use.wrote() else module
    return partial(thing, **use.keywords) if use.keywords else thing, use.inputs


def _in_place_of(module: Any, call: Callable[..., Any], torch: Any) -> Any:
    """Return a module that holds `module` and calls it by `call`."""
    made = type("Called", (torch.nn.Module,), {"forward": lambda self, *a, **k: call(self.module, *a, **k)})()
    made.module = module
    return made


def _as_leaf(tensor: Any) -> Any:
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)


def _copy(tensor: Any) -> Any:
    return tensor.clone()


def _each(change: Callable[[Any], Any], tree: Any, framework: Framework) -> Any:
    found = framework.opened(tree)
    return found.closed([change(leaf) if framework.is_array(leaf) else leaf for leaf in found.leaves])

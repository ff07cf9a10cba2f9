"""Whose code is in the backward of torch: rules and hooks that somebody wrote, or torch's own kernels alone.

Rules are nodes of the graph. Hooks are none, and nothing tells of them later; so the first call is watched for
whatever may register one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from ..frameworks._framework import Trust
from ._graph import nodes

_COMPILER = "_aot_autograd"
"""Where torch defines the rule that a compiled graph is."""


class Rules(Trust):
    """What the first call has told."""

    _hooked, _is_known = True, False

    def called(self, torch: Any, function: Callable[[Sequence[Any]], Any], leaves: Sequence[Any]) -> Any:
        """Return what `function` returns; the first call is watched, unless torch would compile it twice for that."""
        if self._is_known or _may_be_compiled():
            return function(leaves)
        seen: list[Any] = []
        with _watching(torch, seen):
            returned = function(leaves)
        self._hooked = bool(seen)
        return returned

    def look(self, torch: Any, outs: Iterable[Any]) -> None:
        """Note whether what somebody wrote is in the graph behind `outs`, and whether it may ask.

        A graph that torch has compiled holds rules, and would be compiled anew for every other question.
        """
        own, kind = torch._C._functions, torch.autograd.function.BackwardCFunction  # noqa: SLF001
        found = list(nodes(out.grad_fn for out in outs))
        self.ruled = self._hooked or not all(hasattr(own, type(node).__name__) for node in found)
        rules = (node for node in found if isinstance(node, kind))
        self.asking = any(_COMPILER not in getattr(rule, "_forward_cls", kind).__module__ for rule in rules)
        self._is_known = True


def _watching(torch: Any, seen: list[Any]) -> AbstractContextManager[Any]:
    """Note in `seen` what is called that may register a hook.

    That is what is handed something to call, reads a node of the graph, or runs code that is not torch's: of a type
    of tensors, or an operator, of somebody's own.
    """
    node, plain = torch.Tensor.grad_fn, (torch.Tensor, torch.nn.Parameter)
    operators = torch._ops.OpOverloadPacket, torch._ops.OpOverload  # noqa: SLF001

    class Watching(torch.overrides.TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(self, called: Any, types: Any, arguments: Any = (), keywords: Any = None) -> Any:
            keywords = keywords or {}
            foreign = isinstance(called, operators) or any(kind not in plain for kind in types)
            handed = any(map(callable, (*arguments, *keywords.values())))
            if foreign or handed or getattr(called, "__self__", None) is node:
                seen.append(called)
            return called(*arguments, **keywords)

    watching: AbstractContextManager[Any] = Watching()
    return watching


def _may_be_compiled() -> bool:
    """Whether something has been given to torch's compiler, which compiles anew where calls are watched."""
    compiler = sys.modules.get("torch._dynamo.eval_frame")
    backends = getattr(compiler, "cached_backends", {} if compiler is None else {0: compiler})
    return any(backend is not None for backend in backends.values())  # None: what is never compiled

"""torch, many calls at once: mapped, mapped with recurrent layers taken apart, or one after the other.

``torch.func.vmap`` knows no rule for the fused kernels of recurrent layers. torch itself says what each of them
computes in terms of products and sums, which it does map; whoever asks for many calls sees that they say what a
single one says (`numerics.at_once`). What can be mapped in no way is called in a row: cheaper than to begin anew
for each point.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any

_RECURRENT = ("gru", "lstm", "rnn_tanh", "rnn_relu")

Surrounded = Callable[[], AbstractContextManager[Any]]


class Mapped:
    """How functions are called for many rows; what has failed once is not tried again."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self._ways = [self._mapped, self._taken_apart, self._in_a_row]

    def forward(
        self, function: Callable[..., tuple[Any, ...]], stacks: Sequence[Any], surrounded: Surrounded
    ) -> Sequence[Any]:
        """Return the outputs of `function` for each row of `stacks`, each call inside of what `surrounded` makes."""
        while True:
            try:
                return self._ways[0](function, stacks, surrounded)
            except Exception:
                if len(self._ways) == 1:
                    raise
                del self._ways[0]

    def backward(self, function: Callable[..., tuple[Any, ...]], stacks: Sequence[Any]) -> Sequence[Any]:
        """Return what `function`, a backward, says for each row of `stacks`: its own kernels say it, or nothing."""
        try:
            return self._mapped(function, stacks, nullcontext)
        except Exception:
            return self._in_a_row(function, stacks, nullcontext)

    def _mapped(self, function: Callable[..., Any], stacks: Sequence[Any], surrounded: Surrounded) -> Sequence[Any]:
        with surrounded(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that some operator is slow when mapped
            found: Sequence[Any] = self.torch.func.vmap(function, randomness="same")(*stacks)
        return found

    def _taken_apart(
        self, function: Callable[..., Any], stacks: Sequence[Any], surrounded: Surrounded
    ) -> Sequence[Any]:
        with self._apart():
            return self._mapped(function, stacks, surrounded)

    def _in_a_row(self, function: Callable[..., Any], stacks: Sequence[Any], surrounded: Surrounded) -> Sequence[Any]:
        rows = []
        for row in zip(*stacks, strict=True):
            with surrounded():
                rows.append(function(*row))
        return [self.torch.stack(outs) for outs in zip(*rows, strict=True)]

    @cached_property
    def _apart(self) -> Callable[[], AbstractContextManager[Any]]:
        """A mode in which the kernels of recurrent layers are what they are made of."""
        from torch._decomp import get_decompositions
        from torch.overrides import TorchFunctionMode

        aten = self.torch.ops.aten
        rules = get_decompositions([getattr(aten, name) for name in _RECURRENT])

        class Apart(TorchFunctionMode):
            def __torch_function__(
                self, called: Any, _: Any, arguments: tuple[Any, ...] = (), keywords: Any = None
            ) -> Any:
                name = getattr(called, "__name__", "")
                if name not in _RECURRENT:
                    return called(*arguments, **(keywords or {}))
                packed = isinstance(arguments[3], (tuple, list))  # then the third argument are the batch sizes
                return rules[getattr(getattr(aten, name), "data" if packed else "input")](
                    *arguments, **(keywords or {})
                )

        return Apart

"""What random numbers a call of torch draws: in another format they may be others, whatever the seed.

A uniform number has as many random bits as its format, and a GPU hands the numbers of a stream out by the width of
what it writes. So masks and noise of a call in float32 may have nothing in common with those in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def draws_of(torch: Any, call: Callable[[], Any]) -> list[bytes]:
    """Return, for each array of random numbers drawn in `call`, which of them are above their mean."""
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    seen: list[bytes] = []

    class Draws(TorchDispatchMode):  # type: ignore[no-untyped-call]
        def __torch_dispatch__(self, called: Any, _: Any, arguments: Any = (), keywords: Any = None) -> Any:
            keywords = keywords or {}
            if torch.Tag.nondeterministic_seeded not in called.tags:
                return called(*arguments, **keywords)
            before = _states(torch)
            out = called(*arguments, **keywords)
            if keywords.get("generator") is not None or before != _states(torch):  # else nothing was left to chance
                seen.extend(_above(leaf) for leaf in tree_leaves(out) if torch.is_tensor(leaf))
            return out

    with Draws():  # type: ignore[no-untyped-call]
        call()
    return seen


def _states(torch: Any) -> list[bytes]:
    on_gpu = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return [state.numpy().tobytes() for state in (torch.random.get_rng_state(), *on_gpu)]


def _above(drawn: Any) -> bytes:
    numbers = drawn.detach().double()
    found: bytes = (numbers > numbers.mean()).cpu().numpy().tobytes()
    return found

"""The forward mode of a function of JAX: compiled where its reverse mode is, and for the same reasons.

================================  ==============================================================================
the reverse mode is `Compiled`    so is the forward mode
there are loops inside rules      `Pushed`: run as it stands, then traced, as the reverse mode is (`Traced`)
anything else                     it runs as it stands, every time
================================  ==============================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ._reverse import Compiled, Outputs, Reverse, Traced

Push = Callable[[Sequence[Any], Sequence[Any]], Sequence[Any]]


def forward_of(jax: Any, outputs: Outputs, reverse: Reverse) -> Push:
    """Return what pushes tangents forward through `outputs`, whose reverse mode is `reverse`; the outputs follow."""
    if isinstance(reverse, Compiled):
        compiled: Push = jax.jit(partial(_pushed, jax, outputs))
        return compiled
    if reverse.looped:
        pushed = Pushed(jax, outputs)
        return lambda arrays, tangents: pushed(arrays, tangents, ())
    return partial(_pushed, jax, outputs)


class Pushed(Traced):
    """The forward mode of a function with rules: as it was traced, where that is what it says."""

    def _parted(self, found: list[Any], arrays: Sequence[Any]) -> list[Any]:  # noqa: ARG002
        return found

    def _run(self, arrays: Sequence[Any], upstreams: Sequence[Any]) -> list[Any]:
        return _pushed(self._jax, self._outputs, arrays, upstreams)


def _pushed(jax: Any, outputs: Outputs, arrays: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
    outs, moved = jax.jvp(lambda *given: outputs(given), tuple(arrays), tuple(tangents))
    return [*moved, *outs]

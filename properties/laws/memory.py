"""Gradient laws about what a call leaves behind: caches, gradients of last time, shared arrays."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from typing import Any

import numpy as np

from .._case import Case
from .._expect import Violation, expect
from .._registry import declares
from ..adapters._example import Array, Example, passed
from .algebra import OF_LAYERS
from .gradient import WITH_GRADIENT


@declares("GC106", "other calls in between change nothing", *WITH_GRADIENT, needs=("gradient",), effort=0.2)
def second_call(subject: Any, case: Case) -> None:
    """After a forward and backward with other values, the gradient for the first ones is what it was.

    A net is called thousands of times; each call must leave nothing behind that the next one uses.

    The usual mistake is a mask, a size or a buffer that only the first call sets.
    """
    example: Example = subject.example(case)
    _idle_if_random(example, case)
    core = example.subject()
    values = [np.array(leaf.value) for leaf in core.leaves]
    outputs = passed(core).outputs
    upstream = example.upstream(case, outputs)
    fresh = _copied(passed(example.subject()).gradients(upstream))
    other = passed(core, [0.5 - 2.0 * value[::-1] if value.ndim else value + 1.0 for value in values])
    other.gradients([1.0 - u for u in upstream])
    room = example.room(case, upstream)
    first = example.untouched(upstream)
    if first is not None:
        fresh[next(iter(fresh))] = first
    for path, found in passed(core).gradients(upstream).items():
        expect(found, f"the gradient of {path} after another call").within(fresh[path], allowed=room[path])


@declares("GC107", "gradients do not pile up", *OF_LAYERS, needs=("gradient",), effort=0.2)
def no_accumulation(subject: Any, case: Case) -> None:
    """The same forward and backward, twice, give the same gradients, and not their sum.

    A layer that has ``zero_grad`` may add up; it is called before each backward. Without it each backward starts
    anew.

    The usual mistake is ``self.dW += ...``, with nothing that sets it to 0 again.
    """
    example: Example = subject.example(case)
    _idle_if_random(example, case)
    core = example.subject()
    first = passed(core)
    upstream = example.upstream(case, first.outputs)
    before = _copied(first.gradients(upstream))
    if not any(g.any() for g in before.values()):
        case.idle("every gradient was 0")
    room = example.room(case, upstream)
    for path, found in passed(core).gradients(upstream).items():
        expect(found, f"the gradient of {path} the second time").within(before[path], allowed=room[path])


@declares("GC118", "its output may be written into", *OF_LAYERS, needs=("gradient",), effort=0.2)
def output_is_its_own(subject: Any, case: Case) -> None:
    """Where the output is a view of the input, writing into it does not change the gradient.

    The next layer may work in place (``y += bias``), and whoever kept ``x`` for its backward then holds something
    else.

    The usual mistake is ``np.maximum(x, 0, out=x)``, with ``x > 0`` asked in backward.
    """
    example: Example = subject.example(case)
    _idle_if_random(example, case)
    upstream = example.upstream(case, example.forward().outputs)
    target = _copied(example.forward().gradients(upstream))
    core = example.subject()
    values = [np.array(leaf.value) for leaf in core.leaves]
    there = passed(core, values)
    for out in there.outputs:
        if out.flags.writeable and any(np.shares_memory(out, value) for value in values):
            out[...] = -1.0 - np.abs(out)
    room = example.room(case, upstream)
    for path, found in there.gradients(upstream).items():
        expect(found, f"the gradient of {path} after the output was written into").within(
            target[path], allowed=room[path]
        )


@declares("GC119", "leaves the upstream gradient alone", *OF_LAYERS, needs=("gradient",), effort=0.2)
def upstream_kept(subject: Any, case: Case) -> None:
    """What arrives from above is the same, bit for bit, after the backward.

    A residual connection hands one array to two branches.

    The usual mistake is ``dout[x <= 0] = 0``: it zeroes the gradient of the other branch as well.
    """
    example: Example = subject.example(case)
    there = example.forward()
    upstream = example.upstream(case, there.outputs)
    handed = [u.copy() for u in upstream]
    there.gradients(handed)
    for u, before in zip(handed, upstream, strict=True):
        if not np.array_equal(u, before):
            at = tuple(int(i) for i in np.argwhere(u != before)[0])
            raise Violation(
                f"the upstream gradient at {at} was {before[at]:.6g}, and is {u[at]:.6g} afterwards", index=at
            )


def _copied(gradients: dict[str, Array]) -> dict[str, Array]:
    return {path: np.array(gradient) for path, gradient in gradients.items()}


def _idle_if_random(example: Example, case: Case) -> None:
    if example.random:
        case.idle("two equal calls differ by design")

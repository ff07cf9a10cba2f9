r"""Exact identities of a backward pass: no differences are taken, so that they hold at any size and in any precision.

.. math:: B(a u + b w) = a B(u) + b B(w), \qquad B(0) = 0, \qquad \langle u, J v \rangle = \langle B(u), v \rangle
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._case import Case
from .._expect import Violation, expect
from .._registry import declares
from ..adapters._example import Array, Example, is_floating
from ..strategies import choice
from .gradient import WITH_GRADIENT

OF_LAYERS = ("normalization", "layer")
FACTORS = ((2.0, -1.0), (1.0, 1.0), (-3.0, 0.5), (1e3, 1.0), (1.0, -1e-3))


@declares(
    "GC104", "every gradient has the shape of what it belongs to", *WITH_GRADIENT, needs=("gradient",), effort=0.3
)
def gradient_shapes(subject: Any, case: Case) -> None:
    """There is one gradient per input and parameter, of its shape, and floating.

    The step of an optimizer subtracts the one from the other; where shapes differ, broadcasting does something else.

    The usual mistake is ``keepdims=True`` in the sum for a bias, or a sum over one axis too many.
    """
    example: Example = subject.example(case)
    there = example.forward()
    found = there.gradients(example.upstream(case, there.outputs))
    for leaf in example.subject().leaves:
        shape, gradient = np.shape(leaf.value), found[leaf.path]
        if gradient.shape != shape:
            raise Violation(f"the gradient of {leaf.path} has shape {gradient.shape}, not {shape}")
        if gradient.dtype.kind not in "fc":
            raise Violation(f"the gradient of {leaf.path} is {gradient.dtype}, and no floating number")


@declares("GC108", "linear in the upstream gradient", *OF_LAYERS, needs=("gradient",), effort=0.4, claims=("B-GRAD",))
def linear_in_upstream(subject: Any, case: Case) -> None:
    """The backward of a u + b w is a times that of u plus b times that of w.

    The chain rule multiplies what arrives by a matrix that depends on the inputs alone.

    The usual mistake is a mask or a sign taken from the upstream in place of the input.
    """
    example: Example = subject.example(case)
    _idle_if_random(example, case)
    outputs = example.forward().outputs
    u, w = example.upstream(case, outputs, "u"), example.upstream(case, outputs, "w")
    a, b = case.pick("a, b", choice(FACTORS))
    mixed = [a * one + b * other for one, other in zip(u, w, strict=True)]
    size = [abs(a) * np.abs(one) + abs(b) * np.abs(other) for one, other in zip(u, w, strict=True)]
    if not any(part.any() for part in size):
        case.idle("both upstream gradients were 0")
    of_u, of_w, of_both = (example.forward().gradients(upstream) for upstream in (u, w, mixed))
    room = example.room(case, size)
    for path, found in of_both.items():
        rounding = _rounding(example, case, size, path)
        target = a * of_u[path] + b * of_w[path]
        expect(found, f"the gradient of {path} for a u + b w").within(target, allowed=room[path] + rounding)


@declares("GC109", "nothing flows back from nothing", *OF_LAYERS, needs=("gradient",), effort=0.2, claims=("B-GRAD",))
def zero_upstream(subject: Any, case: Case) -> None:
    """If the gradient from above is 0, every gradient is exactly 0.

    A linear map takes 0 to 0, and no rounding is left to blame.

    The usual mistake is a term that is added without the upstream: the gradient of a penalty, or of last time.
    """
    example: Example = subject.example(case)
    there = example.forward()
    for path, gradient in there.gradients([np.zeros_like(out) for out in there.outputs]).items():
        expect(gradient, f"the gradient of {path} for an upstream of 0").within(0.0, allowed=0.0)


@declares(
    "GC113", "forward and reverse mode agree", "layer", needs=("gradient", "jvp"), effort=0.4, claims=("G-CHECK",)
)
def modes_agree(subject: Any, case: Case) -> None:
    """For every direction v and upstream u: <u, J v> = <J' u, v>, with J v from jvp= and J' u from the backward.

    One matrix, multiplied from either side; the two numbers may differ by rounding only.

    The usual mistake is a matrix that was transposed in one of the two.
    """
    example: Example = subject.example(case)
    there, core = example.forward(), example.subject()
    u = example.upstream(case, there.outputs)
    rng = case.generator(3)
    v = [rng.standard_normal(np.shape(leaf.value)) for leaf in core.leaves]
    pushed = core.push([np.array(leaf.value) for leaf in core.leaves], v)
    pulled = there.gradients(u)
    forward = [one * np.asarray(other) for one, other in zip(u, pushed.values(), strict=True)]
    reverse = [one * other for one, other in zip(pulled.values(), v, strict=True)]
    if not any(part.any() for part in (*forward, *reverse)):
        case.idle("both sides were 0")
    room = sum(float(np.abs(t).sum()) * r for t, r in zip(v, example.room(case, u).values(), strict=True))
    size = sum(float(np.abs(part).sum()) for part in (*forward, *reverse))
    left, right = (sum(float(part.sum()) for part in parts) for parts in (forward, reverse))
    expect(left, "<u, J v>").within(right, allowed=room + 64 * np.finfo(float).eps * size)


@declares(
    "GC115",
    "what is shared collects from every example",
    "layer",
    needs=("gradient", "independent rows", "shared"),
    effort=0.2,
    claims=("A-PRELU-1",),
)
def sum_over_examples(subject: Any, case: Case) -> None:
    """The gradient of a parameter for a batch is the sum of its gradients for the single examples.

    Broadcasting copies a parameter to every example; going back, copies become a sum.

    The usual mistake is a mean, the last example alone, or a broadcast axis that is not summed.
    """
    example: Example = subject.example(case)
    there = example.forward()
    upstream = example.upstream(case, there.outputs)
    count = len(np.asarray(example.inputs[example.rows[0]]))
    if count < 2 or not any(u.any() for u in upstream):
        case.idle("there was one example, or no upstream")
    whole, room = there.gradients(upstream), example.room(case, upstream)
    alone = [example.forward(example.at_rows([i])).gradients([u[[i]] for u in upstream]) for i in range(count)]
    for path in shared(example, whole):
        parts = np.stack([part[path] for part in alone])
        size = np.abs(parts).sum(axis=0)
        expect(whole[path], f"the gradient of {path}").within(
            parts.sum(axis=0), allowed=count * room[path] + 64 * count * np.finfo(float).eps * size
        )


def shared(example: Example, gradients: Mapping[str, Array]) -> list[str]:
    """Return the paths of what all examples share: every leaf that is not a batch."""
    floating = [k for k, value in enumerate(example.inputs) if is_floating(value)]
    batches = [place for place, k in enumerate(floating) if k in example.rows]
    return [path for place, path in enumerate(gradients) if place not in batches]


def _rounding(example: Example, case: Case, size: list[Array], path: str) -> float:
    """Return the rounding of a backward that adds up numbers as large as those that upstreams of one sign make."""
    rng = case.generator(4)
    signs = [s * rng.choice([-1.0, 1.0], np.shape(s)) for s in size]
    largest = np.abs(example.forward().gradients(signs)[path]).max(initial=0.0)
    return float(256 * np.finfo(float).eps * sum(np.size(s) for s in size) * largest)


def _idle_if_random(example: Example, case: Case) -> None:
    if example.random:
        case.idle("two equal calls differ by design")

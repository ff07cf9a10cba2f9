"""Gradient laws about the batch: its order, its smallest sizes, and how its memory lies."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from typing import Any

import numpy as np

from .._case import Case
from .._expect import Violation, expect
from .._registry import declares
from ..adapters._example import Array, Example, as_array, passed
from ..strategies import choice
from ._choice import hull_of
from .algebra import shared
from .gradient import WITH_GRADIENT

LAYOUTS = ("every other row", "reversed", "Fortran")


@declares(
    "GC110",
    "the order of the examples does not matter",
    "activation",
    "normalization",
    "layer",
    "loss",
    needs=("gradient", "rows"),
    effort=0.3,
    claims=("B-GRAD",),
)
def permutation(subject: Any, case: Case) -> None:
    """With the examples in another order, the outputs and gradients come in that order, and those of parameters stay.

    A batch is a set; its order carries no meaning. Where rows come in pairs, they stay together. At a kink, as where
    a sort ranks equal entries, either order may have any gradient between the slopes of the two sides.

    The usual mistake is an index that counts along the wrong axis, or a cache of one row.
    """
    example: Example = subject.example(case)
    if example.random:
        case.idle("two equal calls differ by design")
    count = len(np.asarray(example.inputs[example.rows[0]]))
    if count < 2:
        case.idle("there was one example")
    order = example.turned(count, case.generator(5))
    here = example.forward()
    upstream = example.upstream(case, here.outputs)
    turned = [_turned(u, order) for u in upstream]
    there = example.forward(example.at_rows(order))
    before, after, room = here.gradients(upstream), there.gradients(turned), example.room(case, upstream)
    common = shared(example, before)
    for path, found in after.items():
        back = found if path in common else found[np.argsort(order)]
        asked = np.abs(back - before[path]) > 2 * room[path]
        back = np.where(_chosen(example, path, upstream, (before[path], back), asked), before[path], back)
        expect(back, f"the gradient of {path} for the batch in another order").within(
            before[path], allowed=2 * room[path]
        )


@declares(
    "GC117",
    "a batch of one, and an empty batch",
    "activation",
    "normalization",
    "layer",
    needs=("gradient", "independent rows"),
    effort=0.2,
)
def smallest_batches(subject: Any, case: Case) -> None:
    """An example on its own has the gradient that it has in a batch; an empty batch gives empty and zero gradients.

    The last batch of an epoch is often short, and a filtered one can be empty. A refusal with a sentence is right
    too.

    The usual mistake is a ``squeeze`` or a special case for one row, and a mean over nothing.
    """
    example: Example = subject.example(case)
    here = example.forward()
    upstream = example.upstream(case, here.outputs)
    whole, room = here.gradients(upstream), example.room(case, upstream)
    common = shared(example, whole)
    alone = example.forward(example.at_rows([0]))
    _same_form(alone.outputs, here.outputs, 1)
    for path, found in alone.gradients([u[:1] for u in upstream]).items():
        if path not in common:
            expect(found, f"the gradient of {path} for one example").within(whole[path][:1], allowed=2 * room[path])
    _empty(example, upstream, common, case)


@declares(
    "GC116",
    "strided arrays have the same gradient",
    *WITH_GRADIENT,
    needs=("gradient",),
    effort=0.3,
)
def strided(subject: Any, case: Case) -> None:
    """A view with strides, reversed or in Fortran order, gives the gradient of its copy; so does a strided upstream.

    A slice of a data set is a view, and the gradient of a sum arrives as a broadcast.

    The usual mistake is ``x.ravel()`` or ``reshape(-1)`` written into as though it were the array, or raw memory
    read.
    """
    example: Example = subject.example(case)
    if example.random:
        case.idle("two equal calls differ by design")
    layout = case.pick("layout", choice(LAYOUTS))
    here = example.forward()
    upstream = example.upstream(case, here.outputs)
    target, room = here.gradients(upstream), example.room(case, upstream)
    core = example.subject()
    there = passed(core, [laid_out(np.array(leaf.value), layout) for leaf in core.leaves])
    for path, found in there.gradients([laid_out(u, layout) for u in upstream]).items():
        expect(found, f"the gradient of {path} for strided arrays").within(target[path], allowed=2 * room[path])
    bare = getattr(subject, "slope", None)
    if bare is not None:
        # The checker hands functions a copy; here they get the view itself.
        x, *rest = (as_array(value) for value in example.inputs)
        size = room[next(iter(room))] + 64 * np.finfo(float).eps * np.abs(bare(x, *rest)).max(initial=0.0)
        expect(bare(laid_out(x, layout), *rest), "the gradient for a strided view").within(
            bare(x, *rest), allowed=size
        )


def _chosen(
    example: Example, path: str, upstream: list[Array], gradients: tuple[Array, Array], asked: Array
) -> Array:
    """Return where two gradients of one leaf differ because it is at a kink, between whose slopes both lie."""
    nowhere = np.zeros(np.shape(asked), dtype=bool)
    if not np.any(asked):
        return nowhere
    core = example.subject()
    values = [np.array(leaf.value) for leaf in core.leaves]
    place = [leaf.path for leaf in core.leaves].index(path)

    def worth(x: Array) -> float:
        outputs = passed(core, [*values[:place], x, *values[place + 1 :]]).outputs
        return float(sum(np.sum(u * out) for u, out in zip(upstream, outputs, strict=True)))

    if np.shape(asked) != values[place].shape:  # another law says that a gradient has another shape
        return nowhere
    hull = hull_of(worth, values[place], asked)
    return np.asarray(hull.kink & hull.holds(gradients[0]) & hull.holds(gradients[1]))


def laid_out(x: Array, layout: str) -> Array:
    """Return an array equal to `x` whose memory lies otherwise.

    >>> laid_out(np.arange(3.0), "reversed")
    array([0., 1., 2.])
    """
    if not x.ndim:
        return x
    if layout == "Fortran":
        return np.asfortranarray(x)
    return x[::-1].copy()[::-1] if layout == "reversed" else np.repeat(x, 2, axis=0)[::2]


def _turned(u: Array, order: Array) -> Array:
    return u[order] if u.ndim and len(u) == len(order) else u


def _same_form(one: tuple[Array, ...], many: tuple[Array, ...], count: int) -> None:
    for alone, whole in zip(one, many, strict=True):
        if alone.shape != (count, *whole.shape[1:]):
            raise Violation(
                f"the output for {count} examples has shape {alone.shape}, not {(count, *whole.shape[1:])}"
            )


def _empty(example: Example, upstream: list[Array], common: list[str], case: Case) -> None:
    try:
        there = example.forward(example.at_rows(slice(0, 0)))
    except ValueError as refusal:
        if not str(refusal).strip():
            raise Violation(f"an empty batch is refused with a bare {type(refusal).__name__}") from refusal
        case.state("an empty batch", f"refused: {' '.join(str(refusal).split())[:100]}")
        return
    _same_form(there.outputs, tuple(upstream), 0)
    for path, found in there.gradients([u[:0] for u in upstream]).items():
        if path in common:
            expect(found, f"the gradient of {path} for an empty batch").within(0.0, allowed=0.0)
        elif found.size:
            raise Violation(f"the gradient of {path} for an empty batch has shape {found.shape}")

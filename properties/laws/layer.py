"""Laws of layers: what an affine map, a convolution, a pool, a look-up and a choice of pieces promise."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from typing import Any

import numpy as np

from .._case import Case
from .._expect import Violation, epsilon, expect, largest
from .._registry import declares
from ..adapters._example import Array, Example, as_array, is_floating, is_index
from ..adapters.layer import Layer
from ..strategies import choice

ULPS = 64
FELT = 1e-9
WEIGHTS = (0.5, 2.0, -1.0, 0.25)


@declares(
    "GC120",
    "examples do not know of each other",
    "layer",
    traits=("row_independent",),
    needs=("rows",),
    effort=0.4,
)
def row_independence(layer: Layer, case: Case) -> None:
    """The output for one example does not depend on which others are in the batch.

    Only a normalization over the batch may look at the neighbours.

    The usual mistake is a maximum, a mean or a softmax over the wrong axis.
    """
    example = layer.example(case)
    count = len(np.asarray(example.inputs[example.rows[0]]))
    whole = example.forward().outputs
    for i in range(count):
        for alone, out in zip(example.forward(example.at_rows([i])).outputs, whole, strict=True):
            size = np.abs(out[[i]]) + largest(out)
            expect(alone, f"the output for example {i} on its own").close_to(
                out[[i]], scale=size, ulps=_ulps(example)
            )


@declares("GC121", "affine in its input", "layer", traits=("linear",), effort=0.5)
def affine(layer: Layer, case: Case) -> None:
    """f(a x + (1 - a) y) = a f(x) + (1 - a) f(y): lines go to lines.

    So a stack of such layers is one such layer, and needs something between that bends.

    The usual mistake is a clipping, a square, or a bias that depends on the input.
    """
    inputs, others = layer.drawn(case), layer.drawn(case)
    x, *rest = (as_array(v) for v in inputs)
    y, a = np.asarray(others[0]), float(case.pick("a", choice(WEIGHTS)))
    if y.shape != x.shape or (x == y).all():
        y = x[::-1] + 1.0
    left, right = layer(x, *rest), layer(y, *rest)
    size = abs(a) * np.abs(left) + abs(1 - a) * np.abs(right)
    worth = _worth(layer, (np.abs(a * x) + np.abs((1 - a) * y), *rest))
    found = layer(a * x + (1 - a) * y, *rest)
    expect(found, f"f({a:g} x + {1 - a:g} y)").close_to(
        a * left + (1 - a) * right, scale=size + worth, ulps=ULPS * x.size
    )


@declares("GC122", "what moves in the image moves in the output", "layer", traits=("translates",), effort=0.4)
def translation(layer: Layer, case: Case) -> None:
    """An image moved by one pixel gives the output moved by one pixel, away from the borders.

    One kernel looks at every place; where something is does not matter for what it is.

    The usual mistake is a kernel indexed by the position, or rows and columns exchanged in the windows.
    """
    image, *rest = (as_array(v) for v in layer.drawn(case))
    if min(image.shape[-2:]) < 4:
        case.idle("the image has no inside")
    axis = int(case.pick("axis", choice((-1, -2))))
    moved = np.roll(image, 1, axis=axis)
    here, there = layer(image, *rest), layer(moved, *rest)
    border = _border(layer, image, rest, here)
    if min(here.shape[-2:]) <= 2 * border:
        case.idle("the output has no inside")
    size = largest(here) + _worth(layer, (np.abs(image), *rest))
    expect(_inside(np.roll(there, -1, axis=axis), border), "the output for the moved image").close_to(
        _inside(here, border), scale=size, ulps=ULPS * image.size
    )


def _border(layer: Layer, image: Array, rest: list[Any], here: Array) -> int:
    """Return how far inside an output must be to see nothing of the borders.

    The kernels tell, and so does one pixel by how many outputs feel it: windows may be dilated, and padded.
    """
    told = max(0, *(kernel_reach(v) for v in rest if isinstance(v, np.ndarray) and v.ndim >= 3)) if rest else 2
    felt, pixel = np.zeros(here.shape[-2:], bool), tuple(n // 2 for n in image.shape[-2:])
    for step in (1.0, -1.0):
        changed = image.copy()
        changed[..., *pixel] += step * (1 + largest(image))
        change = np.abs(layer(changed, *rest) - here)
        felt |= (change > FELT * change.max()).any(axis=tuple(range(change.ndim - 2)))
    reach = (window_reach(np.asarray(felt.any(axis=1 - axis)), image.shape[axis - 2]) for axis in (0, 1))
    return 1 + max(told, *reach)


def window_reach(felt: Array, size: int) -> int:
    """Return how far the window or what is padded reaches to one side, from which outputs feel one of `size` inputs.

    >>> window_reach(np.array([False, True, False, True, False, True, False]), 7)
    2
    """
    places = np.flatnonzero(felt)
    window = int(np.ptp(places)) + 1 if places.size else 1
    padded = len(felt) - size + window - 1
    return max(window // 2, -(-padded // 2))


def kernel_reach(kernel: Array) -> int:
    """Return how far a kernel reaches to one side."""
    return int(max(np.shape(kernel)[-2:])) // 2


@declares("GC123", "a pool hands on all that it gets", "layer", traits=("pools",), needs=("gradient",), effort=0.4)
def conserved(layer: Layer, case: Case) -> None:
    """The gradients that a pool sends back add up to those that arrived, channel by channel.

    An average sends equal shares, a maximum sends all to one place: in either case nothing is lost and nothing
    gained.

    The usual mistake is a gradient to every place that ties for the maximum, or a forgotten 1/k of the average.
    """
    _, upstream, dx = _pooled(layer, case)
    sent = upstream.sum(axis=_positions(upstream))
    size = np.abs(upstream).sum(axis=_positions(upstream))
    expect(dx.sum(axis=_positions(dx)), "what was sent back").close_to(sent, scale=size, ulps=ULPS)


@declares("GC124", "a maximum has one winner", "layer", needs=("gradient", "max pool"), effort=0.4)
def one_winner(layer: Layer, case: Case) -> None:
    """A maximum sends its gradient to one place, where the input is as large as the output.

    Among places that tie any one is right, as long as it is one.

    The usual mistake is the mask ``x == max``, which is true at several places for tied or constant windows.
    """
    x, upstream, dx = _pooled(layer, case)
    winners, out = np.count_nonzero(dx, axis=_positions(dx)), layer(x)
    senders = np.count_nonzero(upstream, axis=_positions(upstream))
    expect(winners, "the number of places with a gradient").within(senders, allowed=0.0)
    got, sent = np.sort(x[dx != 0]), np.sort(out[upstream != 0])
    expect(got, "the inputs that got a gradient").within(sent, allowed=0.0)


@declares("GC133", "an average keeps the mean", "layer", needs=("average pool",), effort=0.4)
def mean_kept(layer: Layer, case: Case) -> None:
    """Where the windows tile the image, the mean of the outputs is that of the inputs, channel by channel.

    A constant image stays that constant.

    The usual mistake is a division by the stride, or by the size of one side.
    """
    x = np.asarray(layer.drawn(case)[0])
    if not x.any():
        case.idle("everything was 0")
    out = layer(x)
    expect(out.mean(axis=_positions(out)), "the mean of the output").close_to(
        x.mean(axis=_positions(x)), scale=largest(x), ulps=ULPS
    )


@declares("GC125", "a row that is looked up twice collects twice", "layer", needs=("lookup",), effort=0.4)
def repeated_indices(layer: Layer, case: Case) -> None:
    """The gradient of a table of rows holds, for each row, the sum of the upstreams of all the places it went to.

    Rows that nobody looked up get exactly 0.

    The usual mistake is ``dW[index] += dout``: with a repeated index NumPy adds once. ``np.add.at`` adds each time.
    """
    example: Example = layer.example(case)
    index = next(v for v in example.inputs if is_index(v))
    core = example.subject()
    here = example.forward()
    (upstream,) = example.upstream(case, here.outputs)
    if upstream.shape[: index.ndim] != index.shape or not len(core.leaves):
        case.idle("the output has no row per index")
    path, table = core.leaves[0].path, np.asarray(core.leaves[0].value)
    target, size = np.zeros_like(table), np.zeros_like(table)
    np.add.at(target, index.reshape(-1), upstream.reshape(index.size, -1))
    np.add.at(size, index.reshape(-1), np.abs(upstream.reshape(index.size, -1)))
    if not upstream.any():
        case.idle("the upstream gradient was 0")
    found = here.gradients([upstream])[path]
    expect(found, f"the gradient of {path}").close_to(target, scale=size, ulps=ULPS)


@declares(
    "GC126",
    "exactly one piece carries the whole upstream gradient",
    "layer",
    traits=("pieces",),
    needs=("gradient", "shared"),
    effort=0.4,
    claims=("A-MAX-2", "A-MAX-3"),
)
def one_piece(layer: Layer, case: Case) -> None:
    """In a maximum of affine pieces, the gradients of the biases add up to the upstream, summed over the batch.

    Each output is one of the pieces: that one gets everything, the others get nothing. So the unit does not saturate,
    at the price of a weight and a bias for each piece.

    The usual mistake is a tie that both pieces are paid for, or with <= in both masks.
    """
    example = layer.example(case)
    here = example.forward()
    upstream = example.upstream(case, here.outputs)
    flat = upstream[0].reshape(-1, upstream[0].shape[-1])
    if not flat.any():
        case.idle("the upstream gradient was 0")
    found = here.gradients(upstream)
    biases = [g for path, g in list(found.items())[1:] if g.shape == flat.shape[1:]]
    expect(float(len(biases)), "the number of biases").within(float(layer.traits.pieces or 0), allowed=0.0)
    expect(np.sum(biases, axis=0), "the sum of the biases' gradients").close_to(
        flat.sum(axis=0), scale=np.abs(flat).sum(axis=0), ulps=ULPS
    )


def _pooled(layer: Layer, case: Case) -> tuple[Array, Array, Array]:
    """Return an image with ties now and then, an upstream, and the gradient."""
    example = layer.example(case)
    x = np.asarray(example.inputs[0])
    form = case.pick("image", choice(("as drawn", "rounded", "constant")))
    x = {"as drawn": x, "rounded": np.round(x), "constant": np.ones_like(x)}[form]
    there = example.forward((x, *example.inputs[1:]))
    (upstream,) = example.upstream(case, there.outputs)
    if not upstream.any():
        case.idle("the upstream gradient was 0")
    return x, upstream, next(iter(there.gradients([upstream]).values()))


def _positions(image: Array) -> tuple[int, ...]:
    """Return the axes of the positions; a pool of the whole image leaves none."""
    return tuple(range(2, image.ndim))


def _worth(layer: Layer, inputs: tuple[Array, ...]) -> Any:
    """Return the size of what is added up to make an output: that of the same layer with everything positive."""
    size = np.abs(layer(*(np.abs(v) if is_floating(v) else v for v in inputs)))
    if not np.isfinite(size).all():
        raise Violation("the output is not finite")
    return largest(size)


def _ulps(example: Example) -> float:
    return float(ULPS * np.size(example.inputs[0]) * epsilon(*example.inputs) / np.finfo(float).eps)


def _inside(image: Array, border: int) -> Array:
    inner = slice(border, -border)
    return image[..., inner, inner]

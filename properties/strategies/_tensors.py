"""Strategies: a shape, a seed, a location, a scale, a structure, a layout, and a short list of edits.

Shrinking ends at the smallest batch, width 1, seed 0, scale 1, dense noise without edits. The cost of a draw does not
depend on the size of the array.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..._errors import InvalidArgument
from ...subjects._keywords import refuses_unknown_options
from ._draws import Draw, choice, number, one_of, whole
from ._layouts import LAYOUTS
from ._structures import BY_NAME, STRUCTURES
from ._tensor import Drawn, Edit, Shape

SEEDS = 2**16
SCALES = (1.0, 0.1, 10.0, 1e-3, 1e3)
LOCS = (0.0, 1.0, -3.0, 100.0)
EDITS = (0.0, 1.0, -1.0, -0.0, 1e-8, 0.5)
DENSE_SHARE = 1 / 4
"""Weight of dense noise against all the others together; being the simplest, it comes up every other time."""


@refuses_unknown_options
def tensors(
    shape: Shape | None = None,
    *,
    rows: tuple[int, int] = (2, 8),
    widths: tuple[int, int] = (1, 6),
    scales: Sequence[float] = SCALES,
    locs: Sequence[float] = LOCS,
    structures: Sequence[str] = STRUCTURES,
    edits: Sequence[float] = EDITS,
    max_edits: int = 2,
    away_from: Sequence[float] = (),
    margin: float = 0.0,
    dtype: str = "float64",
    domain: str = "real",
    layouts: Sequence[str] = LAYOUTS[:1],
    stream: int = 0,
) -> SearchStrategy[Drawn]:
    """Draw an array of rows and columns, or of the one `shape` that is given.

    Parameters
    ----------
    shape
        The shape; drawn from `rows` and `widths` (bounds, both included) where it is None.
    scales, locs, structures, edits, layouts
        What is drawn from; of each the first is what shrinking ends at. By default arrays are contiguous;
        ``layouts=LAYOUTS`` draws strided, reversed, Fortran-ordered and broadcast ones as well.
    max_edits
        How many entries are set to one of `edits` at most.
    away_from, margin
        No entry lies closer than `margin` to one of these points (edits excepted).
    dtype, domain
        Of the array; the domains are those of `tensor`.
    stream
        Arrays of one example that are of other streams are never the same numbers, not even in the simplest one.

    Raises
    ------
    InvalidArgument
        Bounds are not in order, there is nothing to draw from, or a structure or a layout is unknown.
    """
    for bounds in (rows, widths):
        _in_order(bounds)
    for name, choices in (("scales", scales), ("locs", locs), ("structures", structures), ("layouts", layouts)):
        if len(choices) == 0:
            raise InvalidArgument(f"{name}=() leaves nothing to draw from; leave it out, or name one")
    return _cached(
        Recipe(
            shape,
            rows,
            widths,
            tuple(map(float, scales)),
            tuple(map(float, locs)),
            _weighted(structures),
            _weighted(layouts, share=1.0),
            tuple(map(float, edits)),
            max_edits if edits else 0,
            (("away_from", tuple(away_from)), ("margin", margin), ("dtype", dtype), ("domain", domain)),
            stream,
        )
    )


def batches(width: int, *, min_rows: int = 2, max_rows: int = 8, **options: Any) -> SearchStrategy[Drawn]:
    """Draw a batch of examples of `width` features; `options` are those of `tensors`."""
    return tensors(rows=(min_rows, max_rows), widths=(width, width), **options)


def images(channels: int, *, max_examples: int = 4, max_side: int = 4, **options: Any) -> SearchStrategy[Drawn]:
    """Draw a batch of images, shape (examples, channels, height, width); shrinks to two images of one pixel."""
    sides = whole(max_side).map(_plus_one)
    shapes = st.tuples(_between((2, max_examples)), st.just(channels), sides, sides)
    return shapes.flatmap(lambda shape: tensors(shape, **options))


def upstreams(shape: Shape, **options: Any) -> SearchStrategy[Drawn]:
    """Draw a gradient that arrives from above, of the output's `shape`."""
    settings = {"locs": (0.0,), "structures": ("dense", "sparse", "duplicate rows", "exact zeros"), **options}
    return tensors(shape, **settings)


def weights(fan_in: int, fan_out: int, **options: Any) -> SearchStrategy[Drawn]:
    """Draw a weight matrix of shape (fan_in, fan_out) whose outputs have about the size of its inputs."""
    settings = {"scales": (float(fan_in) ** -0.5, 1.0, 0.01), "locs": (0.0,), **options}
    return tensors((fan_in, fan_out), **settings)


def broadcastable(count: int = 2, *, max_side: int = 4, **options: Any) -> SearchStrategy[tuple[Drawn, ...]]:
    """Draw `count` arrays whose shapes, of at most three sides, broadcast; shrinks to arrays of shape (2, 1)."""
    sides = st.tuples(choice((2, 1, 3)), _sizes(max_side, 2), _sizes(max_side, 1), _sizes(max_side, 1))
    # One number says which sides of an array are 1, another how many leading ones it lacks.
    narrowed = st.tuples(*(st.tuples(whole(8), whole(4)) for _ in range(count)))

    def drawn(shape: tuple[tuple[int, ...], tuple[tuple[int, int], ...]]) -> SearchStrategy[tuple[Drawn, ...]]:
        (number, *full), narrow = shape
        return st.tuples(*(tensors(_narrowed(tuple(full[:number]), *how), **options) for how in narrow))

    return st.tuples(sides, narrowed).flatmap(drawn)


def _sizes(most: int, first: int) -> SearchStrategy[int]:
    return choice((first, *(size for size in range(1, most + 1) if size != first)))


def _narrowed(full: Shape, ones: int, lacking: int) -> Shape:
    """Return a shape that broadcasts to `full`."""
    kept = tuple(1 if ones >> place & 1 else side for place, side in enumerate(full))
    return kept[min(lacking, len(kept)) :]


def away_from(kinks: Sequence[float], *, margin: float = 0.01, **options: Any) -> SearchStrategy[Drawn]:
    """Draw an array whose entries keep a distance of `margin` from every kink."""
    settings = {"edits": (), **options}
    return tensors(away_from=tuple(kinks), margin=margin, **settings)


def at_kinks(kinks: Sequence[float], **options: Any) -> SearchStrategy[Drawn]:
    """Draw an array with at least one entry exactly at a kink."""
    if not kinks:
        raise InvalidArgument("kinks=() names no kink to draw at; use tensors()")
    return tensors(**{**options, "edits": tuple(kinks)}).map(lambda drawn: _touching(drawn, kinks[0]))


def _touching(drawn: Drawn, kink: float) -> Drawn:
    if drawn.edit:
        return drawn
    return Drawn(**{**vars(drawn), "edit": (((0,) * len(drawn.shape), kink),)})


def _between(bounds: tuple[int, int]) -> SearchStrategy[int]:
    low, high = _in_order(bounds)
    return whole(high - low + 1).map(low.__add__)


def _in_order(bounds: Any) -> tuple[int, int]:
    if not isinstance(bounds, (tuple, list)) or len(bounds) != 2 or not 0 <= bounds[0] <= bounds[1]:
        raise InvalidArgument(f"bounds={bounds!r} must be two sizes, the smaller one first and not negative")
    return bounds[0], bounds[1]


def _plus_one(number: int) -> int:
    return number + 1


def _weighted(names: Sequence[str], share: float = DENSE_SHARE) -> tuple[str, ...]:
    first, *others = names
    return (first,) * max(1, round(len(others) * share)) + tuple(others)


@dataclass(frozen=True)
class Recipe:
    """What an array is drawn from."""

    shape: Shape | None
    rows: tuple[int, int]
    widths: tuple[int, int]
    scales: tuple[float, ...]
    locs: tuple[float, ...]
    structures: tuple[str, ...]
    layouts: tuple[str, ...]
    edits: tuple[float, ...]
    max_edits: int
    fixed: tuple[tuple[str, Any], ...]
    stream: int

    def __call__(self, draw: Draw) -> Drawn:
        """Draw everything, always in the same order."""
        shape = self.shape if self.shape is not None else (_size(draw, self.rows), _size(draw, self.widths))
        structure = one_of(draw, self.structures)
        event(f"structure: {structure}")
        # A draw costs more than the array: numbers that go together are drawn as one.
        seed, sizes = self.stream * SEEDS + number(draw, SEEDS), len(self.locs) * len(self.scales)
        count, size = divmod(number(draw, (self.max_edits + 1) * sizes), sizes)
        loc, scale = self.locs[size // len(self.scales)], self.scales[size % len(self.scales)]
        layout = one_of(draw, self.layouts)
        if layout != LAYOUTS[0]:
            event(f"layout: {layout}")
        edit: Edit = tuple(self._edit(draw, shape) for _ in range(count if math.prod(shape) else 0))
        return Drawn(
            shape, seed, loc, scale, structure, edit=tuple(dict(edit).items()), layout=layout, **dict(self.fixed)
        )

    def _edit(self, draw: Draw, shape: Shape) -> tuple[Shape, float]:
        """Draw one entry and its value."""
        place, value = divmod(number(draw, math.prod(shape) * len(self.edits)), len(self.edits))
        return tuple(int(i) for i in np.unravel_index(place, shape)), self.edits[value]


_KNOWN: dict[tuple[Recipe, tuple[float, ...]], SearchStrategy[Drawn]] = {}


def _cached(recipe: Recipe) -> SearchStrategy[Drawn]:
    """Return the strategy of a recipe, the same for the same recipe: a new one is validated at every draw.

    Recipes are equal that differ in the sign of a 0, which is therefore told beside them.
    """
    key = recipe, tuple(math.copysign(1.0, value) for value in recipe.edits + recipe.locs)
    found = _KNOWN.get(key)
    if found is None:
        _refuse_unknown(recipe)
        found = _KNOWN[key] = _follow(recipe)
    return found


def _refuse_unknown(recipe: Recipe) -> None:
    for name, chosen, known in (("structures", recipe.structures, BY_NAME), ("layouts", recipe.layouts, LAYOUTS)):
        unknown = next((one for one in chosen if one not in known), None)
        if unknown is not None:
            raise InvalidArgument(f"{name} names {unknown!r}, which is unknown; there are {', '.join(known)}")
    if recipe.max_edits < 0:
        raise InvalidArgument(f"max_edits={recipe.max_edits} must be 0 or more")


@st.composite
def _follow(draw: Draw, recipe: Recipe) -> Drawn:
    return recipe(draw)


def _size(draw: Draw, bounds: tuple[int, int]) -> int:
    return bounds[0] + number(draw, bounds[1] - bounds[0] + 1)

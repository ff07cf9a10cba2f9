"""What one example of a search is made of: sizes, arrays, layouts, and a call that came before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis.strategies import SearchStrategy

from ..adapters._moved import HOME, PLACES
from ..strategies import Drawn, choice
from ..strategies._layouts import SAME_NUMBERS
from ._axes import Side, resized
from ._roles import Role

Draw = Callable[[str, SearchStrategy[Any]], Any]
"""Called with a name and a strategy; what is drawn is remembered under the name."""

FIRST_SIZES = (0, 3, 1, 6)
"""Examples of the batch that came before; 0 stands for no call before, where shrinking ends."""

UPSTREAMS = (SAME_NUMBERS[0],) * 2 + SAME_NUMBERS


@dataclass(frozen=True)
class Space:
    """Everything that can be drawn: the example's arguments, the sides that may change, the role of each input.

    ``parameters`` are those of a layer that can be moved.
    """

    arguments: tuple[Any, ...]
    names: tuple[str, ...]
    sides: tuple[Side, ...]
    roles: tuple[Role, ...]
    parameters: tuple[str, ...] = ()

    @property
    def batch(self) -> Side | None:
        """The side that counts examples."""
        return next((side for side in self.sides if side.is_batch), None)


@dataclass(frozen=True)
class Example:
    """One example: arguments as they are handed over, the batch that comes before, the layout of the upstream.

    ``place`` is where the ``parameters`` are.
    """

    arguments: tuple[Any, ...]
    layouts: tuple[str, ...]
    before: tuple[Any, ...] | None = None
    upstream: str = "contiguous"
    place: str = HOME
    parameters: tuple[str, ...] = ()
    smaller: bool = field(default=False, kw_only=True)

    @property
    def is_empty(self) -> bool:
        """Whether there are no examples in the batch."""
        return any(0 in getattr(value, "shape", ()) for value in self.arguments)


def draw_example(space: Space, draw: Draw) -> Example:
    """Draw sizes first, then arrays, then what surrounds the call; each shrinks to the plainest."""
    sizes = {side: draw(f"size of {side.named(space.names)}", choice(side.sizes)) for side in space.sides}
    template = resized(space.arguments, {place: size for side, size in sizes.items() for place in side.places})
    values = [_drawn(space, k, template, sizes, draw) for k in range(len(template))]
    arguments = tuple(value.array if hasattr(value, "array") else value for value in values)
    layouts = tuple(value.layout if isinstance(value, Drawn) else "contiguous" for value in values)
    upstream, before = draw("upstream layout", choice(UPSTREAMS)), _before(space, sizes, draw)
    smaller = any(size < side.size for side, size in sizes.items() if not side.is_batch)
    place = draw("parameters", choice(PLACES)) if space.parameters else HOME
    return Example(arguments, layouts, before, upstream, place, space.parameters, smaller=smaller)


def _drawn(space: Space, k: int, template: Sequence[Any], sizes: dict[Side, int], draw: Draw) -> Any:
    role, example = space.roles[k], template[k]
    if role.name == "constant":
        return example
    return draw(space.names[k], role.strategy(example.shape, example, sizes))


def _before(space: Space, sizes: dict[Side, int], draw: Draw) -> tuple[Any, ...] | None:
    """Return the example's own arguments with another batch size, where one is to come before."""
    count = draw("batch before", choice(FIRST_SIZES)) if space.batch is not None else 0
    if not count or space.batch is None:
        return None
    others = sizes | {space.batch: count}
    return tuple(resized(space.arguments, {place: n for side, n in others.items() for place in side.places}))

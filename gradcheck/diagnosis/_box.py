"""A subject as diagnosis sees it: arrays in, arrays out, and the gradients that it claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


class Refused(Exception):
    """The subject cannot be asked this: it raised, returned other shapes, or the budget is spent."""


@dataclass(frozen=True, slots=True)
class Source:
    """A backward whose source can be read, and run with one edit.

    ``line`` is where it begins in its file; ``edited(text)`` returns a ``pull`` like that of the box, which runs
    `text` in place of it, and with ``reuse`` does so on the cache of an earlier call.
    """

    text: str
    line: int
    edited: Callable[[str], Callable[..., list[Array]]]


@dataclass(frozen=True, slots=True)
class Box:
    """Two callables and the point where they were found to disagree.

    ``run(values)`` returns the outputs, ``pull(values, upstreams)`` one claimed gradient per leaf; either raises
    `Refused`. ``values`` are the leaves at the point, ``names`` what the user calls them, ``heads`` is how many heads
    the subject says it has, if it does. Where it is not ``resizable``, it is called with arrays of these sizes alone.
    """

    names: tuple[str, ...]
    is_input: tuple[bool, ...]
    values: tuple[Array, ...]
    run: Callable[[Sequence[Array]], list[Array]]
    pull: Callable[[Sequence[Array], Sequence[Array]], list[Array]]
    source: Source | None = None
    heads: int | None = None
    resizable: bool = True

"""What the examples show a call to look like: which sides belong together, which sizes they may have.

A side of an array is *free* where it can grow on its own (the batch), *tied* to others where they have to grow
together (the width of x and the rows of w), and *fixed* where neither helps (a width that belongs to a parameter of
the layer). Found out by trial calls, one side longer by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ._call import refused, sentence

Place = tuple[int, int]
"""Position of an input, and one of its axes."""

Trial = Callable[[Sequence[Any]], None]
"""Calls the forward; raises what it raises."""

BATCH_SIZES = (2, 1, 3, 4, 5, 7, 0)
SIZES = (1, 2, 3, 4, 5, 7)
"""What a side may become; the first is what shrinking ends at."""

MOST_TIED = 4
MOST_TRIALS = 400


@dataclass(frozen=True)
class Side:
    """Sides that have one size: where they are, the sizes that work, and what was said about the others."""

    places: frozenset[Place]
    size: int
    sizes: tuple[int, ...]
    crashed: tuple[tuple[int, Exception], ...] = ()
    refusals: tuple[tuple[int, str], ...] = ()

    @property
    def is_batch(self) -> bool:
        """Whether it is the first axis of the first input."""
        return (0, 0) in self.places

    def named(self, names: Sequence[str]) -> str:
        """Return the places in words, such as ``x.shape[1] = w.shape[0]``."""
        return " = ".join(f"{names[k]}.shape[{axis}]" for k, axis in sorted(self.places))


def find_sides(arguments: Sequence[Any], trial: Trial) -> tuple[Side, ...]:
    """Return the sides of `arguments` that can be changed.

    Parameters
    ----------
    arguments
        The inputs of one call that works.
    trial
        Makes a call.
    """
    arrays = [k for k, value in enumerate(arguments) if isinstance(value, np.ndarray)]
    left = [(k, axis) for k in arrays for axis in range(arguments[k].ndim) if arguments[k].shape[axis]]
    budget = [MOST_TRIALS]
    sides = []
    while left:
        places = _together(left[0], left[1:], arguments, trial, budget)
        left = [place for place in left[1:] if place not in places]
        if places:
            sides.append(_side(places, arguments, trial))
    return tuple(sides)


def _together(
    first: Place, others: list[Place], arguments: Sequence[Any], trial: Trial, budget: list[int]
) -> frozenset[Place]:
    """Return the smallest set of places around `first` that can grow together; empty if there is none."""
    size = arguments[first[0]].shape[first[1]]
    same = [place for place in others if arguments[place[0]].shape[place[1]] == size]
    for places in _growing(first, same):
        budget[0] -= 1
        if budget[0] < 0:
            break
        if all(_works(places, new, arguments, trial) for new in (size + 1, max(size - 1, 1))):
            return frozenset(places)
    return frozenset()


def _works(places: tuple[Place, ...], size: int, arguments: Sequence[Any], trial: Trial) -> bool:
    """Say whether a call works with that size: longer alone is not enough where an index just leaves the rest out."""
    try:
        trial(resized(arguments, dict.fromkeys(places, size)))
    except Exception:  # these do not belong together: that is the answer
        return False
    return True


def _growing(first: Place, same: list[Place]) -> Iterator[tuple[Place, ...]]:
    for more in range(min(len(same), MOST_TIED) + 1):
        yield from ((first, *chosen) for chosen in combinations(same, more))


def _side(places: frozenset[Place], arguments: Sequence[Any], trial: Trial) -> Side:
    k, axis = min(places)
    size = int(arguments[k].shape[axis])
    candidates = BATCH_SIZES if (0, 0) in places else SIZES
    works, crashed, refusals = [], [], []
    for new in candidates:
        try:
            trial(resized(arguments, dict.fromkeys(places, new)))
        except Exception as error:
            (refusals.append((new, sentence(error))) if refused(error) else crashed.append((new, error)))
        else:
            works.append(new)
    return Side(places, size, tuple(works) or (size,), tuple(crashed), tuple(refusals))


def resized(arguments: Sequence[Any], sizes: dict[Place, int]) -> list[Any]:
    """Return copies of `arguments` with new sizes; entries are repeated where a side grows.

    Whole numbers may be labels that count along a side: where one becomes shorter, none is larger than it allows.
    """
    changed = [value.copy() if isinstance(value, np.ndarray) else value for value in arguments]
    for (k, axis), size in sizes.items():
        changed[k] = np.take(changed[k], np.arange(size) % changed[k].shape[axis], axis=axis)
    least = min((size for size in sizes.values() if size), default=1)
    return [np.minimum(v, least - 1) if _whole(v) and least <= v.max(initial=0) else v for v in changed]


def _whole(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "iu"

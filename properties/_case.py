"""`Case`: one example of one law: what was drawn, and what became of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from ..report import Report
from ._tidy import Drawings
from .strategies import Drawn

SMALL = 12
"""Entries of an array that are shown as numbers."""

Draw = Callable[[SearchStrategy[Any]], Any]


class Idle(Exception):
    """The example could not have violated the law."""


class Undecided(Exception):
    """The example could not decide the law."""


@dataclass
class Tally:
    """What happened over all the examples of a law."""

    examples: int = 0
    idle: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    structures: Counter[str] = field(default_factory=Counter)
    statistics: dict[str, str] = field(default_factory=dict)
    nearest: float | None = None
    """The largest error over its bound, of the examples that held."""

    def came_near(self, *shares: float) -> None:
        """Remember the largest error over its bound."""
        known = shares if self.nearest is None else (*shares, self.nearest)
        self.nearest = max(known, default=None)

    @property
    def effective(self) -> int:
        """How many examples could have violated the law, and decided it."""
        return self.examples - self.idle.total() - self.undecided.total()


def _unwatched(_: Drawings) -> None:
    """Nobody wants to know what is drawn."""


class Case:
    """One example: a law draws from it, and says where an example says nothing."""

    def __init__(self, draw: Draw | None, seed: int, tally: Tally, *, single: bool = False) -> None:
        self._draw = draw
        self._tally = tally
        self._single = single
        self.seed = seed
        self.drawn: list[tuple[str, Any]] = []
        self.watch: Callable[[Drawings], None] = _unwatched
        self.margin: float | None = None

    def array(self, name: str, strategy: SearchStrategy[Drawn]) -> NDArray[Any]:
        """Draw an array; one of float32 for a subject that calculates in nothing else."""
        drawn: Drawn = self.pick(name, strategy.map(_narrowed) if self._single else strategy)
        self._tally.structures[drawn.structure] += 1
        return drawn.array

    def pick(self, name: str, strategy: SearchStrategy[Any]) -> Any:
        """Draw anything whose repr is one line."""
        value = self._next(name, strategy)
        self.drawn.append((name, value))
        self.watch(tuple(self.drawn))
        return value

    def _next(self, name: str, strategy: SearchStrategy[Any]) -> Any:  # noqa: ARG002 -- a replay goes by the name
        assert self._draw is not None, "a law without search does not draw"
        return self._draw(strategy)

    def value(self, name: str, strategy: SearchStrategy[Any]) -> Any:
        """Draw anything, arrays as arrays."""
        drawn = self.pick(name, strategy)
        if not hasattr(drawn, "array"):
            return drawn
        self._tally.structures[drawn.structure] += 1
        return drawn.array

    def generator(self, stream: int = 0) -> np.random.Generator:
        """Return a generator that depends on the seed of the law only."""
        return np.random.default_rng([self.seed, stream])

    def count(self, structure: str) -> None:
        """Count an example among the structures, where it was not drawn by `array`."""
        self._tally.structures[structure] += 1

    def state(self, name: str, value: str) -> None:
        """Put a named fact among the statistics of the result."""
        self._tally.statistics[name] = value

    def climb(self, margin: float) -> None:
        """Say how near to a violation the example came, as log10 of an error over its bound; the search climbs."""
        if math.isfinite(margin):
            self.margin = margin if self.margin is None else max(self.margin, margin)

    def idle(self, reason: str) -> NoReturn:
        """End the example: it could not have violated the law."""
        raise Idle(reason)

    def undecided(self, reason: str) -> NoReturn:
        """End the example: it cannot tell."""
        raise Undecided(reason)

    @property
    def line(self) -> str | None:
        """The drawn values as one pasteable line, and below it, as comments, the entries of the small arrays."""
        return pasteable(self.drawn)


def _narrowed(drawn: Drawn) -> Drawn:
    return replace(drawn, dtype="float32")


class Outdated(Exception):
    """A law draws something that a stored example does not have."""


class Replay(Case):
    """An example that was drawn before."""

    def __init__(self, drawn: Drawings, seed: int, tally: Tally) -> None:
        super().__init__(None, seed, tally)
        self._left = list(drawn)

    def _next(self, name: str, strategy: SearchStrategy[Any]) -> Any:  # noqa: ARG002
        at = next((k for k, (known, _) in enumerate(self._left) if known == name), None)
        if at is None:
            raise Outdated(name)
        return self._left.pop(at)[1]


def margin_of(report: Report) -> float:
    """Return log10 of the largest error over its bound; -inf where nothing was compared entry by entry."""
    pairs = [(c.analytic, c.numeric, c.bound) for c in report.comparisons]
    sizes = [abs(a - n) / b for a, n, b in pairs if a is not None and n is not None and b]
    known = [size for size in sizes if math.isfinite(size)]
    return math.log10(max(known) + 1e-12) if known else -math.inf


def pasteable(drawn: Iterable[tuple[str, Any]]) -> str | None:
    """Return drawn values as one line that can be pasted, and below it, as comments, the entries of small arrays."""
    last = dict(drawn)
    arrays = {name: value for name, value in last.items() if hasattr(value, "array")}
    small = [f"# {name} = {values(value.array)}" for name, value in arrays.items() if math.prod(value.shape) <= SMALL]
    return "\n".join(["; ".join(f"{name} = {value!r}" for name, value in last.items()), *small]) or None


def values(array: NDArray[Any]) -> str:
    """Return the entries of a small array as they are typed, six digits each.

    >>> values(np.array([[1 / 3, 2.0], [-0.0, np.inf]])), values(np.zeros(1, np.float32))
    ('np.array([[0.333333, 2.0], [-0.0, np.inf]])', "np.array([0.0], 'float32')")
    """
    dtype = "" if array.dtype == np.float64 else f", {array.dtype.name!r}"
    return f"np.array({_typed(array.tolist())}{dtype})"


def _typed(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_typed, value))}]"
    return repr(float(f"{value:.6g}")) if math.isfinite(value) else f"{'-' if value < 0 else ''}np.{abs(value)}"

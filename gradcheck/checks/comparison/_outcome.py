"""What a comparison came to, still flat: entries judged one by one, looks that certified, and what is in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ...numerics import Box, Glance, Judged, Lanes, Look, Ruling, Together

if TYPE_CHECKING:
    from ._doubts import Doubt

_BEYOND = "non-finite"
BUDGET = "budget"
"""The limit of an outcome that ``max_evals`` cut short."""
STOPS, OUTSIDE = "stops", "outside"
"""The limits of a forward that stops at a tolerance, and of one that reads an array of few digits from outside."""


@dataclass(slots=True)
class Columns:
    """Entries judged one by one, by flat position.

    ``analytic``, ``numeric`` and ``bound`` are what a report shows, ``hidden`` the largest error that a pass may have
    left; ``state`` is the gravest `Ruling` of the entry's lanes, with OPEN between the passes and FAIL; ``limit``
    says what kept it open.
    """

    position: list[int] = field(default_factory=list)
    state: list[Ruling] = field(default_factory=list)
    analytic: list[float] = field(default_factory=list)
    numeric: list[float] = field(default_factory=list)
    bound: list[float] = field(default_factory=list)
    hidden: list[float] = field(default_factory=list)
    scale: list[float] = field(default_factory=list)
    limit: list[str] = field(default_factory=list)
    lane: list[int] = field(default_factory=list)
    kinked: list[bool] = field(default_factory=list)

    def extend(self, other: Columns) -> None:
        """Append the entries of `other`."""
        for name in Columns.__slots__:
            getattr(self, name).extend(getattr(other, name))

    def sorted(self) -> Columns:
        """Return the same entries in the order of their positions."""
        return self._taken(np.argsort(np.array(self.position, dtype=np.intp), kind="stable").tolist())

    def among(self, positions: Sequence[int]) -> Columns:
        """Return the entries at `positions`, those that are there."""
        wanted = set(positions)
        return self._taken([k for k, position in enumerate(self.position) if position in wanted])

    def _taken(self, places: Sequence[int]) -> Columns:
        held = (getattr(self, name) for name in Columns.__slots__)
        return Columns(*([values[k] for k in places] for values in held))

    def add(
        self, position: int, judged: Judged, lane: int, state: Ruling, numbers: tuple[float, float, float, float]
    ) -> None:
        """Append one entry; `numbers` are those that add up over its lanes."""
        self.position.append(position)
        self.state.append(state)
        self.lane.append(lane)
        self.kinked.append(bool(judged.kinked[lane]))
        for name, number in zip(("analytic", "numeric", "bound", "hidden"), numbers, strict=True):
            getattr(self, name).append(float(number))
        self.scale.append(float(judged.scale[lane]))
        self.limit.append(judged.limit[lane])


@dataclass(slots=True)
class Outcome:
    """What the comparison came to, still flat: `_conclude` turns it into comparisons and findings."""

    mode: str
    scheme: str
    glances: list[Glance] = field(default_factory=list)
    columns: Columns | None = None
    lanes: Lanes | None = None
    sampled: bool = False
    kinked: int = 0
    note: str | None = None
    limit: str | None = None
    bound: float | None = None
    places: list[Box] = field(default_factory=list)
    """Rows and inputs that are wrong as a whole."""
    rest: Look | None = None
    """What certified all entries but those in `columns`."""
    others: dict[str, Look] = field(default_factory=dict)
    """What certified inputs, by path, of which a sample alone was compared."""
    doubt: Doubt | None = None
    together: Together | None = None
    """Entries at a kink that are wrong in sum, each of them being admissible on its own."""
    start: int = 0
    """Forward calls that were spent when the entries began."""

    @property
    def certified(self) -> bool:
        """Whether the first look settled it."""
        return bool(self.glances) and all(g.certified for g in self.glances)

    @property
    def accuses(self) -> bool:
        """Whether some entry is wrong, alone or in sum."""
        return self.together is not None or (self.columns is not None and Ruling.FAIL in self.columns.state)

    @property
    def passes(self) -> bool:
        """Whether every entry has passed on its own, and none of them at a kink."""
        states = set() if self.columns is None else set(self.columns.state)
        return bool(states) and self.together is None and states <= {Ruling.PASS, Ruling.ROW, Ruling.FLAT}

    @property
    def wrong(self) -> list[int]:
        """Positions of the entries that are wrong on their own."""
        columns = self.columns or Columns()
        return [at for at, state in zip(columns.position, columns.state, strict=True) if state is Ruling.FAIL]

    def rest_of(self, path: str) -> Look | None:
        """Return what certified all entries of an input that are not in `columns`, if anything did."""
        return self.rest or self.others.get(path)

    @property
    def leaves_the_domain(self) -> bool:
        """Whether nothing is wrong, and something is open because the outputs are not finite nearby."""
        limits = {self.limit, *(self.columns.limit if self.columns is not None else ())}
        return not self.accuses and _BEYOND in limits

    @property
    def settled(self) -> bool:
        """Whether the projection as a whole was certified, by the first look or by a ladder."""
        return not self.limit

    def settle_beside(self, seen: Glance | None) -> None:
        """Settle what a kink has left open by what was `seen` next to it, if anything was: for ``kinks="ignore"``."""
        if seen is not None:
            self.glances, self.limit, self.bound = [seen], None, None
            self.kinked, self.note = max(self.kinked, 1), "compared a little beside the kinks"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What the caller allows instead of the derived bounds: |analytic - numeric| <= atol + rtol |numeric|."""

    rtol: float = 0.0
    atol: float = 0.0

    def decide(self, judged: Judged) -> None:
        """Overwrite the rulings of `judged` by the tolerance; a lane without a numeric value stays open."""
        with np.errstate(all="ignore"):
            inside = np.abs(judged.analytic - judged.numeric) <= self.atol + self.rtol * np.abs(judged.numeric)
        known = np.isfinite(judged.numeric)
        judged.ruling[:] = np.where(known, np.where(inside, Ruling.PASS, Ruling.FAIL), Ruling.OPEN)

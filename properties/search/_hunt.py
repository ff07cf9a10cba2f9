"""One search under way: what was inferred, what was tried, and the failing example seen last."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import event
from hypothesis import target as climb
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from ...report import Finding, Verdict
from ...subjects import location_of
from ...subjects._inputs import input_names
from ...subjects.layers._parameters import candidates
from .._case import pasteable
from .._crash import crash
from .._driver import WIDE, driven
from .._store import Store, Stored, target_of
from .._tidy import Drawings, tidied
from ..adapters._moved import HOME, moved_value, parameters_of
from ..strategies import Drawn
from ._axes import find_sides
from ._call import Target
from ._empty import raised_on_nothing
from ._examine import Outcome, examine, is_vacuous, size_of
from ._example import Draw, Space, draw_example
from ._roles import role_of

FEW = 2
"""Batches of fewer examples than these have a code of their own."""


class _Found(Exception):
    """Something is wrong; one type, so that shrinking keeps to one failure."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failing example; ``drawn`` is empty for the example inputs themselves."""

    outcome: Outcome
    drawn: Drawings


@dataclass
class Hunt:
    """The state of one search."""

    target: Target
    name: str
    seed: int
    space: Space = field(init=False)
    convention: str = ""
    size: float = 0.0
    climbs: bool = False
    best: Failure | None = None
    found_after: int | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    crashes: dict[str, Finding] = field(default_factory=dict)
    outdated: bool = False
    """Whether an example that was tried again is none of today's."""
    subject: Any = None
    store: Store | None = None
    begun: tuple[Stored, Failure] | None = None
    """What is stored of the failure that is being shrunk."""

    def begin(self, arguments: tuple[Any, ...], *, look: bool = True) -> None:
        """Infer what a call looks like; `look` at the example inputs first, and at what the trial calls raised."""
        if look:
            self._look_at(arguments)
        sides = find_sides(arguments, self._trial)
        roles = [role_of(k, arguments, sides, self._trial, self._finite) for k in range(len(arguments))]
        names = input_names(self.target.fresh(arguments).forward, len(arguments))
        fresh = self.target.fresh(arguments)
        movable = parameters_of(fresh.thing, arguments, fresh.options)
        self.space = Space(arguments, tuple(names), sides, tuple(roles), movable)
        if look:
            self._look_at_crashes()

    def _look_at(self, arguments: tuple[Any, ...]) -> None:
        from ...checks import check

        fresh = self.target.fresh(arguments)
        report = check(fresh.thing, *arguments, **{"rng": self.seed, **fresh.options})
        self.convention, self.size = report.convention, size_of(report)
        wrong = tuple(finding for finding in report.findings if finding.severity is Verdict.FAIL)
        self.outcomes.append(Outcome(wrong, report, vacuous=is_vacuous(report)))
        if wrong:
            self.best, self.found_after = Failure(self.outcomes[0], ()), 1

    def replay(self, store: Store | None) -> None:
        """Try first what failed last time; forget what fails no more."""
        self.store = store
        for stored in store.find(self.name, "", "search") if store is not None else ():
            failure = self.again(stored.drawn)
            if failure is None:
                if store is not None:
                    store.repaired(stored)
            elif not stored.smallest:
                self.begun = self.begun or (stored, failure)
            elif self.best is None or not self.best.drawn:
                self.best, self.found_after = failure, 1

    def run(self, max_examples: int, *, shrink: bool) -> None:
        """Let Hypothesis choose, and shrink what fails."""
        try:
            for seed, share in ((self.seed, WIDE), (self.seed + 1, 1.0)):
                examples = round(share * max_examples) - len(self.outcomes)
                self.climbs = share == 1.0
                if examples > 0:
                    driven(self._attempt, seed, examples, shrink=shrink)()
        except (_Found, Flaky):
            pass  # what was found is in `best`
        if self.best is None and self.begun is not None:
            self.best, self.found_after = self.begun[1], 1
        if shrink and self.best is not None and self.best.drawn:
            self.best = tidied(self.best.drawn, self.again) or self.again(self.best.drawn) or self.best

    def remember(self) -> str | None:
        """Store the smallest failure, in place of the one that was stored on the way; return its name."""
        if self.store is None or self.best is None:
            return None
        name = self.store.remember(self.stored())
        if self.begun is not None and self.begun[0].id != name and name is not None:
            self.begun[0].forget()
        return name

    def stored(self) -> Stored:
        """Return the failing example as it is stored."""
        assert self.best is not None
        return Stored(
            self.name, "", "search", self.best.drawn, self.seed, target=target_of(self.subject), line=self.line or ""
        )

    @property
    def line(self) -> str | None:
        """The failing example as one pasteable line."""
        if self.best is None:
            return None
        if not self.best.drawn:
            return "at the example inputs"
        arrays = [(name, value) for name, value in self.best.drawn if name in self.space.names]
        around = {name: value for name, value in self.best.drawn if name in SURROUNDINGS}
        told = [f"{name}: {value}" for name, value in around.items() if value != SURROUNDINGS[name]]
        first, *rest = (pasteable(arrays) or "").split("\n")
        return "\n".join([f"{first}  # {', '.join(told)}" if told else first, *rest, *self._parameters()])

    def _parameters(self) -> list[str]:
        """Return where the parameters are at the failing example, a comment each; nothing where they started."""
        assert self.best is not None
        known = dict(self.best.drawn)
        place = known.get("parameters", HOME)
        if place == HOME:
            return []
        example = draw_example(self.space, lambda name, _: known[name])
        held = dict(candidates(self.target.fresh(example.arguments).thing))
        there = {name: moved_value(name, held[name], place) for name in self.space.parameters}
        return [f"# {name} = {' '.join(repr(value.tolist()).split())}" for name, value in there.items()]

    # -- one example -----------------------------------------------------------------------------------------------

    def _attempt(self, draw: Callable[[SearchStrategy[Any]], Any]) -> None:
        drawn: list[tuple[str, Any]] = []

        def named(name: str, strategy: SearchStrategy[Any]) -> Any:
            drawn.append((name, value := draw(strategy)))
            return value

        outcome = self._outcome(named) if self.best is None else self._hurried(named)
        self._count(outcome, drawn)
        for name, value in drawn:
            if not hasattr(value, "array"):
                event(f"{name}: {value}")
        if outcome.margin is not None and math.isfinite(outcome.margin) and self.climbs:
            climb(outcome.margin, label="error over bound")
        if self._fails_alike(outcome):
            self.found_after = self.found_after or len(self.outcomes)
            self.best = Failure(outcome, tuple(drawn))
            self._begin()
            raise _Found

    def _begin(self) -> None:
        """Store the first failure as it was found: shrinking takes a while, and whoever is killed tells nothing."""
        if self.store is not None and self.begun is None and self.best is not None:
            case = replace(self.stored(), smallest=False, home=self.store.folder)
            if self.store.remember(case) is not None:
                self.begun = (case, self.best)

    def _outcome(self, draw: Draw) -> Outcome:
        example = draw_example(self.space, draw)
        return examine(self.target, example, self.space.names, self.name, self.seed, size=self.size)

    def _hurried(self, draw: Draw) -> Outcome:
        """Return whether an example fails, on the way to a smaller one: how badly, and why, is told in the end."""
        from ...checks.comparison._later import hurried

        with hurried():
            return self._outcome(draw)

    def _fails_alike(self, outcome: Outcome) -> bool:
        """Say whether something is wrong, and, once something was found, whether it is the same."""
        codes = outcome.codes
        return bool(codes if self.best is None else codes & self.best.outcome.codes)

    def again(self, drawn: Drawings) -> Failure | None:
        """Try an example once more, as it was drawn; None where it does not fail, or is none of today's examples."""
        known = dict(drawn)
        try:
            outcome = self._outcome(lambda name, _: known.get(name, HOME) if name == "parameters" else known[name])
        except (KeyError, IndexError, ValueError):  # the call looks different by now
            self.outdated = True
            return None
        return Failure(outcome, drawn) if self._fails_alike(outcome) else None

    def _count(self, outcome: Outcome, drawn: list[tuple[str, Any]]) -> None:
        if self.best is None:
            self.outcomes.append(outcome)
            arrays = [value for _, value in drawn if isinstance(value, Drawn)]
            self.seen.update(dict.fromkeys([word for value in arrays for word in (value.structure, value.layout)], 1))
        if outcome.crash is not None:
            self.crashes.setdefault(outcome.crash.title, outcome.crash)

    def _look_at_crashes(self) -> None:
        """Take over what the trial calls raised: wrong for a batch, a note where a side became shorter, or empty."""
        for side in self.space.sides:
            for size, error in side.crashed:
                if not size:
                    inputs = " and ".join(self.space.names[k] for k, _ in sorted(side.places))
                    found = raised_on_nothing(self.name, inputs, error, self.target)
                    self.crashes.setdefault(found.title, found)
                    continue
                where = f"{side.named(self.space.names)} = {size}"
                found = crash(self.name, where, error, location_of(self.target.thing))
                if side.is_batch and size < FEW:
                    found = replace(found, code="GC117")
                if self.best is None and (side.is_batch or size >= side.size):
                    self.best, self.found_after = Failure(Outcome((found,)), ()), 1
                self.crashes.setdefault(found.title, found)

    def _trial(self, arguments: Any) -> None:
        self.target.fresh(arguments).output(arguments)

    def _finite(self, arguments: Any) -> bool:
        try:
            out = self.target.fresh(arguments).output(arguments)
        except Exception:  # that is the answer
            return False
        parts = out if isinstance(out, (tuple, list)) else (out,)
        return all(np.isfinite(np.asarray(part, dtype=complex)).all() for part in parts)


SURROUNDINGS = {"upstream layout": "contiguous", "batch before": 0, "parameters": HOME}
"""What surrounds a call, and its plainest value."""

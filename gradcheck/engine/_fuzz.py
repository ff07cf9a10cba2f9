"""`fuzz`: search on, round after round, until the time is up or something fails.

Round k takes the seed s + k * STRIDE and 2^k times the examples of the first round, so that what any round found is
found again by its own seed and number of examples. Every subject has its share of the time that a round begins with.
"""

from __future__ import annotations

import re
import shlex
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count as counted

from ..renderers._words import count
from ..report import LawResult, RunReport, Status, SuiteReport, Verdict
from ..report._merge import joined_suite
from ._check_one import has_laws
from ._collect import Collected
from ._contain import Container
from ._fuzz_one import Round, fuzz_one
from ._run import header, interrupted
from ._select import Selection
from ._settings import OnFault, Settings

STRIDE = 7919
"""Between the seeds of two rounds: a search takes its own seed and a few that follow."""
FIRST = 50
"""Examples per law of the first round, where nobody says how many."""
_NO_LAWS = ("GC906", "GC907")
"""Codes of what happens to a run; none can be chosen."""
_COUNTED = re.compile(r"(.+?) (\d+)(?:, |$)")


@dataclass(frozen=True, slots=True)
class Tick:
    """How far a search is: what it is at, and what it has seen."""

    round: int
    subject: str
    law: str
    examples: int
    failures: int
    seconds: float


@dataclass
class Fuzzed:
    """What a search came to; `report` holds every subject with its laws, over all rounds."""

    seed: int
    suites: dict[int, SuiteReport] = field(default_factory=dict)
    rounds: int = 0
    seconds: float = 0.0
    complete: bool = True
    events: Counter[str] = field(default_factory=Counter)
    over: dict[int, set[str]] = field(default_factory=dict)
    """Subject -> the codes that failed, and are not searched any more."""
    in_hand: list[LawResult] = field(default_factory=list)
    """What was found for the subject that is being searched."""

    @property
    def examples(self) -> int:
        """How many examples were tried in all."""
        known = [law for suite in self.suites.values() for law in suite.results]
        return sum(law.examples for law in [*known, *self.in_hand])

    @property
    def failures(self) -> int:
        """How many laws failed."""
        known = [law for suite in self.suites.values() for law in suite.results]
        return sum(law.status is Status.FAILED for law in [*known, *self.in_hand])

    def report(self, settings: Settings) -> RunReport:
        """Return all of it as the report of a run; one that was interrupted says so."""
        told = f"{count(self.rounds, 'round')}, {count(self.examples, 'example')}, seed {self.seed}"
        suites = [suite for _, suite in sorted(self.suites.items())]
        if not self.complete:
            suites.append(interrupted(f"after {self.seconds:.3g} s"))
        return RunReport(tuple(suites), (*header(settings), ("fuzzed", told)), self.seconds, self.complete)

    def take(self, number: int, suite: SuiteReport) -> None:
        """Add what one round found for one subject."""
        for law in suite.results:
            self.events.update(_events(law))
        self.in_hand.clear()
        known = self.suites.get(number)
        self.suites[number] = suite if known is None else joined_suite(known, suite)
        failed = {law.code for law in suite.results if law.status is Status.FAILED}
        self.over.setdefault(number, set()).update(failed)


def fuzz(
    collected: Sequence[Collected],
    settings: Settings,
    *,
    seconds: float,
    keep_going: bool = False,
    progress: Callable[[Tick], None] | None = None,
    found: Callable[[SuiteReport], None] | None = None,
    on_fault: OnFault,
    container: Container | None = None,
) -> Fuzzed:
    """Search on in `collected` until the time is up.

    Parameters
    ----------
    collected, on_fault, container
        As `run` takes them.
    settings
        Seed, choice of laws, examples of the first round.
    seconds
        How long; what fails is shrunk all the same.
    keep_going
        Go on after a failure, without the law that failed; by default the first failure ends the search.
    progress, found
        Told how far the search is, and of every failing subject.

    Returns
    -------
    Fuzzed
        With ``complete=False`` where the user interrupted it.

    """
    selection = Selection.of(settings.checks, settings.exclude)
    if container is not None:
        container.warm()
    start, state = time.monotonic(), Fuzzed(settings.seed)

    def tell(item: Collected, law: str, result: LawResult | None) -> None:
        state.in_hand += [result] if result is not None else []
        if progress is not None:
            seen = state.examples, state.failures, time.monotonic() - start
            progress(Tick(state.rounds, item.declaration.name, law, *seen))

    def searched(k: int, item: Collected, turn: Round) -> SuiteReport:
        if container is not None:
            return container.fuzz(k, item, turn, partial(tell, item), on_fault)
        return fuzz_one(item.declaration, settings, selection, turn, partial(tell, item), on_fault)

    for hand in _turns(collected, settings, state, start + seconds):
        try:
            suite = _signed(searched(*hand), *hand[1:])
        except KeyboardInterrupt:
            state.complete, suite = False, _signed(_so_far(hand[1], state.in_hand), *hand[1:])
        state.take(hand[0], suite)
        state.seconds = time.monotonic() - start
        failed = suite.verdict is Verdict.FAIL
        if failed and found is not None:
            found(suite)
        if (failed and not keep_going) or not state.complete:
            break
    return state


def _so_far(item: Collected, laws: Sequence[LawResult]) -> SuiteReport:
    declaration = item.declaration
    return SuiteReport(declaration.name, declaration.kind or "", tuple(laws))


def _turns(
    collected: Sequence[Collected], settings: Settings, state: Fuzzed, deadline: float
) -> Iterator[tuple[int, Collected, Round]]:
    """Yield subject and round, until the time is up or a whole round had nothing left to search."""
    for number in counted():
        before = state.examples
        for k, item in enumerate(collected):
            share = (deadline - time.monotonic()) / (len(collected) - k)
            if share <= 0:
                return
            if not _is_lost(state, k):
                examples = (settings.max_examples or FIRST) << min(number, 30)
                state.rounds = number + 1
                exclude = tuple(sorted({*item.declaration.expected_failures, *state.over.get(k, ())}))
                yield k, item, Round(number, settings.seed + number * STRIDE, examples, share, exclude)
        if state.examples == before:
            return


def _is_lost(state: Fuzzed, number: int) -> bool:
    """Say whether a subject crashed, or cannot be called at all: it would do so again."""
    return "GC907" in state.over.get(number, ())


def _signed(suite: SuiteReport, item: Collected, turn: Round) -> SuiteReport:
    """Return `suite` with the command that repeats it."""
    place = shlex.quote(item.origin)
    failed = [law.code for law in suite.results if law.status is Status.FAILED and law.code not in _NO_LAWS]
    codes = f" -c {','.join(failed)}" if failed else ""
    again = f"gradcheck run {place} --seed {turn.seed} -n {turn.max_examples}{codes}"
    if not has_laws(item.declaration):
        again = f"gradcheck fuzz {place} --seed {turn.seed} -n {turn.max_examples}"
    return replace(suite, seed=turn.seed, reproduce=again)


def _events(law: LawResult) -> Counter[str]:
    """Return how often each structure was drawn."""
    told = dict(law.statistics).get("structures", "")
    return Counter({name: int(amount) for name, amount in _COUNTED.findall(told)})

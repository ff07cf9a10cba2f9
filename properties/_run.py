"""`run_law`: search for an example that violates one law, shrink it, and write down what was seen."""

from __future__ import annotations

import inspect
import math
import time
import traceback
import warnings
import zlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import target as climb
from hypothesis.errors import Flaky, HypothesisException, StopTest, Unsatisfiable

from .._errors import InvalidArgument
from ..checks.comparison._later import postponed
from ..report import Finding, LawResult, Status, Verdict
from ..report._changes import NEAREST
from ..subjects import location_of
from ..subjects._keywords import refuses_unknown_options
from ._case import Case, Idle, Outdated, Replay, Tally, Undecided, pasteable
from ._crash import crash
from ._driver import WIDE, default_examples, driven
from ._expect import Violation, watched
from ._last import about_to_try, wanted
from ._law import Law
from ._plan import Plan
from ._store import Cases, Store, Stored, store_for, target_of
from ._tidy import Drawings, tidied
from .adapters._adapted import SINGLE


@dataclass(frozen=True, slots=True)
class Failure:
    """The failing example seen last: after shrinking, the smallest one."""

    error: BaseException
    drawn: Drawings = ()

    @property
    def line(self) -> str | None:
        """The example as one pasteable line."""
        return pasteable(self.drawn)

    @property
    def sort(self) -> object:
        """What two failures of one law share that are the same failure."""
        if not isinstance(self.error, Violation):
            return type(self.error)
        return frozenset(finding.code for finding in self.error.findings)


ADAPTERS = Path(__file__).parent / "adapters"

FURTHER = 20
"""Examples to try beyond those asked for, at least, where none of these could have violated the law."""


class _Broken(Exception):
    """The subject raised; one type for Hypothesis, so that shrinking keeps to one failure."""


class _Exhausted(BaseException):
    """Memory ran out: nothing that is tried after it, to shrink it, would be worth the while."""


@refuses_unknown_options
def run_law(
    plan: Plan,
    code: str,
    *,
    rng: int = 0,
    max_examples: int | None = None,
    shrink: bool = True,
    cases: Cases = None,
    expected: str | None = None,
    only_stored: bool = False,
) -> LawResult:
    """Hold one law against the subject of a plan.

    Parameters
    ----------
    plan
        What `plan` returned.
    code
        Code of the law. One that does not apply gives `Status.NOT_APPLICABLE` and the reason.
    rng
        Seed of the search; the same seed gives the same result in any process.
    max_examples
        Examples to try; half of what the loaded Hypothesis profile says by default, that is 50.
    shrink
        Whether to look for the smallest failing example.
    cases
        Where failing examples are stored and found again, see `gradcheck.search`; nowhere by default. A stored
        example is tried first, and forgotten once it fails no more.
    expected
        Why the law is expected to fail. Then the search does not shrink, a failure is `Status.EXPECTED_FAILURE`, and
        the example that shows it is the one that is tried next time; anything else is `Status.UNEXPECTED_PASS`.
    only_stored
        Whether stored examples are all that is tried.

    Raises
    ------
    InvalidArgument
        `plan` is none, or its kind has no such law.
    """
    if not isinstance(plan, Plan):
        raise InvalidArgument(f"plan={plan!r:.60} must be what plan(subject, kind) returned")
    law, reason = plan.find(code)
    if reason is not None:
        return expect_failure(LawResult(code, law.title, Status.NOT_APPLICABLE, reason=reason), expected)
    start = time.perf_counter()
    store = store_for(cases)
    trial = Trial(law, plan, zlib.crc32(code.encode()) ^ (int(rng) & 0xFFFFFFFF), store=store, expected=expected)
    examples = law.examples(max_examples or max(1, default_examples() // 2))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        failure = _remembered(trial, store)
        if failure is None and not only_stored:
            failure = trial.search(examples, shrink=shrink and expected is None)
    result = concluded(trial, failure)
    if failure is not None:
        result = replace(result, case=trial.remembered(failure))
    return expect_failure(replace(result, seconds=time.perf_counter() - start), expected)


def expect_failure(result: LawResult, reason: str | None) -> LawResult:
    """Return `result` as it counts where the law was expected to fail, for `reason`; as it is for None.

    A law that holds, or that does not even apply, makes the expectation stale, which is an error.
    """
    if reason is None:
        return result
    if result.status is Status.FAILED:
        return replace(result, status=Status.EXPECTED_FAILURE, reason=reason)
    if result.status in (Status.PASSED, Status.NOT_APPLICABLE):
        applies = result.status is Status.PASSED
        said = f"but it passed: {result.title}" if applies else f"but it does not apply: {result.reason}"
        stale = Finding(result.code, f"expected to fail ({reason}), {said}", hint="remove the expected failure")
        return replace(result, status=Status.UNEXPECTED_PASS, reason=reason, findings=(stale,))
    return result


def _remembered(trial: Trial, store: Store | None) -> Failure | None:
    """Return the failure of a stored example that still fails; forget the others.

    One that a killed run left behind half shrunk stays until the search, which begins anew, has found it again.
    """
    if store is None:
        return None
    for stored in store.find(trial.plan.name, trial.plan.kind, trial.law.code):
        failure = trial.again(stored.drawn, trial.tally)
        if failure is None:
            store.repaired(stored)
        elif stored.smallest:
            return failure
        else:
            trial.begun = trial.begun or (stored, failure)
    return None


@dataclass
class Trial:
    """One law held against one subject: what was tried, and what failed last."""

    law: Law
    plan: Plan
    seed: int
    tally: Tally = field(default_factory=Tally)
    last: Failure | None = None
    climbable: bool = False
    climbs: bool = False
    store: Store | None = None
    expected: str | None = None
    begun: tuple[Stored, Failure] | None = None
    """What is stored of the failure that is being shrunk."""

    @cached_property
    def stub(self) -> Stored:
        """The case of this trial, before anything is drawn."""
        plan = self.plan
        target = target_of(plan.declaration)
        return Stored(plan.name, plan.kind, self.law.code, (), self.seed, self.expected, target)

    def remembered(self, failure: Failure) -> str | None:
        """Store the smallest failure, in place of the one that was stored on the way; return its name."""
        if self.store is None:
            return None
        case = replace(self.stub, drawn=failure.drawn, line=failure.line or "")
        name = self.store.remember(case)
        if self.begun is not None and self.begun[0].id != name and name is not None:
            self.begun[0].forget()
        return name

    def _begin(self) -> None:
        """Store the first failure as it was found: shrinking takes a while, and whoever is killed tells nothing."""
        if self.store is None or self.begun is not None or self.last is None or not self.last.drawn:
            return
        found = self.last
        case = replace(self.stub, drawn=found.drawn, line=found.line or "", smallest=False, home=self.store.folder)
        if self.store.remember(case) is not None:
            self.begun = (case, found)

    def search(self, examples: int, *, shrink: bool) -> Failure | None:
        """Return the smallest failure that was found, in round numbers where it survives them, and diagnosed."""
        with postponed() as later:
            found = self._found(examples, shrink=shrink)
        if found is None and self.begun is not None:
            found = self.begun[1]
        if found is not None and isinstance(found.error, Violation):
            found.error.findings = tuple(map(later.completed, found.error.findings))
        return found

    def _found(self, examples: int, *, shrink: bool) -> Failure | None:
        try:
            if self.law.effort is None:
                self.attempt(None)
            else:
                self._search(examples, shrink=shrink)
        except _Exhausted:
            return self.last
        except (Violation, _Broken, Flaky) as error:
            found = self.last or Failure(error)
            return (tidied(found.drawn, lambda drawn: self._alike(found, drawn)) or found) if shrink else found
        except Unsatisfiable:
            self.tally.statistics["search"] = "Hypothesis found no example that satisfies the assumptions"
        return None

    def _search(self, examples: int, *, shrink: bool) -> None:
        """Look everywhere first; then, where the law says how near an example came, climb with what is left."""
        wide = math.ceil(WIDE * examples)
        driven(self.attempt, self.seed, wide, shrink=shrink)()
        if examples > wide:
            self.climbs = self.climbable
            driven(self.attempt, self.seed + 1, examples - wide, shrink=shrink)()
        if self.tally.effective <= 0:  # nothing has counted yet: before that is said, look further
            driven(self.attempt, self.seed + 2, max(examples, FURTHER), shrink=shrink)()

    def attempt(self, draw: Any) -> None:
        """Try one example; a failure is remembered, and raised."""
        case = Case(draw, self.seed, self.tally, single=SINGLE in getattr(self.plan.adapted, "abilities", ()))
        try:
            self._try(case, self.tally)
        except (Violation, _Broken):
            self._begin()
            raise
        self.climbable |= case.margin is not None
        if self.climbs and case.margin is not None:
            climb(case.margin, label="error over bound")

    def again(self, drawn: Drawings, tally: Tally) -> Failure | None:
        """Try an example that was drawn before; None where it does not fail, or is no example of this law."""
        try:
            self._try(Replay(drawn, self.seed, tally), tally)
        except (Violation, _Broken, _Exhausted):
            return self.last
        except Outdated:
            tally.examples -= 1
        return None

    def _alike(self, found: Failure, drawn: Drawings) -> Failure | None:
        failure = self.again(drawn, Tally())
        return failure if failure is not None and failure.sort == found.sort else None

    def _try(self, case: Case, tally: Tally) -> None:
        tally.examples += 1
        case.watch = self._about_to_try
        case.watch(())
        try:
            with watched() as shares:
                self.law.check(self.plan.adapted, case)
            tally.came_near(*shares, *([] if case.margin is None else [10**case.margin]))
        except Idle as idle:
            tally.idle[str(idle)] += 1
        except Undecided as undecided:
            tally.undecided[str(undecided)] += 1
        except Violation as violation:
            self.last = Failure(violation, tuple(case.drawn))
            raise
        except Outdated:
            raise
        except (HypothesisException, StopTest):
            tally.examples -= 1  # given up before anything was tried
            raise
        except MemoryError as error:
            self.last = Failure(error, tuple(case.drawn))
            raise _Exhausted from error
        except (Exception, SystemExit) as error:
            said = _asserted(error, self.law)
            self.last = Failure(error if said is None else Violation(said), tuple(case.drawn))
            raise (_Broken(type(error).__name__) if said is None else self.last.error) from error

    def _about_to_try(self, drawn: Drawings) -> None:
        if wanted():
            about_to_try(self.stub, drawn)


def _asserted(error: BaseException, law: Law) -> str | None:
    """Return what an `assert` of the law itself says, or where it stands; None for an exception of the subject."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    code = inspect.unwrap(law.check).__code__
    if not isinstance(error, AssertionError) or (frame.filename, frame.name) != (code.co_filename, code.co_name):
        return None
    return " ".join(str(error).split()) or f"it does not hold that {(frame.line or '').removeprefix('assert ')}"


def concluded(trial: Trial, failure: Failure | None) -> LawResult:
    """Return what a trial came to, where `failure` is the smallest one, if any."""
    law, tally = trial.law, trial.tally
    status, reason = (Status.FAILED, None) if failure else _outcome(tally)
    return LawResult(
        law.code,
        law.title,
        status,
        findings=_findings(law, trial.plan, failure) if failure else _emptiness(law, trial.plan, status, reason),
        examples=tally.examples,
        reason=reason,
        counterexample=failure.line if failure else None,
        statistics=tuple(tally.statistics.items()) + _counts(tally),
    )


def _emptiness(law: Law, plan: Plan, status: Status, reason: str | None) -> tuple[Finding, ...]:
    """Return GC905 for a law that nothing could have broken."""
    if status is not Status.VACUOUS:
        return ()
    title = f"`{plan.name}`: {law.code} held, but nothing that was tried could have broken it: {reason}"
    return (Finding("GC905", title, Verdict.INCONCLUSIVE),)


def _outcome(tally: Tally) -> tuple[Status, str | None]:
    if tally.undecided.total() > tally.examples / 2:
        (reason, count), *_ = tally.undecided.most_common(1)
        return Status.INCONCLUSIVE, f"{count} of {tally.examples} examples could not decide: {reason}"
    if tally.effective <= 0:
        reason = next(iter(tally.idle), "nothing could be drawn")
        return Status.VACUOUS, f"no example could have violated the law: {reason}"
    return Status.PASSED, None


def _counts(tally: Tally) -> tuple[tuple[str, str], ...]:
    pairs = {
        "structures": tally.structures,
        "idle examples": tally.idle,
        "inconclusive examples": tally.undecided,
    }
    told = tuple(
        (name, ", ".join(f"{what} {count}" for what, count in counts.most_common()))
        for name, counts in pairs.items()
        if counts
    )
    return ((NEAREST, f"{tally.nearest:.2g}"), *told) if tally.nearest else told


def _findings(law: Law, plan: Plan, failure: Failure) -> tuple[Finding, ...]:
    """Return what a check found, under its own codes; else the one finding of the law."""
    found = failure.error.findings if isinstance(failure.error, Violation) else ()
    return tuple(_placed(finding, plan) for finding in found) or (_finding(law, plan, failure),)


def _placed(finding: Finding, plan: Plan) -> Finding:
    """Return a finding with the place of the subject, where that is told which an adapter put around it."""
    ours = finding.location is not None and Path(finding.location[0]).is_relative_to(ADAPTERS)
    return replace(finding, location=location_of(plan.declaration.thing)) if ours else finding


def _finding(law: Law, plan: Plan, failure: Failure) -> Finding:
    location = location_of(plan.declaration.thing)
    if not isinstance(failure.error, Violation):
        return crash(plan.name, f"{law.code}: {law.title}", failure.error, location)
    broken = failure.error
    return Finding(
        law.code,
        f"`{plan.name}`: {broken.message} ({law.title})",
        index=broken.index,
        analytic=broken.value,
        numeric=broken.target,
        bound=broken.bound,
        hint=law.hint,
        location=location,
        detail=broken.detail,
    )

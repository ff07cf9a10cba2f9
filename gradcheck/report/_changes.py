"""`changes`: what is different between two reports of the same subjects: what fails now, what is mended, what wears.

A failure is the same in both reports where subject, code and place are. A pass can wear as well, before it fails:

    error / bound    a share of what would still be excused; near 1 the next change of the code fails
    resolution       the smallest error that would have been noticed; where it grows, less is seen
    calls, seconds   what the checks of a subject cost
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ._finding import Finding
from ._matching import paired
from ._report import Comparison, Report
from ._suite import LawResult, RunReport, SuiteReport
from ._verdict import Status, Verdict

NEAREST = "error over bound"
"""Statistic of a law: the largest error over its bound among all examples."""


class Sort(StrEnum):
    """What became of one check, the gravest first."""

    NEW = "new failure"
    GONE = "no longer run"
    UNDECIDED = "no longer decided"
    CLOSER = "closer to its bound"
    COARSER = "sees less"
    COSTLIER = "costs more"
    STILL = "still failing"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on wear is told.

    A share of the bound of ``least`` or more counts where it grew ``closer``-fold; a resolution counts that grew
    ``coarser``-fold, calls that grew ``calls``-fold, and seconds that grew ``slower``-fold and by at least a second.
    """

    least: float = 0.1
    closer: float = 2.0
    coarser: float = 10.0
    calls: float = 1.5
    slower: float = 2.0


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one check; ``before`` and ``after`` say it in a word or a number."""

    sort: Sort
    subject: str
    code: str
    title: str
    before: str
    after: str
    location: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that is different.

    ``old`` and ``new`` are how many checks ran, ``partial`` are the reports that were cut short.
    """

    changes: tuple[Change, ...]
    old: int
    new: int
    partial: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[Sort, int]:
        """How many there are of each sort, the gravest first."""
        found = Counter(change.sort for change in self.changes)
        return {sort: found[sort] for sort in Sort}


def changes(old: RunReport, new: RunReport, limits: Limits | None = None) -> Changes:
    """Return what is different in `new`, the gravest first.

    Examples
    --------
    >>> def run(status):
    ...     return RunReport((SuiteReport("tanh", "activation", (LawResult("GC502", "rises", status),)),))
    >>> [str(change.sort) for change in changes(run(Status.PASSED), run(Status.FAILED)).changes]
    ['new failure']

    """
    within = limits or Limits()
    found = [change for before, after in paired(old, new) for change in _of_suite(before, after, within)]
    order = list(Sort)
    partial = tuple(name for name, run in (("old", old), ("new", new)) if not run.complete)
    return Changes(tuple(sorted(found, key=lambda change: order.index(change.sort))), _ran(old), _ran(new), partial)


def _ran(run: RunReport) -> int:
    return sum(suite.ran for suite in run.suites)


# -- one subject -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing that can fail: a law, or the gradient check at one place."""

    code: str
    title: str
    status: Status
    law: LawResult | None = None
    finding: Finding | None = None


Items = dict[tuple[str, str], _Item]
_FAILING = (Status.FAILED, Status.UNEXPECTED_PASS)
_RAN = tuple(status for status in Status if status is not Status.NOT_APPLICABLE)


def _of_suite(before: SuiteReport | None, after: SuiteReport | None, limits: Limits) -> Iterator[Change]:
    old, new = _items(before), _items(after)
    suite = after if after is not None else before
    assert suite is not None
    for key in {**new, **old}:
        for sort, was, is_now in _became(old.get(key), new.get(key), after, limits):
            item = new.get(key) or old[key]
            place = (item.finding.location if item.finding is not None else None) or suite.location
            yield Change(sort, suite.subject, item.code, item.title, was, is_now, place)
    if before is not None and after is not None:
        for sort, code, title, was, is_now in (
            *_wear(before.check, after.check, limits),
            *_cost(before, after, limits),
        ):
            yield Change(sort, suite.subject, code, title, was, is_now, suite.location)


def _items(suite: SuiteReport | None) -> Items:
    if suite is None:
        return {}
    laws: Items = {
        (law.code, "law"): _Item(law.code, law.title, law.status, law, next(iter(law.findings), None))
        for law in suite.results
    }
    return {key: item for key, item in laws.items() if item.status in _RAN} | _of_check(suite.check)


def _of_check(check: Report | None) -> Items:
    """Return the check as one item, and each of its failures as another: one mended mistake may leave a second."""
    if check is None:
        return {}
    status = {Verdict.PASS: Status.PASSED, Verdict.FAIL: Status.FAILED}.get(check.verdict, Status.INCONCLUSIVE)
    wrong = {
        (f.code, f.path or f.title): _Item(f.code, f.title, Status.FAILED, finding=f)
        for f in check.findings
        if f.severity is Verdict.FAIL
    }
    whole = _Item("GC101", "gradients at the declared inputs", status)
    return {("GC101", "check"): whole} | wrong if status is not Status.FAILED or not wrong else wrong


def _became(
    old: _Item | None, new: _Item | None, after: SuiteReport | None, limits: Limits
) -> Iterator[tuple[Sort, str, str]]:
    was, now = _word(old), _word(new)
    failed, fails = (item is not None and item.status in _FAILING for item in (old, new))
    again = new is not None or (old is not None and old.law is None and after is not None and after.check is not None)
    if fails:
        yield (Sort.STILL if failed else Sort.NEW), was, now
    elif not again:
        yield Sort.GONE, was, now
    elif new is not None and new.status is Status.INCONCLUSIVE and was != now and old is not None:
        yield Sort.UNDECIDED, was, now
    elif failed:  # a place that fails no more is not named in a check that passes
        yield Sort.FIXED, was, now if new is not None else str(Status.PASSED)
    elif old is not None and new is not None and _grew(nearest(old.law), nearest(new.law), limits):
        yield Sort.CLOSER, f"{nearest(old.law):.2g}", f"{nearest(new.law):.2g}"


def _word(item: _Item | None) -> str:
    return str(item.status) if item is not None else "not there"


# -- wear ------------------------------------------------------------------------------------------------------------


def nearest(thing: LawResult | Comparison | None) -> float:
    """Return the largest error over its bound; NaN where it is not known."""
    if isinstance(thing, LawResult):
        return float(dict(thing.statistics).get(NEAREST, math.nan))
    if thing is None or thing.analytic is None or thing.numeric is None or not thing.bound:
        return math.nan
    return abs(thing.analytic - thing.numeric) / thing.bound


def _grew(old: float, new: float, limits: Limits) -> bool:
    return math.isfinite(new) and new >= limits.least and new >= limits.closer * old  # NaN is less than nothing


def _wear(old: Report | None, new: Report | None, limits: Limits) -> Iterator[tuple[Sort, str, str, str, str]]:
    pairs = {(pair.output, pair.input): pair for pair in (old.comparisons if old is not None else ())}
    for now in new.comparisons if new is not None else ():
        was = pairs.get((now.output, now.input))
        if was is None or not was.verdict is now.verdict is Verdict.PASS:
            continue
        if _grew(nearest(was), nearest(now), limits):
            yield Sort.CLOSER, "GC101", now.input, f"{nearest(was):.2g}", f"{nearest(now):.2g}"
        if was.resolution and now.resolution and now.resolution >= limits.coarser * was.resolution:
            yield Sort.COARSER, "GC101", now.input, f"{was.resolution:.1e}", f"{now.resolution:.1e}"


def _cost(old: SuiteReport, new: SuiteReport, limits: Limits) -> Iterator[tuple[Sort, str, str, str, str]]:
    was, now = _calls(old), _calls(new)
    if was and now >= limits.calls * was:
        yield Sort.COSTLIER, "calls", "calls of the subject", str(was), str(now)
    before, after = old.cost.seconds, new.cost.seconds
    if before and after >= max(limits.slower * before, before + 1):
        yield Sort.COSTLIER, "time", "seconds", f"{before:.3g} s", f"{after:.3g} s"


def _calls(suite: SuiteReport) -> int:
    cost = suite.check.cost if suite.check is not None else suite.cost
    return cost.forward + cost.backward

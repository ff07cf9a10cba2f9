"""Between two reports: what fails now, what is mended, what is no longer looked at, and what wears."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.report import (
    Change,
    Comparison,
    Cost,
    Finding,
    LawResult,
    Report,
    RunReport,
    Sort,
    Status,
    SuiteReport,
    Verdict,
    changes,
)

PASSED, FAILED, UNDECIDED = Status.PASSED, Status.FAILED, Status.INCONCLUSIVE
GONE, STALE, EXPECTED = Status.NOT_APPLICABLE, Status.UNEXPECTED_PASS, Status.EXPECTED_FAILURE


def run(status: Status = PASSED, share: str = "", **more: object) -> RunReport:
    """Return a run of one subject with one law."""
    statistics = (("error over bound", share),) if share else ()
    law = LawResult("GC502", "rises", status, statistics=statistics)
    return RunReport((replace(SuiteReport("f", "activation", (law,)), **more),))  # type: ignore[arg-type]


def between(old: RunReport, new: RunReport) -> list[Sort]:
    """Return the sorts of change."""
    return [change.sort for change in changes(old, new).changes]


@pytest.mark.parametrize(
    ("before", "after", "sort"),
    [
        (PASSED, FAILED, Sort.NEW),
        (PASSED, STALE, Sort.NEW),
        (UNDECIDED, FAILED, Sort.NEW),
        (EXPECTED, FAILED, Sort.NEW),
        (FAILED, PASSED, Sort.FIXED),
        (FAILED, EXPECTED, Sort.FIXED),
        (FAILED, FAILED, Sort.STILL),
        (FAILED, UNDECIDED, Sort.UNDECIDED),
        (PASSED, UNDECIDED, Sort.UNDECIDED),
        (PASSED, GONE, Sort.GONE),
        (FAILED, GONE, Sort.GONE),
    ],
)
def test_a_law_becomes(before: Status, after: Status, sort: Sort) -> None:
    """Every way that a law can go has one name; one that does not run any more is not fixed."""
    assert between(run(before), run(after)) == [sort]


@given(st.sampled_from(list(Status)))
def test_nothing_changed_is_no_news(status: Status) -> None:
    """The same report twice: only what fails is told, as still failing."""
    failing = status in (FAILED, STALE)

    assert between(run(status, "0.5"), run(status, "0.5")) == [Sort.STILL] * failing


def test_a_new_subject_that_fails_is_a_new_failure_and_one_that_passes_is_none() -> None:
    """What was not there before cannot have failed before."""
    assert between(RunReport(), run(FAILED)) == [Sort.NEW]
    assert between(RunReport(), run(PASSED)) == []
    assert between(run(PASSED), RunReport()) == [Sort.GONE]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("0.2", "0.5", True),
        ("0.2", "0.3", False),
        ("0.001", "0.09", False),
        ("", "0.9", False),
        ("0.9", "0.2", False),
    ],
)
def test_an_error_that_comes_closer_to_its_bound_is_told(before: str, after: str, *, told: bool) -> None:
    """From a tenth of the bound, where it doubled; what was not known before has not grown."""
    assert between(run(PASSED, before), run(PASSED, after)) == [Sort.CLOSER] * told


def checked(*findings: Finding, error: float = 0.1, resolution: float = 1e-9, calls: int = 10) -> RunReport:
    """Return a run of one subject without laws, checked at its inputs."""
    pair = Comparison("out", "x", Verdict.PASS, "central", 3, (0,), 1.0 + error, 1.0, 1.0, resolution)
    report = Report("f", "function", findings, () if findings else (pair,), Cost(calls, 1, 0.1))
    return RunReport((SuiteReport("f", "", check=report, cost=report.cost),))


X, W = (Finding("GC101", "wrong", path=path, location=("a.py", 7)) for path in ("inputs['x']", "params['W']"))


def test_each_place_of_a_check_is_its_own() -> None:
    """A mistake that is mended and one that came are told apart, though the check failed both times."""
    found = changes(checked(X), checked(W)).changes

    assert {(change.sort, change.title) for change in found} == {(Sort.NEW, "wrong"), (Sort.FIXED, "wrong")}
    assert found[0].location == ("a.py", 7)
    assert between(checked(X), checked()) == [Sort.FIXED]
    assert between(checked(), checked(X, W)) == [Sort.NEW, Sort.NEW]
    assert between(checked(X), run()) == [Sort.GONE]


def test_a_check_wears_too() -> None:
    """Its error comes closer, it sees less, or it costs more calls."""
    assert between(checked(error=0.1), checked(error=0.4)) == [Sort.CLOSER]
    assert between(checked(resolution=1e-9), checked(resolution=1e-7)) == [Sort.COARSER]
    assert between(checked(calls=10), checked(calls=20)) == [Sort.COSTLIER]
    assert between(checked(), checked(error=0.15, resolution=3e-9, calls=12)) == []


def test_time_counts_where_it_doubled_and_is_felt() -> None:
    """Milliseconds that double are no news."""
    costs = [run(cost=Cost(seconds=seconds)) for seconds in (0.01, 0.05, 3.0, 9.0)]

    assert between(costs[0], costs[1]) == []
    assert between(costs[2], costs[3]) == [Sort.COSTLIER]


def test_the_gravest_comes_first_and_all_are_counted() -> None:
    """A reader who stops early has read what matters."""
    old = RunReport((*run(FAILED).suites, *checked().suites))
    new = RunReport((*run(FAILED).suites, *checked(X).suites))
    found = changes(old, replace(new, complete=False))

    assert [change.sort for change in found.changes] == [Sort.NEW, Sort.STILL]
    assert found.counts[Sort.NEW] == found.counts[Sort.STILL] == 1
    assert (found.old, found.new, found.partial) == (2, 2, ("new",))
    assert isinstance(found.changes[0], Change)

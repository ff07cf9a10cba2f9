"""Reports of several jobs become one, and nothing that one of them found is lost."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gradcheck.report import Cost, Finding, LawResult, Report, RunReport, Status, SuiteReport, Verdict, merged
from gradcheck.report._matching import paired

WRONG = Finding("GC101", "wrong", path="inputs['x']")


def law(code: str, status: Status = Status.PASSED, **more: object) -> LawResult:
    """Return the result of one law."""
    return replace(LawResult(code, f"law {code}", status, examples=10, seconds=1.0), **more)  # type: ignore[arg-type]


def suite(*laws: LawResult, name: str = "f", file: str = "/one/pkg/a.py", **more: object) -> SuiteReport:
    """Return the suite of one subject."""
    return replace(SuiteReport(name, "activation", laws, location=(file, 3)), **more)  # type: ignore[arg-type]


def test_shards_of_one_subject_are_one_suite() -> None:
    """Laws that were run in different jobs stand side by side, on whatever machine the checkout was."""
    shards = [RunReport((suite(law("GC501")),)), RunReport((suite(law("GC502"), file="C:\\two\\pkg\\a.py"),))]
    whole = merged(shards)

    assert [[result.code for result in found.results] for found in whole.suites] == [["GC501", "GC502"]]
    assert dict(whole.header)["merged"] == "2 reports"


def test_subjects_of_the_same_name_in_other_files_stay_apart() -> None:
    """Two functions may be called the same; two of one file are told apart by their order."""
    run = RunReport((suite(law("GC501")), suite(law("GC501"), file="/one/pkg/b.py"), suite(law("GC502"))))

    assert len(merged([run, run]).suites) == 3


STATUSES = st.lists(st.sampled_from(list(Status)), min_size=1, max_size=4)


@given(STATUSES)
def test_the_gravest_result_of_a_law_counts_and_examples_add_up(statuses: list[Status]) -> None:
    """One failure among many passes is a failure, in whatever order the reports come."""
    runs = [RunReport((suite(law("GC501", status)),), seconds=2.0) for status in statuses]
    forward, backward = merged(runs), merged(runs[::-1])

    assert forward.verdict is backward.verdict is Verdict.worst(run.verdict for run in runs)
    (result,) = forward.suites[0].results
    assert result.examples == 10 * len(runs)
    assert (result.status is Status.FAILED) == (Status.FAILED in statuses)
    assert forward.seconds == 2.0 * len(runs)


def test_what_two_jobs_found_is_kept_each_thing_once() -> None:
    """The findings of both failures are there; the same place is not told twice, and the input is not lost."""
    other = replace(WRONG, path="params['W']")
    first = law("GC101", Status.FAILED, findings=(WRONG,))
    second = law("GC101", Status.FAILED, findings=(WRONG, other), counterexample="x = 1", case="GC101-1")
    (result,) = merged([RunReport((suite(first),)), RunReport((suite(second),))]).suites[0].results

    assert result.findings == (WRONG, other)
    assert (result.counterexample, result.case) == ("x = 1", "GC101-1")


def test_a_failing_check_survives_beside_a_passing_one() -> None:
    """The gradient check at the declared inputs is merged like a law; its calls are counted together."""
    right, wrong = Report("f", "function"), Report("f", "function", (WRONG,))
    runs = [RunReport((suite(check=check, cost=Cost(3, 2, 1.0)),)) for check in (right, wrong)]
    whole = merged(runs)

    assert whole.suites[0].check == wrong
    assert whole.suites[0].cost == Cost(6, 4, 2.0)


def test_a_partial_report_makes_the_whole_partial() -> None:
    """Whoever reads the merged report knows that something is missing; headers that differ are both told."""
    runs = [RunReport((), (("python", "3.11"),)), RunReport((), (("python", "3.12"),), complete=False)]

    assert not merged(runs).complete
    assert dict(merged(runs).header)["python"] == "3.11, 3.12"


def test_a_subject_that_moved_is_recognized_where_there_is_no_doubt() -> None:
    """The only subject of a name and kind is itself in another file; of two nobody can tell."""
    here, there = suite(file="/pkg/a.py"), suite(file="/pkg/sub/c.py")

    assert paired(RunReport((here,)), RunReport((there,))) == [(here, there)]
    assert len(paired(RunReport((here, suite(file="/pkg/b.py"))), RunReport((there,)))) == 3

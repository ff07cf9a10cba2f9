"""A run goes on whatever a subject does, and says what it did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument
from gradcheck.engine import Collected, Settings, run
from gradcheck.engine._select import Selection
from gradcheck.report import Status, Verdict
from gradcheck.subjects._frames import ours


def collected(*things: Any, **options: Any) -> list[Collected]:
    """Return `things` as activations that were found somewhere."""
    return [
        Collected(gradcheck.subject(thing, kind="activation", **options), f"acts:{k}")
        for k, thing in enumerate(things)
    ]


def falling(x: Any) -> Any:
    """Return the negative: not monotone."""
    return -x


QUICK = Settings(checks=("GC510", "GC512"), max_examples=3)


def test_suites_come_in_order_with_the_way_to_repeat_them() -> None:
    """One suite per subject, the command that repeats it, and the versions."""
    report = run(collected(np.tanh, np.arctan), QUICK)

    assert [suite.subject for suite in report.suites] == ["tanh", "arctan"]
    assert report.suites[1].reproduce == "gradcheck run acts:1 --seed 0 -n 3"
    assert {"gradcheck", "numpy", "python", "checks"} <= dict(report.header).keys()
    assert [result.code for result in report.suites[0].results] == ["GC510", "GC512"]


def test_an_exception_becomes_a_finding_and_the_others_run() -> None:
    """A crash while a subject is looked at is reported for it alone, with the user's frames."""

    class Rude:
        def __call__(self, x: Any) -> Any:
            raise RuntimeError("rude")

        @property
        def forward(self) -> Any:
            raise RuntimeError("even to be looked at")

    report = run(collected(Rude(), np.tanh, derivative=np.cos), QUICK)

    assert report.suites[0].verdict is Verdict.FAIL
    assert "GC907" in {finding.code for finding in report.suites[0].findings}
    assert report.suites[1].subject == "tanh"


def test_what_cannot_be_understood_says_so() -> None:
    """A declaration that lacks something is a finding for this subject, not the end of the run."""
    items = [Collected(gradcheck.subject(len), "somewhere"), *collected(np.tanh)]
    report = run(items, QUICK)

    assert "cannot be checked as it is declared" in report.suites[0].findings[0].title
    assert report.suites[1].verdict is Verdict.PASS


def test_an_interruption_keeps_what_was_found() -> None:
    """Ctrl-C ends the run; the report holds what is finished and says, as a finding, that it is not complete."""

    def interrupt(subject: str, law: str, done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    report = run(collected(np.tanh, np.sin), QUICK, progress=interrupt)

    assert not report.complete
    assert [suite.subject for suite in report.suites] == ["tanh", "the run"]
    assert report.findings[-1].title == "the run was interrupted: 1 of 2 subjects not checked to the end"
    assert report.verdict is Verdict.INCONCLUSIVE


def test_the_laws_of_a_subject_in_hand_are_kept_too() -> None:
    """What a law has found is there, with its numbers, where the next law was interrupted."""

    def interrupt(subject: str, law: str, done: int, total: int) -> None:
        if law == "GC502":
            raise KeyboardInterrupt

    settings = Settings(checks=("GC502", "GC510"), max_examples=3)
    report = run(collected(falling, traits={"monotone": True}), settings, progress=interrupt)

    assert [law.code for law in report.suites[0].results] == ["GC502"]
    assert report.suites[0].results[0].counterexample
    assert report.suites[0].reproduce == "gradcheck run acts:0 --seed 0 -n 3"
    assert report.verdict is Verdict.FAIL


def test_who_wants_to_know_hears_of_every_subject() -> None:
    """Each finished suite, with how many are finished, of how many."""
    heard: list[tuple[str, int, int]] = []
    run(collected(np.tanh, np.sin), QUICK, on_suite=lambda suite, *far: heard.append((suite.subject, *far)))

    assert heard == [("tanh", 1, 2), ("sin", 2, 2)]


def test_failures_stop_the_run_where_asked() -> None:
    """After so many failing subjects the rest is left, and counted."""
    items = collected(falling, np.tanh, traits={"monotone": True})
    report = run(items, Settings(checks=("GC502",), max_examples=3, max_failures=1))

    assert len(report.suites) == 1
    assert report.complete


def test_a_fault_of_ours_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception without any frame of the user is reported to whoever asked for faults."""
    import gradcheck.properties

    monkeypatch.setattr(gradcheck.properties, "run_suite", None)
    faults: list[BaseException] = []
    report = run(collected(np.tanh), QUICK, on_fault=faults.append)

    assert [type(fault) for fault in faults] == [TypeError]
    assert report.verdict is Verdict.FAIL
    with pytest.raises(TypeError):
        run(collected(np.tanh), QUICK)


def test_the_reference_library_is_a_subject_like_others() -> None:
    """Its frames belong to the subject, those of the suites to us."""
    import gradcheck.properties._suite
    import gradcheck.reference

    assert ours(str(gradcheck.properties._suite.__file__))
    assert not ours(str(gradcheck.reference.__file__))


def test_families_and_exclusions_select() -> None:
    """GC5 and GC5xx stand for all of their codes; exclusions win."""
    selection = Selection.of(["GC5", "gc101"], ["GC502"])

    assert {"GC501", "GC101"} <= selection.chosen
    assert "GC502" not in selection.chosen
    assert selection.gradients
    assert Selection.of(["GC5xx"], []).chosen == Selection.of(["GC5"], []).chosen


@pytest.mark.parametrize("name", ["GC999", "G", "", "XX", "relu"])
def test_an_unknown_code_is_refused(name: str) -> None:
    """With a suggestion, where one is near."""
    with pytest.raises(InvalidArgument, match="no code and no family"):
        Selection.of([name], [])


def test_expected_failures_of_a_plain_check() -> None:
    """A gradient that is known to be wrong is counted as such, and a right one as unexpected."""
    x = np.linspace(-1, 1, 5)
    wrong = gradcheck.subject(np.sin, x, derivative=np.sin, name="wrong", expected_failures={"GC101": "see #1"})
    right = gradcheck.subject(np.sin, x, derivative=np.cos, name="right", expected_failures={"GC101": "see #1"})
    report = run([Collected(wrong, "a"), Collected(right, "b")])

    assert report.suites[0].counts == {Status.EXPECTED_FAILURE: 1}
    assert report.suites[0].ok
    assert report.suites[1].counts == {Status.UNEXPECTED_PASS: 1}

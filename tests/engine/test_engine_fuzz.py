"""Search on until the time is up: rounds, shares, failures, interruptions, and a container or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck.engine import Collected, Container, Settings, collect, run
from gradcheck.engine import _fuzz as fuzzing
from gradcheck.engine._fuzz import STRIDE, Fuzzed, Tick, fuzz
from gradcheck.report import Status, SuiteReport, Verdict


def falling(x: Any) -> Any:
    """Return something that falls beyond 30."""
    return np.where(np.asarray(x) > 30, -np.asarray(x), x)


FINE = Collected(gradcheck.subject(np.tanh, kind="activation"), "acts.py:tanh")
FALLING = Collected(gradcheck.subject(falling, kind="activation", traits={"monotone": True}), "acts.py:falling")
QUICK = Settings(checks=("GC510", "GC502", "GC512"), max_examples=4, seed=11, cases=None)


def stop(error: BaseException) -> None:
    raise error


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Return a clock that goes on a second each time that it is read."""
    now = [0.0]

    def monotonic() -> float:
        now[0] += 1.0
        return now[0]

    monkeypatch.setattr(fuzzing.time, "monotonic", monotonic)
    yield now
    monkeypatch.undo()


def searched(*items: Collected, seconds: float = 3600.0, settings: Settings = QUICK, **more: Any) -> Fuzzed:
    """Search without a container."""
    return fuzz(items, settings, seconds=seconds, on_fault=more.pop("on_fault", stop), **more)


def test_the_first_failure_ends_the_search_and_its_command_finds_it_again() -> None:
    """What `run` does with the seed and the examples of the round is the very same failure."""
    done = searched(FINE, FALLING)
    suite = done.report(QUICK).suites[-1]
    again = run(
        [FALLING], Settings(checks=("GC502",), seed=suite.seed or 0, max_examples=_examples(suite), cases=None)
    )

    assert (done.failures, suite.verdict) == (1, Verdict.FAIL)
    assert suite.reproduce is not None
    assert suite.reproduce.startswith("gradcheck run acts.py:falling --seed ")
    assert suite.reproduce.endswith(" -c GC502")
    failed = next(law for law in suite.results if law.status is Status.FAILED)
    assert again.suites[0].results[0].counterexample == failed.counterexample


def test_a_search_is_found_again_by_its_command() -> None:
    """A subject without a kind, by the seed and the examples of the round."""
    x = np.linspace(-1, 1, 4)
    odd = gradcheck.subject(np.square, x, derivative=lambda x: np.where(x > 40, x, 2 * x), name="odd")
    first = searched(Collected(odd, "a.py:odd"), settings=Settings(seed=3, max_examples=2, cases=None))
    suite = first.suites[0]
    settings = Settings(seed=suite.seed or 0, max_examples=_examples(suite), cases=None)
    again = searched(Collected(odd, "a.py:odd"), settings=settings)

    assert suite.reproduce == f"gradcheck fuzz a.py:odd --seed {suite.seed} -n {_examples(suite)}"
    assert first.rounds > again.rounds == 1
    failed = [next(law for law in done.suites[0].results if law.status is Status.FAILED) for done in (first, again)]
    assert failed[0].counterexample == failed[1].counterexample


def _examples(suite: SuiteReport) -> int:
    words = (suite.reproduce or "").split()
    return int(words[words.index("-n") + 1])


def test_the_same_seed_is_the_same_search() -> None:
    """Round by round."""
    first, second = (searched(FALLING) for _ in range(2))

    assert [law.counterexample for law in first.suites[0].results] == [
        law.counterexample for law in second.suites[0].results
    ]
    assert first.events == second.events


def test_rounds_take_fresh_seeds_and_more_examples(monkeypatch: pytest.MonkeyPatch, clock: list[float]) -> None:
    """Twice the examples each time, and a seed that no search of another round touches."""
    turns: list[Any] = []

    def taken(declaration: Any, settings: Any, selection: Any, turn: Any, *_: Any) -> SuiteReport:
        turns.append((declaration.name, turn.seed, turn.max_examples, turn.exclude))
        law = gradcheck.run_suite(np.tanh, "activation", checks=["GC510"], max_examples=2, cases=None).results
        return SuiteReport(declaration.name, "activation", law)

    monkeypatch.setattr(fuzzing, "fuzz_one", taken)
    done = searched(FINE, FALLING, seconds=25.0)

    assert turns[:4] == [
        ("tanh", 11, 4, ()),
        ("falling", 11, 4, ()),
        ("tanh", 11 + STRIDE, 8, ()),
        ("falling", 11 + STRIDE, 8, ()),
    ]
    assert done.examples == len(turns)
    assert done.rounds == (len(turns) + 1) // 2


def test_keep_going_leaves_out_what_failed(clock: list[float]) -> None:
    """The law that failed is not searched again; the others are, and everything is in one report."""
    heard: list[str] = []
    done = searched(FALLING, seconds=40.0, keep_going=True, found=lambda suite: heard.append(suite.subject))
    laws = {law.code: law for law in done.report(QUICK).suites[0].results}

    assert heard == ["falling"]
    assert done.rounds > 1
    assert laws["GC502"].status is Status.FAILED
    assert laws["GC510"].examples > 4


def test_what_is_expected_to_fail_is_not_searched() -> None:
    """It is known; only what has nothing left to search ends by itself."""
    known = gradcheck.subject(
        falling, kind="activation", traits={"monotone": True}, expected_failures={"GC502": "#1"}
    )
    done = searched(Collected(known, "acts.py:known"), settings=Settings(checks=("GC502",), cases=None))

    assert (done.examples, done.failures) == (0, 0)


def test_an_interruption_keeps_what_was_found() -> None:
    """Earlier rounds, and the laws of the round in hand."""

    def interrupt(tick: Tick) -> None:
        if tick.examples > 12:
            raise KeyboardInterrupt

    done = searched(FINE, progress=interrupt)
    report = done.report(QUICK)

    assert not report.complete
    assert report.suites[-1].findings[0].title.startswith("the run was interrupted: after ")
    assert done.examples > 12


def test_structures_are_counted_over_all_rounds(clock: list[float]) -> None:
    """What was drawn, by name, most often first."""
    done = searched(FINE, seconds=30.0)

    assert done.events["dense"] > 4
    assert done.events.total() <= 3 * done.examples


SUBJECTS = """
import os, numpy as np, gradcheck
def fatal(x):
    if np.size(x) > 1 and os.getpid() != PARENT: os._exit(3)
    return x
FATAL = gradcheck.subject(fatal, kind="activation", traits={"monotone": True})
FINE = gradcheck.subject(np.tanh, kind="activation", name="fine")
WRONG = gradcheck.subject(np.sin, np.ones(3), derivative=np.sin, name="wrong")
"""


def test_a_crash_costs_one_subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of their own the others are searched on; what crashed is not tried again."""
    import os

    monkeypatch.chdir(tmp_path)
    (tmp_path / "subjects.py").write_text(SUBJECTS.replace("PARENT", str(os.getpid())))
    items = collect(["subjects.py"])
    with Container(["subjects.py"], QUICK, 60) as container:
        done = searched(*items, seconds=4.0, keep_going=True, container=container)
    found = {suite.subject: suite for suite in done.report(QUICK).suites}

    assert {finding.code for finding in found["fatal"].findings} == {"GC907"}
    assert found["fatal"].reproduce == f"gradcheck run subjects.py:fatal --seed {QUICK.seed} -n 4"
    assert found["fine"].verdict is Verdict.PASS
    assert "wrong" not in found or not found["wrong"].results
    assert done.rounds >= 1

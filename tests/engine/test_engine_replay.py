"""A stored case fares one way or another, and what cannot be run any more is never called fixed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gradcheck.properties._store import Store

import gradcheck
from gradcheck.engine import Container, Settings, Source, collect, run
from gradcheck.engine._again import Again, Outcome
from gradcheck.engine._replay import replay
from gradcheck.engine.config import configured

ACTS = """
import os, numpy as np, gradcheck
def falling(x): return np.where(np.asarray(x) > 30, -np.asarray(x), x)
FALLING = gradcheck.subject(falling, kind="activation", traits={"monotone": True})
LIST = [gradcheck.subject(np.square, np.ones(3), derivative=lambda x: np.where(x > 40, x, 2 * x), name="square it")]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a failing law and a wrong gradient, both stored."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gradcheck").mkdir()
    monkeypatch.setenv("GRADCHECK_CASES", str(tmp_path / ".gradcheck" / "cases"))
    (tmp_path / "acts.py").write_text(ACTS)
    falling, square = collect(["acts.py"])
    run([falling], Settings(checks=("GC502",), max_examples=50))
    gradcheck.search(square.declaration, max_examples=50)
    _forget_modules()
    return tmp_path


def _forget_modules() -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith("_gradcheck_")]:
        del sys.modules[name]


def edit(project: Path, old: str, new: str) -> None:
    """Change the file of the subjects."""
    text = (project / "acts.py").read_text()
    assert old in text
    (project / "acts.py").write_text(text.replace(old, new))
    _forget_modules()


def replayed(project: Path, first: tuple[Source, ...] = (), **more: Any) -> dict[str, Again]:
    """Return how every case fares, by the code that it begins with."""

    def stop(error: BaseException) -> None:
        raise error

    cases = list(Store(project / ".gradcheck" / "cases").readable())
    return {again.id.split("-")[0]: again for again in replay(cases, first, on_fault=stop, **more)}


def outcomes(found: dict[str, Again]) -> dict[str, Outcome]:
    return {code: again.outcome for code, again in found.items()}


def test_nothing_changed_and_all_still_fail(project: Path) -> None:
    """A law by its example, a search by its input; from any folder, since the case knows its project."""
    (project / "sub").mkdir()
    import os

    os.chdir(project / "sub")
    found = replayed(project)

    assert outcomes(found) == {"GC502": Outcome.FAILING, "GC": Outcome.FAILING}
    assert found["GC502"].suite is not None
    assert found["GC502"].suite.reproduce == f"gradcheck replay {found['GC502'].id}"
    assert found["GC502"].suite.results[0].counterexample


def test_what_is_repaired_is_fixed(project: Path) -> None:
    """Both of them; nothing is deleted here."""
    edit(project, "> 30", "> np.inf")
    edit(project, "> 40", "> np.inf")

    assert set(outcomes(replayed(project)).values()) == {Outcome.FIXED}
    assert len(list((project / ".gradcheck" / "cases").glob("*.json"))) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def falling(x)", "falling = lambda x: x\nraise ValueError('half done')\ndef falling_(x)", "half done"),
        ("gradcheck.subject(falling, ", "gradcheck.subject(falling, name='fallen', ", "is not found any more"),
        ('"monotone": True', '"monotone": False', "does not apply"),
        ('kind="activation", traits={"monotone": True}', 'kind="loss"', "is not found any more"),
    ],
)
def test_what_cannot_be_run_is_not_fixed(project: Path, old: str, new: str, said: str) -> None:
    """A file that does not import, another name, a law that does not apply, another kind: each says which."""
    edit(project, old, new)
    found = replayed(project)["GC502"]

    assert found.outcome is Outcome.STUCK
    assert said in found.said


def test_a_call_that_looks_different_is_not_fixed(project: Path) -> None:
    """A search draws what its call takes; another number of arguments is another call."""
    edit(
        project,
        "gradcheck.subject(np.square, np.ones(3), derivative=lambda x: np.where(x > 40, x, 2 * x)",
        "gradcheck.subject(lambda a, b: (a * b).sum(), np.ones(3), np.ones(3), grad=lambda a, b: (b, a)",
    )
    found = replayed(project)["GC"]

    assert found.outcome is Outcome.STUCK
    assert "takes something else" in found.said


def test_an_expected_failure_fails_as_expected_or_is_stale(project: Path) -> None:
    """The reason travels with the case."""
    store = Store(project / ".gradcheck" / "cases")
    (case,) = (case for case in store.readable() if case.code == "GC502")
    case.forget()
    store.remember(replace(case, reason="see #41"))

    assert replayed(project)["GC502"].outcome is Outcome.EXPECTED
    edit(project, "> 30", "> np.inf")
    found = replayed(project)["GC502"]
    assert found.outcome is Outcome.FIXED
    assert "expected to fail: see #41" in found.said


def test_a_subject_that_moved_is_found_where_one_says(project: Path) -> None:
    """`first` is looked at before the place that the case names."""
    (project / "acts.py").rename(project / "moved.py")
    _forget_modules()

    assert replayed(project)["GC502"].outcome is Outcome.STUCK
    assert replayed(project, (Source("moved.py"),))["GC502"].outcome is Outcome.FAILING


def test_a_configured_subject_is_found_by_its_name(project: Path) -> None:
    """A case of a subject that only the configuration declares names it so."""
    (project / "pyproject.toml").write_text(
        '[tool.gradcheck]\nsubjects = [{target = "acts.py:falling", name = "mine", kind = "activation", '
        "traits = {monotone = true}}]\n"
    )
    configuration = configured(environment={})
    run(collect(configuration.subjects), Settings(checks=("GC502",), max_examples=50))
    cases = [case for case in Store(project / ".gradcheck" / "cases").readable() if case.subject == "mine"]
    (found,) = replay(cases, named=configuration.named, on_fault=print)

    assert cases[0].target == "mine"
    assert found.outcome is Outcome.FAILING


def test_in_a_process_of_its_own_the_same(project: Path) -> None:
    """Verdicts and refusals come back; a subject that ends the process still fails."""
    with Container((), Settings(), 60) as container:
        before = outcomes(replayed(project, container=container))
        edit(project, "def falling(x): return", "def falling(x): os._exit(3) if np.size(x) < 9 else 0; return")
        edit(project, 'name="square it"', 'name="other"')
    with Container((), Settings(), 60) as container:
        after = replayed(project, container=container)

    assert before == {"GC502": Outcome.FAILING, "GC": Outcome.FAILING}
    assert outcomes(after) == {"GC502": Outcome.FAILING, "GC": Outcome.STUCK}
    assert "ended the process it ran in (exit code 3)" in after["GC502"].said

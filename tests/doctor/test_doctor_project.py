"""Versions, terminal, profile and stored cases: each stands as it stands."""

from __future__ import annotations

import io
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from gradcheck.properties._store import Store, Stored

from gradcheck.doctor import State, _versions, examine
from gradcheck.doctor import _examine as examining
from gradcheck.doctor._project import project
from gradcheck.doctor._terminal import characters, screen


def test_every_requirement_has_a_line() -> None:
    """What is installed is told with its version."""
    lines = {line.topic: line for line in _versions.versions()}

    assert {"python", "gradcheck", "numpy", "scipy", "hypothesis", "pytest", "click", "rich"} <= lines.keys()
    assert all(line.state is State.OK for line in lines.values())


@pytest.mark.parametrize(("found", "said"), [("1.0", "1.0, but gradcheck needs >=2.0"), (None, "not installed")])
def test_an_old_or_missing_package_needs_attention(
    monkeypatch: pytest.MonkeyPatch, found: str | None, said: str
) -> None:
    """With the command that repairs it."""

    def version(_: str) -> str:
        if found is None:
            raise PackageNotFoundError
        return found

    monkeypatch.setattr(_versions, "version", version)
    line = _versions._package("numpy", ">=2.0", "pip install 'numpy>=2.0'")

    assert (line.state, line.said) == (State.ATTENTION, said)
    assert "pip install" in line.remedy


class Screen(io.StringIO):
    """A terminal of some encoding."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_the_terminal_is_told() -> None:
    """A pipe, a terminal, one without color, one that can do nothing."""
    assert "none" in screen(io.StringIO(), {}).said
    assert "FORCE_COLOR" in screen(io.StringIO(), {"FORCE_COLOR": "1"}).said
    assert screen(Screen(), {}).said.endswith("color")
    assert "NO_COLOR" in screen(Screen(), {"NO_COLOR": "1"}).said
    assert "dumb" in screen(Screen(), {"TERM": "dumb"}).said


def test_an_encoding_that_lacks_characters_is_a_note() -> None:
    """With the way to have them."""
    poor = Screen()
    poor.encoding = "ascii"

    assert characters(Screen()).state is State.OK
    assert characters(poor).state is State.NOTE


@pytest.fixture
def cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name a folder of cases."""
    monkeypatch.setenv("GRADCHECK_CASES", str(tmp_path / "cases"))
    return tmp_path / "cases"


def test_cases_are_counted(cases: Path) -> None:
    """None yet, then one."""
    assert "none yet" in list(project())[-1].said
    Store(cases).remember(Stored("f", "activation", "GC502"))
    line = list(project())[-1]

    assert (line.state, line.said) == (State.OK, f"1 stored in {cases}")


def test_a_damaged_case_needs_attention(cases: Path) -> None:
    """It is told which."""
    Store(cases).remember(Stored("f", "activation", "GC502"))
    (cases / "GC1-0.json").write_text("{")
    line = list(project())[-1]

    assert line.state is State.ATTENTION
    assert "1 of 2" in line.said
    assert "GC1-0.json" in line.said


def test_the_configuration_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which file, how many subjects, which profile; a mistake in it needs attention."""
    monkeypatch.chdir(tmp_path)
    lines = [list(project())[1]]
    for text in ('subjects = ["a.py"]\nprofile = "nightly"', "sed = 3"):
        (tmp_path / "pyproject.toml").write_text(f"[tool.gradcheck]\n{text}\n")
        lines.append(list(project())[1])

    assert [line.state for line in lines] == [State.OK, State.OK, State.ATTENTION]
    assert lines[0].said.startswith("none")
    assert lines[1].said.startswith("1 entry in subjects, profile nightly")
    assert "'seed'" in lines[2].said


def test_without_a_project_nothing_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A note, with the command that changes it."""
    monkeypatch.setenv("GRADCHECK_CASES", "off")
    line = list(project())[-1]

    assert line.state is State.NOTE
    assert "gradcheck init" in line.remedy


def test_a_topic_that_breaks_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package whose metadata is damaged is a line of its own."""

    def broken() -> None:
        raise OSError("damaged")

    monkeypatch.setattr(examining, "TOPICS", {"versions": broken, "blas": examining.TOPICS["blas"]})
    monkeypatch.setattr(examining, "disturbances", lambda targets: [])
    lines = examine()

    assert lines[0].state is State.ATTENTION
    assert "damaged" in lines[0].said
    assert lines[1].topic == "blas"

"""``gradcheck doctor``: what it says, as text and as data, and how it exits."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

import gradcheck.doctor
from gradcheck.cli import main
from gradcheck.cli._guard import Exit
from gradcheck.doctor import Line, State

FINE = Line("float64", State.OK, "53 digits")
NOTED = Line("long double", State.NOTE, "no wider than float64")
BAD = Line("subnormals", State.ATTENTION, "flushed \x1b[31m", "a build without it")


def doctor(monkeypatch: pytest.MonkeyPatch, lines: list[Line], *options: str) -> Result:
    monkeypatch.setattr(gradcheck.doctor, "examine", lambda targets: tuple(lines))
    return CliRunner().invoke(main, ["doctor", *options])


@pytest.mark.parametrize(
    ("lines", "code"),
    [([FINE], Exit.PASSED), ([FINE, NOTED], Exit.PASSED), ([FINE, BAD], Exit.FAILED)],
)
def test_the_exit_code_says_whether_something_needs_attention(
    monkeypatch: pytest.MonkeyPatch, lines: list[Line], code: Exit
) -> None:
    """A note is no failure."""
    assert doctor(monkeypatch, lines).exit_code == code


def test_wrong_use_is_two() -> None:
    """A format that does not exist."""
    assert CliRunner().invoke(main, ["doctor", "--format", "xml"]).exit_code == Exit.USAGE


def test_the_text_has_remedies_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row per line, its remedy below it, and nothing that acts on the terminal."""
    text = doctor(monkeypatch, [FINE, NOTED, BAD]).stdout

    assert text.split("\n") == [
        "ok         float64      53 digits",
        "note       long double  no wider than float64",
        "attention  subnormals   flushed \\x1b[31m",
        "           help: a build without it",
        "",
        "ok 1 · note 1 · attention 1",
        "",
    ]


def test_json_is_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line with its state, what was said, and the remedy."""
    data = json.loads(doctor(monkeypatch, [BAD], "--format", "json", "--color", "always").stdout)

    assert data["lines"] == [
        {"topic": "subnormals", "state": "attention", "said": "flushed \x1b[31m", "remedy": "a build without it"}
    ]


def test_the_whole_of_it_runs_here() -> None:
    """All topics, all plugins, all frameworks that are installed: no line says that it could not be looked at."""
    done = CliRunner().invoke(main, ["doctor"])

    assert done.exit_code in (Exit.PASSED, Exit.FAILED)
    assert "could not be looked at" not in done.stdout
    assert "ok         float64" in done.stdout

"""``gradcheck fuzz``: what it prints, stores, and how it exits."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main
from gradcheck.cli._duration import Duration, seconds_of, told
from gradcheck.cli._guard import Exit

SUBJECTS = """
import numpy as np, gradcheck
def falling(x): return np.where(np.asarray(x) > 30, -np.asarray(x), x)
FALLING = gradcheck.subject(falling, kind="activation", traits={"monotone": True})
FINE = gradcheck.subject(np.tanh, kind="activation", name="fine")
UNKNOWN = gradcheck.subject(np.tanh, kind="activation", name="unknown", traits={"monotone": False})
"""

Fuzz = Callable[..., Result]


@pytest.fixture
def fuzz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fuzz:
    """Call the command in a folder with subjects.py and a place for cases, for a second, one law."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("GRADCHECK_CASES", str(tmp_path / "cases"))
    (tmp_path / "subjects.py").write_text(SUBJECTS)

    def fuzz(*arguments: str) -> Result:
        given = ["--max-time", "1s", "-c", "GC502", "-n", "20", "--no-isolation", *arguments]
        return CliRunner().invoke(main, ["fuzz", *given])

    return fuzz


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["subjects.py:FINE"], Exit.PASSED),
        (["subjects.py:FALLING"], Exit.FAILED),
        (["subjects.py:UNKNOWN"], Exit.NOTHING),
        (["subjects.py:NOBODY"], Exit.USAGE),
        ([], Exit.USAGE),
        (["subjects.py", "--max-time", "soon"], Exit.USAGE),
        (["subjects.py", "--max-time", "0"], Exit.USAGE),
        (["subjects.py", "-c", "GC999"], Exit.USAGE),
        (["subjects.py", "--seed", "-1"], Exit.USAGE),
    ],
)
def test_the_exit_code_tells_what_happened(fuzz: Fuzz, arguments: list[str], code: Exit) -> None:
    """0 nothing found, 1 a failure, 2 wrong use, 5 nothing that could be searched."""
    assert fuzz(*arguments).exit_code == code


def test_a_fault_of_ours_is_three(fuzz: Fuzz, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, and how to report it."""
    import gradcheck.properties._fuzz as rounds

    monkeypatch.setattr(rounds, "run_law", None)
    done = fuzz("subjects.py:FINE")

    assert done.exit_code == Exit.FAULT
    assert "please report this" in done.stderr


def test_a_failure_is_told_stored_and_found_again(fuzz: Fuzz, tmp_path: Path) -> None:
    """The report, the case, the command of the round; the seed that is printed repeats the search."""
    first = fuzz("subjects.py:FALLING", "--seed", "77")
    again = fuzz("subjects.py:FALLING", "--seed", "77", "--cases", "off")

    assert "error[GC502]: `falling`" in first.stdout
    assert "reproduce: gradcheck run subjects.py:FALLING --seed 77 -n 20 -c GC502" in first.stdout
    assert "repeat: the same command with --seed 77" in first.stdout
    assert len(list((tmp_path / "cases").glob("GC502-*.json"))) == 1
    assert _input(first) == _input(again)


def _input(result: Result) -> list[str]:
    return [line.split("tried)")[-1] for line in result.stdout.split("\n") if "smallest failing input" in line]


def test_without_a_seed_a_new_one_is_printed(fuzz: Fuzz) -> None:
    """Two searches are not the same search."""
    seeds = {line for _ in range(2) for line in fuzz("subjects.py:FINE").stdout.split("\n") if "repeat:" in line}

    assert len(seeds) == 2


def test_it_says_how_much_and_what_was_tried(fuzz: Fuzz) -> None:
    """Examples, rounds and time, and the structures that were drawn; how far it is, as plain lines elsewhere."""
    done = fuzz("subjects.py:FINE")

    assert "nothing found: " in done.stdout
    assert " examples in " in done.stdout
    assert "= drawn: dense " in done.stdout
    assert done.stderr.startswith("fuzzing 1 subject for 1 s, seed ")
    assert "round 1 done: 20 examples" in done.stderr


def test_quiet_is_quiet(fuzz: Fuzz) -> None:
    """Nothing on standard error, one line per failure, and the last lines."""
    done = fuzz("subjects.py:FALLING", "-q", "--seed", "1")

    assert done.stderr == ""
    assert len(done.stdout.strip().split("\n")) == 5


def test_reports_are_written(fuzz: Fuzz, tmp_path: Path) -> None:
    """Over all rounds, in any format."""
    fuzz("subjects.py", "--keep-going", "--seed", "1", "--report", "json=r.json", "--report", "html=r.html")
    data = json.loads((tmp_path / "r.json").read_text())

    assert data["verdict"] == "fail"
    assert dict(data["header"])["fuzzed"].endswith("seed 1")
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("0.5h", 1800), (" 2M ", 120), ("1.5", 1.5)],
)
def test_a_duration_is_what_people_type(text: str, seconds: float) -> None:
    """Hours, minutes and seconds, or a bare number of seconds."""
    assert seconds_of(text) == seconds == Duration().convert(text, None, None)
    assert seconds_of(told(seconds).replace(" ", "").replace("min", "m")) == pytest.approx(seconds, rel=0.1)


@pytest.mark.parametrize("text", ["", "soon", "-5", "5 m 3", "0", "0s", "5d", "1m1h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """With what to write."""
    assert seconds_of(text) is None

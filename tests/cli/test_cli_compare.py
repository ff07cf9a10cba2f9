"""``gradcheck compare``: two reports, what is different, and whether that is bad."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main
from gradcheck.cli._compare import ALSO
from gradcheck.cli._guard import Exit
from gradcheck.renderers import render
from gradcheck.report import LawResult, RunReport, Sort, Status, SuiteReport

Compare = Callable[..., Result]


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Write reports named after the status of their one law, and compare two of them."""
    monkeypatch.chdir(tmp_path)
    for status in (Status.PASSED, Status.FAILED, Status.INCONCLUSIVE):
        law = LawResult("GC502", "rises", status)
        (tmp_path / f"{status}.json").write_text(render(RunReport((SuiteReport("f", "activation", (law,)),)), "json"))
    (tmp_path / "empty.json").write_text(render(RunReport(), "json"))

    def compare(old: str, new: str, *options: str) -> Result:
        return CliRunner().invoke(main, ["compare", f"{old}.json", f"{new}.json", *options])

    return compare


@pytest.mark.parametrize(
    ("old", "new", "options", "code"),
    [
        ("passed", "passed", [], Exit.PASSED),
        ("passed", "failed", [], Exit.FAILED),
        ("empty", "failed", [], Exit.FAILED),
        ("failed", "failed", [], Exit.PASSED),
        ("failed", "failed", ["--fail-on", "still"], Exit.FAILED),
        ("failed", "passed", [], Exit.PASSED),
        ("passed", "inconclusive", [], Exit.PASSED),
        ("passed", "inconclusive", ["--fail-on", "undecided"], Exit.FAILED),
        ("passed", "empty", [], Exit.NOTHING),
        ("passed", "nowhere", [], Exit.USAGE),
    ],
)
def test_the_exit_code_says_whether_something_new_fails(
    compare: Compare, old: str, new: str, options: list[str], code: Exit
) -> None:
    """1 for a new failure, and for what --fail-on names; 2 without a report; 5 where nothing ran."""
    assert compare(old, new, *options).exit_code == code


def test_the_words_of_fail_on_are_sorts_of_change() -> None:
    """All but a new failure, which always counts, and a repair, which never does."""
    assert {Sort[name] for name in ALSO.values()} == set(Sort) - {Sort.NEW, Sort.FIXED}


def test_what_changed_is_told_or_written(compare: Compare, tmp_path: Path) -> None:
    """As text on the terminal, as Markdown or data in a file."""
    assert "passed -> failed" in compare("passed", "failed").stdout
    assert compare("passed", "failed", "--output-format", "markdown", "-o", "c.md").stdout == ""
    assert "| new failure | f |" in (tmp_path / "c.md").read_text()
    assert json.loads(compare("failed", "passed", "--output-format", "json").stdout)["counts"]["fixed"] == 1


def test_color_is_asked_for_or_left(compare: Compare) -> None:
    """The words are the same with and without."""
    plain, colored = (compare("passed", "failed", "--color", how).stdout for how in ("never", "always"))

    assert "\x1b[" not in plain
    assert "\x1b[" in colored

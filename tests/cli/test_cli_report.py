"""``gradcheck report merge``: the reports of several jobs, in one report of any format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main
from gradcheck.cli._guard import Exit
from gradcheck.renderers import FORMATS
from gradcheck.report import LawResult, RunReport, Status, SuiteReport

FIRST, SECOND = (
    RunReport((SuiteReport(name, "activation", (LawResult("GC502", "rises", status),)),))
    for name, status in (("tanh", Status.PASSED), ("falling", Status.FAILED))
)


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write two reports into the current directory."""
    from gradcheck.renderers import render

    monkeypatch.chdir(tmp_path)
    for name, report in (("a", FIRST), ("b", SECOND)):
        (tmp_path / f"{name}.json").write_text(render(report, "json"))
    return tmp_path


def merge(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["report", "merge", *arguments])


def test_two_reports_are_one(reports: Path) -> None:
    """Both subjects, and the accounting of both, on the terminal; merging is no check, so it exits with 0."""
    done = merge("a.json", "b.json")

    assert done.exit_code == Exit.PASSED, done.output
    assert "error[GC502]: `falling`" in done.stdout
    assert "ran 2 · passed 1 · failed 1" in done.stdout


@pytest.mark.parametrize(("files", "code"), [(["a.json"], Exit.PASSED), (["a.json", "b.json"], Exit.FAILED)])
def test_the_exit_code_of_the_whole_can_be_asked_for(reports: Path, files: list[str], code: Exit) -> None:
    """A last job can stand for all the others."""
    assert merge("--exit-code", *files).exit_code == code


def test_an_empty_report_ran_nothing(reports: Path) -> None:
    """Exit code 5, as a run that ran nothing."""
    from gradcheck.renderers import render

    (reports / "empty.json").write_text(render(RunReport(), "json"))

    assert merge("--exit-code", "empty.json").exit_code == Exit.NOTHING


def test_the_name_of_the_file_says_the_format(reports: Path) -> None:
    """What was merged can be merged again; pages and XML are written as such."""
    for name, start in (
        ("whole.json", "{"),
        ("whole.html", "<!doctype html>"),
        ("whole.xml", "<?xml"),
        ("x", "pass"),
    ):
        assert merge("a.json", "b.json", "-o", name).exit_code == Exit.PASSED
        assert (reports / name).read_text().startswith(start)
    assert len(json.loads((reports / "whole.json").read_text())["suites"]) == 2
    assert merge("whole.json", "a.json").exit_code == Exit.PASSED


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_can_be_written(reports: Path, name: str) -> None:
    """The formats of a run are those of a merged report."""
    done = merge("a.json", "b.json", "--report", f"{name}=out/whole.txt")

    assert (done.exit_code, done.stdout) == (Exit.PASSED, "")
    assert (reports / "out/whole.txt").stat().st_size > 20


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"format": "gradcheck-report", "version": 1, "type": "RunReport", "suites": [3]}']
)
def test_what_is_no_report_is_refused_in_a_sentence(reports: Path, text: str) -> None:
    """Exit code 2, the name of the file, and what to do."""
    (reports / "no.json").write_text(text)
    done = merge("a.json", "no.json")

    assert done.exit_code == Exit.USAGE
    assert "report=no.json" in done.stderr
    assert "--report json=PATH" in done.stderr


def test_a_file_that_is_not_there_is_refused(reports: Path) -> None:
    """Exit code 2, before anything is written."""
    assert merge("nowhere.json", "-o", "o.json").exit_code == Exit.USAGE
    assert not (reports / "o.json").exists()

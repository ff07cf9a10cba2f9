"""``gradcheck replay``: what it says, deletes and keeps, and how it exits."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main
from gradcheck.cli._guard import Exit

ACTS = """
import numpy as np, gradcheck
def falling(x): return np.where(np.asarray(x) > LIMIT, -np.asarray(x), x)
FALLING = gradcheck.subject(falling, kind="activation", traits={"monotone": True})
"""

Call = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with one stored case."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADCHECK_CASES")
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / ".gradcheck").mkdir()
    become(tmp_path, ACTS.replace("LIMIT", "30"))
    call("run", "acts.py", "-c", "GC502", "--no-isolation", "-q")
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def replay(*arguments: str) -> Result:
    return call("replay", "--no-isolation", *arguments)


def become(project: Path, text: str) -> None:
    """Change the subjects, as if in another process."""
    (project / "acts.py").write_text(text)
    for name in [name for name in sys.modules if name.startswith("_gradcheck_")]:
        del sys.modules[name]


def cases(project: Path) -> list[str]:
    return sorted(path.stem for path in (project / ".gradcheck" / "cases").glob("*.json"))


FIXED, GONE = ACTS.replace("LIMIT", "np.inf"), "import gradcheck\nS = gradcheck.subject(abs, kind='activation')"


@pytest.mark.parametrize(
    ("text", "code", "word", "left"),
    [
        (ACTS.replace("LIMIT", "30"), Exit.FAILED, "still failing", 1),
        (FIXED, Exit.PASSED, "fixed", 0),
        (GONE, Exit.USAGE, "cannot run", 1),
    ],
)
def test_a_case_fares_and_the_exit_code_says_how(project: Path, text: str, code: Exit, word: str, left: int) -> None:
    """1 still failing, 0 fixed (and deleted), 2 not to be run any more (and kept)."""
    become(project, text)
    done = replay()

    assert (done.exit_code, len(cases(project))) == (code, left)
    assert done.stdout.startswith(word)
    assert f"1 case · {word} 1" in done.stdout


def test_nothing_stored_is_nothing_run(project: Path) -> None:
    """Exit code 5; without any place for cases, 2."""
    become(project, FIXED)
    replay()

    assert replay().exit_code == Exit.NOTHING
    assert replay("--cases", "off").exit_code == Exit.USAGE


@pytest.mark.parametrize("arguments", [["GC502-00000000"], ["nowhere/GC1-0.json"], ["--prine"], ["-s", ""]])
def test_wrong_use_is_two(project: Path, arguments: list[str]) -> None:
    """An unknown case, a file that is not there, an option that is not known."""
    done = replay(*arguments)

    assert done.exit_code == Exit.USAGE, done.output
    assert "Traceback" not in done.output


def test_a_fixed_case_can_be_kept(project: Path) -> None:
    """On request, or because the configuration keeps a corpus."""
    become(project, FIXED)

    assert "deleted" not in replay("--keep").stdout
    assert len(cases(project)) == 1
    (project / "pyproject.toml").write_text("[tool.gradcheck]\nkeep-cases = true\n")
    assert replay().exit_code == Exit.PASSED
    assert len(cases(project)) == 1


def test_what_cannot_run_is_deleted_on_request(project: Path) -> None:
    """Also what cannot even be read."""
    become(project, GONE)
    (project / ".gradcheck/cases/GC501-0.json").write_text("{")
    first, second = replay(), replay("--prune")

    assert "GC501-0" in first.stdout
    assert "cannot be read" in first.stdout
    assert second.stdout.count("deleted") == 2
    assert cases(project) == []


def test_one_case_is_told_in_full(project: Path) -> None:
    """By its ID, or by the path of its file, from anywhere; the report names the command."""
    (name,) = cases(project)
    by_id, by_path = replay(name), replay(f".gradcheck/cases/{name}.json")

    assert by_id.exit_code == by_path.exit_code == Exit.FAILED
    assert f"reproduce: gradcheck replay {name}" in by_id.stdout
    assert "error[GC502]: `falling`" in by_path.stdout


def test_many_cases_are_a_line_and_an_input_each(project: Path) -> None:
    """In short; -v tells all of it, -q nothing but the count."""
    short, long, quiet = (replay(*how).stdout for how in ([], ["-v"], ["-q"]))

    assert "x = tensor(" in short
    assert "learn more" not in short
    assert "learn more: gradcheck explain GC502" in long
    assert quiet == "1 case · still failing 1\n"


def test_a_subject_that_moved_is_named(project: Path) -> None:
    """--subject says where it is."""
    text = (project / "acts.py").read_text()
    become(project, "")
    (project / "moved.py").write_text(text)

    assert replay().exit_code == Exit.USAGE
    assert replay("--subject", "moved.py").exit_code == Exit.FAILED


def test_reports_are_written(project: Path) -> None:
    """What was replayed, in any format."""
    replay("--report", "json=r.json", "--report", "junit=r.xml")

    assert json.loads((project / "r.json").read_text())["suites"][0]["subject"] == "falling"
    assert 'failures="1"' in (project / "r.xml").read_text()


def test_an_interruption_leaves_what_was_tried(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 130; the report says how many cases were not tried, and nothing is deleted."""
    from gradcheck.engine import _replay

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_replay, "again", interrupt)
    done = replay("--report", "json=r.json")

    assert done.exit_code == Exit.INTERRUPTED
    assert done.stdout == "0 cases · interrupted before 1 case\n"
    assert json.loads((project / "r.json").read_text())["complete"] is False
    assert len(cases(project)) == 1


def test_it_runs_in_a_process_of_its_own(project: Path) -> None:
    """By default; what it prints is no report of ours."""
    text = ACTS.replace("LIMIT", "30").replace(
        "def falling(x): return", "def falling(x):\n    print('noise')\n    return"
    )
    become(project, text)
    done = call("replay")

    assert done.exit_code == Exit.FAILED
    assert "noise" not in done.stdout


def test_a_reason_of_several_lines_is_one(project: Path) -> None:
    r"""Why a case cannot run is read in a line, without a literal \n in it."""
    become(project, "raise ImportError(chr(10).join(['first line', ' second line']))")
    (head, *_) = replay().stdout.split("\n")

    assert head.startswith("cannot run")
    assert "first line second line" in head
    assert "\\n" not in head

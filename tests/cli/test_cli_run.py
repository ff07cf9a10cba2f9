"""``gradcheck run`` as a stranger's shell sees it: what it prints, what it writes, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main
from gradcheck.cli._guard import Exit
from gradcheck.cli._run import exit_code
from gradcheck.report import Finding, LawResult, RunReport, Status, SuiteReport, Verdict

SUBJECTS = """
import os, numpy as np, gradcheck
def falling(x): return -x
def rude(x): raise RuntimeError("rude \\x1b[31m")
RISING = gradcheck.subject(np.tanh, kind="activation", name="rising", traits={"monotone": True})
FALLING = gradcheck.subject(falling, kind="activation", traits={"monotone": True})
KNOWN = gradcheck.subject(falling, kind="activation", name="known", traits={"monotone": True},
                          expected_failures={"GC502": "on purpose"})
SURPRISE = gradcheck.subject(np.tanh, kind="activation", name="surprise", traits={"monotone": True},
                             expected_failures={"GC502": "on purpose"})
RUDE = gradcheck.subject(rude, kind="activation", traits={"monotone": True}, name="rude")
def fatal(x):
    os._exit(3)
def endless(x):
    while True: pass
FATAL = gradcheck.subject(fatal, kind="activation", traits={"monotone": True})
ENDLESS = gradcheck.subject(endless, kind="activation", traits={"monotone": True})
BOTH = [FATAL, ENDLESS, RISING]
def chatty(x):
    print("noise")
    return x
CHATTY = gradcheck.subject(chatty, kind="activation", traits={"monotone": True})
UNKNOWN = gradcheck.subject(np.tanh, kind="activation", name="unknown", traits={"monotone": False})
"""

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Call the command line in a folder with subjects.py; only the law GC502, a few examples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "subjects.py").write_text(SUBJECTS)

    def invoke(*arguments: str, contained: bool = False) -> Result:
        where = [] if contained else ["--in-process"]
        return CliRunner().invoke(main, ["run", "-c", "GC502", "-n", "5", *where, *arguments])

    return invoke


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("RISING", Exit.PASSED),
        ("KNOWN", Exit.PASSED),
        ("FALLING", Exit.FAILED),
        ("SURPRISE", Exit.FAILED),
        ("RUDE", Exit.FAILED),
        ("UNKNOWN", Exit.NOTHING),
        ("NOBODY", Exit.USAGE),
    ],
)
def test_the_exit_code_tells_what_happened(invoke: Invoke, name: str, code: Exit) -> None:
    """0 passed or failed as expected, 1 failed or passed unexpectedly, 2 not found, 5 nothing applied."""
    assert invoke(f"subjects.py:{name}").exit_code == code


def test_where_nothing_ran_nothing_passed(invoke: Invoke) -> None:
    """Neither the table nor the last line says that a subject passed for which no chosen law applies."""
    result = invoke("subjects.py:UNKNOWN")

    assert result.exit_code == Exit.NOTHING
    assert "pass  " not in result.stdout
    assert result.stdout.rstrip().endswith("nothing ran: no check applies to 1 subject")


@pytest.mark.parametrize(
    "arguments",
    [
        ["no.such.module"],
        ["subjects.py", "-c", "GC999"],
        ["subjects.py", "--report", "html"],
        ["subjects.py", "--report", "htm=x"],
        ["subjects.py", "--output-format", "xml"],
        ["subjects.py", "--seed", "-1"],
        ["subjects.py", "--no-such-option"],
        [],
    ],
)
def test_wrong_use_is_two_and_one_sentence(invoke: Invoke, arguments: list[str]) -> None:
    """Targets, codes, formats and options that do not exist; never a traceback."""
    result = invoke(*arguments)

    assert result.exit_code == Exit.USAGE
    assert "Traceback" not in result.output
    assert "rror: " in result.output


def test_a_fault_of_the_tool_is_three(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence and how to report it; the traceback where -v asks for it; nothing found is lost."""
    import gradcheck.properties

    monkeypatch.setattr(gradcheck.properties, "run_suite", None)
    short, long = (invoke("subjects.py:RISING", *more) for more in ([], ["-v"]))

    assert short.exit_code == long.exit_code == Exit.FAULT
    assert "please report this with the output of -v" in short.stderr
    assert "Traceback" not in short.stderr
    assert "Traceback" in long.stderr
    assert "ran 1" in short.stdout


def test_an_interruption_is_130(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is finished is shown, and the text says that it is not everything."""
    import gradcheck.properties

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gradcheck.properties, "run_suite", interrupt)
    result = invoke("subjects.py:RISING")

    assert result.exit_code == Exit.INTERRUPTED
    assert "interrupted" in result.output


def test_doubt_alone_passes_unless_told_otherwise() -> None:
    """Inconclusive and vacuous laws are failures only with --fail-on."""
    undecided = LawResult("GC502", "t", Status.INCONCLUSIVE, (Finding("GC902", "t", Verdict.INCONCLUSIVE),))
    empty = LawResult("GC502", "t", Status.VACUOUS)
    doubtful, vacuous = (RunReport((SuiteReport("f", "activation", (law,)),)) for law in (undecided, empty))

    assert exit_code(doubtful) == exit_code(vacuous) == Exit.PASSED
    assert exit_code(doubtful, ("inconclusive",)) == Exit.FAILED
    assert exit_code(vacuous, ("inconclusive",)) == Exit.PASSED
    assert exit_code(vacuous, ("vacuous",)) == Exit.FAILED


def test_a_crash_or_an_endless_loop_costs_one_subject(invoke: Invoke) -> None:
    """The death of the process and no answer in time are findings; the others run in a new process."""
    result = invoke("subjects.py:BOTH", "--timeout", "12", contained=True)

    assert result.exit_code == Exit.FAILED
    assert "error[GC907]: `fatal` ended the process it ran in (exit code 3)" in result.stdout
    assert "error[GC907]: `endless` did not come back within 12 s" in result.stdout
    assert "pass  rising" in result.stdout


def test_what_a_subject_prints_is_not_our_output(invoke: Invoke) -> None:
    """Prints of user code do not end up in a report on standard output."""
    result = invoke("subjects.py:CHATTY", "--output-format", "json", contained=True)

    assert json.loads(result.stdout)["verdict"] == "pass"


def test_the_text_names_subject_law_input_and_repetition(invoke: Invoke) -> None:
    """A failure says which law, the smallest input, and the command that repeats it, in any process."""
    first = invoke("subjects.py:falling")

    assert "error[GC502]: `falling`" in first.stdout
    assert "smallest failing input" in first.stdout
    assert "reproduce: gradcheck run subjects.py:falling --seed 0 -n 5" in first.stdout
    assert "ran 1 · passed 0 · failed 1" in first.stdout
    again = invoke("subjects.py:falling", contained=True)
    assert _without_times(first.stdout) == _without_times(again.stdout)


def _without_times(text: str) -> list[str]:
    return [line for line in text.split("\n") if "smallest failing" in line or "error[" in line]


def test_an_escape_in_a_message_is_spelled_out(invoke: Invoke) -> None:
    """A subject cannot color our terminal."""
    result = invoke("subjects.py:RUDE")

    assert "\x1b" not in result.stdout
    assert r"\x1b[31m" in result.stdout


def test_formats_and_reports_are_written(invoke: Invoke, tmp_path: Path) -> None:
    """One format on the terminal or in a file, others beside it; folders are made."""
    result = invoke(
        "subjects.py:FALLING", "--output-format", "concise", "-o", "out.txt",
        "--report", "json=reports/r.json", "--report", "html=r.html",
    )  # fmt: skip

    assert result.stdout == ""
    assert "error GC502 falling" in (tmp_path / "out.txt").read_text()
    assert json.loads((tmp_path / "reports/r.json").read_text())["verdict"] == "fail"
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")


def test_an_output_file_that_cannot_be_written_is_shown_instead(invoke: Invoke, tmp_path: Path) -> None:
    """What was found is on standard output, the reports are written, and the file is named: exit code 2."""
    (tmp_path / "taken").write_text("")
    result = invoke("subjects.py:FALLING", "-o", "taken/out.txt", "--report", "json=r.json")

    assert result.exit_code == 2
    assert "error[GC502]" in result.stdout
    assert "output-file=taken/out.txt cannot be written" in result.stderr
    assert (tmp_path / "r.json").exists()


def test_a_file_that_cannot_be_written_costs_that_file_alone(invoke: Invoke, tmp_path: Path) -> None:
    """The other reports are written and the text is shown before it is complained of: exit code 2."""
    (tmp_path / "file").write_text("")
    result = invoke("subjects.py:FALLING", "--report", "json=file/r.json", "--report", "junit=r.xml")

    assert result.exit_code == Exit.USAGE
    assert "error[GC502]: `falling`" in result.stdout
    assert "json=file/r.json cannot be written" in result.stderr
    assert 'failures="1"' in (tmp_path / "r.xml").read_text()


def test_fail_fast_leaves_the_rest(invoke: Invoke) -> None:
    """-x ends the run with the first failing subject; -q says it in one line."""
    result = invoke("subjects.py", "-x", "-q")

    assert result.exit_code == Exit.FAILED
    assert len(result.stdout.strip().split("\n")) == 2


def test_verbose_lists_the_laws(invoke: Invoke) -> None:
    """-v shows every law with its status."""
    assert "GC502  passed" in invoke("subjects.py:RISING", "-v").stdout


@pytest.mark.parametrize(("color", "colored"), [("always", True), ("never", False), ("auto", False)])
def test_color_is_asked_for_or_left(invoke: Invoke, color: str, colored: bool) -> None:
    """Escapes only where a terminal, or --color always, wants them; the text stays the same."""
    assert ("\x1b[" in invoke("subjects.py:FALLING", "--color", color).stdout) is colored


def test_the_module_runs_too_beside_a_strangers_files(tmp_path: Path) -> None:
    """``python -m gradcheck`` works, in a folder whose files are named like our folders, without any color."""
    for name in ("reference.py", "properties.py"):
        (tmp_path / name).write_text("raise SystemExit('shadow')")
    (tmp_path / "subjects.py").write_text(SUBJECTS)
    command = [sys.executable, "-m", "gradcheck", "run", "subjects.py:RISING", "-c", "GC502", "-n", "5"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8",
                          env={**os.environ, "PYTHONIOENCODING": "ascii"})  # fmt: skip

    assert (done.returncode, done.stderr.split(": ")[0]) == (0, "[1/1] pass  rising")
    assert "passed 1" in done.stdout


def test_help_imports_nothing_heavy() -> None:
    """The first words of the command line do not wait for NumPy, Hypothesis or rich."""
    code = (
        "import sys; from gradcheck.cli import main\n"
        "try: main(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'hypothesis', 'rich', 'pytest', 'scipy'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip().split("\n")[-1] == "[]"


def test_a_terminal_gets_the_error_against_the_step_as_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Styled output has the picture below the numbers; what goes into a pipe or a file has the numbers alone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.py").write_text(
        "import numpy as np, gradcheck\n"
        "def slope(x): return 1 - np.tanh(x)\n"
        "S = gradcheck.subject(np.tanh, np.linspace(-1, 1, 5), kind='activation', derivative=slope)"
    )
    arguments = ["run", "-c", "GC101", "-n", "5", "--in-process", "wrong.py"]
    piped, styled = (CliRunner().invoke(main, [*arguments, "--color", how]) for how in ("never", "always"))
    CliRunner().invoke(main, [*arguments, "--color", "always", "-o", "out.txt"])

    assert "explicable" in piped.output
    assert "●" not in piped.output + (tmp_path / "out.txt").read_text()
    assert "●" in styled.output

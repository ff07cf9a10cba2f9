"""Ctrl-C, and whatever else asks a run to stop, leaves a report that says that it is partial, in every format."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradcheck.cli._guard import Exit
from gradcheck.renderers import FORMATS

SUBJECTS = """
import pathlib, time, numpy as np, gradcheck
def falling(x): return -x
def slow(x):
    pathlib.Path("begun").touch()
    time.sleep(0.2)
    return x
FIRST = gradcheck.subject(falling, kind="activation", traits={"monotone": True})
LAST = gradcheck.subject(slow, kind="activation", traits={"monotone": True})
"""
LAUNCHED = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)  # a run in the background is born deaf to it
if sys.argv[1] == "at-a-terminal":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "gradcheck", *sys.argv[2:]])
"""
"""Runs the command line in a process that hears signals, and keys if the terminal is its own."""

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder whose second subject takes its time, and says when it begins to."""
    (tmp_path / "subjects.py").write_text(SUBJECTS)
    return tmp_path


def started(project: Path, *arguments: str, place: str = "anywhere", **how: object) -> subprocess.Popen[str]:
    """Start the command line, and wait until the slow subject is in hand."""
    (project / "begun").unlink(missing_ok=True)
    command = [sys.executable, "-c", LAUNCHED, place, *arguments]
    cases = {"GRADCHECK_CASES": str(project / "cases")}
    kept = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    process = subprocess.Popen(command, cwd=project, text=True, env={**os.environ, **cases}, **kept)  # type: ignore[call-overload]
    limit = time.monotonic() + 60
    while not (project / "begun").exists() and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
    return process  # type: ignore[no-any-return]


@pytest.mark.parametrize(("name", "where"), [("SIGINT", []), ("SIGTERM", ["--no-isolation"])])
def test_what_was_found_is_in_every_report(project: Path, name: str, where: list[str]) -> None:
    """The first subject's failure, and a sentence that says that the run was interrupted; exit code 130."""
    reports = [word for format_name in FORMATS for word in ("--report", f"{format_name}=r.{format_name}")]
    process = started(project, "run", "subjects.py", "-c", "GC502", "-n", "200", *where, *reports)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=60)

    assert process.returncode == Exit.INTERRUPTED, err
    assert "Traceback" not in err
    assert "error[GC502]: `falling`" in out
    assert "the run was interrupted: 1 of 2 subjects not checked to the end" in out
    for format_name in FORMATS:
        text = (project / f"r.{format_name}").read_text(encoding="utf-8")
        assert "GC502" in text, format_name
        assert "interrupted" in text, format_name
    assert json.loads((project / "r.json").read_text())["complete"] is False
    assert len(list((project / "cases").glob("GC502-*.json"))) == 1


def test_a_search_ends_as_well(project: Path) -> None:
    """What a round has found so far is told, with the seed that repeats it."""
    process = started(
        project, "fuzz", "subjects.py:LAST", "--max-time", "10m", "-c", "GC502", "--seed", "5", "--no-isolation"
    )
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)

    assert process.returncode == Exit.INTERRUPTED, err
    assert "the run was interrupted: after " in out
    assert "repeat: the same command with --seed 5" in out


def test_the_other_process_does_not_stay_behind(project: Path) -> None:
    """A signal to the whole group, as a terminal or a service sends it, is no crash of the subject."""
    process = started(project, "run", "subjects.py", "-c", "GC502", "-n", "200", start_new_session=True)
    os.killpg(process.pid, signal.SIGTERM)
    out, _ = process.communicate(timeout=60)

    assert process.returncode == Exit.INTERRUPTED
    assert "GC907" not in out
    assert subprocess.run(["pgrep", "-s", str(process.pid)], capture_output=True, check=False).stdout == b""


def test_a_key_at_the_terminal_is_a_signal_too(project: Path) -> None:
    """Ctrl-C, typed; the moving line is gone, and the report stands."""
    control, terminal = pty.openpty()
    ends = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    arguments = ("run", "subjects.py", "-c", "GC502", "-n", "200")
    process = started(project, *arguments, place="at-a-terminal", start_new_session=True, **ends)
    os.close(terminal)
    os.write(control, b"\x03")
    text = _read(control)

    assert process.wait(60) == Exit.INTERRUPTED
    assert "interrupted: what follows is not complete" in text


def _read(control: int) -> str:
    parts = []
    while True:
        try:
            part = os.read(control, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(control)
    return b"".join(parts).decode(errors="replace")

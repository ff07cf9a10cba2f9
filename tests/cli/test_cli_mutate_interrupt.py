"""Ctrl-C while mistakes are judged: what was judged is told, and nothing that was started stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gradcheck.cli._guard import Exit

LAYERS = """
import numpy as np
import gradcheck
{more}
def square(x): return x * x
def square_grad(x): return 2 * x
SUBJECT = gradcheck.subject(square, kind="activation")
"""
CHECK = """
import os, pathlib, time
number = len(list(pathlib.Path().glob("call-*")))
pathlib.Path(f"call-{os.getpid()}").touch()
if number > 3:
    pathlib.Path("begun").touch()
    time.sleep(300)
from layers import square_grad
assert square_grad(3.0) == 6
"""
"""The right code, and three mistakes, are judged at once; what follows takes its time."""
SLOW = """
import os, pathlib, time
pathlib.Path(f"process-{os.getpid()}").touch()
if len(list(pathlib.Path().glob("process-*"))) > 2:
    pathlib.Path("begun").touch()
    time.sleep(300)
"""
"""This process, and the one that judges the right code, go on; the next takes its time."""
LAUNCHED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background is born deaf to it
os.execv(sys.executable, [sys.executable, "-m", "gradcheck", "mutate", *sys.argv[1:]])
"""

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="signals of POSIX")


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the command line, and wait until something slow is in hand."""
    command = [sys.executable, "-c", LAUNCHED, "layers.py", "--format", "json", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    limit = time.monotonic() + 120
    while not (folder / "begun").exists() and process.poll() is None and time.monotonic() < limit:
        time.sleep(0.02)
    return process


def is_there(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def nobody_is_left(folder: Path, pattern: str) -> bool:
    numbers = [int(mark.name.partition("-")[2]) for mark in folder.glob(pattern)]
    limit = time.monotonic() + 30
    while any(map(is_there, numbers)) and time.monotonic() < limit:
        time.sleep(0.02)
    return len(numbers) > 1 and not any(map(is_there, numbers))


@pytest.mark.parametrize(("name", "jobs"), [("SIGINT", "2"), ("SIGTERM", "1")])
def test_what_was_judged_by_tests_is_told(tmp_path: Path, name: str, jobs: str) -> None:
    """The fates so far, a report that says that it is not complete, and exit code 130."""
    (tmp_path / "layers.py").write_text(LAYERS.format(more=""))
    (tmp_path / "check.py").write_text(CHECK)
    process = started(tmp_path, "--tests", f"{sys.executable} check.py", "--jobs", jobs)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=60)
    told = json.loads(out)

    assert process.returncode == Exit.INTERRUPTED, err
    assert "Traceback" not in err
    assert told["complete"] is False
    assert 1 <= len(told["mutations"]) <= 3
    assert {m["fate"] for m in told["mutations"]} <= {"killed", "raises"}
    assert nobody_is_left(tmp_path, "call-*")


def test_the_processes_of_our_suite_end_with_it(tmp_path: Path) -> None:
    """One judges, another is just starting; a signal to all of them, as Ctrl-C sends it, ends all."""
    (tmp_path / "layers.py").write_text(LAYERS.format(more=SLOW))
    process = started(tmp_path, "-n", "2", "--jobs", "2")
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert process.returncode == Exit.INTERRUPTED, err
    assert "Traceback" not in err
    assert json.loads(out)["complete"] is False
    assert nobody_is_left(tmp_path, "process-*")

"""What a subject does to its process costs this subject alone, and the input that did it is on disk."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from gradcheck.properties import load_case
from gradcheck.properties._store import Store, Stored

from gradcheck.cli import main
from gradcheck.cli._guard import Exit

SUBJECTS = """
import ctypes, os, time, gradcheck, numpy as np
def of_law(x): return x.size == 16  # no size that is tried while traits are inferred
def segfault(x):
    if of_law(x): ctypes.string_at(0)
    return x
def leaves(x):
    if of_law(x): os._exit(7)
    return x
def endless(x):
    while of_law(x): time.sleep(0.01)
    return x
def hungry(x):
    if of_law(x): return [np.ones(10**8) for _ in range(100)]
    return x
def at_once(x):
    os._exit(8)
    return x
def fine(x): return x
def slow(x):
    time.sleep(2.2 * of_law(x))        # one law takes longer than it may be silent, but its examples go on
    return x
class Layer:
    def forward(self, x): os._exit(9)
    def backward(self, dout): return dout
NAMES = (segfault, leaves, endless, hungry, at_once, fine, slow)
SUBJECTS = [gradcheck.subject(f, kind="activation", traits={"monotone": True}) for f in NAMES]
SUBJECTS.append(gradcheck.subject(Layer(), np.ones((2, 2))))
"""
RUN = ("run", "-c", "GC502,GC101", "-n", "3", "--color", "never")


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Result]]:
    """Run everything that goes down, once, in a project that keeps cases."""
    folder = tmp_path_factory.mktemp("crashed")
    (folder / "subjects_to_contain.py").write_text(SUBJECTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        limits = ("--timeout", "4", "--memory", "768 MiB", "-j", "2", "--cases", "kept")
        yield folder, run("subjects_to_contain.py", *limits)
    for name in [name for name in sys.modules if name.startswith("_gradcheck_subjects_to_contain")]:
        del sys.modules[name]


def run(*arguments: str) -> Result:
    """Call the command line in this process; subjects run in others all the same."""
    return CliRunner().invoke(main, [*RUN, *arguments])


def stored(folder: Path) -> dict[str, Stored]:
    """Return the cases by their subjects."""
    return {case.subject: case for case in Store(folder / "kept").readable()}


@pytest.mark.parametrize(
    "said",
    [
        "`segfault` ended the process it ran in (SIGSEGV) during GC502",
        "`leaves` ended the process it ran in (exit code 7) during GC502",
        "`endless` did not come back within 4 s during GC502",
        "`hungry` raised MemoryError",
        "`at_once` ended the process it ran in (exit code 8) while its traits were inferred",
        "`Layer` ended the process it ran in (exit code 9) while its gradients were checked at its own inputs",
        "pass  fine",
        "pass  slow",
    ],
)
def test_every_way_to_go_down_is_contained(crashed: tuple[Path, Result], said: str) -> None:
    """Crash, exit, endless loop and exhausted memory: GC907 each, and the others run."""
    _, result = crashed

    assert result.exit_code == Exit.FAILED
    assert said in result.output


def test_the_last_input_is_on_disk(crashed: tuple[Path, Result]) -> None:
    """Of a law as its example, which is tried first next time; of a first look as the arrays of the call."""
    folder, result = crashed
    cases = stored(folder)

    assert set(cases) == {"segfault", "leaves", "endless", "hungry", "at_once", "Layer"}
    assert {cases[name].code for name in ("segfault", "leaves", "endless", "hungry")} == {"GC502"}
    assert {cases[name].code for name in ("at_once", "Layer")} == {"GC907"}
    assert dict(cases["Layer"].drawn)["x"].shape == (2, 2)
    assert all(f"gradcheck.load_case('{cases[name].id}').run()" in result.output for name in ("segfault", "endless"))


def test_what_came_back_is_forgotten(crashed: tuple[Path, Result]) -> None:
    """Repaired subjects leave no case behind, whether a law, the first look, or a person tried it again."""
    folder, _ = crashed

    class Repaired:
        def forward(self, x: Any) -> Any:
            return x

        def backward(self, dout: Any) -> Any:
            return dout

    assert load_case(stored(folder)["Layer"].id, cases="kept").run(Repaired()).ok
    (folder / "subjects_to_contain.py").write_text(SUBJECTS.replace("os._exit", "float"))
    run("subjects_to_contain.py:leaves", "subjects_to_contain.py:at_once", "--cases", "kept")
    assert set(stored(folder)) == {"segfault", "endless", "hungry"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a project that keeps cases."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADCHECK_CASES", raising=False)
    (tmp_path / ".gradcheck").mkdir()
    return tmp_path


SLOW = """
import time, gradcheck, numpy as np
def falling(x):
    time.sleep(0.01)
    return np.where(x > 3.14159, -x, x)
S = gradcheck.subject(falling, kind="activation", traits={"monotone": True}, name="falling")
"""


def test_a_killed_run_loses_nothing_that_was_found(project: Path) -> None:
    """Killed again and again, while it searches and while it shrinks: cases stay whole, and the next run is clean."""
    (project / "slow.py").write_text(SLOW)
    folder = project / ".gradcheck/cases"
    command = [sys.executable, "-m", "gradcheck", *RUN, "-n", "200", "slow.py"]
    found: set[str] = set()
    for patience in (0.0, 0.7):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(lambda: list(folder.glob("*.json")))
            time.sleep(patience)
        finally:
            process.kill()
            process.wait()
        now = {case.code for case in Store(folder).readable()}
        assert found <= now
        found = now
    last = subprocess.run(command, capture_output=True, text=True, check=False)

    assert last.returncode == Exit.FAILED
    assert "error[GC502]: `falling`" in last.stdout
    _wait_for(lambda: not [path for path in folder.iterdir() if path.name.startswith(".")])
    assert {path.suffix for path in folder.iterdir()} == {".json", ".npz"}
    assert len(list(folder.iterdir())) == 2 * len(list(Store(folder).readable()))


def test_no_process_outlives_a_killed_run(project: Path) -> None:
    """Where nobody can ask any more, an endless loop ends as well."""
    (project / "slow.py").write_text(
        "import os, gradcheck\n"
        "def endless(x):\n    open('pid', 'w').write(str(os.getpid()))\n    while True: pass\n"
        "S = gradcheck.subject(endless, kind='activation')\n"
    )
    process = subprocess.Popen([sys.executable, "-m", "gradcheck", "run", "slow.py"], stderr=subprocess.DEVNULL)
    _wait_for(lambda: (project / "pid").exists() and (project / "pid").read_text())
    process.kill()
    process.wait()
    worker = int((project / "pid").read_text())

    _wait_for(lambda: not _runs(worker))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (OSError, IndexError):
        return False


def _wait_for(happened: object, limit: float = 60) -> None:
    start = time.monotonic()
    while not happened():  # type: ignore[operator]
        assert time.monotonic() - start < limit, "it did not happen"
        time.sleep(0.05)


def test_a_subject_that_raises_keyboard_interrupt_is_a_finding_without_our_frames(tmp_path: Path) -> None:
    """It is no interruption of the run, and nobody has to read how we called it."""
    lines = ("import gradcheck", "def f(x): raise KeyboardInterrupt", "S = [gradcheck.subject(f, kind='activation')]")
    (tmp_path / "keys.py").write_text("\n".join(lines))
    words = [sys.executable, "-m", "gradcheck", "run", "-n", "2", "keys.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 1
    assert "error[GC907]: `f` ended the process it ran in (SIGINT)" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr

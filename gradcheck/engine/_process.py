"""`Process`: one process that subjects run in, and the talk with it."""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

_CODE = """\
import signal, sys
for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # whoever started us decides when to stop
    signal.signal(getattr(signal, name, signal.SIGINT), signal.SIG_IGN)
sys.path[:] = {path!r}
from gradcheck.engine._worker import main
main()
"""

READY = {"ready": True}
"""What a process says when it has collected."""
STARTUP = 120
"""Seconds that a process has to import what it is to check, where less is allowed for a subject."""

Answers = queue.SimpleQueue[dict[str, Any] | None]


class Process:
    """A worker that is started when it is first asked; ``last`` is where it notes what it is about to try."""

    def __init__(self, job: Mapping[str, Any], last: Path) -> None:
        self.last = last
        self._job = json.dumps({**job, "last": str(last)})
        self._process: subprocess.Popen[str] | None = None
        self._answers: Answers = queue.SimpleQueue()
        self._ready = False

    def start(self) -> subprocess.Popen[str]:
        """Start it, and say what it is to collect."""
        command = [sys.executable, "-c", _CODE.format(path=sys.path)]
        pipe = subprocess.PIPE
        self._answers, self._ready = queue.SimpleQueue(), False
        self.last.unlink(missing_ok=True)
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8")
        assert self._process.stdout is not None
        reader = threading.Thread(target=_listen, args=(self._process.stdout, self._answers), daemon=True)
        reader.start()
        self.ask(self._job)
        return self._process

    def ask(self, question: str) -> None:
        """Write one line to it."""
        process = self._process or self.start()
        assert process.stdin is not None
        try:
            process.stdin.write(question + "\n")
            process.stdin.flush()
        except (OSError, ValueError):
            pass  # it is dead; its silence will say so

    def answer(self, timeout: float) -> dict[str, Any] | None:
        """Return what it says next; None where it ended.

        Raises
        ------
        queue.Empty
            It says nothing for so many seconds.

        """
        if not self._ready and (first := self._answers.get(timeout=max(timeout, STARTUP))) != READY:
            return first
        self._ready = True
        return self._answers.get(timeout=timeout)

    def warm(self, timeout: float) -> None:
        """Wait until it has collected, or ended, or so many seconds are over."""
        with contextlib.suppress(queue.Empty):
            first = None if self._ready else self._answers.get(timeout=max(timeout, STARTUP))
            if first == READY:
                self._ready = True
            elif not self._ready:
                self._answers.put(first)  # whoever asks next is to hear of it

    def end(self, patience: float = 1) -> str:
        """End it, and return how it ended by itself, if it did."""
        process, self._process = self._process, None
        if process is None:
            return "it was not running"
        _close(process.stdin)  # nobody asks any more
        try:
            code = process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        _close(process.stdout)
        return _how(code)


def _listen(stream: IO[str], answers: Answers) -> None:
    try:
        for line in stream:
            answers.put(json.loads(line))
    except ValueError:
        pass  # closed, or cut in the middle of a line
    answers.put(None)


def _close(stream: IO[str] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except OSError:
        pass


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"

"""Processes that are asked and may not come back: one worker each, and a command with a time limit."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any

_CODE = """\
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
sys.path[:] = {path!r}
from gradcheck.mutation._worker import main
main()
"""


class Lost(Exception):
    """The process did not answer: it took too long (``slow``), or it died."""

    def __init__(self, *, slow: bool) -> None:
        super().__init__("too slow" if slow else "died")
        self.slow = slow


class Worker:
    """A process that judges by our suite; a new one is started where the last one was lost."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._lock, self._closed = threading.Lock(), False
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def ask(self, question: dict[str, Any], timeout: float) -> dict[str, Any]:
        """Return the answer to `question`.

        Raises
        ------
        Lost
            There was none within `timeout` seconds, the process died, or the worker was closed.

        """
        self._write(question)
        try:
            line = self._answers.get(timeout=timeout)
        except queue.Empty:
            self.end()
            raise Lost(slow=True) from None
        if line is None:
            self.end()
            raise Lost(slow=False)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                _close(stream)

    def close(self) -> None:
        """End the process, and start no other, whoever may still ask in another thread."""
        with self._lock:
            self._closed = True
        self.end()

    def _write(self, question: dict[str, Any]) -> None:
        process = self._process
        self._put(self._start() if process is None else process, question)

    @staticmethod
    def _put(process: subprocess.Popen[str], question: dict[str, Any]) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
        except (OSError, ValueError):
            pass  # it is dead, or was closed; its silence will say so

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _CODE.format(path=sys.path)]
        pipe = subprocess.PIPE
        with self._lock:
            if self._closed:
                raise Lost(slow=False)
            self._answers = queue.SimpleQueue()
            self._process = process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
            )
        assert process.stdout is not None
        threading.Thread(target=_listen, args=(process.stdout, self._answers), daemon=True).start()
        self._put(process, self._job)
        return process


def _listen(stream: IO[str], answers: queue.SimpleQueue[str | None]) -> None:
    try:
        for line in stream:
            answers.put(line)
    except ValueError:
        pass  # closed
    answers.put(None)


def _close(stream: IO[str] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except OSError:
        pass


class Commands:
    """Runs commands, each with all that it starts in a group of its own, and can end those that still run."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock, self._closed = threading.Lock(), False

    def run(self, command: Sequence[str], environment: Mapping[str, str], timeout: float | None) -> tuple[int, str]:
        """Run a command; return its exit code and what it wrote.

        Raises
        ------
        Lost
            It did not end within `timeout` seconds, or commands are no longer run.

        """
        process = self._started(command, environment)
        try:
            written, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _end_group(process)
            process.communicate()
            raise Lost(slow=True) from None
        finally:
            self._running.discard(process)
        return process.returncode, written

    def _started(self, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
        with self._lock:
            if self._closed:
                raise Lost(slow=False)
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=dict(environment),
                start_new_session=True,
            )
            self._running.add(process)
        return process

    def end(self) -> None:
        """End what runs, and run nothing more, whoever may still ask in another thread."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for process in running:
            _end_group(process)


def _end_group(process: subprocess.Popen[str]) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    except ProcessLookupError:
        pass  # it has just ended

"""`Container`: subjects run in another process: a crash or an endless loop costs one subject, not the run."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from types import TracebackType
from typing import IO, Any

from .._errors import GradcheckError
from ..renderers._revive import revive
from ..report import Finding, LawResult, Status, SuiteReport
from ..subjects import location_of
from ._collect import Collected
from ._settings import OnFault, Settings, Tell
from .config import Source

_CODE = """\
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
sys.path[:] = {path!r}
from gradcheck.engine._worker import main
main()
"""


class Fault(GradcheckError):
    """gradcheck itself failed in the other process; the message is the traceback there."""


class Container:
    """One process at a time; a new one is started after a crash.

    Parameters
    ----------
    targets, settings
        What the process is to collect, and how to check it.
    timeout
        Seconds without a word after which a subject is given up.

    """

    def __init__(self, targets: Sequence[str | Source], settings: Settings, timeout: float) -> None:
        sources = [Source(target) if isinstance(target, str) else target for target in targets]
        self._job = {"sources": [source.data() for source in sources], "settings": asdict(settings)}
        self._timeout = timeout
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def __enter__(self) -> Container:
        self._start()  # it imports while we do
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(patience=1 if kind is None else 0)

    def check(self, number: int, item: Collected, tell: Tell, on_fault: OnFault) -> SuiteReport:
        """Return the suite of the subject of that number; or one that says how it brought the process down."""
        self._ask(str(number))
        done: list[LawResult] = []
        while True:
            try:
                answer = self._answers.get(timeout=self._timeout)
            except queue.Empty:
                self._end()
                return _lost(item, done, f"did not come back within {self._timeout:g} s", self._job)
            if answer is None:
                return _lost(item, done, f"ended the process it ran in ({self._end()})", self._job)
            if "suite" in answer:
                suite = revive(answer["suite"])
                assert isinstance(suite, SuiteReport)
                return suite
            if "fault" in answer:
                on_fault(Fault(f"{answer['said']}\n{answer['fault']}"))
            elif answer["law"]:
                tell(answer["law"], answer["status"])
                if answer["status"]:
                    done.append(LawResult(answer["law"], answer["law"], Status(answer["status"])))

    def _ask(self, question: str) -> None:
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(question + "\n")
            process.stdin.flush()
        except OSError:
            pass  # it is dead; its silence will say so

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _CODE.format(path=sys.path)]
        pipe = subprocess.PIPE
        self._answers = queue.SimpleQueue()
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8")
        assert self._process.stdout is not None
        reader = threading.Thread(target=_listen, args=(self._process.stdout, self._answers), daemon=True)
        reader.start()
        self._ask(json.dumps(self._job))
        return self._process

    def _end(self, patience: float = 1) -> str:
        """End the process, and return how it ended by itself, if it did."""
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


def _listen(stream: IO[str], answers: queue.SimpleQueue[dict[str, Any] | None]) -> None:
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


def _lost(item: Collected, done: Sequence[LawResult], what: str, job: dict[str, Any]) -> SuiteReport:
    declaration = item.declaration
    after = f", after {done[-1].code}" if done else ""
    finding = Finding("GC907", f"`{declaration.name}` {what}{after}", location=location_of(declaration.thing))
    crash = LawResult("GC907", "the subject comes back", Status.FAILED, (finding,))
    return SuiteReport(declaration.name, declaration.kind or "", (*done, crash), seed=job["settings"]["seed"])

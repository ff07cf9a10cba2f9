"""`Container`: subjects run in other processes: a crash or an endless loop costs one subject, not the run.

A process says what it does after each law, and notes every example. When it ends without an answer, does neither for
too long, or takes more memory than it may, the subject that it had in hand gets GC907, with the example that it was
about to try, and the next subject gets a new process.
"""

from __future__ import annotations

import json
import queue
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .._errors import GradcheckError
from ..renderers._revive import revive
from ..report import LawResult, SuiteReport
from ..subjects import Declaration
from ._collect import Collected
from ._fuzz_one import Round
from ._lost import LOST, came_back, lost, seconds_since_example
from ._process import Process
from ._settings import OnFault, Settings, Tell
from .config import Source

if TYPE_CHECKING:
    from ..properties._store import Stored


class Fault(GradcheckError):
    """gradcheck itself failed in the other process; the message is the traceback there."""


class Ended(Exception):
    """The container was ended while a subject was in hand: that is not the subject's doing."""


class Container:
    """Some processes; a new one is started in place of one that ended.

    Parameters
    ----------
    targets, settings
        What a process is to collect, and how to check it.
    timeout
        Seconds without a word and without a new example after which a subject is given up.
    memory
        Bytes that a process may allocate; no limit by default.
    jobs
        How many processes there are; so many threads may call `check` at the same time.

    """

    def __init__(
        self,
        targets: Sequence[str | Source],
        settings: Settings,
        timeout: float,
        *,
        memory: int | None = None,
        jobs: int = 1,
    ) -> None:
        sources = [Source(target) if isinstance(target, str) else target for target in targets]
        self._settings, self._timeout, self.jobs = settings, timeout, jobs
        self._job = {"sources": [s.data() for s in sources], "settings": asdict(settings), "memory": memory}
        self._idle: queue.SimpleQueue[Process] = queue.SimpleQueue()
        self._all: list[Process] = []
        self._over = False

    def __enter__(self) -> Container:
        self._folder = tempfile.TemporaryDirectory(prefix="gradcheck-")
        for number in range(self.jobs):
            self._all.append(Process(self._job, Path(self._folder.name) / f"last-{number}.json"))
            self._idle.put(self._all[-1])
        self._all[0].start()  # it imports while we do
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(patience=1 if kind is None else 0)
        self._folder.cleanup()

    def warm(self) -> None:
        """Wait until the first process has imported what it is to check, so that it does not count as search."""
        self._all[0].warm(self._timeout)

    def end(self, patience: float = 0) -> None:
        """End the processes; whoever waits for one is told that it ended."""
        self._over = True
        for process in self._all:
            process.end(patience)

    def check(self, number: int, item: Collected, tell: Tell, on_fault: OnFault) -> SuiteReport:
        """Return the suite of the subject of that number; or one that says how it brought its process down."""
        suite = self._asked({"task": "check", "number": number}, item, tell, on_fault)
        if all(result.title != LOST for result in suite.results):
            came_back(item, self._settings)
        return suite

    def fuzz(self, number: int, item: Collected, turn: Round, tell: Tell, on_fault: OnFault) -> SuiteReport:
        """Return what one round found for the subject of that number, as `check` does."""
        return self._asked({"task": "fuzz", "number": number, "round": asdict(turn)}, item, tell, on_fault)

    def replay(self, case: Stored, sources: Sequence[Source], tell: Tell, on_fault: OnFault) -> SuiteReport:
        """Return how a stored case fares today, as `check` does; raises what the process refuses it for."""
        item = Collected(Declaration(None, case.subject, case.kind or None), case.id)
        told = {"home": str(case.home), "id": case.id, "sources": [source.data() for source in sources]}
        return self._asked({"task": "replay", **told}, item, tell, on_fault)

    @contextmanager
    def _taken(self) -> Iterator[Process]:
        process = self._idle.get()
        try:
            yield process
        finally:
            self._idle.put(process)

    def _asked(self, question: dict[str, Any], item: Collected, tell: Tell, on_fault: OnFault) -> SuiteReport:
        with self._taken() as process:
            process.ask(json.dumps(question))
            return self._answered(process, item, tell, on_fault)

    def _answered(self, process: Process, item: Collected, tell: Tell, on_fault: OnFault) -> SuiteReport:
        done: list[LawResult] = []
        while True:
            try:
                answer = process.answer(self._timeout)
            except queue.Empty:
                if seconds_since_example(process.last) < self._timeout:
                    continue  # one law, many examples: they go on
                process.end(patience=0)  # at once, so that what it noted last stays what it was at
                return lost(item, done, f"did not come back within {self._timeout:g} s", process.last, self._settings)
            if answer is None and self._over:
                raise Ended
            if answer is None:
                how = f"ended the process it ran in ({process.end(patience=1)})"
                return lost(item, done, how, process.last, self._settings)
            if "suite" in answer:
                return _suite(answer["suite"])
            if "refused" in answer:
                raise GradcheckError(answer["refused"])
            if "fault" in answer:
                on_fault(Fault(f"{answer['said']}\n{answer['fault']}"))
                continue
            result = _suite(answer["result"]).results[0] if answer["result"] is not None else None
            done += [result] if result is not None else []
            tell(answer["law"], result)


def _suite(text: str) -> SuiteReport:
    suite = revive(text)
    assert isinstance(suite, SuiteReport)
    return suite

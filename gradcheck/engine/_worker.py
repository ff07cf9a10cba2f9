"""The process that subjects run in. It is asked for one after the other, and answers in lines of JSON.

Asked ``{"sources": [...], "settings": {...}, ...}`` once and then for one of `TASKS` after the other, it says when it
is ready, and answers with ``{"law": ...}`` after each law and ``{"suite": ...}`` at the end. What the subject prints
goes to standard error. Where nobody can ask any more, because whoever started it was killed, it ends, whatever the
subject does.
"""

from __future__ import annotations

import faulthandler
import json
import os
import re
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

from .._errors import GradcheckError
from ..report import LawResult, SuiteReport
from ._collect import collect
from ._process import READY
from ._select import Selection
from ._settings import Settings
from ._tasks import TASKS, Bench
from .config import Source

PATIENCE = 5
"""Seconds that a process has to end by itself where nobody asks any more."""

Questions = SimpleQueue[str | None]
Say = Callable[[dict[str, Any]], None]


def main() -> None:
    """Answer until nobody asks any more."""
    questions, say = _channels()
    faulthandler.enable()
    job = json.loads(questions.get() or "{}")
    if not job:
        return
    _note_examples(job["last"])
    given: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in job["settings"].items()}
    settings = Settings(**given)
    try:
        selection = Selection.of(settings.checks, settings.exclude)
        items = collect([Source.revived(data) for data in job["sources"]])
    except GradcheckError:
        return  # the parent collects as well, and says so
    _limit(job["memory"])
    say(READY)
    while (line := questions.get()) is not None:
        _answer(json.loads(line), Bench(items, settings, selection), say)


def _limit(memory: int | None) -> None:
    """Let what is allocated from now on be `memory` bytes at most, where the platform can; imports do not count."""
    try:
        import resource

        if memory is not None:
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (_held() + memory, hard))
    except (ImportError, ValueError, OSError):
        pass  # Windows, or a limit that is lower already


def _held() -> int:
    """Return how many bytes the process has allocated already, as Linux counts them."""
    found = re.search(r"^VmData:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _note_examples(file: str) -> None:
    from ..properties._last import keep_in

    keep_in(Path(file))


def _channels() -> tuple[Questions, Say]:
    """Take the two pipes for ourselves, so that a subject that reads or prints does not disturb the talk."""
    questions: Questions = SimpleQueue()
    Thread(target=_listen, args=(os.fdopen(os.dup(0), encoding="utf-8"), questions), daemon=True).start()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    return questions, say


def _listen(stream: IO[str], questions: Questions) -> None:
    for line in stream:
        questions.put(line)
    questions.put(None)
    time.sleep(PATIENCE)
    os._exit(1)  # the subject is still at it, and nobody is there to hear of it


def _answer(question: dict[str, Any], bench: Bench, say: Say) -> None:
    from ..properties._last import nothing_to_try
    from ..renderers import render

    def fault(error: BaseException) -> None:
        say({"fault": "".join(traceback.format_exception(error)), "said": f"{type(error).__name__}: {error}"})

    def law(code: str, result: LawResult | None) -> None:
        nothing_to_try()
        say({"law": code, "result": render(SuiteReport("", "", (result,)), "json") if result is not None else None})

    try:
        suite = TASKS[question["task"]](bench, question, law, fault)
    except GradcheckError as error:
        say({"refused": str(error)})
        return
    except KeyboardInterrupt:  # the subject's own: the process ends as it would have, without our frames
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    say({"suite": render(suite, "json")})

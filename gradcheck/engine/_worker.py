"""The process that subjects run in. It is asked for one after the other, and answers in lines of JSON.

Asked ``{"sources": [...], "settings": {...}, ...}`` once and then a number per subject, it says when it is ready, and
answers with ``{"law": ...}`` after each law and ``{"suite": ...}`` at the end. What the subject prints goes to
standard error. Where nobody can ask any more, because whoever started it was killed, it ends, whatever the subject
does.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

from .._errors import GradcheckError
from ..subjects import Declaration, location_of
from ._check_one import check_one, has_laws
from ._collect import Collected, collect
from ._process import READY
from ._select import Selection
from ._settings import Settings
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
    _limit(job["memory"])
    _note_examples(job["last"])
    given: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in job["settings"].items()}
    settings = Settings(**given)
    try:
        selection = Selection.of(settings.checks, settings.exclude)
        items = collect([Source.revived(data) for data in job["sources"]])
    except GradcheckError:
        return  # the parent collects as well, and says so
    say(READY)
    while (line := questions.get()) is not None:
        _answer(items[int(line)], settings, selection, say)


def _limit(memory: int | None) -> None:
    """Let no allocation grow beyond `memory` bytes, where the platform can."""
    try:
        import resource

        if memory is not None:
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (memory, hard))
    except (ImportError, ValueError, OSError):
        pass  # Windows, or a limit that is lower already


def _note_examples(file: str) -> None:
    from ..properties._last import keep_in

    keep_in(Path(file))


def _note_calls(declaration: Declaration) -> None:
    """Note what the subject is called with before the first law, or in the check of a subject that has no laws."""
    from ..properties._calls import COMES_BACK, note_calls
    from ..properties._store import Stored, target_of

    place = location_of(declaration.thing)
    if place is not None and sys.getprofile() is None:
        case = Stored(declaration.name, declaration.kind or "", COMES_BACK, target=target_of(declaration))
        note_calls(case, place[0], only_first=not has_laws(declaration))


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


def _answer(item: Collected, settings: Settings, selection: Selection, say: Say) -> None:
    from ..properties._last import nothing_to_try
    from ..renderers import render

    def fault(error: BaseException) -> None:
        say({"fault": "".join(traceback.format_exception(error)), "said": f"{type(error).__name__}: {error}"})

    def law(code: str, status: str) -> None:
        nothing_to_try()
        say({"law": code, "status": status})

    _note_calls(item.declaration)
    suite = check_one(item.declaration, settings, selection, law, fault)
    sys.setprofile(None)
    say({"suite": render(suite, "json")})

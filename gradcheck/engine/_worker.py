"""The process that subjects run in. It is asked for one after the other, and answers in lines of JSON.

Asked ``{"sources": [...], "settings": {...}}`` once and then a number per subject, it answers with ``{"law": ...}``
after each law and ``{"suite": ...}`` at the end. What the subject prints goes to standard error.
"""

from __future__ import annotations

import faulthandler
import json
import os
import traceback
from collections.abc import Callable
from typing import Any

from .._errors import GradcheckError
from ._check_one import check_one
from ._collect import Collected, collect
from ._select import Selection
from ._settings import Settings
from .config import Source

Say = Callable[[dict[str, Any]], None]


def main() -> None:
    """Answer until nobody asks any more."""
    questions, say = _channels()
    faulthandler.enable()
    job = json.loads(questions.readline())
    given: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in job["settings"].items()}
    settings = Settings(**given)
    try:
        selection = Selection.of(settings.checks, settings.exclude)
        items = collect([Source.revived(data) for data in job["sources"]])
    except GradcheckError:
        return  # the parent collects as well, and says so
    for line in questions:
        _answer(items[int(line)], settings, selection, say)


def _channels() -> tuple[Any, Say]:
    """Take the two pipes for ourselves, so that a subject that reads or prints does not disturb the talk."""
    questions = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    return questions, say


def _answer(item: Collected, settings: Settings, selection: Selection, say: Say) -> None:
    from ..renderers import render

    def fault(error: BaseException) -> None:
        say({"fault": "".join(traceback.format_exception(error)), "said": f"{type(error).__name__}: {error}"})

    def law(code: str, status: str) -> None:
        say({"law": code, "status": status})

    suite = check_one(item.declaration, settings, selection, law, fault)
    say({"suite": render(suite, "json")})

"""The process in which our suite judges mistakes. It is asked for one after the other, and answers in lines of JSON.

Asked ``{"targets": [...], "seed": ..., "examples": ...}`` once, then ``{"baseline": number of a subject}`` and
``{"mutant": {...}}``; with ``"survived": true`` a mistake is held against every call that is known.
"""

from __future__ import annotations

import faulthandler
import json
import os
from collections.abc import Callable
from typing import Any

from ..engine import collect
from ._judge import Judge
from ._mutants import Mutant
from ._sites import Site, sites_of

Answer = dict[str, Any]


def main() -> None:
    """Answer until nobody asks any more."""
    questions, say = _channels()
    faulthandler.enable()
    job = json.loads(questions.readline())
    declarations = [item.declaration for item in collect(job["targets"])]
    sites = sites_of(declarations)
    judge = Judge(declarations, sites, seed=job["seed"], examples=job["examples"])
    for line in questions:
        say(_answer(json.loads(line), judge, sites))


def _answer(question: dict[str, Any], judge: Judge, sites: list[Site]) -> Answer:
    if "baseline" in question:
        number = question["baseline"]
        declaration = judge.declarations[number]
        broken = judge.baseline(number) - set(declaration.expected_failures)
        return {"broken": sorted(broken), "name": declaration.name}
    mutant = Mutant(**question["mutant"])
    site = sites[mutant.site]
    if question.get("survived"):
        apart, compared = judge.told_apart(mutant, site)
        return {"apart": apart, "compared": compared}
    code, raises = judge.killed_by(mutant, site)
    return {"by": code, "raises": raises}


def _channels() -> tuple[Any, Callable[[Answer], None]]:
    """Take the two pipes for ourselves, so that a subject that reads or prints does not disturb the talk."""
    questions = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)

    def say(answer: Answer) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    return questions, say

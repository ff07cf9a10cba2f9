"""Our own suite as the judge, in processes of its own."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from .._errors import InvalidArgument
from ..report import Fate
from ._mutants import Mutant
from ._process import Lost, Worker
from ._sites import Site

Verdict = tuple[Fate, str | None, str | None]
"""What became of a mistake, the code that told, and what else is known."""

_LEAST, _TIMES = 60.0, 20.0
"""Seconds that a mistake gets at least, and how many times what the right code took."""
_FIRST = 600.0


class BySuite:
    """Judges by the laws of each subject's kind and the gradient check, in `jobs` processes."""

    name = "gradcheck's own suite"

    def __init__(
        self,
        target: str,
        sites: Sequence[Site],
        seed: int,
        examples: int | None,
        jobs: int,
        timeout: float | None,
    ) -> None:
        self._target, self._sites, self._timeout = target, sites, timeout
        job = {"targets": [target], "seed": seed, "examples": examples}
        self._free: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._workers = [Worker(job) for _ in range(max(jobs, 1))]
        for worker in self._workers:
            self._free.put(worker)
        self._took: dict[int, float] = {}

    def prepare(self, numbers: Sequence[int], /) -> None:
        """Hold the right code against the suite.

        Raises
        ------
        InvalidArgument
            It breaks something: then nothing can be said of mistakes.

        """
        for number in sorted({subject for n in numbers for subject in self._sites[n].subjects}):
            start = time.perf_counter()
            try:
                answer = self._ask({"baseline": number}, self._timeout or _FIRST)
            except Lost as lost:
                raise InvalidArgument(
                    f"target={self._target!r}: the right code {_lost(lost)} while the suite ran; "
                    "`gradcheck run` says more"
                ) from None
            self._took[number] = time.perf_counter() - start
            if answer["broken"]:
                name, codes = answer["name"], _few(answer["broken"])
                raise InvalidArgument(
                    f"target={self._target!r}: `{name}` fails {codes} without any mistake put in; mend what "
                    "`gradcheck run` shows first, or declare it as an expected failure"
                )

    def fate(self, mutant: Mutant, site: Site) -> Verdict:
        """Return what becomes of a mistake."""
        try:
            answer = self._ask({"mutant": asdict(mutant)}, self._limit(site))
        except Lost as lost:
            return (Fate.TIMEOUT, "time", None) if lost.slow else (Fate.KILLED, "crash", None)
        if answer["by"] is not None:
            return (Fate.RAISES if answer["raises"] else Fate.KILLED), answer["by"], None
        return self.equivalence(mutant, site) or (Fate.SURVIVED, None, "nothing could be compared in time")

    def equivalence(self, mutant: Mutant, site: Site) -> Verdict | None:
        """Return what a mistake that tests let live is; None where it could not be looked at."""
        if not site.subjects:
            return None
        try:
            return _survivor(self._ask({"mutant": asdict(mutant), "survived": True}, _FIRST))
        except Lost:
            return None

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.close()

    def _ask(self, question: dict[str, Any], timeout: float) -> dict[str, Any]:
        worker = self._free.get()
        try:
            return worker.ask(question, timeout)
        finally:
            self._free.put(worker)

    def _limit(self, site: Site) -> float:
        return self._timeout or _LEAST + _TIMES * sum(self._took.get(number, 0.0) for number in site.subjects)


def _survivor(answer: dict[str, Any]) -> Verdict:
    compared = f"{answer['compared']} calls"
    if answer["apart"]:
        return Fate.SURVIVED, None, None
    if not answer["compared"]:
        return Fate.SURVIVED, None, "no call of it could be compared"
    return Fate.EQUIVALENT, None, f"the same values at {compared}"


def _few(codes: Sequence[str]) -> str:
    return ", ".join(codes[:3]) + (f" and {len(codes) - 3} more" if len(codes) > 3 else "")


def _lost(lost: Lost) -> str:
    return "did not come back" if lost.slow else "ended the process it ran in"

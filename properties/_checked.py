"""A check at given inputs as a case: those inputs, with their numbers, and the same check at them again."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..report import Cost, LawResult, Report, Status, SuiteReport, Verdict
from ..subjects import Declaration
from ._calls import frozen
from ._case import pasteable
from ._store import CHECK, Store, Stored, target_of
from ._tidy import Drawings

_STATUS = {Verdict.PASS: Status.PASSED, Verdict.FAIL: Status.FAILED, Verdict.INCONCLUSIVE: Status.INCONCLUSIVE}


def kept(declaration: Declaration, report: Report, store: Store | None, *, reason: str | None = None) -> Report:
    """Store the inputs of a check that fails, and return its report with the name of the case; forget them else."""
    if store is None:
        return report
    if report.verdict is not Verdict.FAIL:
        for case in store.find(declaration.name, "", CHECK):
            store.repaired(case)
        return report
    drawn = tuple((f"inputs[{k}]", _as_data(value)) for k, value in enumerate(declaration.inputs))
    line, seed = pasteable(drawn) or "", report.seed or 0
    case = Stored(declaration.name, "", CHECK, drawn, seed, reason, target_of(declaration), line)
    return replace(report, case=store.remember(case))


def _as_data(value: Any) -> Any:
    """Return an array as what is stored, and all else as it is: what is no data is not stored."""
    return frozen(value) if isinstance(value, np.ndarray) and value.dtype.kind in "biufc" else value


def check_again(subject: Any, stored: Stored) -> SuiteReport:
    """Return how a check at stored inputs fares today.

    Raises
    ------
    InvalidArgument
        The subject is not declared, so that nobody knows how it was checked.
    """
    from ..checks import check

    if not isinstance(subject, Declaration):
        raise InvalidArgument(
            f"subject={subject!r} was checked with options of its own: pass what gradcheck.subject returned for it"
        )
    start = time.perf_counter()
    report = check(subject.thing, *_inputs(stored.drawn), **{"rng": stored.seed, **subject.options})
    found = tuple(finding for finding in report.findings if finding.severity is not Verdict.PASS)
    seconds = time.perf_counter() - start
    law = LawResult(
        "GC101", "the gradients at these inputs", _STATUS[report.verdict], found, 1, seconds, case=stored.id
    )
    again = f"gradcheck.load_case({stored.id!r}).run()"
    return SuiteReport(subject.name, "", (law,), Cost(seconds=seconds), stored.seed, check=report, reproduce=again)


def _inputs(drawn: Drawings) -> list[Any]:
    return [getattr(value, "array", value) for _, value in drawn]

"""``sarif``: SARIF 2.1.0, which code scanning services read.

Written by hand: the libraries that write it are not kept any more, and this is a handful of dictionaries.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .. import __version__
from ..report import Readable, Verdict
from ._escape import visible
from ._run_view import Problem, as_run, problems
from ._words import relative

MOST = 5000
"""Results that a service accepts."""
_LEVELS = {Verdict.FAIL: "error", Verdict.INCONCLUSIVE: "warning", Verdict.PASS: "note"}


def render(report: Readable) -> str:
    """Return `report` as a SARIF log of one run."""
    found = problems(as_run(report))[:MOST]
    codes = sorted({problem.finding.code for problem in found})
    driver = {"name": "gradcheck", "version": __version__, "rules": [{"id": visible(code)} for code in codes]}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [_result(problem) for problem in found]}],
    }
    return json.dumps(log, indent=2)


def _result(problem: Problem) -> dict[str, Any]:
    finding = problem.finding
    text = f"{problem.suite.subject}: {finding.title}"
    return {
        "ruleId": visible(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": visible(f"{text}; {finding.cause}" if finding.cause else text)},
        "partialFingerprints": {"gradcheck/v1": _fingerprint(problem)},
        **_location(problem),
    }


def _fingerprint(problem: Problem) -> str:
    """Return what stays the same across commits: the subject, the code, the path and the cause."""
    parts = (problem.suite.subject, problem.finding.code, problem.finding.path, problem.finding.cause)
    return hashlib.sha256("\0".join(map(ascii, parts)).encode()).hexdigest()[:32]


def _location(problem: Problem) -> dict[str, Any]:
    if problem.location is None:
        return {}
    file, line = problem.location
    region = {"startLine": max(line, 1)}
    return {"locations": [{"physicalLocation": {"artifactLocation": {"uri": relative(file)}, "region": region}}]}

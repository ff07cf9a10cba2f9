"""``sarif``: SARIF 2.1.0, which code scanning services read.

Written by hand: the libraries that write it are not kept any more, and this is a handful of dictionaries.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .. import __version__
from ..report import Readable, Verdict
from ._escape import visible
from ._fingerprint import fingerprint
from ._run_view import Problem, as_run, problems
from ._words import relative

MOST = 5000
"""Results that a service accepts."""
_LEVELS = {Verdict.FAIL: "error", Verdict.INCONCLUSIVE: "warning", Verdict.PASS: "note"}


def render(report: Readable) -> str:
    """Return `report` as a SARIF log of one run, worst first."""
    run = as_run(report)
    found = problems(run)[:MOST]
    codes = sorted({problem.finding.code for problem in found})
    driver = {"name": "gradcheck", "version": __version__, "rules": [_rule(code) for code in codes]}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [{"executionSuccessful": run.complete}],
                "results": [_result(problem, codes) for problem in found],
            }
        ],
    }
    return json.dumps(log, indent=2)


def _rule(code: str) -> dict[str, Any]:
    return {"id": visible(code), "help": {"text": f"gradcheck explain {visible(code)}"}}


def _result(problem: Problem, codes: list[str]) -> dict[str, Any]:
    finding = problem.finding
    text = f"{problem.suite.subject}: {finding.title}"
    return {
        "ruleId": visible(finding.code),
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": visible(f"{text}; {finding.cause}" if finding.cause else text)},
        "partialFingerprints": {"gradcheck/v1": fingerprint(problem)},
        **_location(problem),
    }


def _location(problem: Problem) -> dict[str, Any]:
    if problem.location is None:
        return {}
    file, line = problem.location
    place = {"artifactLocation": _artifact(file), "region": {"startLine": max(line, 1)}}
    return {"locations": [{"physicalLocation": place}]}


def _artifact(file: str) -> dict[str, str]:
    """Return a file as a URI: relative to the root of the sources, or with its scheme."""
    root = os.environ.get("GITHUB_WORKSPACE")
    path = relative(file, Path(root) if root else None)
    if Path(path).is_absolute():
        return {"uri": "file://" + quote(path)}
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}

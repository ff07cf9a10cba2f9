"""``gitlab``: a code quality report, which GitLab shows in merge requests beside the changed lines.

GitLab compares the fingerprints of two branches to tell what is new, and wants each of them once.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from ..report import Readable, Verdict
from ._escape import visible
from ._fingerprint import fingerprint
from ._run_view import Problem, as_run, problems
from ._words import relative

SEVERITIES = {Verdict.FAIL: "major", Verdict.INCONCLUSIVE: "minor", Verdict.PASS: "info"}
_NOWHERE = ("(no file)", 1)


def render(report: Readable) -> str:
    """Return one issue per problem, worst first."""
    seen: Counter[str] = Counter()
    return json.dumps([_issue(problem, seen) for problem in problems(as_run(report))], indent=2)


def _issue(problem: Problem, seen: Counter[str]) -> dict[str, Any]:
    finding = problem.finding
    file, line = problem.location or _NOWHERE
    root = os.environ.get("CI_PROJECT_DIR")
    mark = fingerprint(problem)
    seen[mark] += 1
    said = f"{problem.suite.subject}: {finding.title}"
    return {
        "description": visible(f"{said}; {finding.cause}" if finding.cause else said),
        "check_name": visible(finding.code),
        "fingerprint": mark if seen[mark] == 1 else f"{mark}-{seen[mark]}",
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": relative(file, Path(root) if root else None),
            "lines": {"begin": max(line, 1)},
        },
    }

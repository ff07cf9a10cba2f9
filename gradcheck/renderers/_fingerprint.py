"""What stays the same of a problem across commits: neither its numbers nor its line."""

from __future__ import annotations

import hashlib

from ._run_view import Problem


def fingerprint(problem: Problem) -> str:
    """Return a hash of the subject, the code, the path and the cause of a problem."""
    finding = problem.finding
    parts = (problem.suite.subject, finding.code, finding.path, finding.cause)
    return hashlib.sha256("\0".join(map(ascii, parts)).encode()).hexdigest()[:32]

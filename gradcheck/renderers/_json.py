"""``json``: the data of the report, with the accounting; nothing is left out and nothing is rounded."""

from __future__ import annotations

import json

from ..report import Readable
from ._run_view import as_run, tally

VERSION = 1
"""Version of the layout; a reader refuses one that it does not know."""


def render(report: Readable) -> str:
    """Return `report` as strict JSON."""
    counts = {str(status): amount for status, amount in sorted(tally(as_run(report)).items())}
    data = {
        "format": "gradcheck-report",
        "version": VERSION,
        "type": type(report).__name__,
        "counts": counts,
        **report.to_dict(),
    }
    return json.dumps(data, indent=2, allow_nan=False, ensure_ascii=True)

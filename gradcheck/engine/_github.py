"""What GitHub reads of a run: annotations from the log, and the job summary from a file."""

from __future__ import annotations

import os
from pathlib import Path

from ..renderers import render
from ..renderers._markdown import within
from ..report import RunReport
from .config import Configuration

SUMMARY_BYTES = 900_000
"""GitHub refuses a job summary above 1 MiB as a whole."""
LEAST = 2_000
"""Less than that is not worth a beginning."""


def workflow_commands(run: RunReport, configuration: Configuration) -> str:
    """Return the workflow commands for a run, where they are wanted; on GitHub they are by themselves."""
    wanted = configuration["annotations"]
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    return render(run, "github") if wanted == "always" or (wanted == "auto" and on_github) else ""


def append_summary(run: RunReport) -> None:
    """Add a run to the job summary, where there is one, as far as it has room."""
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if not place or not run.suites:
        return
    path = Path(place)
    room = SUMMARY_BYTES - (path.stat().st_size if path.exists() else 0)
    if room > LEAST:
        with path.open("a", encoding="utf-8") as file:
            file.write(within(run, room) + "\n")

"""The job summary: appended as far as there is room, because GitHub refuses a summary above 1 MiB as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck.engine._github import LEAST, SUMMARY_BYTES, append_summary
from gradcheck.report import Finding, Report, RunReport, SuiteReport

WRONG = Report("f", "", (Finding("GC101", "wrong", detail=("evidence " * 15,) * 8),))
RUN = RunReport(tuple(SuiteReport(f"f{k}", "layer", check=WRONG) for k in range(1500)))


@pytest.mark.parametrize("before", [0, 500_000, SUMMARY_BYTES - LEAST, SUMMARY_BYTES + 5])
def test_a_summary_never_grows_beyond_what_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    """What another step wrote stays; behind it comes as much as fits, or nothing where that is no beginning."""
    file = tmp_path / "summary.md"
    file.write_text("x" * before)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    append_summary(RUN)
    text = file.read_text()

    assert text.startswith("x" * before)
    assert len(text.encode()) <= max(SUMMARY_BYTES + 1, before)
    assert ("## gradcheck" in text) == (before < SUMMARY_BYTES - LEAST)


def test_elsewhere_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable there is no file; a run of nothing adds nothing."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    append_summary(RUN)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    append_summary(RunReport())

    assert list(tmp_path.iterdir()) == []

"""Every text format, letter by letter as it was read and approved, and the published schema.

After a wanted change: ``GRADCHECK_REWRITE_SNAPSHOTS=1 pytest tests/renderers/test_renderers_snapshots.py``, then read
the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import gradcheck
from gradcheck.renderers import FORMATS, _schema, render
from gradcheck.report import Readable

SNAPSHOTS = Path(__file__).parent / "snapshots"
SCHEMA = Path(gradcheck.__file__).parent / "renderers" / _schema.NAME
SUFFIXES = {
    "full": "txt",
    "concise": "concise.txt",
    "json": "json",
    "junit": "xml",
    "github": "github.txt",
    "gitlab": "gitlab.json",
    "markdown": "md",
    "sarif": "sarif",
}
WHOLE = ("check-fail", "suite-fail", "run-fail", "run-interrupted")
"""Samples that are stored in every format; of the others, the text that a person reads."""


def _hold(stored: Path, text: str) -> None:
    if os.environ.get("GRADCHECK_REWRITE_SNAPSHOTS"):
        stored.write_text(text, encoding="utf-8")
    assert stored.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("format_name", SUFFIXES)
def test_text_is_the_stored_one(
    sample: tuple[str, Readable], format_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each format makes of each sample is, letter by letter, what was stored."""
    name, report = sample
    if format_name != "full" and name not in WHOLE:
        return
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(variable, raising=False)

    _hold(SNAPSHOTS / f"{name}.{SUFFIXES[format_name]}", render(report, format_name) + "\n")


def test_every_format_but_the_page_has_snapshots() -> None:
    """A format that is added is stored, too; the page is looked at by a browser."""
    assert set(SUFFIXES) == set(FORMATS) - {"html"}


def test_no_snapshot_is_left_over(samples: dict[str, Readable]) -> None:
    """Each stored text belongs to a sample and a format."""
    known = {f"{name}.{suffix}" for name in samples for suffix in SUFFIXES.values()}
    assert {file.name for file in SNAPSHOTS.iterdir()} <= known


def test_the_published_schema_is_that_of_the_classes() -> None:
    """The file in the package says what the data classes say."""
    _hold(SCHEMA, _schema.text())

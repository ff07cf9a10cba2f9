"""What changed, as a person, a job summary and a program read it."""

from __future__ import annotations

import json

import pytest

from gradcheck.renderers._changes import FORMATS
from gradcheck.report import Change, Changes, Sort

HOSTILE = "<script>\x1b[31m|`\n\u202e"
FOUND = Changes(
    (
        Change(
            Sort.NEW, "BatchNorm", "GC101", "gradient with respect to the inputs", "passed", "failed", ("a.py", 7)
        ),
        Change(Sort.FIXED, HOSTILE, "GC502", "rises " + "very " * 20, "failed", "passed"),
    ),
    31,
    31,
    ("new",),
)


def test_the_text_has_a_block_per_sort_and_counts() -> None:
    """What is new stands first, with its place; a partial report is said to be one."""
    lines = FORMATS["text"](FOUND).split("\n")

    assert lines[0] == "new failure:"
    assert lines[1] == "  BatchNorm  GC101  gradient with respect to the inputs  passed -> failed  a.py:7"
    assert "new failure 1 · still failing 0 · fixed 1" in lines
    assert lines[-1] == "warning: the new report is partial: its run was interrupted"


def test_markdown_is_a_table() -> None:
    """One row per change, six cells each, whatever is in a name."""
    rows = [line for line in FORMATS["markdown"](FOUND).split("\n") if line.startswith("|")]

    assert len(rows) == 4
    assert all(row.replace("\\|", "").count("|") == 7 for row in rows)


def test_json_is_data() -> None:
    """Everything is there as it is, and says what it is."""
    data = json.loads(FORMATS["json"](FOUND))

    assert (data["format"], data["version"]) == ("gradcheck-changes", 1)
    assert data["changes"][1]["subject"] == HOSTILE
    assert data["counts"]["new failure"] == 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_name_cannot_act(name: str) -> None:
    """Controls are spelled out."""
    assert not {"\x1b", "\u202e"} & set(FORMATS[name](FOUND))

"""Every code that the package can report has a page or a law that explains it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from gradcheck.properties._registry import laws

import gradcheck
from gradcheck import InvalidArgument
from gradcheck.pages import codes, page, title

EXPECTED = [*(f"GC{n}" for n in range(101, 119)), *(f"GC{n}" for n in range(901, 909))]
SOURCES = [
    file
    for root in {Path(folder) for folder in gradcheck.__path__}
    for room in ("gradcheck", "checks", "diagnosis", "engine", "properties", "numerics", "subjects", "_pytest")
    for file in (root / room).rglob("*.py")
]


def test_the_pages_are_those_of_the_gradient_and_of_the_check() -> None:
    """GC101 to GC118 and GC901 to GC908, no more and no less."""
    assert list(codes()) == EXPECTED


@pytest.mark.parametrize("code", EXPECTED)
def test_a_page_has_its_title_and_its_parts(code: str) -> None:
    """A title, how it happens, how it looks or what holds, and a way out; on a screen and a half."""
    text = page(code)
    lines = text.rstrip("\n").split("\n")
    heads = [line for line in lines if line.startswith("## ")]

    assert lines[0] == f"# {code}: {title(code)}"
    assert heads[0] == "## How it happens"
    assert heads[-1] in ("## Repair", "## What to do")
    assert 15 <= len(lines) <= 45
    assert max(map(len, lines)) <= 120
    assert text.count("```") % 2 == 0


def test_every_code_in_the_source_is_explained() -> None:
    """No report names a code that nobody can look up."""
    used = {code for file in SOURCES for code in re.findall(r"\"(GC\d{3})\"", file.read_text(encoding="utf-8"))}

    assert used
    assert used <= {*codes(), *(law.code for law in laws())}


def test_an_unknown_page_is_refused() -> None:
    """The message lists the pages."""
    with pytest.raises(InvalidArgument, match="GC999"):
        page("GC999")

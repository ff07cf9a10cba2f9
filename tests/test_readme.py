"""The report in the README is the one that its command prints, but for the digits that differ between machines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gradcheck.engine import Settings, collect
from gradcheck.engine import run as engine_run

ROOT = Path(__file__).parent.parent
FILE = "examples/broken_batchnorm.py"


def _lines(block: str) -> list[str]:
    """Return the lines without measured numbers, and without the entries."""
    masked = re.sub(r"-?\d+(\.\d+)?(e[+-]\d+)?\b", "#", block)
    return [re.sub(" +", " ", line) for line in masked.splitlines() if "inputs['x'][" not in line]


def _entries(block: str) -> dict[str, list[float]]:
    """Return analytic, numeric and difference of every entry by its index; ties come in any order."""
    found = re.findall(r"^ +(inputs\['x'\]\[.*\]) +(\S+) +(\S+) +(\S+)$", block, re.MULTILINE)
    return {index: [float(number) for number in numbers] for index, *numbers in found}


def test_the_report_of_the_readme_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdict, code, cause and help word by word, and the entries that it lists."""
    monkeypatch.chdir(ROOT)
    command = f"gradcheck run {FILE}\n```\n\n```text\n"
    shown = (ROOT / "README.md").read_text(encoding="utf-8").split(command)[1].split("```")[0]
    printed = str(engine_run(collect([FILE]), Settings(checks=("GC101",))))
    printed = printed[printed.index("error[GC101]") : printed.index("   = inferred")]
    assert _lines(printed) == _lines(shown)
    assert len(_entries(shown)) == 8
    for index, numbers in _entries(printed).items():
        assert _entries(shown)[index] == pytest.approx(numbers, rel=1e-3)

"""The table of mutants counts what it says it counts."""

from __future__ import annotations

import mutants

from gradcheck.diagnosis import Edit


def _kind(layer: str, source: str) -> str:
    return mutants.outcome(layer, Edit("by hand", 1, source), 1).kind


def test_a_mutant_is_sorted_by_what_becomes_of_it() -> None:
    """One that raises, one that is none, and a sign that is called by its name."""
    line = "def centre_backward(dout, cache):\n    return {}\n"

    assert _kind("centre", line.format("dout @ dout @ dout")) == "raises"
    assert _kind("centre", line.format("-(dout.mean(axis=0) - dout)")) == "equivalent"
    assert _kind("centre", line.format("dout.mean(axis=0) - dout")) == "named"

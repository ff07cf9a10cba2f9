"""The table of overheads, in small: every row is a check with the verdict that its name says; no time is asserted."""

from __future__ import annotations

import overhead
import pytest


@pytest.mark.parametrize("made", overhead.conventions(), ids=lambda c: c.name)
def test_a_convention_is_checked_and_its_parts_run_alone(made: overhead.Convention) -> None:
    """The verdict is the one that the name says, and forward and backward can be called without a check."""
    assert str(made.check().verdict) == ("fail" if "wrong" in made.name else "pass")
    made.forward()
    made.backward()


def test_overhead_is_what_the_subject_does_not_explain() -> None:
    """A check that is nothing but its own calls has none left, one that adds to them has some."""
    spent = overhead.beyond(
        {"own": (lambda: None, lambda: 1.0), "more": (lambda: sum(range(10_000)), lambda: 0.0)}, rounds=3
    )
    assert spent["own"] < 0 < spent["more"]


def test_the_table_of_imports_names_what_is_loaded() -> None:
    """Importing the package alone loads nothing else; asking for `check` loads NumPy."""
    assert overhead.loaded_by("import gradcheck") == ["gradcheck"]
    assert "numpy" in overhead.loaded_by("import gradcheck; gradcheck.check")


def test_small_subjects_are_small() -> None:
    """What is compared with the peers has about ten numbers."""
    for workload, n in overhead._SMALL.values():
        assert sum(a.size for a in overhead.BY_NAME[workload].inputs(n)) <= 48

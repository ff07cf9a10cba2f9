"""The table of locations, in small: what is planted, what is named, and how both are compared."""

from __future__ import annotations

from dataclasses import replace

import location
import numpy as np
import pytest
from location import SUBJECTS, Sighting, Subject

EACH = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda s: s.name)


@EACH
def test_a_subject_without_planted_errors_passes(subject: Subject) -> None:
    """What the table plants its errors into is right."""
    assert location.sighting(subject, 400, 0, 0.1, seed=1).verdict == "pass"


@EACH
def test_one_wrong_entry_of_a_few_hundred_is_named(subject: Subject) -> None:
    """The report names the entry that was planted, and no other."""
    seen = location.sighting(subject, 400, 1, 0.1, seed=2)
    assert seen.verdict == "fail"
    assert seen.exact


def test_planting_changes_the_planted_entries_only() -> None:
    """Each of them by the share of its own size."""
    x, u = np.linspace(0.2, 1.2, 9), np.ones(9)
    right, wrong = SUBJECTS[0].vjp(u, x), location.planted(SUBJECTS[0], [2, 5], 0.1)(u, x)
    assert np.flatnonzero(wrong != right).tolist() == [2, 5]
    assert wrong[2] == pytest.approx(1.1 * right[2])


def test_a_row_says_what_was_missed_and_what_was_invented() -> None:
    """A trial that names one of two, and one that names both and a third, are neither exact."""
    seen = Sighting("s", 1000, 2, "fail", named=1, invented=0, counted=1, calls=30, for_cause=7, own=5.0, units=9.0)
    other = replace(seen, named=2, invented=1, calls=900)
    told = location.table([seen, other])
    assert "| s | 1e+03 | 2 | 2 | 2 | 0 | 3 of 4 | 0 | 1 | 465 to 900 (over) | 224 | 7 | 5 | 9 |" in told
    head, _, row = told.splitlines()
    assert head.count("|") == row.count("|")
    assert replace(seen, named=2).exact

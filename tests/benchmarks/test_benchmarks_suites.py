"""The tables of search, suites and throughput, in small: they count right, and the same seed gives the same."""

from __future__ import annotations

import pytest
import search
import suites
import throughput
from gallery.conditional import TROUBLES

from gradcheck.report import Status


@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # JAX says so, if another test has loaded it
def test_a_run_of_all_suites_counts_and_repeats() -> None:
    """In parallel the same suites end the same, and the table counts every law once."""
    alone = suites.run_all([3], examples=4, words=["tanh", "zeros"])
    together = suites.run_all([3], jobs=2, examples=4, words=["tanh", "zeros"])

    assert alone == together
    assert all(suite.verdict == "pass" for suite in alone), suites.reds(alone)
    held = sum(suite.count(Status.PASSED) for suite in alone)
    assert f"| all | {len(alone)} | {len(alone)} | {held} | {held} |" in suites.table(alone)


def test_a_red_is_listed() -> None:
    """With subject, seed and what was found."""
    red = suites.Suite(5, "f", "activation", ((Status.FAILED, 1),), "fail", ("GC501 failed: not odd",))

    assert suites.reds([red]) == "- f, seed 5: GC501 failed: not odd"


def test_the_table_of_bugs_counts_what_was_found() -> None:
    """A found bug at its smallest shape, one that was not shrunk, and one that was missed."""
    name = TROUBLES[0].name
    runs = [
        search.Run("tanh", name, 0, 7, (2, 1)),
        search.Run("tanh", name, 1, 9, (3, 1)),
        search.Run("tanh", name, 2, None, None),
    ]

    assert f"| {name} | 3 | 2 (66.67 %) | 8 | 9 | 1 (50.00 %) |" in search.table(runs, [0])
    assert "not found: saturated, tanh, seed 2" in search.missed(runs)
    assert "ended at (3, 1)" in search.missed(runs)


def test_one_draw_shows_no_bug() -> None:
    """None of the conditions is met by an ordinary array of normal numbers."""
    assert [search.one_draw("tanh", trouble, 0)[0] for trouble in search.ALL] == [False] * len(search.ALL)


def test_draws_are_timed_and_methods_put_back() -> None:
    """The clock counts draws, and nothing stays patched."""
    kept = throughput._case.Case.pick
    whole, drawn, ran = throughput.measured(next(s for s in throughput.SUBJECTS if s.name == "tanh"), 1)

    assert throughput._case.Case.pick is kept
    assert 0 < drawn < whole
    assert ran > 5

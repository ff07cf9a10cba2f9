"""The table of false alarms, in small."""

from __future__ import annotations

import false_alarms
import numpy as np
import pytest
from false_alarms import Outcome, upper_bound
from gallery.correct import PANEL

SEEDS = range(7_000_000, 7_000_000 + 2 * len(PANEL))


def _wrong(outcomes: list[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.verdict not in ("pass", "inconclusive")]


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """Return two fresh draws of every member of the panel, checked in float64."""
    return false_alarms.run(SEEDS)


def test_no_correct_gradient_fails(outcomes: list[Outcome]) -> None:
    """Two fresh draws of every member: no failure, no crash."""
    assert not _wrong(outcomes)


def test_no_correct_gradient_fails_in_float32() -> None:
    """One fresh draw of every member, inputs in float32: no failure, no crash."""
    assert not _wrong(false_alarms.run(SEEDS[: len(PANEL)], dtype="float32"))


@pytest.mark.parametrize(("mode", "checks"), [("projection", len(PANEL)), ("entries", len(PANEL) // 3)])
def test_no_correct_gradient_fails_in_either_mode(mode: str, checks: int) -> None:
    """Fresh draws with the mode prescribed; entries costs more, so there are fewer."""
    assert not _wrong(false_alarms.run(SEEDS[:checks], mode=mode))


def test_ordinary_points_are_decided(outcomes: list[Outcome]) -> None:
    """Away from the noise floor and from kinks, hardly any check is inconclusive."""
    ordinary = [o for o in outcomes if o.group == "tuned, smooth"]
    assert sum(outcome.verdict == "inconclusive" for outcome in ordinary) <= 0.03 * len(ordinary)


def test_no_correct_gradient_fails_in_half_precision() -> None:
    """Every seventh member in float16, where its gradient can be computed there: no failure, no crash."""
    outcomes = false_alarms.run(SEEDS[: len(PANEL) : 7], dtype="float16")
    assert sum(o.verdict == false_alarms.LEFT_OUT for o in outcomes) < len(outcomes) / 3
    assert not [o for o in outcomes if o.verdict in ("fail", "crash")]


def test_a_draw_that_its_dtype_cannot_hold_is_left_out() -> None:
    """A square of 1e12 overflows in half precision; a sine does not."""
    by_name = {member.name: member for member in PANEL}
    x = np.array([0.5, -1.25, 2.0], dtype=np.float16)
    assert false_alarms.fits(by_name["sine"], (x,))
    assert not false_alarms.fits(by_name["square at 1e12"], (np.float16(20000) * x,))
    assert not false_alarms.fits(by_name["1e-8 sine"], (x,))


def test_a_run_repeats_exactly() -> None:
    """Equal seeds give equal outcomes, costs included."""
    seeds = SEEDS[:40]
    assert false_alarms.run(seeds) == false_alarms.run(seeds)


def test_the_bound_is_the_exact_one() -> None:
    """None seen in N says less than 1 - 0.05^(1/N); one seen says more."""
    assert upper_bound(0, 1000) == pytest.approx(1 - 0.05 ** (1 / 1000))
    assert upper_bound(1, 1000) > 4e-3
    assert upper_bound(3, 3) == 1.0


def test_the_table_names_what_went_wrong() -> None:
    """A failure shows in its group, in the totals, and by name with its seed."""
    outcomes = [
        Outcome("sine", "tuned, smooth", 1, "fail", ("GC101",), 10, 2),
        Outcome("sine", "tuned, smooth", 2, "pass", (), 10, 2),
        Outcome("1e6 plus sine", "tuned, noise floor", 3, "inconclusive", ("GC903",), 20, 2),
    ]
    told = false_alarms.table(outcomes)
    assert "| tuned, smooth | 1 | 2 | 1 |" in told
    assert "| all without a noise floor | 1 | 2 | 1 |" in told
    assert list(false_alarms.by_name(outcomes)) == [
        "- fail: sine, 1 (50.00 %): GC101 (1); seeds 1",
        "- inconclusive: 1e6 plus sine, 1 (100.00 %): GC903 (1); seeds 3",
    ]

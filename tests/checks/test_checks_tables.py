"""Tables of many knots: a line between two of them has the slope of its own cell, however near the knots are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Report, Verdict


def _report(knots: int, size: int, seed: int, beside: int = 0, stored: type = np.float64) -> Report:
    """Return the report on a table of quantiles whose slope is that of the cell so many `beside`."""
    p = np.linspace(0, 1, knots)
    q = np.sinh(6 * (p - 0.5)).astype(stored).astype(float)

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.interp(x, p, q), x

    def backward(upstream: np.ndarray, x: Any) -> np.ndarray:
        cell = np.clip(np.searchsorted(p, x, side="right") - 1 + beside, 0, knots - 2)
        return upstream * (q[cell + 1] - q[cell]) / (p[cell + 1] - p[cell])

    x = np.random.default_rng(5).uniform(0.02, 0.98, size)
    return gradcheck.check((forward, backward), x, rng=seed)


@pytest.mark.parametrize("knots", [100_001, 1_000_001])
def test_the_slope_of_a_fine_cell_never_fails(knots: int) -> None:
    """Steps that reach past the next knot settle to the mean slope of many cells, which is not that at x."""
    verdicts = [_report(knots, 2000, seed).verdict for seed in range(2)]

    assert Verdict.FAIL not in verdicts
    assert Verdict.PASS in verdicts


def test_the_closest_steps_that_noise_allows_decide() -> None:
    """Between the knots next to an entry and the steps that are lost in noise there is room for few; one is taken."""
    assert {_report(1_000_001, 100, seed).verdict for seed in (2, 3)} == {Verdict.PASS}


@pytest.mark.parametrize(("knots", "size"), [(101, 30), (1001, 100), (10_001, 2000)])
def test_the_slope_of_the_cell_beside_fails(knots: int, size: int) -> None:
    """It is the slope at no point near x, as far as steps that stay inside a cell are seen at all."""
    assert all(_report(knots, size, seed, beside=1).verdict is Verdict.FAIL for seed in range(2))


@pytest.mark.parametrize("knots", [1001, 10_001])
def test_entries_of_a_table_are_judged_together(knots: int) -> None:
    """That one moves with all others shows over a step as short as a cell, if not over a longer one."""
    report = _report(knots, 500, 0)

    assert report.verdict is Verdict.PASS
    assert report.cost.forward < 5 * 500


def test_a_table_kept_in_float32_is_told_what_cannot_be_seen() -> None:
    """Its values are float64, and jump by nothing: only the slopes have lost their digits."""
    report = _report(2**20 + 1, 1000, 0, stored=np.float32)

    assert report.verdict is not Verdict.FAIL
    assert not any("sixteen" in finding.title for finding in report.findings)

"""Entries that stand still one by one and move together: zero is no gradient of a median of equal numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

TIED = np.array([0.0, 0, -2, -1, 1, 0, 1, -2, 1])


def _one_of_the_middle(a: np.ndarray) -> Any:
    return (np.arange(a.size) == np.argsort(a, kind="stable")[a.size // 2]) * 1.0


@pytest.mark.parametrize("mode", ["auto", "entries"])
def test_a_median_of_equal_numbers_has_no_gradient_of_zero(mode: str) -> None:
    """Whichever of three moves alone, the median stays: no partial derivative tells."""
    for seed in range(3):
        report = gradcheck.check(np.median, TIED, grad=np.zeros_like, mode=mode, rng=seed)
        assert report.verdict is Verdict.INCONCLUSIVE
        assert [finding.code for finding in report.findings] == ["GC901"]


@pytest.mark.parametrize("mode", ["auto", "entries"])
def test_nor_has_it_beside_another_input(mode: str) -> None:
    """Whose gradient is right, and is no zero."""
    report = gradcheck.check(
        lambda a, b: np.median(a) + (b**2).sum(),
        TIED,
        np.array([0.3, -0.7]),
        vjp=lambda u, a, b: (np.zeros_like(a), 2 * u * b),
        mode=mode,
    )
    assert report.verdict is not Verdict.PASS


@pytest.mark.parametrize("mode", ["auto", "entries"])
def test_a_share_for_one_of_the_middle_passes(mode: str) -> None:
    """As a sort hands it out; and a zero passes where no number of the middle moves."""
    for seed in range(3):
        assert gradcheck.check(np.median, TIED, grad=_one_of_the_middle, mode=mode, rng=seed).ok
        still = gradcheck.check(
            lambda a: np.median(np.clip(a, 1, 2)), -np.abs(TIED), grad=np.zeros_like, mode=mode, rng=seed
        )
        assert still.ok


@pytest.mark.parametrize("mode", ["auto", "entries"])
def test_a_tolerance_of_the_caller_is_asked_of_each_entry_alone(mode: str) -> None:
    """As it always is: together they may be off by more."""
    x = np.linspace(-1, 1, 6)
    report = gradcheck.check(lambda a: 1e-4 * np.sin(a).sum(), x, grad=np.zeros_like, atol=1e-3, mode=mode)
    assert report.ok

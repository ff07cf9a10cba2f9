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


def test_small_entries_that_are_wrong_together_are_hidden_by_rounding_and_no_kink() -> None:
    """A smooth layer with weights of 1e-9 beside biases of zero, where one weight is off by a hundredth."""

    def vjp(u: Any, x: Any, W: Any, b: Any, V: Any, c: Any) -> tuple[Any, ...]:
        hidden = np.tanh(x @ W + b)
        back = (u @ V.T) * (1 - hidden**2)
        wrong = x.T @ back
        wrong[0, 0] *= 1.01
        return back @ W.T, wrong, back.sum(axis=0), hidden.T @ u, u.sum(axis=0)

    for seed in range(3):
        rng = np.random.default_rng(seed)
        x, W, V = rng.normal(size=(6, 4)), 1e-9 * rng.normal(size=(4, 5)), 1e-9 * rng.normal(size=(5, 3))
        report = gradcheck.check(
            lambda x, W, b, V, c: np.tanh(x @ W + b) @ V + c, x, W, np.zeros(5), V, np.zeros(3), vjp=vjp, rng=seed
        )
        assert report.verdict is not Verdict.PASS
        assert "GC901" not in [finding.code for finding in report.findings]
        title = next(f.title for f in report.findings if f.path == "inputs['W']")
        assert "any error" in title or float(title.split("below ")[1].split()[0]) > 0.01

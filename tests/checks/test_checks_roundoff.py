"""How far a gradient in low precision may be from the one in float64: kinks, lost digits, underflow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gallery.correct import PANEL

import gradcheck
from gradcheck import Verdict

ON_A_KINK = np.float32(
    [0.35537269711494446, -0.6538286209106445, -0.12961363792419434, 0.7839754819869995, 1.4934310913085938]
)


def _before(x: np.ndarray) -> Any:
    return x.sum() + x.dtype.type(-1.849337)


def _on_a_kink(bug: float, seed: int) -> gradcheck.Report:
    def vjp(u: Any, x: np.ndarray) -> np.ndarray:
        return u * np.full_like(x, float(_before(x) > 0) + (bug if x.dtype == np.float32 else 0.0))

    return gradcheck.check(lambda x: np.maximum(_before(x), 0), ON_A_KINK, vjp=vjp, rng=seed)


@pytest.mark.parametrize("seed", range(6))
def test_at_a_kink_rounding_may_choose_the_side(seed: int) -> None:
    """The unit is off in float32 and on in float64, and both are right."""
    assert _before(ON_A_KINK) == 0 < _before(ON_A_KINK.astype(float))
    assert _on_a_kink(0.0, seed).ok


@pytest.mark.parametrize("seed", range(6))
def test_at_a_kink_what_neither_side_has_is_wrong(seed: int) -> None:
    """Far beyond the slopes of both sides, and in float32 alone."""
    assert "GC112" in {finding.code for finding in _on_a_kink(10.0, seed).findings}


SEEN = [
    ("Cholesky log-determinant", 31004906),
    ("Cholesky log-determinant", 87008241),
    ("softmax at temperature 0.05", 31001915),
    ("softmax at temperature 0.05", 30336485),
    ("saturated softmax", 31003133),
    ("larger of sine and cosine", 31017382),
    ("variance at mean 1000", 30359956),
    ("variance at mean 1000", 30349296),
    ("variance at mean 1000", 29995261),
    ("variance at mean 1000", 30135276),
]
"""False alarms that were met: member, and seed of the draw and of the check."""


@pytest.mark.parametrize(("name", "seed"), SEEN)
def test_a_false_alarm_that_was_met_in_float32_is_met_no_more(name: str, seed: int) -> None:
    """Digits that a factorization or a mean loses, saturation, two kinks at once: rounding, not a mistake."""
    (member,) = (member for member in PANEL if member.name == name)
    inputs = tuple(a.astype(np.float32) for a in member.draw(np.random.default_rng([seed, 1])))
    subject, arguments, options = member.call(*inputs)
    report = gradcheck.check(subject, *arguments, mode="projection", rng=seed, **options)
    assert report.verdict is not Verdict.FAIL


def test_digits_that_a_factorization_loses_are_noted() -> None:
    """M M^T squares the condition of M, so float32 keeps three digits: no failure, and no silence."""
    left, _, right = np.linalg.svd(np.random.default_rng(0).normal(size=(3, 3)))
    m = (left * [1, 1, 0.005] @ right).astype(np.float32)
    report = gradcheck.check(
        lambda m: np.linalg.slogdet(m @ m.T)[1], m, grad=lambda m: 2 * np.linalg.solve(m @ m.T, m), rng=0
    )
    (finding,) = report.findings

    assert (report.verdict, finding.code, finding.severity) == (Verdict.PASS, "GC112", Verdict.PASS)
    assert "more than half of the gradient's digits are lost" in finding.title


@pytest.mark.parametrize("bug", [0.0, 1.0])
def test_what_float16_has_no_normal_number_for_may_become_zero(bug: float) -> None:
    """Beside entries it can hold, e^-11 is flushed where exp(11) overflows; a wrong entry it can hold still fails."""
    x = np.float16([-15.45, -11.23, -9.78, -7.42])

    def slope(x: np.ndarray) -> np.ndarray:
        s = 1 / (1 + np.exp(-x))
        return s * (1 - s) + x.dtype.type(bug * (x.dtype == np.float16) * 1e-3) * (x > -8)

    with np.errstate(all="ignore"):
        report = gradcheck.check(lambda x: 1 / (1 + np.exp(-x)), x, derivative=slope, rng=0)
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("GC112", Verdict.FAIL if bug else Verdict.PASS)

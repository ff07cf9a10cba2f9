"""Forwards that have lost their digits are undecided, never wrong; and that does not depend on their units."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from gallery.correct import PANEL, Member
from gradcheck.properties.strategies import tensor
from hypothesis import example, given
from hypothesis import strategies as st

import gradcheck

FLOOR = {member.name: member for member in PANEL if member.noise_floor}

SEEN = [
    ("silu, left tail", "float64", 20275691),
    ("x times (x + 1e8 - 1e8)", "float32", 30261562),
    ("x times (x + 1e8 - 1e8)", "float32", 30262214),
    ("silu, left tail", "float32", 30265798),
    ("silu, left tail", "float32", 30276393),
    ("1 - cos(x) near 0", "float32", 30271988),
    ("log(1 + x) near 0", "float32", 30276061),
]
"""False alarms that were met: member, dtype of the inputs, seed of the draw and of the check."""

powers = st.integers(-9, 9).map(lambda k: 10.0**k)
needs_more_digits = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant <= np.finfo(float).nmant, reason="longdouble is no longer than float64 here"
)


def _checked(member: Member, dtype: str, seed: int) -> gradcheck.Report:
    drawn = member.draw(np.random.default_rng([seed, 1]))
    subject, arguments, options = member.call(*(a.astype(dtype) if a.dtype.kind == "f" else a for a in drawn))
    return gradcheck.check(subject, *arguments, **options, rng=seed)


@needs_more_digits
@pytest.mark.parametrize(("name", "dtype", "seed"), SEEN)
def test_a_false_alarm_that_was_met_is_met_no_more(name: str, dtype: str, seed: int) -> None:
    """Rounding that is exactly linear between two stairs looks like a slope of its own; more digits unmask it."""
    assert _checked(FLOOR[name], dtype, seed).verdict != "fail"


@needs_more_digits
@given(a=powers, b=powers, x=st.floats(1e-16, 1e-12))
@example(a=1e9, b=1e9, x=1e-14)
@example(a=1e-9, b=1e9, x=1e-16)
def test_what_rounding_hides_is_not_called_wrong_in_any_unit(a: float, b: float, x: float) -> None:
    """log(1 + x) without log1p, near 0, in other units of x and of itself: stairs of rounding, however high."""
    report = gradcheck.check(lambda x: b * np.log(1 + x / a), np.array([a * x]), derivative=lambda x: b / (a + x))
    assert report.verdict != "fail"


STEPS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "floor": np.floor,
    "sign": np.sign,
    "quantized to sixteenths": lambda x: np.round(16 * x) / 16,
}


@needs_more_digits
@given(name=st.sampled_from(sorted(STEPS)), a=powers, b=st.integers(-15, 9).map(lambda k: 10.0**k))
@example(name="floor", a=1.0, b=1e-13)
@example(name="quantized to sixteenths", a=1e-9, b=1e-15)
def test_a_step_function_has_no_slope_in_any_unit(name: str, a: float, b: float) -> None:
    """A straight-through gradient fails, and zero passes, however low the steps are in absolute terms."""
    step, x = STEPS[name], a * np.array([0.31, -0.87, 1.43])
    wrong = gradcheck.check(lambda x: b * step(x / a), x, derivative=lambda x: np.full_like(x, b / a))
    right = gradcheck.check(lambda x: b * step(x / a), x, derivative=np.zeros_like)
    assert (wrong.verdict, right.verdict) == ("fail", "pass")


@pytest.mark.parametrize("seed", range(4))
def test_a_nearly_singular_product_is_linear(seed: int) -> None:
    """Condition 1e13: the backward loses digits to every change of the upstream, which is no nonlinearity."""
    rows = np.arange(10)
    hilbert = 1 / (rows[:, None] + rows + 1.0)
    inverse = np.linalg.inv(hilbert)
    report = gradcheck.check(
        lambda x: inverse @ (hilbert @ x),
        np.random.default_rng(seed).normal(size=10),
        vjp=lambda u, x: hilbert.T @ (inverse.T @ u),
        rng=seed,
    )
    codes = {finding.code for finding in report.findings}
    assert codes <= {"GC901", "GC902", "GC903"}  # rounding as coarse as this may look like a kink


_LOST_NOW_AND_THEN = {
    "equal values, and a huge query": (
        tensor(shape=(2, 2), loc=-3.0, structure="one outlier"),
        tensor(shape=(4, 2), seed=20371, scale=0.1, structure="negative zero"),
        tensor(shape=(4, 1), loc=1.0, scale=100.0, layout="broadcast"),
    ),
    "one key that wins, and a huge value": (
        tensor(shape=(1, 1), edit={(0, 0): -1.0}),
        tensor(shape=(5, 1), seed=18907, loc=1.0, scale=100.0, edit={(0, 0): 0.0}),
        tensor(shape=(5, 5), seed=56016, structure="one outlier", layout="broadcast"),
    ),
    "the same for two queries": (
        tensor(shape=(2, 1), scale=100.0, edit={(0, 0): -1.0}),
        tensor(shape=(5, 1), seed=18907, loc=1.0, scale=100.0, edit={(0, 0): 0.0}),
        tensor(shape=(5, 3), seed=56028, structure="one outlier", layout="broadcast"),
    ),
}


@pytest.mark.parametrize("name", _LOST_NOW_AND_THEN)
def test_a_backward_that_loses_an_ulp_for_few_upstreams_is_linear(name: str) -> None:
    """What is left of an attention's scores is an ulp now and then, and something huge makes it large."""

    def forward(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        scores = q @ k.T / np.sqrt(q.shape[1])
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        return p @ v, (q, k, v, p)

    def backward(u: np.ndarray, cache: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        q, k, v, p = cache
        d = u @ v.T
        d = p * (d - (p * d).sum(axis=1, keepdims=True)) / np.sqrt(q.shape[1])
        return d @ k, d.T @ q, p.T @ u

    for seed in range(12):
        report = gradcheck.check((forward, backward), *_LOST_NOW_AND_THEN[name], rng=seed)
        assert report.verdict is not gradcheck.Verdict.FAIL


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (np.sinc, lambda x: (np.cos(np.pi * x) - np.sinc(x)) / x),
        (lambda x: np.sqrt(1 + x * x) - 1, lambda x: x / np.sqrt(1 + x * x)),
    ],
)
def test_no_kink_is_told_of_where_digits_are_lost(
    f: Callable[[np.ndarray], np.ndarray], slope: Callable[[np.ndarray], np.ndarray]
) -> None:
    """1 - 1e-12 moves in stairs, and stairs bend at every step."""
    x = 1e-6 * np.random.default_rng(1).normal(size=5000)
    report = gradcheck.check(f, x, vjp=lambda u, x: u * slope(x))
    assert [finding.code for finding in report.findings] == ["GC903"]

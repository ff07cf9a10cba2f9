"""How far a gradient in low precision may be from the one in float64: kinks, lost digits, underflow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gallery.correct import PANEL
from scipy import special

import gradcheck
from gradcheck import Verdict

ml_dtypes = pytest.importorskip("ml_dtypes")

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
    assert "is off by 0.00078 of its size, which its rounding explains" in finding.title


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


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def _erf_gelu_slope(x: np.ndarray) -> np.ndarray:
    one = x.dtype.type
    phi = (one(1) + special.erf(x / one(2) ** one(0.5))) / one(2)
    return np.asarray(phi + x * np.exp(-x * x / one(2)) / one(np.sqrt(2 * np.pi)))


STAIRS: dict[str, tuple[Any, Any, float]] = {
    "cross-entropy of logits of 6": (lambda x: np.log1p(np.exp(-x)), lambda x: _sigmoid(x) - 1, 6.0),
    "1 - tanh": (lambda x: 1 - np.tanh(x), lambda x: np.tanh(x) ** 2 - 1, 3.5),
    "GELU on its left tail": (lambda x: x * (1 + special.erf(x / np.sqrt(2))) / 2, _erf_gelu_slope, -4.0),
}


@pytest.mark.parametrize("name", STAIRS)
def test_stairs_a_hundred_ulps_wide_are_rounding(name: str) -> None:
    """Near 1 a sigmoid rounds to 6e-8 whatever the last digits of x are: a little of its slope, and no bug."""
    f, slope, at = STAIRS[name]
    for seed in range(10):
        x = (at + np.random.default_rng(seed).normal(size=3) / 4).astype(np.float32)
        assert gradcheck.check(f, x, derivative=slope, rng=seed).ok, seed
        off = gradcheck.check(f, x, derivative=lambda x: slope(x) * x.dtype.type(1 + 0.01 * _low(x)), rng=seed)
        assert off.verdict is Verdict.FAIL, seed


def _low(array: Any) -> bool:
    return bool(array.dtype.itemsize < 8)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("factor", [0.0, -1.0])
def test_a_small_parameter_is_compared_on_its_own(dtype: Any, factor: float) -> None:
    """A bias a hundredth of the weights is nothing in the norm of everything."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        x, w, b = (scale * rng.normal(size=shape) for scale, shape in ((1, (64, 16)), (0.25, (16, 8)), (0.1, 8)))

        def vjp(u: Any, x: Any, w: Any, b: Any) -> Any:
            return u @ w.T, x.T @ u, u.sum(0) * u.dtype.type(factor if _low(x) else 1)

        report = gradcheck.check(lambda x, w, b: x @ w + b, *(a.astype(dtype) for a in (x, w, b)), vjp=vjp, rng=seed)
        assert [f.code for f in report.findings if f.severity is Verdict.FAIL] == ["GC112"], seed


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_an_entry_near_zero_counts_like_any_other(dtype: Any) -> None:
    """Weighed by its own size it would not be there."""
    x = np.array([0.5, -1, 0.8, 1.2, 0.01]).astype(dtype)

    def slope(x: np.ndarray) -> np.ndarray:
        return np.where(_low(x) & (np.abs(x) < 0.02), x.dtype.type(0), 1 - np.tanh(x) ** 2).astype(x.dtype)

    assert gradcheck.check(np.tanh, x, derivative=slope).verdict is Verdict.FAIL


def test_what_may_be_rounding_of_the_outputs_is_noted() -> None:
    """Beside 1e7 nothing tells a gradient of 4 from rounding in float32; but zero is not passed in silence."""
    x = np.random.default_rng(0).normal(size=9).astype(np.float32)
    report = gradcheck.check(
        lambda x: (x * x).sum() + x.dtype.type(1e7), x, grad=lambda x: 2 * x * x.dtype.type(0 if _low(x) else 1)
    )
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("GC112", Verdict.PASS)
    assert "which beside the outputs may be rounding" in finding.title


def test_a_coarser_format_inside_a_backward_is_noted() -> None:
    """A product through float16 keeps 11 of the 24 bits."""
    rng = np.random.default_rng(0)

    def vjp(u: Any, x: Any, w: Any) -> Any:
        return tuple(g.astype(np.float16).astype(np.float32) if _low(x) else g for g in (u @ w.T, x.T @ u))

    inputs = (rng.normal(size=shape).astype(np.float32) for shape in ((8, 5), (5, 3)))
    (finding,) = gradcheck.check(lambda x, w: x @ w, *inputs, vjp=vjp).findings
    assert (finding.code, finding.severity) == ("GC112", Verdict.PASS)


@pytest.mark.parametrize("dtype", [np.float32, ml_dtypes.bfloat16])
def test_what_cancels_is_no_news(dtype: Any) -> None:
    """A bias in front of a mean that is subtracted has a gradient of zero, which rounding makes 1e-16, or 1e-7."""
    for seed in range(4):
        x, b = (np.random.default_rng(seed).normal(size=shape).astype(dtype) for shape in ((12, 8), 8))

        def centred(x: Any, b: Any) -> Any:
            y = x + b
            return np.tanh(y - y.mean(0))

        def vjp(u: Any, x: Any, b: Any) -> Any:
            g = u * (1 - centred(x, b) ** 2)
            g = g - g.mean(0)
            return g, g.sum(0)

        report = gradcheck.check(centred, x, b, vjp=vjp, rng=seed)
        assert (report.ok, [f.code for f in report.findings if f.path == "inputs['b']"]) == (True, []), seed


@pytest.mark.parametrize(("at", "seed"), [(-13.9140625, 0), (-14.21875, 0), (-14.546875, 1)])
def test_a_common_factor_of_numbers_without_digits_is_rounding(at: float, seed: int) -> None:
    """e^-14 has three bits in float16: all that is left of a gradient is 2 % off, and so is it at every neighbour."""
    x = np.float16([at, -28.9375, -36.875, -28.078125])
    report = gradcheck.check(np.exp, x, derivative=np.exp, rng=seed)
    assert report.ok
    assert any("leave the range of float16" in finding.title for finding in report.findings)


def test_what_leaves_the_range_hides_no_other_mistake() -> None:
    """The gradient of b is zero in float16, off by all of itself and only noted; half of w's is wrong, and fails."""
    w, b = (np.random.default_rng(k).normal(size=6).astype(np.float16) for k in range(2))
    report = gradcheck.check(
        lambda w, b: (w**2).sum() + b.sum() * w.dtype.type(1e-7),
        w,
        b,
        grad=lambda w, b: (2 * w * w.dtype.type(1.5 if _low(w) else 1), np.full_like(b, 0 if _low(b) else 1e-7)),
    )
    assert [f.path for f in report.findings if f.code == "GC112"] == ["inputs['w']"]
    assert report.verdict is Verdict.FAIL


@pytest.mark.parametrize("factor", [2.0, 0.0, np.nan])
def test_a_small_gradient_excuses_no_other(factor: float) -> None:
    """That of b is near the end of float16's range; that of w is not."""
    w, b = (np.random.default_rng(k).normal(size=6).astype(np.float16) for k in range(2))
    report = gradcheck.check(
        lambda w, b: (w**2).sum() + b.sum() * w.dtype.type(1e-4),
        w,
        b,
        grad=lambda w, b: ((2 * w * w.dtype.type(factor if _low(w) else 1)), np.full_like(b, 1e-4)),
    )
    assert [f.path for f in report.findings if f.severity is Verdict.FAIL] == ["inputs['w']"]


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("factor", [1.0, 2.0, 0.0, np.nan])
def test_a_forward_that_widens_inside_is_compared_in_its_dtype_as_well(dtype: Any, factor: float) -> None:
    """A root mean square is taken in float32 everywhere; what its backward says in sixteen bits is looked at, too."""

    def scale(y: np.ndarray) -> np.ndarray:
        return np.asarray(1 / np.sqrt((y * y).mean(-1, keepdims=True) + np.float32(1e-6)))

    def forward(x: np.ndarray) -> np.ndarray:
        y = x.astype(np.float32)
        return np.asarray((y * scale(y)).astype(x.dtype))

    def vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        y, u = x.astype(np.float32), u.astype(np.float32)
        s = scale(y)
        n = y * s
        g = s * (u - n * (u * n).mean(-1, keepdims=True)) * np.float32(factor if _low(x) else 1)
        return np.asarray(g.astype(x.dtype))

    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=(4, 8)).astype(dtype)
        report = gradcheck.check(forward, x, vjp=vjp, rng=seed)
        failed = [f.code for f in report.findings if f.severity is Verdict.FAIL]
        assert failed == ([] if factor == 1 else ["GC112"]), seed


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("alone", [True, False])
def test_a_tangent_is_compared_in_low_precision_too(dtype: Any, alone: bool) -> None:
    """A jvp that is negated in the caller's dtype only fails, beside a derivative and without."""
    x = np.random.default_rng(0).normal(size=6).astype(dtype)

    def jvp(factor: float) -> Any:
        return lambda t, x: (t * (1 - np.tanh(x) ** 2) * (factor if _low(x) else 1)).astype(x.dtype)

    beside: dict[str, Any] = {} if alone else {"derivative": lambda x: 1 - np.tanh(x) ** 2}
    assert gradcheck.check(np.tanh, x, jvp=jvp(1), **beside).ok
    (finding,) = gradcheck.check(np.tanh, x, jvp=jvp(-1), **beside).findings
    assert (finding.code, finding.severity, finding.path) == ("GC112", Verdict.FAIL, "outputs[0]")
    assert "the tangent in" in finding.title


def test_one_saturated_row_beside_others_is_rounding() -> None:
    """A softmax that is 1 in float32 has the gradient 0 there; beside the outputs the true 1e-6 is a few ulps."""
    member = next(member for member in PANEL if member.name == "softmax at temperature 0.05")
    (x,) = member.draw(np.random.default_rng([106_014_285, 1]))
    subject, arguments, options = member.call(x.astype(np.float32))
    for seed in (106_014_285, *range(5)):
        report = gradcheck.check(subject, *arguments, **options, mode="projection", rng=seed)
        assert report.verdict is not Verdict.FAIL

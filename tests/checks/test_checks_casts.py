"""Casts of a part: where only a term of the forward, or the whole of a backward, is rounded to few digits."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

_DTYPES = (np.float32, np.float16, ml_dtypes.bfloat16)


def test_a_float32_part_of_a_sum_fails_no_right_gradient() -> None:
    """Half of the forward rounds inside and half does not: undecided at worst, on the longest stairs as well."""
    for seed in (0, 1, 2, 3, 14, 26, 33, 65, 147):
        x = np.random.default_rng(seed).normal(size=5)
        for dtype in _DTYPES:
            report = gradcheck.check(
                lambda x, dtype=dtype: np.sin(x.astype(dtype)).astype(float) + x,
                x,
                derivative=lambda x: np.cos(x) + 1,
                rng=seed,
            )
            assert report.verdict is not Verdict.FAIL


def test_a_single_number_in_sixteen_bits_is_known_as_such() -> None:
    """One in fifty has so few digits that it could be simple by nature; its neighbours tell."""

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 2 * x + np.sin(x), x

    def backward(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        return (u.astype(np.float16) * (2 + np.cos(x)).astype(np.float16)).astype(float)

    for seed in range(60):
        x = np.asarray(np.random.default_rng(seed).normal() * 3)
        report = gradcheck.check((forward, backward), x, rng=seed)
        assert (report.ok, [finding.code for finding in report.findings]) == (True, ["GC903"])


@pytest.mark.parametrize("off", [1e-3, 1e-2, 0.09])
@pytest.mark.parametrize("seed", range(6))
def test_a_kink_is_no_stair(seed: int, off: float) -> None:
    """Exactly linear up to where it bends: nothing jumps there, and a slope that is a little off is wrong."""
    x = np.random.default_rng(seed).normal(size=7)
    report = gradcheck.check(
        lambda x: np.where(x > 0.3, 2 * x - 0.3, x) + np.abs(x),
        x,
        derivative=lambda x: (1 + off) * (1.0 + (x > 0.3) + np.sign(x)),
        rng=seed,
    )
    assert report.verdict is Verdict.FAIL


def _normalized(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y = x.astype(np.float32)
    scale = 1 / np.sqrt((y * y).mean(-1, keepdims=True) + np.float32(1e-6))
    return y * scale, scale


@pytest.mark.parametrize("mode", ["auto", "projection"])
@pytest.mark.parametrize(("dx", "dw"), [(1, 1), (1.02, 1), (0, 1), (1, -1), (1, 1.02)])
def test_one_input_alone_may_be_rounded(dx: float, dw: float, mode: str) -> None:
    """A root mean square is taken in float32, and multiplied by a gain that is not: no digit of the outputs tells."""

    def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n, scale = _normalized(x)
        v = u * w
        return dx * scale * (v - n * (v * n).mean(-1, keepdims=True)), dw * (u * n).sum(0)

    for seed in range(4):
        rng = np.random.default_rng(seed)
        x, w = rng.normal(size=(3, 5)), rng.normal(size=5)
        x[0, 0] = 0.5  # where the numbers of any format are closer to one side
        report = gradcheck.check(lambda x, w: _normalized(x)[0].astype(float) * w, x, w, vjp=vjp, mode=mode, rng=seed)
        codes = {finding.code for finding in report.findings}
        assert report.verdict is (Verdict.PASS if dx == dw == 1 else Verdict.FAIL), (seed, str(report))
        assert "GC903" in codes

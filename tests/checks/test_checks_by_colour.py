"""Entries moved together are judged as if alone: the same verdict, the same wrong entries, in far fewer calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Report, Verdict
from gradcheck.checks.comparison import _compare
from gradcheck.checks.comparison._outcome import Columns


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _softmax_vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    s = _softmax(x)
    return s * (g - (g * s).sum(axis=1, keepdims=True))


def _spoiled(vjp: Any, how: str) -> Any:
    def wrong(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = np.array(vjp(g, x))
        if how == "one entry":
            out[3, 2] *= 1.01
        elif how == "one row":
            out[4] *= -1
        elif how == "mixed rows":
            out += 1e-3 * np.roll(out, 1, axis=0)
        elif how == "all":
            out *= 1.001
        return out

    return wrong


_FUNCTIONS: dict[str, tuple[Callable[..., Any], Any]] = {
    "tanh": (np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2)),
    "softmax": (_softmax, _softmax_vjp),
    "relu": (lambda x: np.maximum(x, 0), lambda g, x: g * (x > 0)),
}


def _report(function: Any, vjp: Any, x: np.ndarray, **options: Any) -> Report:
    return gradcheck.check(function, x, vjp=vjp, mode="entries", **options)


def _wrong(report: Report) -> list[Any]:
    return [(f.code, f.path, f.index, f.wrong) for f in report.findings if f.severity is Verdict.FAIL]


@pytest.mark.parametrize("how", ["right", "one entry", "one row", "mixed rows", "all"])
@pytest.mark.parametrize("name", _FUNCTIONS)
def test_together_is_as_good_as_alone(name: str, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict and the wrong entries are those of moving one entry at a time."""
    function, vjp = _FUNCTIONS[name]
    x, claimed = np.random.default_rng(2).normal(size=(8, 6)), _spoiled(vjp, how)
    together = _report(function, claimed, x)
    monkeypatch.setattr(_compare, "_by_colour", lambda comparison, doubted: Columns())
    alone = _report(function, claimed, x)
    assert together.verdict is alone.verdict
    assert _wrong(together) == _wrong(alone)
    assert together.verdict is (Verdict.PASS if how == "right" else Verdict.FAIL)


def test_it_is_cheap() -> None:
    """Sixty-four rows of softmax cost little more than one."""
    one, many = (
        _report(_softmax, _softmax_vjp, np.random.default_rng(0).normal(size=(n, 6))).cost.forward for n in (16, 64)
    )
    assert many <= 1.5 * one
    assert many < 64 * 6


@pytest.mark.parametrize("seed", range(5))
def test_a_dependence_too_small_to_move_a_bit_does_not_hide_an_error(seed: int) -> None:
    """Rows that meet only where a gate is open look independent; nothing wrong passes for it."""

    def function(x: np.ndarray) -> np.ndarray:
        return x**2 + np.maximum(x.sum() - 1e3, 0)

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        return 2 * g * x * (1 + 1e-3 * (np.arange(x.size).reshape(x.shape) == 7))

    report = _report(function, vjp, np.random.default_rng(seed).uniform(1, 2, size=(6, 5)), rng=seed)
    assert [f.index for f in report.findings if f.severity is Verdict.FAIL] == [(1, 2)]


_HILBERT = 1 / (np.add.outer(np.arange(9), np.arange(9)) + 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_the_inverse_of_a_hilbert_matrix_is_not_called_wrong(seed: int) -> None:
    """Every step lies beyond a pole: the differences cannot decide, and a right gradient was once called wrong."""

    def vjp(u: np.ndarray, a: np.ndarray) -> np.ndarray:
        inverse = np.linalg.inv(a)
        return -inverse.T @ u @ inverse.T

    assert gradcheck.check(np.linalg.inv, _HILBERT, vjp=vjp, rng=seed).verdict is not Verdict.FAIL


_TIED = np.array([[4.0, 4, 1, 0], [1, 2, 3, 0], [3, 2, 0, 1], [0, 1, 2, 5]])


@pytest.mark.parametrize("mode", ["auto", "entries"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_shares_of_a_tie_add_up_where_rows_are_moved_together(share: float, mode: str) -> None:
    """The rows do not depend on one another; the two entries of a row that tie do."""

    def shared(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        largest = x == x.max(1, keepdims=True)
        return np.asarray(u[:, None] * largest * np.where(largest.sum(1, keepdims=True) > 1, share, 1.0))

    report = gradcheck.check(lambda x: x.max(1), _TIED, vjp=shared, mode=mode, rng=0)
    assert report.verdict is (Verdict.PASS if share == 0.5 else Verdict.FAIL)


def _convolved(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Slide a kernel over the rows of x: shape (N, T - K + 1)."""
    return np.asarray(np.lib.stride_tricks.sliding_window_view(x, w.size, axis=1) @ w)


def _convolved_vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dx = np.zeros_like(x)
    for k in range(w.size):
        dx[:, k : k + u.shape[1]] += w[k] * u
    return dx, np.array([np.sum(u * x[:, k : k + u.shape[1]]) for k in range(w.size)])


@pytest.mark.parametrize("wrong", [None, (0, 0), (3, 17), (2, 59)])
def test_what_slides_over_its_input_costs_as_many_columns_as_its_kernel(wrong: tuple[int, int] | None) -> None:
    """Three hundred and sixty entries in three moves; a wrong one is found wherever it is."""

    def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        dx, dw = _convolved_vjp(u, x, w)
        if wrong is not None:
            dx[wrong] *= 1.001
        return dx, dw

    rng = np.random.default_rng(4)
    report = gradcheck.check(_convolved, rng.normal(size=(6, 60)), rng.normal(size=3), vjp=vjp, mode="entries")

    if wrong is None:
        assert report.ok
        assert report.cost.forward < 360
    else:
        assert _wrong(report) == [("GC101", "inputs['x']", wrong, 1)]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_ties_in_windows_that_overlap_are_judged_alone(share: float) -> None:
    """The two entries of a tie are of different classes, and their shares must add up all the same."""
    x = np.random.default_rng(5).normal(size=(3, 24))
    x[1, 10] = x[1, 11] = 3.0

    def pooled(x: np.ndarray) -> np.ndarray:
        return np.maximum(x[:, 1:], x[:, :-1])

    def vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        dx, tie = np.zeros_like(x), x[:, 1:] == x[:, :-1]
        dx[:, 1:] += u * np.where(tie, share, x[:, 1:] > x[:, :-1])
        dx[:, :-1] += u * np.where(tie, share, x[:, 1:] < x[:, :-1])
        return dx

    report = _report(pooled, vjp, x, rng=0)
    assert report.verdict is (Verdict.PASS if share == 0.5 else Verdict.FAIL)


def test_a_reach_too_weak_to_be_seen_does_not_hide_an_error() -> None:
    """Entries at both ends meet where a gate is open: what looks local is not, and nothing wrong passes for it."""

    def function(x: np.ndarray) -> np.ndarray:
        return x[1:] * x[:-1] + np.maximum(x[0] * x[-1] - 1e3, 0)

    def vjp(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        dx = np.append(0.0, u * x[:-1]) + np.append(u * x[1:], 0.0)
        dx[7] *= 1.001
        return dx

    report = _report(function, vjp, np.random.default_rng(6).uniform(1, 2, size=40))
    assert [f.index for f in report.findings if f.severity is Verdict.FAIL] == [(7,)]


@pytest.mark.parametrize("size", [20, 100])
def test_outputs_of_another_scale_have_lanes_of_their_own_in_windows(size: int) -> None:
    """The gradient of a second row, 10^12 times smaller, is forgotten: of 256 outputs each is looked at alone."""
    scales = np.array([[1.0], [1e-12]])

    def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        dx, dw = _convolved_vjp(u[:1], x[None], w)
        return dx[0], dw + _convolved_vjp(scales[1:] * u[1:], x[None], w)[1]

    rng = np.random.default_rng(8)
    report = gradcheck.check(
        lambda x, w: scales * _convolved(x[None], w),
        rng.normal(size=size),
        rng.normal(size=3),
        vjp=vjp,
        mode="entries",
    )
    assert [f.path for f in report.findings if f.severity is Verdict.FAIL] == ["inputs['x']"]

"""A forward that stops at a tolerance: its implicit gradient is not wrong, and a wrong one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict
from gradcheck.checks.judgement import _stopping
from gradcheck.numerics import Jumps, jumps_beside


@dataclass(frozen=True)
class FixedPoint:
    """z = tanh(W z + x), iterated until no entry moves by `tolerance`."""

    tolerance: float

    def __call__(self, x: np.ndarray, W: np.ndarray) -> np.ndarray:
        """Return the last iterate."""
        z, before = np.tanh(x), np.zeros_like(x)
        while np.abs(z - before).max() >= self.tolerance:
            z, before = np.tanh(z @ W.T + x), z
        return z

    def vjp(self, u: np.ndarray, x: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of the solution: one linear system per row."""
        z = FixedPoint(1e-15)(x, W)
        slope = 1 - z * z
        systems = np.eye(W.shape[0]) - slope[:, :, None] * W
        gx = slope * np.linalg.solve(np.swapaxes(systems, 1, 2), u[:, :, None])[:, :, 0]
        return gx, gx.T @ z


def _point(seed: int) -> tuple[np.ndarray, np.ndarray]:
    W = np.random.default_rng(100 + seed).normal(size=(5, 5))
    return np.random.default_rng(101 + seed).normal(size=(4, 5)), 0.6 * W / np.linalg.norm(W, 2)


@pytest.mark.parametrize("tolerance", [1e-9, 1e-10, 1e-12])
@pytest.mark.parametrize("seed", [3, 6, 8, 13])
def test_the_gradient_of_the_solution_never_fails(tolerance: float, seed: int) -> None:
    """It differs from that of the unfinished iteration by a few 1e-8, which says nothing against it."""
    solve = FixedPoint(tolerance)
    report = gradcheck.check(solve, *_point(seed), vjp=solve.vjp, rng=seed)
    assert report.verdict is not Verdict.FAIL
    assert report.ok or "stops at a tolerance" in report.findings[0].title


@dataclass(frozen=True)
class Recurrent:
    """z = tanh(A z + b), of few entries, some of which converge slowly."""

    tolerance: float

    def __call__(self, A: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the last iterate."""
        z = np.tanh(b)
        for _ in range(2000):
            z, before = np.tanh(A @ z + b), z
            if np.abs(z - before).max() < self.tolerance:
                break
        return z

    def vjp(self, u: np.ndarray, A: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of the solution."""
        z = Recurrent(1e-15)(A, b)
        slope = 1 - z * z
        gb = slope * np.linalg.solve((np.eye(b.size) - slope[:, None] * A).T, u)
        return np.outer(gb, z), gb


def _loop(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(3, 3)) * 0.5 / np.sqrt(3), rng.normal(size=3)


@pytest.mark.parametrize(("tolerance", "seed"), [(1e-8, 3), (1e-8, 16), (1e-6, 1), (1e-6, 8), (1e-5, 3), (1e-4, 6)])
def test_loose_tolerances_and_slow_iterations_are_undecided(tolerance: float, seed: int) -> None:
    """One loop makes all outputs jump, the nearly right ones as well, and often where it converges slowly."""
    solve = Recurrent(tolerance)
    assert gradcheck.check(solve, *_loop(seed), vjp=solve.vjp, rng=seed).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("drawn", "seed"), [(1, 0), (1, 2), (8, 5)])
def test_a_batch_that_stops_at_once_is_undecided(drawn: int, seed: int) -> None:
    """One row of a hundred decides, so it seldom stops a turn earlier or later; then two thousand outputs jump."""
    W = np.random.default_rng(4).normal(size=(20, 20))
    W *= 0.5 / np.linalg.norm(W, 2)
    solve, x = FixedPoint(1e-6), np.random.default_rng(drawn).normal(size=(100, 20))

    def of_x(factor: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        return lambda u, x: factor * solve.vjp(u, x, W)[0]

    right, wrong = (
        gradcheck.check(lambda x: solve(x, W), x, vjp=of_x(factor), rng=seed) for factor in (1.0, 1.00001)
    )
    assert (right.verdict, wrong.verdict) == (Verdict.INCONCLUSIVE, Verdict.FAIL)


@pytest.mark.parametrize("tolerance", [1e-8, 1e-6])
def test_lines_are_shorter_for_iterations_that_hardly_converge(tolerance: float) -> None:
    """Along a long line they stop at so many places that no piece between is smooth."""
    rng, solve = np.random.default_rng(1), Recurrent(tolerance)
    A, b = rng.normal(size=(3, 3)) * 1.2 / np.sqrt(3), rng.normal(size=3) * 0.3
    end = Recurrent(0.0)(A, b)
    assert end == pytest.approx(np.tanh(A @ end + b), rel=1e-13)  # it does converge
    assert gradcheck.check(solve, A, b, vjp=solve.vjp, rng=1).verdict is Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Lasso:
    """The minimum of |A z - b|^2 / 2 + |z|_1 / 2 by soft thresholding (ISTA), until no entry moves by `tolerance`."""

    tolerance: float

    def __call__(self, A: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the last iterate."""
        step = 1 / np.linalg.norm(A, 2) ** 2
        turn, push = np.eye(A.shape[1]) - step * A.T @ A, step * A.T @ b
        z = np.zeros(A.shape[1])
        for _ in range(5000):
            w, before = turn @ z + push, z
            z = w - np.clip(w, -step / 2, step / 2)
            if max(abs(z - before).tolist()) < self.tolerance:
                break
        return z

    def vjp(self, u: np.ndarray, A: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient of the solution, which is explicit on its support."""
        z = Lasso(1e-15)(A, b)
        on, gA = z != 0, np.zeros_like(A)
        kept = A[:, on]
        m = np.linalg.solve(kept.T @ kept, u[on])
        gA[:, on] = np.outer(b - A @ z, m) - np.outer(kept @ m, z[on])
        return gA, kept @ m


def _regression() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.normal(size=(4, 2)), rng.normal(size=4)


def test_jumps_of_the_last_digits_are_found_on_short_lines() -> None:
    """On long ones 1e-12 is lost in what f bends, and in entries that come and go."""
    solve = Lasso(1e-12)
    assert gradcheck.check(solve, *_regression(), vjp=solve.vjp, rng=5).verdict is Verdict.INCONCLUSIVE


def _other_sign(gA: np.ndarray, gb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return gA, -gb


def _hundredth(gA: np.ndarray, gb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.where(np.arange(gA.size).reshape(gA.shape) == np.argmax(abs(gA)), 1.01, 1.0) * gA, gb


def _forgotten(gA: np.ndarray, gb: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return 0 * gA, gb


@pytest.mark.parametrize("mistake", [_other_sign, _hundredth, _forgotten])
def test_mistakes_beside_jumps_of_the_last_digits_stay(
    mistake: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
) -> None:
    """A sign, a hundredth of one entry, an input without a gradient."""
    solve = Lasso(1e-12)
    wrong = gradcheck.check(solve, *_regression(), vjp=lambda u, *at: mistake(*solve.vjp(u, *at)), rng=5)
    assert wrong.verdict is Verdict.FAIL


@pytest.mark.parametrize(("few", "lines"), [(0, 0), (4096, 4)])
def test_a_mistake_of_many_inputs_is_told_at_once_and_of_few_after_four_lines(
    few: int, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing jumps, no more lines are asked: a line takes 33 calls, which leave no room for a jump."""
    costs = []
    for limit in (-1, few):
        monkeypatch.setattr(_stopping, "_FEW_INPUTS", limit)
        x = np.random.default_rng(0).normal(size=6)
        report = gradcheck.check(np.sin, x, vjp=lambda u, x: (1 + 3e-4) * np.cos(x) * u)
        assert report.verdict is Verdict.FAIL
        costs.append(report.cost.forward)
    assert costs[1] - costs[0] == 33 * lines


@pytest.mark.parametrize("error", [3e-4, 3e-6])
def test_a_mistake_of_all_entries_is_no_iteration_after_a_line_or_two(
    error: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Along the claim it adds up to more than a jump may be: an iteration would have had to jump on the way."""
    lines = []

    def counted(*args: Any) -> Jumps:
        lines.append(jumps_beside(*args))
        return lines[-1]

    monkeypatch.setattr(_stopping, "jumps_beside", counted)
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(50, 20)), rng.normal(size=(20, 8))
    report = gradcheck.check(
        lambda x: np.tanh(x @ W), x, vjp=lambda u, x: (1 + error) * (u / np.cosh(x @ W) ** 2) @ W.T
    )
    assert report.verdict is Verdict.FAIL
    assert len(lines) <= 2


@pytest.mark.parametrize("tolerance", [1e-8, 1e-5])
def test_a_mistake_well_above_the_jumps_stays_one(tolerance: float) -> None:
    """A hundredth too much, or a derivative through one turn of the loop alone, is no matter of a tolerance."""
    solve = Recurrent(tolerance)

    def once(u: np.ndarray, A: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        z = solve(A, b)
        return np.outer(u * (1 - z * z), z), u * (1 - z * z)

    def more(u: np.ndarray, A: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gA, gb = solve.vjp(u, A, b)
        return 1.01 * gA, gb

    for wrong in (once, more):
        assert gradcheck.check(solve, *_loop(3), vjp=wrong, rng=3).verdict is Verdict.FAIL


@pytest.mark.parametrize("factor", [0.0, 0.5, 1 - 1e-4])
def test_a_wrong_gradient_of_the_solution_fails(factor: float) -> None:
    """What is off by more than the jumps can explain is wrong, wherever the forward stops."""
    solve = FixedPoint(1e-9)

    def vjp(u: np.ndarray, x: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gx, gw = solve.vjp(u, x, W)
        return gx, factor * gw

    for seed in (3, 6):
        assert gradcheck.check(solve, *_point(seed), vjp=vjp, rng=seed).verdict is Verdict.FAIL


def test_a_small_error_of_a_smooth_function_stays_one() -> None:
    """Where the forward does not jump there is no such excuse, however small the difference."""
    for function, slope in (
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        (lambda x: np.abs(x) * x, lambda x: 2 * np.abs(x)),
    ):
        x = np.random.default_rng(0).normal(size=6)
        for error in (3e-7, 3e-4):
            report = gradcheck.check(function, x, vjp=lambda u, x, f=slope, e=error: (1 + e) * f(x) * u)
            assert report.verdict is Verdict.FAIL


def test_a_seam_between_two_pieces_is_no_iteration() -> None:
    """Two approximations that do not meet jump by the same on every line, and a thousandth too much stays wrong."""
    x = np.random.default_rng(0).uniform(-2, 2, 7)
    report = gradcheck.check(
        lambda x: np.sum(np.sin(x) + 3e-5 * (x >= 0.5)), x, vjp=lambda u, x: 1.001 * u * np.cos(x)
    )
    assert report.verdict is Verdict.FAIL


def test_a_pole_or_a_step_beside_the_point_is_no_tolerance() -> None:
    """Jumps far larger than the difference have nothing to do with it."""
    x = np.array([1.0, 1.3, 0.7])
    off = 1 + 3e-6
    pole = gradcheck.check(lambda x: 1 / (x - 0.9), x, vjp=lambda u, x: -off * u / (x - 0.9) ** 2)
    step = gradcheck.check(lambda x: np.tanh(x) + (x > 1.1), x, vjp=lambda u, x: off * u / np.cosh(x) ** 2)
    assert pole.verdict is step.verdict is Verdict.FAIL

"""Few wrong entries among many: exactly those are named, and all others are certified together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck import Report, Verdict


def _check(x: np.ndarray, factor: np.ndarray, **options: object) -> Report:
    return gradcheck.check(np.sin, x, vjp=lambda g, x: g * np.cos(x) * factor, **options)  # type: ignore[arg-type]


def _points(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(-1.2, 1.2, size=shape)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 4), large=st.booleans())
def test_the_wrong_entries_are_named_and_counted(seed: int, count: int, large: bool) -> None:
    """One finding names the worst entry, counts the wrong ones, and says of many that all others are right."""
    rng = np.random.default_rng(seed)
    x = _points(*((180, 120) if large else (20, 15)))
    factor = np.ones(x.shape)
    wrong = rng.choice(x.size, count, replace=False)
    factor.flat[wrong] = rng.choice([0.0, 0.5, 1.1, 3.0], count)
    report = _check(x, factor, rng=seed)
    (finding,) = [f for f in report.findings if f.severity is Verdict.FAIL]
    assert finding.wrong == count
    assert {np.ravel_multi_index(entry.index, x.shape) for entry in finding.entries} == set(wrong)
    assert not large or any("the others together are right" in line for line in finding.detail)


@pytest.mark.parametrize("shape", [(200, 150), (30, 20)])
def test_a_wrong_row_is_named_by_its_entries(shape: tuple[int, int]) -> None:
    """Every entry that is named lies in the row, and no other is accused."""
    factor = np.ones(shape)
    factor[17] = 1.3
    (finding,) = [f for f in _check(_points(*shape), factor).findings if f.severity is Verdict.FAIL]
    assert {entry.index[0] for entry in finding.entries} == {17}


def test_it_takes_few_calls() -> None:
    """One entry among 10^5 is found in a logarithm of calls."""
    factor = np.ones((400, 250))
    factor[123, 45] = 1.01
    report = _check(_points(400, 250), factor)
    assert [f.index for f in report.findings] == [(123, 45)]
    assert report.cost.forward <= 200


@pytest.mark.parametrize("size", [100_000, 200_000])
def test_a_wrong_entry_of_a_mean_is_found_above_its_rounding(size: int) -> None:
    """The smaller of two steps that agree blurs what the larger one shows: a mean is rounded as a whole."""
    at = size // 3
    for seed in range(4):
        x = np.random.default_rng(seed).normal(size=size)
        x[at] = 1.0

        def gradient(x: np.ndarray) -> np.ndarray:
            found = np.tanh(x) / x.size
            found[at] *= 1.001
            return found

        report = gradcheck.check(lambda x: np.mean(np.log(np.cosh(x))), x, grad=gradient, rng=seed)
        assert [(f.code, f.index) for f in report.findings] == [("GC101", (at,))]


def test_a_wrong_input_does_not_accuse_the_right_one() -> None:
    """Halving begins with whole inputs."""
    x, y = _points(180, 120), _points(180, 120)[::-1].copy()
    report = gradcheck.check(lambda x, y: x * y, x, y, vjp=lambda g, x, y: (g * y, 1.01 * g * x))
    assert {f.path for f in report.findings if f.severity is Verdict.FAIL} == {"inputs['y']"}


def test_mistakes_in_groups_of_their_own_are_all_named() -> None:
    """One entry half too large, and a row of zeros, which is looked at apart: neither hides the other."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 60)), rng.normal(size=(60, 70))

    def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        dw = x.T @ u
        dw[3, 5] *= 1.5
        dw[10] = 0
        return u @ w.T, dw

    (finding,) = gradcheck.check(lambda x, w: x @ w, x, w, vjp=vjp).findings
    assert (3, 5) in {entry.index for entry in finding.entries}
    assert "inputs['w'][10, :] is wrong as a whole" in str(finding.detail)


def test_one_small_entry_that_drowns_does_not_send_a_small_problem_into_every_entry() -> None:
    """The square of 0.002 beside 499 others is in a group of its own, and drowns in their sum: it is judged alone."""
    x = np.random.default_rng(0).normal(size=500)

    def f(x: np.ndarray) -> float:
        return float(np.sum(x**2))

    right = gradcheck.check(f, x, grad=lambda x: 2 * x, rng=0)
    assert right.ok
    assert right.cost.forward < 150
    small = int(np.argmin(np.abs(x)))

    wrong = gradcheck.check(f, x, grad=lambda x: np.where(np.arange(x.size) == small, 3.0, 2.0) * x, rng=0)
    assert [finding.index for finding in wrong.findings] == [(small,)]


def test_a_mistake_in_all_entries_is_shown_where_it_is_large_as_well() -> None:
    """Three small entries are wrong on their own; one of the others says that it is not they alone."""
    size = np.ones(600)
    size[[3, 77, 300]] = 1e-5
    x = np.random.default_rng(0).normal(size=600)
    report = gradcheck.check(lambda x: float(size @ np.sin(x)), x, grad=lambda x: 1.001 * size * np.cos(x))
    assert report.verdict is Verdict.FAIL
    assert "1.001 x numeric" in str(report)
    assert max(abs(entry.analytic - entry.numeric) for entry in report.findings[0].entries) > 1e-4
    assert report.cost.forward < 400

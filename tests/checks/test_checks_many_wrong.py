"""Many wrong entries of a medium problem: a sample tells, at the cost of a few; entry mode compares all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

SIZE = 300
X = np.random.default_rng(1).normal(size=SIZE)
W = np.random.default_rng(0).normal(size=(SIZE, 40))


def _dense(x: np.ndarray) -> Any:
    return np.tanh(np.sin(x) @ W)


def _without_the_cosine(u: np.ndarray, x: np.ndarray) -> Any:
    return (u * (1 - _dense(x) ** 2)) @ W.T


@pytest.mark.parametrize(
    ("f", "vjp"),
    [
        (np.sin, lambda u, x: u * np.sin(x)),
        (np.sin, lambda u, x: 2 * u * np.cos(x)),
        (np.sin, lambda u, x: 0 * u),
        (_dense, _without_the_cosine),
        (lambda x: np.exp(x) / np.exp(x).sum(), lambda u, x: u * np.exp(x) / np.exp(x).sum()),
    ],
    ids=["sine for cosine", "twice", "nothing", "dense", "softmax"],
)
def test_an_array_that_is_all_wrong_costs_as_much_as_a_large_one(f: Any, vjp: Any) -> None:
    """It took fifty forwards an entry; the report says that it is a sample, and how to see all."""
    report = gradcheck.check(f, X, vjp=vjp)
    assert report.verdict is Verdict.FAIL
    assert report.cost.forward < 4 * SIZE
    assert "inputs['x'] is wrong as a whole" in str(report)
    assert "mode='entries' compares all" in str(report)


def test_entry_mode_compares_all_of_them() -> None:
    """Whoever asks for every entry gets every entry."""
    report = gradcheck.check(np.sin, X, vjp=lambda u, x: 2 * u * np.cos(x), mode="entries")
    assert report.findings[0].wrong == report.findings[0].compared == SIZE


def test_entries_that_are_wrong_here_and_there_are_compared_until_enough_are() -> None:
    """No row and no block of them: so many are named as tell what the others are like, and none that is right."""
    wrong = np.random.default_rng(2).random(SIZE) < 0.4
    report = gradcheck.check(np.sin, X, vjp=lambda u, x: u * np.cos(x) * np.where(wrong, 3, 1))
    finding = report.findings[0]
    assert report.verdict is Verdict.FAIL
    assert finding.wrong == 32
    assert finding.compared is not None
    assert 32 < finding.compared < SIZE
    assert all(wrong[entry.index] for entry in finding.entries)
    assert "mode='entries' compares all" in str(report)


def test_arrays_behind_one_that_is_wrong_are_compared_as_well() -> None:
    """Each has entries of its own to judge."""
    wrong = np.random.default_rng(2).random(SIZE // 2) < 0.4

    def vjp(u: np.ndarray, a: np.ndarray, b: np.ndarray) -> Any:
        factor = np.where(wrong, 3, 1)
        return u * np.cos(a) * b * factor, u * np.sin(a) * factor

    report = gradcheck.check(lambda a, b: np.sin(a) * b, X[: SIZE // 2], X[SIZE // 2 :], vjp=vjp)
    assert [finding.path for finding in report.findings] == ["inputs['a']", "inputs['b']"]


def test_entries_that_nothing_decides_are_left_after_a_few() -> None:
    """Rounding hides them all: what two dozen of them cost, not what all would."""
    report = gradcheck.check(lambda x: 1e9 + np.sin(x), X, vjp=lambda u, x: u * np.cos(x))
    alone = gradcheck.check(lambda x: 1e9 + np.sin(x), X[:30], vjp=lambda u, x: u * np.cos(x))
    assert report.verdict is alone.verdict is Verdict.INCONCLUSIVE
    assert report.cost.forward < 2 * alone.cost.forward

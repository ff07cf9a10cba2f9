"""Losses that rank their batch: at a tie the gradient is a choice, and one entry may be forgiven."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite
from gradcheck.properties.laws._choice import hull_of

import gradcheck


def wasserstein(p, t):
    """Return the distance of two empirical distributions on a line."""
    return np.abs(np.sort(p, axis=None) - np.sort(t, axis=None)).mean()


def wasserstein_grad(p, t):
    order, grad = np.argsort(p, axis=None, kind="stable"), np.zeros(p.size)
    grad[order] = np.sign(np.sort(p, axis=None) - np.sort(t, axis=None)) / p.size
    return grad.reshape(p.shape)


def by_column(p, t):
    return np.abs(np.sort(p, axis=0) - np.sort(t, axis=0)).mean()


def by_column_grad(p, t):
    grad = np.zeros(p.shape)
    np.put_along_axis(
        grad, np.argsort(p, axis=0, kind="stable"), np.sign(np.sort(p, axis=0) - np.sort(t, axis=0)), axis=0
    )
    return grad / p.size


def worst(p, t):
    return np.abs(p - t).max()


def worst_grad(p, t):
    grad, at = np.zeros(p.size), np.abs(p - t).argmax()
    grad[at] = np.sign((p - t).flat[at])
    return grad.reshape(p.shape)


def trimmed(p, t):
    """Return the mean of the smaller half of the squares."""
    return np.sort((p - t) ** 2, axis=None)[: max(1, p.size // 2)].mean()


def trimmed_grad(p, t):
    misses, kept = (p - t).ravel(), max(1, p.size // 2)
    order, grad = np.argsort(misses**2, kind="stable")[:kept], np.zeros(p.size)
    grad[order] = 2 * misses[order] / kept
    return grad.reshape(p.shape)


def not_averaged(p, t):
    return wasserstein_grad(p, t) * p.size / len(p)


def steep_at_ties(p, t):
    return wasserstein_grad(p, t) * (3.0 if len(np.unique(p)) < p.size else 1.0)


def unsorted(p, t):
    return np.sign(p - t) / p.size


def without_the_first(p, t):
    return ((p - t).ravel()[1:] ** 2).sum()


def _codes(value: Any, gradient: Any, seed: int) -> set[str]:
    options = {} if gradient is None else {"grad": gradient}
    subject = gradcheck.subject(value, kind="loss", **options)
    return {finding.code for finding in run_suite(subject, cases=None, rng=seed).findings}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("value", "gradient"),
    [(wasserstein, wasserstein_grad), (by_column, by_column_grad), (worst, worst_grad), (trimmed, trimmed_grad)],
)
def test_a_gradient_at_a_tie_is_a_choice(value: Any, gradient: Any, seed: int) -> None:
    """Another order of the batch, or every example twice, may choose otherwise; one miss may cost nothing."""
    assert _codes(value, gradient, seed) == set()


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("gradient", "code"), [(not_averaged, "GC610"), (steep_at_ties, "GC610"), (unsorted, "GC101")]
)
def test_what_lies_between_no_two_slopes_is_wrong(gradient: Any, code: str, seed: int) -> None:
    """A mean that is not taken shows beside the ties, and a gradient three times too steep at them."""
    assert code in _codes(wasserstein, gradient, seed)


def test_who_forgives_forgives_everyone() -> None:
    """A loss that leaves the first entry out is no median."""
    assert "GC602" in _codes(without_the_first, None, 0)


def test_a_kink_of_one_number_is_seen() -> None:
    """A parameter of shape () is asked like any entry, and what is smooth has no kink."""
    at, asked = np.array(0.0), np.array(True)
    bent, smooth = hull_of(lambda a: abs(float(a)), at, asked), hull_of(lambda a: float(a) ** 2, at, asked)

    assert bent.kink
    assert bent.holds(np.array(0.5))
    assert not bent.holds(np.array(1.5))
    assert not smooth.kink

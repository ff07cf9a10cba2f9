"""Losses that do not take any batch: of pairs, of halves, of a column beside several, of a fixed number of heads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite
from gradcheck.properties.adapters._orders import order_of

import gradcheck


def pairs(z, y):
    """Return the contrastive loss of rows 0 and 1, 2 and 3, ...: of the same class, or not."""
    if len(z) % 2:
        raise ValueError("an even number of rows")
    length = np.sqrt(((z[::2] - z[1::2]) ** 2).sum(1))
    return np.where(y[::2] == y[1::2], length**2, np.maximum(0, 1 - length) ** 2).mean()


def pairs_grad(z, y):
    apart, same = z[::2] - z[1::2], y[::2] == y[1::2]
    length = np.sqrt((apart**2).sum(1))
    far = np.where(length < 1, -2 * (1 - length) / np.where(length == 0, 1, length), 0.0)
    grad = np.zeros_like(z)
    grad[::2] = (np.where(same, 2.0, far) / len(apart))[:, None] * apart
    grad[1::2] = -grad[::2]
    return grad


def halves(z, y, heat=0.5):
    """Return the entropy of finding the row half a batch away, as SimCLR has it; labels play no part."""
    assert len(z) % 2 == 0
    scores = z @ z.T / heat - 1e30 * np.eye(len(z))
    largest = scores.max(1, keepdims=True)
    sure = np.log(np.exp(scores - largest).sum(1)) + largest[:, 0]
    return (sure - scores[np.arange(len(z)), np.roll(np.arange(len(z)), len(z) // 2)]).mean()


def _halves_grad(z, heat):
    scores = z @ z.T / heat - 1e30 * np.eye(len(z))
    p = np.exp(scores - scores.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    p[np.arange(len(z)), np.roll(np.arange(len(z)), len(z) // 2)] -= 1
    return p / (len(z) * heat)


def halves_grad(z, y, heat=0.5):
    g = _halves_grad(z, heat)
    return (g + g.T) @ z


def one_side(z, y, heat=0.5):
    return _halves_grad(z, heat) @ z


def likelihood(p, t):
    """Return the negative log-likelihood of a normal distribution: the first column its mean, the second its size."""
    return 0.5 * (p[:, 1:2] + (t - p[:, :1]) ** 2 * np.exp(-p[:, 1:2])).mean()


def likelihood_grad(p, t):
    grad, e = np.zeros_like(p), np.exp(-p[:, 1:2])
    grad[:, :1], grad[:, 1:2] = -(t - p[:, :1]) * e / len(p), 0.5 * (1 - (t - p[:, :1]) ** 2 * e) / len(p)
    return grad


def likelihood_twice(p, t):
    grad = likelihood_grad(p, t)
    grad[:, 1] *= 2
    return grad


def split(p, t):
    mean, size = np.split(p, 2, axis=-1)
    return 0.5 * (size + (t - mean) ** 2 * np.exp(-size)).mean()


def split_grad(p, t):
    mean, size = np.split(p, 2, axis=-1)
    e = np.exp(-size)
    return np.concatenate([-(t - mean) * e, 0.5 * (1 - (t - mean) ** 2 * e)], axis=-1) / mean.size


def split_sign(p, t):
    return split_grad(p, t) * np.where(np.arange(p.shape[1]) < p.shape[1] // 2, -1, 1)


def heads(p, t):
    """Return the mean pinball loss of three quantiles."""
    q = np.array([0.1, 0.5, 0.9])
    return np.maximum(q * (t - p), (q - 1) * (t - p)).mean()


def heads_grad(p, t):
    q = np.array([0.1, 0.5, 0.9])
    return np.where(t > p, -q, np.where(t < p, 1 - q, 0.0)) / p.size


def but_the_first(p, t):
    """Return a mean of squares by a loop that starts at 1."""
    return ((p - t)[1:] ** 2).sum() / p.size


def but_the_first_grad(p, t):
    return 2 * (p - t) * (np.arange(len(p)) > 0)[:, None] / p.size


def _report(value: Any, gradient: Any, seed: int = 0) -> gradcheck.SuiteReport:
    return run_suite(gradcheck.subject(value, kind="loss", grad=gradient), cases=None, rng=seed)


RIGHT = [
    (pairs, pairs_grad, ("predictions", "of shape (6, 3)", "inferred")),
    (halves, halves_grad, ("predictions", "of shape (6, 3)", "inferred")),
    (likelihood, likelihood_grad, ("a target", "one column", "inferred")),
    (split, split_grad, ("predictions", "of shape (6, 4) beside targets of (6, 2)", "inferred")),
    (heads, heads_grad, ("predictions", "3 wide", "inferred")),
]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("value", "gradient", "fact"), RIGHT, ids=lambda value: getattr(value, "__name__", ""))
def test_a_size_that_is_taken_is_found_and_told(value: Any, gradient: Any, fact: Any, seed: int) -> None:
    """Nobody need show a call of what refuses odd batches, odd widths, or every width but one."""
    report = _report(value, gradient, seed)

    assert report.ok, report.findings
    assert report.ran > 8
    assert fact in report.facts


@pytest.mark.parametrize(
    ("value", "gradient"), [(halves, one_side), (likelihood, likelihood_twice), (split, split_sign)]
)
def test_their_mistakes_are_found(value: Any, gradient: Any) -> None:
    """What is drawn at one size alone is still compared with differences."""
    assert "GC101" in {finding.code for finding in _report(value, gradient).findings}


def test_a_row_that_is_left_out_is_no_pair() -> None:
    """A loss that no reversal leaves as it is feels the order of its batch by mistake."""
    assert {"GC110", "GC602"} <= {finding.code for finding in _report(but_the_first, but_the_first_grad).findings}


def test_declared_labels_find_their_size_too() -> None:
    """What the target is was declared, and not how many rows are taken."""
    subject = gradcheck.subject(pairs, kind="loss", grad=pairs_grad, traits={"targets": "labels"})

    assert run_suite(subject, cases=None, rng=0).ok


def test_a_loss_that_rounds_in_another_order_of_its_batch_feels_none() -> None:
    """A mean in float32 adds up otherwise: it is held to every order, and not to the one that rounds alike."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        prediction, target = (rng.standard_normal((5, 3)) for _ in range(2))
        assert order_of(lambda p, t: np.mean((p - t).astype(np.float32) ** 2), prediction, target) is None

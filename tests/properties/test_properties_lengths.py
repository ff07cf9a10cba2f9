"""Rows of length 1 with one gain for all, as in front of attention: eps is a least length there, and no variance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck

X = np.random.default_rng(0).standard_normal((5, 8))


class ScaleNorm:
    """g x / max(|x|, eps)."""

    def __init__(self, width=8):
        self.g, self.eps = np.array([np.sqrt(width)]), 1e-5

    def length(self, x):
        return np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), self.eps)

    def forward(self, x):
        self.n, self.long = self.length(x), np.linalg.norm(x, axis=-1, keepdims=True) > self.eps
        self.x_hat = x / self.n
        return self.g * self.x_hat

    def backward(self, dout):
        self.dg = np.array([np.sum(dout * self.x_hat)])
        along = (dout * self.x_hat).sum(-1, keepdims=True)
        return self.g * (dout - np.where(self.long, self.x_hat * along, 0.0)) / self.n


class SumOfSquares(ScaleNorm):
    """A root mean square that forgot the mean: eps is under the root."""

    def length(self, x):
        return np.sqrt((x**2).sum(axis=-1, keepdims=True) + self.eps)


class AsConstant(ScaleNorm):
    """Its length is taken for a constant on the way back."""

    def backward(self, dout):
        self.dg = np.array([np.sum(dout * self.x_hat)])
        return self.g * dout / self.n


class Lengths:
    """Rows of length 1, to what is added to the sum of their squares."""

    def __init__(self, eps=1e-6):
        self.eps = eps

    def forward(self, x):
        self.n = np.sqrt((x**2).sum(axis=-1, keepdims=True) + self.eps)
        self.x_hat = x / self.n
        return self.x_hat

    def backward(self, dout):
        return (dout - self.x_hat * (dout * self.x_hat).sum(-1, keepdims=True)) / self.n


class BesideLength(Lengths):
    """x / (|x| + eps)."""

    def forward(self, x):
        self.x, self.length = x, np.linalg.norm(x, axis=-1, keepdims=True)
        self.x_hat = x / (self.length + self.eps)
        return self.x_hat

    def backward(self, dout):
        n, along = self.length + self.eps, (dout * self.x).sum(-1, keepdims=True)
        return dout / n - self.x * along / (np.where(self.length > 0, self.length, 1.0) * n**2)


class SharesOfOne(Lengths):
    """x / (sum |x| + eps)."""

    def forward(self, x):
        self.x, self.n = x, np.abs(x).sum(axis=-1, keepdims=True) + self.eps
        return x / self.n

    def backward(self, dout):
        return dout / self.n - np.sign(self.x) * (dout * self.x).sum(-1, keepdims=True) / self.n**2


class EpsTwice(Lengths):
    """An eps under the root, and another one beside it that the way back forgets."""

    def forward(self, x):
        self.n = np.sqrt((x**2).sum(axis=-1, keepdims=True) + self.eps) + self.eps
        self.x_hat = x / self.n
        return self.x_hat


class NoRoot(Lengths):
    """Divided by the square of the length."""

    def forward(self, x):
        self.n = (x**2).sum(axis=-1, keepdims=True) + self.eps
        self.x_hat = x / self.n
        return self.x_hat

    def backward(self, dout):
        return dout / self.n - 2 * self.x_hat * (dout * self.x_hat).sum(-1, keepdims=True)


class RMSNorm(Lengths):
    """Named after a mean that it does not take."""


def _suite(thing: Any, *inputs: Any, seed: int = 0) -> gradcheck.SuiteReport:
    return run_suite(gradcheck.subject(thing, *inputs, kind="normalization"), cases=None, max_examples=10, rng=seed)


@pytest.mark.parametrize(("thing", "inputs"), [(ScaleNorm, ()), (ScaleNorm(), (X,))], ids=["class", "instance"])
def test_rows_of_length_one_are_no_variance_of_one(thing: Any, inputs: Any) -> None:
    """A single gain does not say that there is one feature, where an example shows eight."""
    report = _suite(thing, *inputs)

    assert report.ok, report.findings
    assert report.ran > 15


def test_mistakes_in_such_rows_are_found() -> None:
    """A sum in place of the mean, which eps gives away, and a length that is no constant."""
    assert {finding.code for finding in _suite(SumOfSquares(), X).findings} >= {"GC202"}
    assert {finding.code for finding in _suite(AsConstant(), X).findings} >= {"GC101"}


@pytest.mark.parametrize("thing", [Lengths, BesideLength, SharesOfOne, Lengths(0.5), Lengths(1e-24)])
@pytest.mark.parametrize("seed", [0, 1])
def test_eps_stands_beside_the_sum_of_squares_or_beside_a_length(thing: Any, seed: int) -> None:
    """Rows divided by their length promise no mean square of 1, wherever their eps stands."""
    report = _suite(thing, *(() if isinstance(thing, type) else (X,)), seed=seed)

    assert report.ok, report.findings
    assert report.ran > 12


@pytest.mark.parametrize("thing", [EpsTwice, NoRoot, RMSNorm])
def test_a_length_is_held_to_what_eps_leaves_of_it(thing: Any) -> None:
    """A square without its root, an eps beside an eps, and a mean that a name promises are found by values."""
    assert {"GC202", "GC204"} <= {finding.code for finding in _suite(thing).findings}


def test_a_length_is_told() -> None:
    """What a suite takes for a length it says, for only the name could tell a mean that was forgotten."""
    assert ("normalizes to", "length 1, and no mean square of 1", "inferred") in _suite(Lengths).facts
    assert not any(name == "normalizes to" for name, *_ in _suite(RMSNorm).facts)

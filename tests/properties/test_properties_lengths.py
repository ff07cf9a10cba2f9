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

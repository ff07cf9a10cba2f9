"""Layers that nobody showed a call of, and whose width no argument is named after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck
from gradcheck import InvalidArgument


class Net:
    """Two affine maps; its only argument is the width between them."""

    def __init__(self, hidden=16):
        rng = np.random.default_rng(0)
        self.W1, self.W2 = 0.3 * rng.normal(size=(8, hidden)), 0.3 * rng.normal(size=(hidden, 2))

    def forward(self, x):
        self.x, self.h = x, np.tanh(x @ self.W1)
        return self.h @ self.W2

    def backward(self, dout):
        self.dW2, between = self.h.T @ dout, dout @ self.W2.T * (1 - self.h**2)
        self.dW1 = self.x.T @ between
        return between @ self.W1.T


class Chain:
    """Layers in a list."""

    def __init__(self):
        self.layers = [Net(), Net.__new__(Net)]
        self.layers[1].W1, self.layers[1].W2 = np.ones((2, 3)), np.ones((3, 2))

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in self.layers[::-1]:
            dout = layer.backward(dout)
        return dout


class Steps:
    """A sum over the steps of sequences of five numbers each."""

    def __init__(self):
        self.W = np.arange(10.0).reshape(5, 2)

    def forward(self, x):
        assert x.ndim == 3
        self.x = x
        return (x @ self.W).sum(1)

    def backward(self, dout):
        self.dW = self.x.sum(1).T @ dout
        return np.repeat((dout @ self.W.T)[:, None], self.x.shape[1], axis=1)


class Halved(Net):
    """Half of the gradient of its first weights."""

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW1 = self.dW1 / 2
        return dx


class Refusing(Net):
    """Takes nothing."""

    def forward(self, x):
        raise RuntimeError("not today")


def _suite(thing: Any) -> gradcheck.SuiteReport:
    return run_suite(gradcheck.subject(thing, kind="layer"), cases=None, max_examples=10, rng=0)


@pytest.mark.parametrize(("thing", "shape"), [(Net, (4, 8)), (Chain, (4, 8)), (Steps, (4, 5, 5))])
def test_one_of_its_own_sizes_is_the_width(thing: Any, shape: tuple[int, ...]) -> None:
    """Where the usual batch is refused, one as wide as a weight or as a layer inside is taken, and told."""
    report = _suite(thing)

    assert report.ok, report.findings
    assert report.ran > 10
    assert any(name == "input" and value.startswith(f"of shape {shape}") for name, value, _ in report.facts)


def test_its_gradient_is_checked_there() -> None:
    """A width that was found is as good as one that was shown."""
    assert "GC102" in {finding.code for finding in _suite(Halved).findings}


def test_what_takes_no_width_says_what_it_raised() -> None:
    """The error that the usual batch met is the one that is told."""
    with pytest.raises(InvalidArgument, match=r"not today .* on a batch of shape \(4, 3\)"):
        _suite(Refusing)

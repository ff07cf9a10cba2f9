"""What is no floating-point array is handed through as it is: settings, indices, numbers without axes, classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck

X = np.random.default_rng(0).normal(size=(5, 4))


class Embedding:
    def __init__(self):
        self.W = np.random.default_rng(1).normal(size=(6, 3))
        self.dW = np.zeros_like(self.W)

    def forward(self, index):
        self.index = index
        return self.W[index]

    def backward(self, upstream):
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.index, upstream)


class Drawn:
    """A dense layer whose weights come from NumPy's global generator."""

    def __init__(self, width=4):
        self.W = 0.5 * np.random.randn(width, 3)  # noqa: NPY002

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, upstream):
        self.dW = self.x.T @ upstream
        return upstream @ self.W.T


def suite(thing: Any, *inputs: Any) -> gradcheck.SuiteReport:
    return run_suite(gradcheck.subject(thing, *inputs, kind="layer"), cases=None, max_examples=4)


def test_a_number_without_axes_is_searched() -> None:
    """An argument of shape () has rounding of its own, and stays an array."""

    def forward(x, a):
        return x * a, (x, a)

    def backward(upstream, cache):
        return upstream * cache[1], (upstream * cache[0]).sum()

    report = gradcheck.search((forward, backward), X, np.array(0.25), max_examples=40, cases=None)

    assert report.ok, report.findings


@pytest.mark.parametrize("setting", [{"scale": 2.0}, "same", None, (1, 2), 3], ids=repr)
def test_settings_go_through_untouched(setting: Any) -> None:
    """A dictionary, a string, None, whole numbers and tuples of them are no arrays, under any law."""
    seen: list[Any] = []

    def forward(x, setting):
        seen.append(setting)
        return 2.0 * x, None

    report = suite((forward, lambda upstream, _: 2.0 * upstream), X, setting)

    assert report.ok, report.findings
    assert all(np.array_equal(one, setting) for one in seen)
    assert isinstance(setting, (int, tuple)) or all(type(one) is type(setting) for one in seen)


def test_an_embedding_passes() -> None:
    """Where the input is an index, backward returns nothing, and the table alone has a gradient."""
    report = suite(Embedding(), np.array([[0, 1], [2, 2]]))

    assert report.ok, report.findings


def test_a_class_is_made_once() -> None:
    """Weights that are drawn at each construction are the same in every call, and the caller's state is kept."""
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    report = suite(Drawn, X)
    found = gradcheck.search(Drawn, X, max_examples=20, cases=None)

    assert report.ok, report.findings
    assert found.ok, found.findings
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002

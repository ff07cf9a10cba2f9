"""Parameters are moved as inputs are: what hides at gamma = 1 or at W = 0 is found, and the caller's stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import plan, run_law
from gradcheck.properties.adapters._moved import PLACES, moved_value
from hypothesis import given
from hypothesis import strategies as st

import gradcheck

X = np.random.default_rng(0).normal(size=(5, 4))


class LayerNorm:
    forgets = True

    def __init__(self, width):
        self.gamma, self.beta = np.ones(width), np.zeros(width)

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
        self.z = (x - x.mean(axis=1, keepdims=True)) / self.std
        return self.gamma * self.z + self.beta

    def backward(self, upstream):
        self.dgamma, self.dbeta = (upstream * self.z).sum(axis=0), upstream.sum(axis=0)
        g = upstream if self.forgets else upstream * self.gamma
        along = self.z * (g * self.z).mean(axis=1, keepdims=True)
        return (g - g.mean(axis=1, keepdims=True) - along) / self.std


class Right(LayerNorm):
    forgets = False


class FromZero:
    """A dense layer that starts at 0, and sends back the wrong sign."""

    def __init__(self):
        self.W = np.zeros((4, 2))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, upstream):
        self.dW = self.x.T @ upstream
        return -upstream @ self.W.T


def search(thing: Any) -> gradcheck.SearchReport:
    return gradcheck.search(thing, X, cases=None, max_examples=40, shrink=False)


@pytest.mark.parametrize("layer", [LayerNorm(4), LayerNorm, FromZero()], ids=["instance", "class", "from zero"])
def test_a_mistake_that_the_start_hides_is_found(layer: Any) -> None:
    """By the search, or by the check in it, either of which says where the parameters were; and by the suite."""
    found = search(layer)
    suite = run_law(plan(gradcheck.subject(layer, X, kind="layer")), "GC101", max_examples=12, shrink=False)

    assert [finding.code for finding in found.findings if finding.severity != "pass"] == ["GC101"]
    assert "parameters: moved" in found.counterexample or "moved away from 1" in str(found.findings[0].detail)
    assert [finding.code for finding in suite.findings] == ["GC101"]


def test_a_right_layer_passes_and_is_left_alone() -> None:
    """What is moved are copies."""
    layer = Right(4)
    report = search(layer)

    assert report.ok, report.findings
    assert (layer.gamma == 1).all()
    assert (layer.beta == 0).all()


@given(st.lists(st.floats(1e-3, 0.999), min_size=1, max_size=4), st.sampled_from(PLACES[1:]), st.floats(1.0, 100.0))
def test_parameters_stay_where_their_kind_lives(values: list[float], place: str, factor: float) -> None:
    """Shares stay inside (0, 1), positive ones stay positive."""
    shares = np.array(values)
    there, larger = moved_value("p", shares, place), moved_value("p", factor * (1 + shares), place)

    assert ((there > 0) & (there < 1)).all()
    assert (larger > 0).all()

"""Principal directions of a kernel: what divides by roots of small eigenvalues rounds as that says, and no more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck


class KernelDirections:
    """Directions in the space of a kernel, all of those whose eigenvalue is no rounding."""

    def __init__(self, gamma=None, components=None):
        self.gamma, self.components = gamma, components

    def kernel(self, x, y):
        products = x @ y.T
        if self.gamma is None:
            return products
        squares = (x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * products
        return np.exp(-self.gamma * np.maximum(squares, 0.0))

    def centred(self, k):
        return k - k.mean(1, keepdims=True) - self.columns + self.columns.mean()

    def fit(self, x):
        self.x = x.copy()
        k = self.kernel(x, x)
        self.columns = k.mean(0)
        values, vectors = np.linalg.eigh(self.centred(k))
        values, vectors = values[::-1][: self.components], vectors[:, ::-1][:, : self.components]
        kept = values > 1e-12 * values[0]
        self.map = np.where(kept, vectors / np.sqrt(np.where(kept, values, 1.0)), 0.0)
        return self

    def transform(self, x):
        return self.centred(self.kernel(x, self.x)) @ self.map


class OfItsCompany(KernelDirections):
    """Centres the kernel of the test data by their own means."""

    def centred(self, k):
        return k - k.mean(1, keepdims=True) - k.mean(0) + k.mean()


class Rising(KernelDirections):
    """Directions from the smallest variance on."""

    def fit(self, x):
        super().fit(x)
        self.map = self.map[:, : x.shape[1]][:, ::-1]
        return self


def _codes(thing: Any, seed: int) -> set[str]:
    report = run_suite(gradcheck.subject(thing, kind="preprocessor"), cases=None, rng=seed)
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("step", [KernelDirections(), KernelDirections(None, 2), KernelDirections(1.0)])
def test_directions_of_a_kernel_keep_the_laws(step: Any, seed: int) -> None:
    """Nearly singular data, data far from the origin, and more outputs than there are directions are no mistake."""
    assert _codes(step, seed) == set()


@pytest.mark.parametrize(
    ("step", "code"), [(OfItsCompany(1.0), "GC304"), (OfItsCompany(), "GC304"), (Rising(), "GC311")]
)
def test_their_mistakes_are_no_rounding(step: Any, code: str) -> None:
    """A test example that answers to its company is far beyond rounding; so is the wrong end of a spectrum."""
    assert code in _codes(step, 0)

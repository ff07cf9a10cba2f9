"""A factor that is forgotten hides where the parameter is 1; the check goes away from there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Report, Verdict
from gradcheck.checks.large._look import LARGE


class LayerNorm:
    """Layer normalization; `forgets` says that its backward leaves gamma out."""

    def __init__(self, width: int, *, forgets: bool, gamma: float = 1.0, dtype: Any = float) -> None:
        self.gamma, self.beta, self.forgets = np.full(width, gamma, dtype), np.zeros(width, dtype), forgets

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.deviation = np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
        self.xhat = (x - x.mean(axis=1, keepdims=True)) / self.deviation
        return self.gamma * self.xhat + self.beta

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dgamma, self.dbeta = (dout * self.xhat).sum(axis=0), dout.sum(axis=0)
        dxhat = dout if self.forgets else dout * self.gamma
        centred = dxhat - dxhat.mean(axis=1, keepdims=True)
        return (centred - self.xhat * (dxhat * self.xhat).mean(axis=1, keepdims=True)) / self.deviation


def _check(rows: int, width: int, *, forgets: bool, dtype: Any = float) -> tuple[Report, LayerNorm]:
    layer = LayerNorm(width, forgets=forgets, dtype=dtype)
    x = np.random.default_rng(0).normal(size=(rows, width)).astype(dtype)
    return gradcheck.check(layer, x), layer


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize("shape", [(5, 4), (60, 20)])
def test_a_forgotten_gamma_fails_although_it_is_one(shape: tuple[int, int], dtype: Any) -> None:
    """Fresh from its constructor; the report says where it was found, and the caller's layer is as it was."""
    report, layer = _check(*shape, forgets=True, dtype=dtype)
    assert report.verdict is Verdict.FAIL
    assert "params['gamma'] moved away from 1" in str(report)
    assert "passed for the same input: inputs['x']" not in str(report)
    assert set(vars(layer)) == {"gamma", "beta", "forgets"}
    assert (layer.gamma == 1).all()


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize("shape", [(5, 4), (60, 20)])
def test_a_right_layer_passes_without_a_word(shape: tuple[int, int], dtype: Any) -> None:
    """Nothing is found away from 1, and nothing is said."""
    report, _ = _check(*shape, forgets=False, dtype=dtype)
    assert report.verdict is Verdict.PASS
    assert not report.findings


def test_a_large_layer_is_told_that_a_factor_could_hide() -> None:
    """It is not checked twice; the note says what to do."""
    report, _ = _check(LARGE // 50, 60, forgets=False)
    assert report.ok
    assert [finding.code for finding in report.findings] == ["GC908"]
    assert "params['gamma'] is 1 everywhere" in report.findings[0].title


def test_what_lies_outside_the_domain_is_no_finding() -> None:
    """A layer may insist on its gamma; nobody asked about another."""

    class Insists(LayerNorm):
        def forward(self, x: np.ndarray) -> np.ndarray:
            if (self.gamma != 1).any() and abs(self.gamma - 1).max() > 0.1:
                raise ValueError("gamma is 1 here")
            return super().forward(x)

    x = np.random.default_rng(0).normal(size=(5, 4))
    assert gradcheck.check(Insists(4, forgets=False), x).ok


def test_a_right_layer_is_looked_at_once_away_from_one() -> None:
    """That costs a few forwards and one backward: whether it can be measured was asked where it is."""
    x = np.random.default_rng(0).normal(size=(20, 8))
    here, away = (gradcheck.check(LayerNorm(8, forgets=False, gamma=gamma), x).cost for gamma in (2.0, 1.0))
    assert 1 <= away.backward - here.backward <= 2
    assert 1 <= away.forward - here.forward <= 12

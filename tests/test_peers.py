"""The holes of today's checkers that the README speaks of, as long as they are there."""

from __future__ import annotations

import numpy as np
import pytest

import gradcheck

torch = pytest.importorskip("torch", reason="shown where torch is installed, as in continuous integration")


@pytest.mark.filterwarnings("ignore")
def test_torchs_fast_mode_passes_a_zero_weight_gradient_that_fails_here() -> None:
    """An all-zero gradient of 10^6 weights passes fast mode, and fails here as GC101."""
    batch = np.random.default_rng(0).normal(size=(64, 1024))
    weights = np.random.default_rng(1).normal(size=(1024, 1024)) / 32

    class Affine(torch.autograd.Function):
        @staticmethod
        def forward(ctx, w):
            return torch.as_tensor(batch) @ w

        @staticmethod
        def backward(ctx, upstream):
            return torch.zeros(1024, 1024, dtype=torch.float64)

    report = gradcheck.check(lambda w: batch @ w, weights, vjp=lambda upstream, w: np.zeros_like(w))

    assert torch.autograd.gradcheck(Affine.apply, (torch.tensor(weights, requires_grad=True),), fast_mode=True)
    assert [finding.code for finding in report.findings if finding.severity is gradcheck.Verdict.FAIL] == ["GC101"]

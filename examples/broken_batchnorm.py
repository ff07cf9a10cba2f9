"""Batch normalization whose backward pass forgets that the batch mean depends on the input.

`gradcheck run examples/broken_batchnorm.py` is red, and says so.
"""

from __future__ import annotations

import numpy as np

import gradcheck


class BatchNorm:
    def __init__(self, width: int = 3, eps: float = 1e-5) -> None:
        self.gamma, self.beta, self.eps = np.ones(width), np.zeros(width), eps

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=0) + self.eps)
        self.xhat = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.xhat + self.beta

    def backward(self, dout):
        self.dgamma = (dout * self.xhat).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        dxhat = dout * self.gamma
        return (dxhat - self.xhat * (dxhat * self.xhat).mean(axis=0)) / self.std  # `- dxhat.mean(axis=0)` is missing


SUBJECTS = [
    gradcheck.subject(BatchNorm(), np.random.default_rng(0).normal(size=(4, 3)), kind="normalization"),
]

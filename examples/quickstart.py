"""Five things that people write by hand, declared so that `gradcheck run examples/quickstart.py` checks them."""

from __future__ import annotations

import numpy as np

import gradcheck

rng = np.random.default_rng(0)


class Affine:
    """y = x W + b."""

    def __init__(self, fan_in: int = 4, fan_out: int = 3) -> None:
        self.W = rng.normal(size=(fan_in, fan_out))
        self.b = np.zeros(fan_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


def relu(x):
    return np.maximum(x, 0)


def relu_grad(x):
    return (x > 0).astype(x.dtype)


class BatchNorm:
    """Each feature to mean 0 and variance 1 over the batch, then scaled and shifted."""

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
        return (dxhat - dxhat.mean(axis=0) - self.xhat * (dxhat * self.xhat).mean(axis=0)) / self.std


def he_normal(fan_in, fan_out, rng):
    return rng.normal(scale=np.sqrt(2 / fan_in), size=(fan_in, fan_out))


class Standardize:
    """Zero mean and unit variance per feature, with the statistics of the training data."""

    def fit(self, x):
        self.mean = x.mean(axis=0)
        std = x.std(axis=0)
        self.std = np.where(std > 0, std, 1)
        return self

    def transform(self, x):
        return (x - self.mean) / self.std


SUBJECTS = [
    gradcheck.subject(Affine(), rng.normal(size=(5, 4))),
    gradcheck.subject(relu, kind="activation"),
    gradcheck.subject(BatchNorm, kind="normalization"),
    gradcheck.subject(he_normal, kind="initializer", traits={"variance": lambda fan_in, _: 2 / fan_in}),
    gradcheck.subject(Standardize, kind="preprocessor", traits={"centers": True}),
]

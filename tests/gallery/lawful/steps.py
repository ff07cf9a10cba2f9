"""Right steps of other forms than scalers and PCA, in pieces that a wrong one replaces."""

from __future__ import annotations

import numpy as np


class Whitening:
    """Whiten, with eps under the root; in the ZCA form, or in that of PCA."""

    def __init__(self, eps=1e-5, zca=True):
        self.eps, self.zca = eps, zca

    def fit(self, x):
        self.mean = x.mean(0)
        values, vectors = np.linalg.eigh(self.covariance(x - self.mean))
        values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
        self.matrix = vectors / self.root(values)
        if self.zca:
            self.matrix = self.matrix @ vectors.T
        return self

    def covariance(self, deviation):
        return deviation.T @ deviation / len(deviation)

    def root(self, values):
        return np.sqrt(values + self.eps)

    def transform(self, x):
        return ((x - self.mean) @ self.matrix).astype(x.dtype)


class Beside(Whitening):
    """Add eps to the deviations."""

    def root(self, values):
        return np.sqrt(values) + self.eps


class OfTheLargest(Whitening):
    """Add a share of the largest variance."""

    def root(self, values):
        return np.sqrt(values + self.eps * max(values[0], 1e-300))


class Scaler:
    """Centre and scale whatever columns are made of the data."""

    def columns(self, x):
        return x

    def fit(self, x):
        made = self.columns(x)
        self.mean, self.spread = made.mean(0), made.std(0)
        self.spread[self.spread == 0] = 1
        return self

    def transform(self, x):
        return (self.columns(x) - self.mean) / self.spread


class SignedLog(Scaler):
    """Scale the logarithms of sizes."""

    def columns(self, x):
        return np.sign(x) * np.log1p(np.abs(x))


class Squares(Scaler):
    """Scale the data beside their squares."""

    def columns(self, x):
        return np.concatenate([x, x * x], axis=1)


class Varying(Scaler):
    """Drop what does not vary."""

    def fit(self, x):
        self.kept = np.ptp(x, axis=0) > 0
        return super().fit(x[:, self.kept])

    def transform(self, x):
        return super().transform(x[:, self.kept])


class Clipped(Scaler):
    """Clip what is far out."""

    def transform(self, x):
        return np.clip(super().transform(x), -3, 3)


class WithOnes(Scaler):
    """Append a column of ones."""

    def transform(self, x):
        return np.concatenate([super().transform(x), np.ones((len(x), 1), x.dtype)], axis=1)


def clipped(x):
    return Clipped().fit(x).transform(x)

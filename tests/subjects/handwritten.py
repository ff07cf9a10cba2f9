"""Layers as people write them: x W, with the weight and its gradient kept in every usual way."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from gradcheck import Report

X = np.random.default_rng(2).normal(size=(5, 4))


def paths(report: Report) -> list[str]:
    """Return what was compared, in order."""
    return [compared.input for compared in report.comparisons]


def weight() -> np.ndarray:
    """Return the weight that every layer here starts with."""
    return np.random.default_rng(3).normal(size=(4, 3))


class Linear:
    """x W; subclasses say where W and its gradient live."""

    def keep(self, W: np.ndarray) -> None:
        raise NotImplementedError

    def weight(self) -> np.ndarray:
        raise NotImplementedError

    def learn(self, dW: np.ndarray) -> None:
        raise NotImplementedError

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor
        self.keep(weight())

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.saved = x
        return x @ self.weight()

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.learn(self.factor * self.saved.T @ dout)
        return dout @ self.weight().T


def beside(pattern: str) -> type[Linear]:
    """Return a layer with ``W`` and its gradient under another name."""

    class Beside(Linear):
        def keep(self, W: np.ndarray) -> None:
            self.W = W

        def weight(self) -> np.ndarray:
            return self.W

        def learn(self, dW: np.ndarray) -> None:
            setattr(self, pattern.format("W"), dW)

    return Beside


class Dictionaries(Linear):
    key = "W"

    def keep(self, W: np.ndarray) -> None:
        self.params, self.grads = {"W": W}, {}

    def weight(self) -> np.ndarray:
        return self.params["W"]

    def learn(self, dW: np.ndarray) -> None:
        self.grads[self.key] = dW


class DictionariesWithD(Dictionaries):
    key = "dW"


class Methods(Linear):
    def keep(self, W: np.ndarray) -> None:
        self._arrays, self._gradients = [W], [np.zeros_like(W)]

    def weight(self) -> np.ndarray:
        return self._arrays[0]

    def learn(self, dW: np.ndarray) -> None:
        self._gradients[0] = dW

    def parameters(self) -> list[np.ndarray]:
        return self._arrays

    def gradients(self) -> list[np.ndarray]:
        return self._gradients


class NamedMethods(Methods):
    def parameters(self) -> dict[str, np.ndarray]:  # type: ignore[override]
        return {"W": self._arrays[0]}

    def gradients(self) -> dict[str, np.ndarray]:  # type: ignore[override]
        return {"W": self._gradients[0]}


def holder(field: str) -> type[Linear]:
    """Return a layer whose weight is an object with `field` and ``grad``."""

    class Holder(Linear):
        def keep(self, W: np.ndarray) -> None:
            self.W = SimpleNamespace(**{field: W}, grad=None)

        def weight(self) -> np.ndarray:
            return getattr(self.W, field)

        def learn(self, dW: np.ndarray) -> None:
            self.W.grad = dW

    return Holder


class CachesX:
    """Keeps its input as ``x`` and puts ``dx`` beside it: a cache, not a parameter."""

    def __init__(self) -> None:
        self.W, self.dW = weight(), np.zeros((4, 3))
        self.x = self.dx = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x.copy()
        return self.x @ self.W

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW, self.dx = self.x.T @ dout, dout @ self.W.T
        return self.dx

"""What the enemies and friends of the first look at large subjects share: their points, layers and shelves.

Thirty thousand numbers and more, so that the look comes first; nothing takes longer than a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .planted import Call

SHAPE = (300, 100)
IN, OUT = 200, 160


@dataclass(frozen=True, slots=True)
class Enemy:
    """A subject that the look must not certify, and the codes of which each report has to show all."""

    name: str
    make: Callable[[], Call]
    codes: frozenset[str]


ENEMIES: list[Enemy] = []
FRIENDS: dict[str, Callable[[], Call]] = {}

_Make = Callable[[], Call]


def enemy(*codes: str) -> Callable[[_Make], _Make]:
    """Put the decorated ``make`` among the enemies."""

    def put(make: _Make) -> _Make:
        ENEMIES.append(Enemy(make.__name__, make, frozenset(codes)))
        return make

    return put


def friend(make: _Make) -> _Make:
    """Put the decorated ``make`` among those that are right."""
    FRIENDS[make.__name__] = make
    return make


def normal(*shape: int, seed: int = 1) -> np.ndarray:
    """Return standard normal numbers."""
    return np.random.default_rng(seed).normal(size=shape or SHAPE)


def slope(x: np.ndarray) -> np.ndarray:
    """Return the derivative of tanh."""
    return 1 - np.tanh(x) ** 2


def through(memory: np.ndarray) -> np.ndarray:
    """Return the same memory as C code sees it: writeable, whatever the flag says."""

    class Raw:
        __array_interface__ = memory.__array_interface__ | {"data": (memory.ctypes.data, False)}
        owner = memory

    return np.asarray(Raw())


class Affine:
    """x W + b, with more weights than the look needs to come first."""

    def __init__(self, dtype: type = float) -> None:
        rng = np.random.default_rng(3)
        self.W, self.b = (rng.normal(size=(IN, OUT)) / 14).astype(dtype), rng.normal(size=OUT).astype(dtype)
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


def affine(layer: Any) -> Call:
    return layer, (normal(4, IN, seed=2),), {}


def with_vjp(vjp: Any, forward: Any = np.tanh, x: np.ndarray | None = None) -> Call:
    return forward, (normal() if x is None else x,), {"vjp": vjp}


def pair(forward: Any, backward: Any) -> Call:
    return (forward, backward), (normal(),), {}


def two_scales(small: float = 1.0, large: float = 1.0) -> Call:
    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 1e-9 * np.tanh(x), 1e9 * np.sin(x)

    return with_vjp(lambda g, x: small * 1e-9 * g[0] * slope(x) + large * 1e9 * g[1] * np.cos(x), forward)


class Faint(Affine):
    """A bias that counts a million times less than the weights."""

    factor = 1.0

    def forward(self, x: np.ndarray) -> np.ndarray:
        return super().forward(x) - self.b + 1e-6 * np.tanh(self.b)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dx = super().backward(dout)
        self.db = self.factor * 1e-6 * slope(self.b) * self.db
        return dx


class Number:
    """tanh(a x) with a number as its parameter."""

    factor = 1.0

    def __init__(self, a: Any) -> None:
        self.a, self.da = a, 0 * a

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return np.tanh(self.a * x)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        inner = dout * slope(self.a * self.x)
        self.da = (
            type(self.da)(self.factor * (inner * self.x).sum()) if isinstance(self.a, float) else self._sum(inner)
        )
        return inner * self.a

    def _sum(self, inner: np.ndarray) -> np.ndarray:
        return np.array(self.factor * (inner * self.x).sum())


def log(x: np.ndarray, wrong: Callable[[np.ndarray], np.ndarray]) -> Call:
    return with_vjp(lambda g, x: g / x * np.where(wrong(x), 1.01, 1.0), np.log, x)


def decades(low: int, high: int) -> np.ndarray:
    return 10.0 ** np.random.default_rng(1).uniform(low, high, SHAPE)

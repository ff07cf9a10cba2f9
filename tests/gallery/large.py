# ruff: noqa: D401, D403 - each docstring is the mistake itself, in the words of whoever finds it
"""Mistakes in problems with up to a million entries, where sampled checks lose sight of them."""

from __future__ import annotations

import numpy as np

from .planted import Call, Shelf, W, X
from .upstreams import Affine

SHELF = Shelf()

_SIDE = 1024


def _layer(spoil: object) -> Call:
    class Large(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.dW = spoil(self.dW)  # type: ignore[operator]
            return dx

    return Large(_SIDE, _SIDE), (np.random.default_rng(1).normal(size=(8, _SIDE)),), {}


def _one_entry(factor: float) -> Call:
    """sin of a million numbers; entry (123, 457) of the gradient is off by `factor` of its own size."""
    x = np.random.default_rng(1).uniform(0.2, 1.2, size=(1000, 1000))

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = g * np.cos(x)
        out[123, 457] *= 1 + factor
        return out

    return np.sin, (x,), {"vjp": vjp}


@SHELF.add("GC101", large=True)
def mean_square_half_too_large() -> Call:
    """3 x / N for a mean of 1e5 squares: every entry below 1e-4."""
    x = np.random.default_rng(1).normal(size=100_000)
    return (lambda x: np.mean(x**2)), (x,), {"grad": lambda x: 3 * x / x.size}


@SHELF.add("GC102", W, large=True)
def affine_weight_gradient_zero() -> Call:
    """A million weights, none of which learns."""
    return _layer(np.zeros_like)


@SHELF.add("GC102", W, large=True)
def affine_weight_gradient_negated() -> Call:
    """A million weights that unlearn."""
    return _layer(np.negative)


@SHELF.add("GC102", W, large=True)
def affine_weight_gradient_doubled() -> Call:
    """A million weights that learn twice as fast."""
    return _layer(lambda dW: 2 * dW)


@SHELF.add("GC101", X, (123, 457), large=True)
def one_in_a_million_off_by_a_thousandth() -> Call:
    """One entry of a million, wrong in its third digit."""
    return _one_entry(1e-3)


@SHELF.add("GC101", X, (123, 457), large=True)
def one_in_a_million_off_by_a_tenth() -> Call:
    """One entry of a million, wrong in its first digit."""
    return _one_entry(0.1)


@SHELF.add("GC102", W, (777, 31), large=True)
def one_weight_in_a_million_forgotten() -> Call:
    """One weight of a million gets no gradient."""

    def spoil(dW: np.ndarray) -> np.ndarray:
        dW[777, 31] = 0.0
        return dW

    return _layer(spoil)

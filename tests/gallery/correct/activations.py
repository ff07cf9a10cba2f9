"""Elementwise functions without kinks, from 1e-12 to 1e12, saturated and steep."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from .draws import decades, normal, signed, uniform
from .member import Member
from .shared import SEVEN, d_gelu, d_sigmoid, d_tanh, sigmoid


def softplus(x: Any) -> Any:
    """log(1 + exp(x))."""
    return np.log1p(np.exp(x))


def mish(x: Any) -> Any:
    """Return x tanh(softplus(x))."""
    return x * np.tanh(softplus(x))


def d_mish(x: Any) -> Any:
    """Product and chain rule."""
    t = np.tanh(softplus(x))
    return t + x * (1 - t * t) * sigmoid(x)


def d_sinc(x: Any) -> Any:
    """(x cos x - sin x) / x^2."""
    return (x * np.cos(x) - np.sin(x)) / x**2


MEMBERS = (
    Member("sine", "derivative", np.sin, np.cos, SEVEN),
    Member("straight line", "derivative", lambda x: 3 * x + 1, lambda x: np.full_like(x, 3), SEVEN),
    Member("square at 1e12", "derivative", np.square, lambda x: 2 * x, normal(5, scale=1e12)),
    Member("square at 1e-12", "derivative", np.square, lambda x: 2 * x, normal(5, scale=1e-12)),
    Member("cube at 1e-4", "derivative", lambda x: x**3, lambda x: 3 * x**2, normal(6, scale=1e-4)),
    Member("fourth power", "derivative", lambda x: x**4, lambda x: 4 * x**3, normal(6, scale=1e3)),
    Member("sine of 1000 x", "derivative", lambda x: np.sin(1000 * x), lambda x: 1000 * np.cos(1000 * x), SEVEN),
    Member("1e-8 sine", "derivative", lambda x: 1e-8 * np.sin(x), lambda x: 1e-8 * np.cos(x), SEVEN),
    Member(
        "sine of 1e-8 x",
        "derivative",
        lambda x: np.sin(1e-8 * x),
        lambda x: 1e-8 * np.cos(1e-8 * x),
        normal(6, scale=1e8),
    ),
    Member("exp from 5 to 40", "derivative", np.exp, np.exp, uniform(5, 40, 6)),
    Member("exp below 0", "derivative", np.exp, np.exp, uniform(-40, 0, 6)),
    Member("log over 12 decades", "derivative", np.log, lambda x: 1 / x, decades(1e-6, 1e6, 8)),
    Member("log1p near 0", "derivative", np.log1p, lambda x: 1 / (1 + x), signed(decades(1e-12, 1e-3, 6))),
    Member("sqrt near 0", "derivative", np.sqrt, lambda x: 0.5 / np.sqrt(x), decades(1e-10, 1e-2, 6)),
    Member("reciprocal", "derivative", lambda x: 1 / x, lambda x: -1 / x**2, signed(decades(1e-4, 1e4, 6))),
    Member("power 3/2", "derivative", lambda x: x**1.5, lambda x: 1.5 * np.sqrt(x), decades(1e-3, 1e3, 6)),
    Member("sigmoid", "derivative", sigmoid, d_sigmoid, normal(7, scale=2)),
    Member("sigmoid, left tail", "derivative", sigmoid, d_sigmoid, uniform(-30, -6, 6)),
    Member("tanh", "derivative", np.tanh, d_tanh, SEVEN),
    Member("tanh near 0", "derivative", np.tanh, d_tanh, normal(6, scale=1e-9)),
    Member("softplus", "derivative", softplus, sigmoid, normal(7, scale=3)),
    Member("gelu", "derivative", lambda x: x * (1 + special.erf(x / np.sqrt(2))) / 2, d_gelu, normal(8, scale=2)),
    Member(
        "silu", "derivative", lambda x: x * sigmoid(x), lambda x: sigmoid(x) + x * d_sigmoid(x), normal(3, 4, scale=2)
    ),
    Member("bell", "derivative", lambda x: np.exp(-(x**2)), lambda x: -2 * x * np.exp(-(x**2)), normal(6)),
    Member("constant", "derivative", lambda x: np.ones_like(x), np.zeros_like, SEVEN),
    Member("mish", "derivative", mish, d_mish, normal(8, scale=2), held_out=True),
    Member("sinc", "derivative", lambda x: np.sin(x) / x, d_sinc, signed(uniform(0.5, 10, 7)), held_out=True),
    Member("log cosh", "derivative", lambda x: np.log(np.cosh(x)), np.tanh, normal(7, scale=2), held_out=True),
    Member("arctan", "derivative", np.arctan, lambda x: 1 / (1 + x * x), normal(7, scale=3), held_out=True),
    Member(
        "complementary error function",
        "derivative",
        special.erfc,
        lambda x: -2 / np.sqrt(np.pi) * np.exp(-x * x),
        uniform(-1, 4, 7),
        held_out=True,
    ),
    Member("log gamma", "derivative", special.loggamma, special.digamma, uniform(0.2, 20, 7), held_out=True),
)

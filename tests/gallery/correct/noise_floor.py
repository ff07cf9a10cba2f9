"""Functions whose float64 rounding hides their gradient: no honest check can decide them."""

from __future__ import annotations

import numpy as np
from scipy import special

from .draws import decades, signed, uniform
from .member import Member
from .shared import SEVEN, d_gelu, d_sigmoid, d_tanh, sigmoid

MEMBERS = (
    Member("1e6 plus sine", "derivative", lambda x: 1e6 + np.sin(x), np.cos, SEVEN, noise_floor=True),
    Member("sigmoid, right tail", "derivative", sigmoid, d_sigmoid, uniform(10, 30, 6), noise_floor=True),
    Member("saturated tanh", "derivative", np.tanh, d_tanh, signed(uniform(5, 15, 6)), noise_floor=True),
    Member(
        "log(1 + x) near 0",
        "derivative",
        lambda x: np.log(1 + x),
        lambda x: 1 / (1 + x),
        decades(1e-15, 1e-3, 6),
        noise_floor=True,
    ),
    Member(
        "exp(x) - 1 near 0", "derivative", lambda x: np.exp(x) - 1, np.exp, decades(1e-15, 1e-2, 6), noise_floor=True
    ),
    Member(
        "1 - cos(x) near 0",
        "vjp",
        lambda x: 1 - np.cos(x),
        lambda u, x: u * np.sin(x),
        decades(1e-8, 0.3, 6),
        noise_floor=True,
    ),
    Member(
        "sqrt(1 + x) - 1 near 0",
        "vjp",
        lambda x: np.sqrt(1 + x) - 1,
        lambda u, x: u * 0.5 / np.sqrt(1 + x),
        decades(1e-15, 1e-2, 6),
        noise_floor=True,
    ),
    Member(
        "softplus, left tail",
        "derivative",
        lambda x: np.log(1 + np.exp(x)),
        sigmoid,
        uniform(-36, 0, 6),
        noise_floor=True,
    ),
    Member(
        "gelu, left tail",
        "derivative",
        lambda x: x * (1 + special.erf(x / np.sqrt(2))) / 2,
        d_gelu,
        uniform(-7, -2, 6),
        noise_floor=True,
    ),
    Member(
        "silu, left tail",
        "vjp",
        lambda x: x * (1 - 1 / (1 + np.exp(x))),
        lambda u, x: u * (sigmoid(x) + x * d_sigmoid(x)),
        uniform(-34, 1, 6),
        noise_floor=True,
    ),
    Member(
        "1 - sigmoid",
        "derivative",
        lambda x: 1 - sigmoid(x),
        lambda x: -d_sigmoid(x),
        uniform(5, 34, 6),
        noise_floor=True,
    ),
    Member(
        "x times (x + 1e8 - 1e8)",
        "derivative",
        lambda x: x * ((x + 1e8) - 1e8),
        lambda x: 2 * x,
        SEVEN,
        noise_floor=True,
    ),
    Member(
        "sum of (x + 1e8 - 1e8)", "grad", lambda x: ((x + 1e8) - 1e8).sum(), np.ones_like, SEVEN, noise_floor=True
    ),
    Member(
        "float32 inside",
        "derivative",
        lambda x: np.sin(x.astype(np.float32)).astype(float),
        np.cos,
        SEVEN,
        noise_floor=True,
    ),
    Member("1e9 plus exp", "derivative", lambda x: 1e9 + np.exp(x), np.exp, SEVEN, noise_floor=True, held_out=True),
)

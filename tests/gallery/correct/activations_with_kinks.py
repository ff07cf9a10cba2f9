"""Elementwise functions with kinks: clips, thresholds, pieces."""

from __future__ import annotations

import numpy as np

from .draws import decades, normal, signed, structured
from .member import Member

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


MEMBERS = (
    Member(
        "relu", "derivative", lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0, structured(normal(9)), kinked=True
    ),
    Member(
        "relu of 2000",
        "derivative",
        lambda x: np.maximum(x, 0),
        lambda x: (x > 0) * 1.0,
        structured(normal(2000)),
        kinked=True,
    ),
    Member(
        "relu at 1e-12",
        "derivative",
        lambda x: np.maximum(x, 0),
        lambda x: (x > 0) * 1.0,
        structured(normal(9, scale=1e-12), 1e-12),
        kinked=True,
    ),
    Member("abs", "derivative", np.abs, np.sign, structured(normal(9)), kinked=True),
    Member("abs at 1e12", "derivative", np.abs, np.sign, structured(normal(9, scale=1e12), 1e12), kinked=True),
    Member(
        "leaky relu",
        "derivative",
        lambda x: np.where(x > 0, x, 0.01 * x),
        lambda x: np.where(x > 0, 1.0, 0.01),
        structured(normal(3, 3)),
        kinked=True,
    ),
    Member(
        "clip",
        "derivative",
        lambda x: np.clip(x, -1, 1),
        lambda x: (np.abs(x) < 1) * 1.0,
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "selu",
        "derivative",
        lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0))),
        lambda x: SELU_SCALE * np.where(x > 0, 1.0, SELU_ALPHA * np.exp(np.minimum(x, 0))),
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "elu",
        "derivative",
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        lambda x: np.where(x > 0, 1.0, np.exp(np.minimum(x, 0))),
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "softsign",
        "derivative",
        lambda x: x / (1 + np.abs(x)),
        lambda x: (1 + np.abs(x)) ** -2.0,
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "soft threshold",
        "derivative",
        lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
        lambda x: (np.abs(x) > 0.5) * 1.0,
        structured(normal(9), 0.5),
        kinked=True,
    ),
    Member(
        "squared relu",
        "derivative",
        lambda x: np.maximum(x, 0) ** 2,
        lambda x: 2 * np.maximum(x, 0),
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "smallest of two curves",
        "derivative",
        lambda x: np.minimum(np.sin(x), 0.5 * x),
        lambda x: np.where(np.sin(x) < 0.5 * x, np.cos(x), 0.5),
        structured(normal(9)),
        kinked=True,
    ),
    Member(
        "dead zone",
        "derivative",
        lambda x: np.maximum(np.abs(x) - 0.5, 0),
        lambda x: np.sign(x) * (np.abs(x) > 0.5),
        structured(normal(9), 0.5),
        kinked=True,
    ),
    Member(
        "relu over 12 decades",
        "derivative",
        lambda x: np.maximum(x, 0),
        lambda x: (x > 0) * 1.0,
        structured(signed(decades(1e-6, 1e6, 9))),
        kinked=True,
    ),
    Member(
        "relu6",
        "derivative",
        lambda x: np.clip(x, 0, 6),
        lambda x: ((x > 0) & (x < 6)) * 1.0,
        structured(normal(9, scale=4)),
        kinked=True,
        held_out=True,
    ),
    Member(
        "hard sigmoid",
        "derivative",
        lambda x: np.clip(x / 6 + 0.5, 0, 1),
        lambda x: (np.abs(x) < 3) / 6,
        structured(normal(9, scale=3)),
        kinked=True,
        held_out=True,
    ),
    Member(
        "hard swish",
        "derivative",
        lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
        lambda x: np.where(x <= -3, 0.0, np.where(x >= 3, 1.0, x / 3 + 0.5)),
        structured(normal(9, scale=3)),
        kinked=True,
        held_out=True,
    ),
    Member(
        "tent",
        "derivative",
        lambda x: np.maximum(1 - np.abs(x), 0),
        lambda x: -np.sign(x) * (np.abs(x) < 1),
        structured(normal(9)),
        kinked=True,
        held_out=True,
    ),
    Member(
        "distance to the nearest integer",
        "derivative",
        lambda x: np.abs(x - np.rint(x)),
        lambda x: np.sign(x - np.rint(x)),
        structured(normal(9), 0.5),
        kinked=True,
        held_out=True,
    ),
)

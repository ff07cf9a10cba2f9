"""flax's initializers, of dense layers: a weight is (in, out), its numbers are of float32, and a key is its seed."""

from __future__ import annotations

from typing import Any

import flax
import jax
import numpy as np
from flax.linen import initializers as init

import gradcheck

VERSION = flax.__version__

HALVES = 0.87962566103423978
"""The standard deviation of a standard normal number cut off at 2, by which flax divides."""


def called(make: Any) -> Any:
    """Return an initializer f(shape, seed) on NumPy arrays."""

    def initializer(shape: Any, seed: int) -> Any:
        return np.array(make(jax.random.key(seed), shape))

    return initializer


def truncated(scale: Any) -> dict[str, Any]:
    """Return the traits of a normal distribution cut off at twice its own deviation and widened again."""
    return {"variance": scale, "bound": lambda n, m: 2 * scale(n, m) ** 0.5 / HALVES}


def by_fan_in(n: int, m: int) -> float:
    return 1 / n


def by_mean_fan(n: int, m: int) -> float:
    return 2 / (n + m)


def for_relu(n: int, m: int) -> float:
    return 2 / n


def initializers() -> list[Any]:
    """Return the declarations."""
    table: dict[str, tuple[Any, dict[str, Any]]] = {
        "lecun_normal": (init.lecun_normal(), truncated(by_fan_in)),
        "lecun_uniform": (init.lecun_uniform(), {"variance": by_fan_in, "distribution": "uniform"}),
        "glorot_normal": (init.glorot_normal(), truncated(by_mean_fan)),
        "glorot_uniform": (init.glorot_uniform(), {"variance": by_mean_fan, "distribution": "uniform"}),
        "xavier_normal": (init.xavier_normal(), truncated(by_mean_fan)),
        "xavier_uniform": (init.xavier_uniform(), {"variance": by_mean_fan, "distribution": "uniform"}),
        "he_normal": (init.he_normal(), truncated(for_relu)),
        "he_uniform": (init.he_uniform(), {"variance": for_relu, "distribution": "uniform"}),
        "variance_scaling fan_out": (
            init.variance_scaling(1.0, "fan_out", "normal"),
            {"variance": lambda n, m: 1 / m, "distribution": "normal"},
        ),
        "normal": (init.normal(0.01), {"variance": lambda n, m: 1e-4, "distribution": "normal"}),
        "truncated_normal": (init.truncated_normal(1.0), {"bound": lambda n, m: 2.0}),
        "orthogonal": (init.orthogonal(), {"orthogonal": 1.0}),
        "constant": (init.constant(0.3), {}),
        "ones": (init.ones, {}),
        "zeros": (init.zeros, {}),
    }
    return [
        gradcheck.subject(called(make), kind="initializer", name=f"flax.linen.initializers.{name}", traits=traits)
        for name, (make, traits) in table.items()
    ]

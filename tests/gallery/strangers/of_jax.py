"""jax.nn's activations on NumPy arrays, in double precision where the array is; gradients by jax.vjp."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

import gradcheck

VERSION = jax.__version__

ELEMENTWISE = (
    *("relu", "relu6", "sigmoid", "softplus", "sparse_plus", "sparse_sigmoid", "soft_sign", "silu", "log_sigmoid"),
    *("leaky_relu", "hard_sigmoid", "hard_silu", "hard_tanh", "elu", "celu", "selu", "gelu", "squareplus", "mish"),
    *("tanh", "identity"),
)
ROWS: dict[str, dict[str, Any]] = {
    "softmax": {"probabilities": "plain"},
    "log_softmax": {"probabilities": "log"},
    "glu": {},
    "standardize": {},
    "logsumexp": {},
}


def forward_of(function: Any) -> Any:
    def forward(x: Any) -> Any:
        with jax.enable_x64(True):
            return np.array(function(jax.numpy.asarray(np.asarray(x))))

    return forward


def vjp_of(function: Any) -> Any:
    def vjp(upstream: Any, x: Any) -> Any:
        with jax.enable_x64(True):
            out, pull = jax.vjp(function, jax.numpy.asarray(np.asarray(x)))
            return np.array(pull(jax.numpy.asarray(np.asarray(upstream), dtype=out.dtype))[0])

    return vjp


def activations() -> list[Any]:
    elementwise = [
        gradcheck.subject(
            forward_of(function),
            kind="activation",
            name=f"jax.nn.{name}",
            derivative=lambda x, function=function: vjp_of(function)(np.ones_like(x), x),
        )
        for name in ELEMENTWISE
        for function in [getattr(jax.nn, name)]
    ]
    x = np.random.default_rng(0).standard_normal((4, 6))
    functions = {name: getattr(jax.nn, name) for name in ROWS} | {"logsumexp": lambda x: jax.nn.logsumexp(x, axis=-1)}
    rows = [
        gradcheck.subject(
            forward_of(functions[name]),
            x,
            kind="layer",
            name=f"jax.nn.{name}",
            traits=traits,
            vjp=vjp_of(functions[name]),
        )
        for name, traits in ROWS.items()
    ]
    return [*elementwise, *rows]

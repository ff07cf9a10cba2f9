"""Planted bugs that only low precision shows: the formula is right in float64, and the code loses it elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Call = tuple[Callable[..., Any], tuple[np.ndarray, ...], dict[str, Any]]
"""A forward, its inputs, and the option of `gradcheck.check` that brings the gradient."""

Make = Callable[[Any, np.random.Generator], Call]

PLANTED: dict[str, Make] = {}
"""Name -> what makes the bug for inputs of a dtype."""

CONSTANT = 0.1


def _planted(make: Make) -> Make:
    PLANTED[make.__name__.strip("_").replace("_", " ")] = make
    return make


def is_low(x: np.ndarray) -> bool:
    """Whether the code runs in low precision now."""
    return x.dtype.itemsize < 8


def normalized(x: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (x - mean) / sd, and 1 / sd, in the dtype of x."""
    scale = 1 / np.sqrt(variance + x.dtype.type(1e-5))
    return (x - x.mean(0)) * scale, scale


def normalization_vjp(u: np.ndarray, x: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return the gradient of `normalized` for a variance computed in whatever way."""
    y, scale = normalized(x, variance)
    return (scale * (u - u.mean(0) - y * (u * y).mean(0))).astype(x.dtype)


def two_pass(x: np.ndarray) -> np.ndarray:
    """Return the variance as it should be computed."""
    return ((x - x.mean(0)) ** 2).mean(0)


@_planted
def _variance_as_a_difference_of_squares(dtype: Any, rng: np.random.Generator) -> Call:
    far = {4: 1000.0, 2: 100.0}[np.dtype(dtype).itemsize]
    x = (far + rng.normal(size=(32, 4))).astype(dtype)
    return (
        lambda x: normalized(x, two_pass(x))[0],
        (x,),
        {"vjp": lambda u, x: normalization_vjp(u, x, (x**2).mean(0) - x.mean(0) ** 2)},
    )


@_planted
def _softplus_slope_overflows(dtype: Any, rng: np.random.Generator) -> Call:
    del rng
    x = np.array([0.5, 100.0, -2.0, 3.0]).astype(dtype)
    return (
        lambda x: np.logaddexp(x.astype(float), 0).astype(x.dtype),
        (x,),
        {"derivative": lambda x: np.exp(x) / (1 + np.exp(x))},
    )


@_planted
def _softmax_gradient_without_the_maximum(dtype: Any, rng: np.random.Generator) -> Call:
    z = (95 + rng.normal(size=(4, 6))).astype(dtype)

    def softmax(z: np.ndarray, shift: Any) -> np.ndarray:
        e = np.exp(z - shift)
        return np.asarray(e / e.sum(-1, keepdims=True))

    def vjp(u: np.ndarray, z: np.ndarray) -> np.ndarray:
        p = softmax(z, z.dtype.type(0))
        return np.asarray(p * (u - (u * p).sum(-1, keepdims=True)))

    return lambda z: softmax(z, z.max(-1, keepdims=True)), (z,), {"vjp": vjp}


@_planted
def _sum_one_by_one(dtype: Any, rng: np.random.Generator) -> Call:
    """Return a gradient that is a running sum, which in low precision stops growing."""

    def total(x: np.ndarray) -> Any:
        share, so_far = x.dtype.type(CONSTANT), x.dtype.type(0)
        for _ in range(5000):
            so_far = x.dtype.type(so_far + share)
        return so_far

    exact = 5000 * float(np.asarray(CONSTANT).astype(float))
    x = rng.normal(size=6).astype(dtype)
    return lambda x: x * x.dtype.type(exact), (x,), {"vjp": lambda u, x: u * total(x)}


@_planted
def _eps_vanishes_beside_one(dtype: Any, rng: np.random.Generator) -> Call:
    """Return log(z + eps) with (1 + eps) - (1 - z) in its slope: 0 where eps is less than half an ulp of 1."""
    eps = {4: 1e-8, 2: 4.8e-4}[np.dtype(dtype).itemsize]
    z = np.append(rng.uniform(0.5, 1, 4), 0.0).astype(dtype)

    def slope(z: np.ndarray) -> np.ndarray:
        one, tenth = z.dtype.type(1), z.dtype.type(0.1)
        with np.errstate(all="ignore"):
            return np.asarray(tenth / ((one + z.dtype.type(eps)) - (one - z)))

    return lambda z: 0.1 * np.log(z + eps), (z,), {"derivative": slope}


@_planted
def _wrong_in_the_branch_for_low_precision(dtype: Any, rng: np.random.Generator) -> Call:
    x = rng.normal(size=9).astype(dtype)
    return np.tanh, (x,), {"derivative": lambda x: 1 - np.tanh(x) ** (1 if is_low(x) else 2)}


def off_by(factor: float) -> dict[str, Make]:
    """Return right gradients that are `factor` times as large in low precision."""

    def times(gradient: np.ndarray, x: np.ndarray) -> np.ndarray:
        return (gradient * (factor if is_low(x) else 1)).astype(x.dtype)

    def tanh(dtype: Any, rng: np.random.Generator) -> Call:
        return np.tanh, (rng.normal(size=9).astype(dtype),), {"derivative": lambda x: times(1 - np.tanh(x) ** 2, x)}

    def sine(dtype: Any, rng: np.random.Generator) -> Call:
        return np.sin, (rng.normal(size=9).astype(dtype),), {"derivative": lambda x: times(np.cos(x), x)}

    def affine(dtype: Any, rng: np.random.Generator) -> Call:
        x, w = rng.normal(size=(8, 5)).astype(dtype), rng.normal(size=(5, 3)).astype(dtype)
        return lambda x, w: x @ w, (x, w), {"vjp": lambda u, x, w: (u @ w.T, times(x.T @ u, x))}

    def normalization(dtype: Any, rng: np.random.Generator) -> Call:
        x = rng.normal(size=(16, 3)).astype(dtype)
        return (
            lambda x: normalized(x, two_pass(x))[0],
            (x,),
            {"vjp": lambda u, x: times(normalization_vjp(u, x, two_pass(x)), x)},
        )

    return {make.__name__: make for make in (tanh, sine, affine, normalization)}

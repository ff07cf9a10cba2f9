"""Enemies of laws that the older galleries have none of: activations, initializers, preprocessors, normalizations."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck

from .kind import Enemy


def cube(x):
    return x**3


def cube_grad(x):
    return 3 * x**2


def cube_second(x):
    return 3 * x


def through_half(x):
    return np.cos(x.astype(np.float16)).astype(x.dtype) if x.dtype == np.float32 else np.cos(x)


def activation(code: str, flaw: str, thing: Any, derivative: Any = None, **traits: Any) -> Enemy:
    return Enemy(code, flaw, "activation", thing, traits, {"derivative": derivative} if derivative else {})


RIGHT: list[Any] = [gradcheck.subject(np.sin, kind="activation", name="sine", derivative=np.cos)]

ENEMIES = [
    activation("GC103", "chain rule once", cube),
    activation("GC112", "computed in half precision", np.sin, through_half),
    activation(
        "GC114",
        "inf/inf in the second derivative",
        np.tanh,
        (lambda x: 1 - np.tanh(x) ** 2, lambda x: -2 * np.sinh(x) / np.cosh(x) ** 3),
        lipschitz=1.0,
    ),
    activation(
        "GC114",
        "inf/inf",
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
        lipschitz=0.25,
    ),
]


def dropped_out(n, m, rng):
    return rng.standard_normal((n, m)) * (2 / n) ** 0.5 * (rng.random((n, m)) < 0.5)


def initializer(code: str, flaw: str, thing: Any, **traits: Any) -> Enemy:
    return Enemy(code, flaw, "initializer", thing, traits)


def normal(deviation: Any) -> Any:
    return lambda n, m, rng: deviation(n, m) * rng.standard_normal((n, m))


def clipped(n, m, rng):
    return np.clip(rng.standard_normal((n, m)), -2, 2)


def masked(n, m, rng):
    return rng.standard_normal((n, m)) * (rng.random((n, m)) > 0.5)


def repeated(n, m, rng):
    return np.resize(rng.standard_normal(m * 120), (n, m)) / np.sqrt(n)


def short_stream(count: int, order: Any) -> Any:
    return lambda n, m, rng: np.resize(rng.standard_normal(count), n * m).reshape((n, m), order=order) / np.sqrt(n)


def one_row_apart(n, m, rng):
    return np.ones((n, m)) + 1e-3 * np.arange(m)


def xavier(n, m):
    return 1 / n


def orthonormal(n, m, rng):
    q, r = np.linalg.qr(rng.standard_normal((max(n, m), min(n, m))))
    q = q * np.sign(np.diag(r))
    return q if n >= m else q.T


def redrawn(n, m, rng):
    w = rng.standard_normal((n, m))
    while (far := np.abs(w) > 2).any():
        w[far] = rng.standard_normal(int(far.sum()))
    return w


def half_empty(n, m, rng):
    w = rng.standard_normal((n, m))
    empty = int(np.ceil(n / 2))
    for column in w.T:
        column[rng.permutation(n)[:empty]] = 0.0
    return w


def kernels(shape, rng):
    return rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))


def first_sizes(shape, rng):
    return rng.standard_normal(shape) / np.sqrt(shape[0] if len(shape) == 2 else shape[1])


def by_fan_out(fan_in, fan_out, *, kernel=None, rng=None):
    shape = (fan_in, fan_out) if kernel is None else (fan_out, fan_in, *kernel)
    size = fan_in if kernel is None else fan_out * np.prod(kernel)
    return rng.standard_normal(shape) / np.sqrt(size)


def signs(size: float, dtype: Any = np.float64) -> Any:
    return lambda n, m, rng: (size * rng.choice([-1.0, 1.0], (n, m)) / np.sqrt(n)).astype(dtype)


RIGHT += [
    gradcheck.subject(signs(1.0), kind="initializer", name="signs", traits={"variance": xavier}),
    gradcheck.subject(signs(1.0, np.float32), kind="initializer", name="signs32", traits={"variance": xavier}),
    gradcheck.subject(lambda shape: np.eye(*shape), kind="initializer", name="eye", traits={"identity": True}),
    gradcheck.subject(kernels, kind="initializer", traits={"kernels": "HWIO", "variance": xavier}),
    gradcheck.subject(orthonormal, kind="initializer", traits={"orthogonal": 1.0}),
    gradcheck.subject(redrawn, kind="initializer", traits={"bound": lambda n, m: 2.0}),
    gradcheck.subject(half_empty, kind="initializer", traits={"sparsity": 0.5}),
    gradcheck.subject(
        normal(lambda n, m: 0.01), kind="initializer", name="small", traits={"variance": lambda n, m: 1e-4}
    ),
    gradcheck.subject(
        normal(lambda n, m: 1.0), kind="initializer", name="big", traits={"variance": lambda n, m: 1.0}
    ),
    gradcheck.subject(normal(lambda n, m: n**-0.5), kind="initializer", name="normal xavier"),
    gradcheck.subject(lambda n, m, rng: np.ones((n, m)), kind="initializer", name="ones"),
]

ENEMIES += [
    activation("GC515", "flatter on the right", lambda x: np.where(x > 0, 0.5 * x, x), convex=True),
    activation(
        "GC516",
        "half the level",
        lambda x: np.where(x > 0, x, 0.5 * np.expm1(np.minimum(x, 0))),
        asymptotes=((0.0, -1.0), (1.0, 0.0)),
    ),
    activation(
        "GC516",
        "slope that underflows",
        lambda x: np.logaddexp(0.0, x),
        lambda x: np.where(x < 700, np.exp(np.minimum(x, 700)) / (1 + np.exp(np.minimum(x, 700))), 0.0),
        asymptotes=((0.0, 0.0), (1.0, 0.0)),
    ),
    activation(
        "GC517", "other slope", lambda x: np.where(x > 0, x, 0.02 * x), kinks=(0.0,), kink_slopes=((0.01, 1.0),)
    ),
    activation("GC518", "heavy below", lambda x: np.where(x > 0, x, 3 * x)),
    activation("GC519", "dips below 0", lambda x: x / (1 + np.exp(-x)), lambda x: x, range=(0.0, np.inf)),
    activation(
        "GC525",
        "alive in between",
        lambda x: np.where((x < -1) & (x > -9), 0.1 * (x + 1), np.maximum(x, 0)) * (x != -10),
        lambda x: 1.0 * (x > 0) + 0.1 * ((x < -1) & (x > -9)),
    ),
    initializer("GC402", "signs of another size", signs(1.001), variance=xavier),
    initializer("GC408", "normal", normal(lambda n, m: n**-0.5), orthogonal=1.0),
    initializer("GC415", "clipped", clipped, bound=lambda n, m: 2.0),
    initializer("GC409", "sizes for fans", first_sizes, variance=xavier, kernels="OIHW"),
    initializer("GC409", "fan_out", by_fan_out, variance=xavier),
    initializer("GC416", "reshaped", lambda n, m: np.resize(np.eye(max(n, m)), (n, m)), identity=True),
    initializer("GC417", "random mask", masked, sparsity=0.5),
    initializer("GC418", "repeats", repeated, variance=xavier, distribution="normal"),
    *(
        initializer("GC418", f"{n} numbers, {order}", short_stream(n, order), variance=xavier, distribution="normal")
        for n, order in ((997, "C"), (20_011, "C"), (20_011, "F"))
    ),
    initializer("GC419", "units differ", one_row_apart, distribution="constant"),
    initializer("GC420", "not small", normal(lambda n, m: n**-0.5), variance=lambda n, m: 0.1 / n),
    initializer("GC421", "not big", normal(lambda n, m: n**-0.5), variance=lambda n, m: 200 / n),
    initializer("GC424", "half of the weights at 0", dropped_out),
    initializer("GC422", "He", normal(lambda n, m: (2 / n) ** 0.5), variance=xavier),
]

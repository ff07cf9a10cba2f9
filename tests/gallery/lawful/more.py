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
        "inf/inf",
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
        lipschitz=0.25,
    ),
]

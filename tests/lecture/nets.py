"""Small nets of the reference library, and how they are trained: what the experiments of the lecture share."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from gradcheck import reference


def dense(n_in: int, n_out: int, rng: np.random.Generator, scale: float, bias: float = 0.0) -> Any:
    """Return an affine layer with normal weights of standard deviation `scale`."""
    w = scale * rng.standard_normal((n_in, n_out))
    return reference.Layer(reference.affine_forward, reference.affine_backward, w=w, b=np.full(n_out, bias))


def unit(name: str) -> Any:
    """Return an activation layer."""
    return reference.Activation(getattr(reference, name), getattr(reference, f"{name}_grad"))


def net(widths: list[int], name: str, rng: np.random.Generator, gain: float = 1.0, *, norm: bool = False) -> Any:
    """Return affine layers with an activation between, weights of variance gain² / fan_in."""
    layers: list[Any] = []
    for n_in, n_out in itertools.pairwise(widths[:-1]):
        layers.append(dense(n_in, n_out, rng, gain / np.sqrt(n_in)))
        layers += [reference.BatchNorm(n_out)] if norm else []
        layers.append(unit(name))
    return reference.Sequential(*layers, dense(widths[-2], widths[-1], rng, gain / np.sqrt(widths[-2])))


def train(model: Any, x: Any, y: Any, rate: float, steps: int, until: float = 0.0) -> list[float]:
    """Return the losses of gradient descent over the whole data: of so many steps, or until one is below `until`."""
    losses = []
    for _ in range(steps):
        with np.errstate(all="ignore"):
            scores = model.forward(x)
            losses.append(float(reference.softmax_cross_entropy(scores, y)))
            if not np.isfinite(losses[-1]) or losses[-1] < until:
                break
            model.backward(reference.softmax_cross_entropy_grad(scores, y))
            for name, gradient in dict(model.grads).items():
                model.params[name] = model.params[name] - rate * gradient
    return losses


def activations(model: Any, x: Any) -> list[Any]:
    """Return what comes out of every layer."""
    outs = []
    for layer in model.layers:
        x = layer.forward(x)
        outs.append(x)
    return outs

"""MyGrad's activations, layers and losses on NumPy arrays; gradients are those of its own backward."""

from __future__ import annotations

from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet import activations as units
from mygrad.nnet import layers, losses

import gradcheck

VERSION = mg.__version__


def forward_of(function: Any) -> Any:
    """Return the function on arrays."""
    return lambda *inputs: np.array(function(*map(mg.tensor, inputs)).data)


def vjp_of(function: Any) -> Any:
    """Return the gradients that MyGrad sends back."""

    def vjp(upstream: Any, *inputs: Any) -> Any:
        leaves = [mg.tensor(np.array(x)) for x in inputs]
        function(*leaves).backward(np.array(upstream))
        found = [np.zeros_like(leaf.data) if leaf.grad is None else np.array(leaf.grad) for leaf in leaves]
        return found[0] if len(found) == 1 else tuple(found)

    return vjp


def activations() -> list[Any]:
    """Return the elementwise ones."""
    table = {
        "relu": units.relu,
        "sigmoid": units.sigmoid,
        "tanh": mg.tanh,
        "soft_sign": units.soft_sign,
        "leaky_relu": lambda x: units.leaky_relu(x, 0.01),
        "elu": lambda x: units.elu(x, 1.0),
        "selu": units.selu,
        "hard_tanh": units.hard_tanh,
    }
    return [
        gradcheck.subject(
            forward_of(function),
            kind="activation",
            name=f"mygrad {name}",
            derivative=lambda x, function=function: vjp_of(function)(np.ones_like(x), x),
        )
        for name, function in table.items()
    ]


def of_layers() -> list[Any]:
    """Return what takes whole arrays."""
    rng = np.random.default_rng(4)
    x, w, b = rng.standard_normal((4, 3)), rng.standard_normal((3, 5)), rng.standard_normal(5)
    images, kernel = rng.standard_normal((2, 2, 6, 6)), rng.standard_normal((3, 2, 3, 3))
    table: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
        "affine": (lambda x, w, b: mg.matmul(x, w) + b, (x, w, b), {"linear": True}),
        "conv_nd": (lambda x, w: layers.conv_nd(x, w, stride=1), (images, kernel), {"linear": True}),
        "max_pool": (lambda x: layers.max_pool(x, pool=(2, 2), stride=2), (images,), {}),
        "softmax": (units.softmax, (x,), {"probabilities": "plain"}),
        "logsoftmax": (units.logsoftmax, (x,), {"probabilities": "log"}),
        "glu": (lambda s: units.glu(s, axis=1), (rng.standard_normal((4, 6)),), {}),
        "batchnorm": (
            lambda x, gamma, beta: layers.batchnorm(x, gamma=gamma, beta=beta, eps=1e-5),
            (x, np.ones(3), np.zeros(3)),
            {},
        ),
    }
    return [
        gradcheck.subject(forward_of(f), *inputs, kind="layer", name=f"mygrad {name}", vjp=vjp_of(f), traits=traits)
        for name, (f, inputs, traits) in table.items()
    ]


def of_losses() -> list[Any]:
    """Return the losses of scores and labels, by the gradient of the scores."""
    table = {"softmax_crossentropy": losses.softmax_crossentropy, "multiclass_hinge": losses.multiclass_hinge}
    return [
        gradcheck.subject(
            lambda z, t, f=function: float(f(mg.tensor(z), np.asarray(t)).data),
            kind="loss",
            name=f"mygrad {name}",
            grad=lambda z, t, f=function: vjp_of(lambda s: f(s, np.asarray(t)))(np.array(1.0), z),
        )
        for name, function in table.items()
    ]

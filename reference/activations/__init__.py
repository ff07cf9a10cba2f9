"""Elementwise activations, each beside its derivative as a function of the input.

====================  ====================================  =====================================
function              formula                               beside it
====================  ====================================  =====================================
`sigmoid`             1 / (1 + e^-x)                        `sigmoid_grad`
`tanh`                (e^x - e^-x) / (e^x + e^-x)           `tanh_grad`
`relu`                max(0, x)                             `relu_grad`
`leaky_relu`          max(0.01 x, x)                        `leaky_relu_grad`
`elu`                 x above 0, e^x - 1 below              `elu_grad`
====================  ====================================  =====================================

Each works on any shape, keeps float32 and float64, is precise for every finite input and for both infinities,
and lets NaN through. `TRAITS` says what is known about each, as plain data, for the default slope and alpha.
"""

from __future__ import annotations

from . import _elu, _leaky_relu, _relu, _sigmoid, _tanh
from ._elu import elu as elu
from ._elu import elu_grad as elu_grad
from ._leaky_relu import leaky_relu as leaky_relu
from ._leaky_relu import leaky_relu_grad as leaky_relu_grad
from ._relu import relu as relu
from ._relu import relu_grad as relu_grad
from ._sigmoid import sigmoid as sigmoid
from ._sigmoid import sigmoid_grad as sigmoid_grad
from ._tanh import tanh as tanh
from ._tanh import tanh_grad as tanh_grad

__all__ = [
    "TRAITS",
    "elu",
    "elu_grad",
    "leaky_relu",
    "leaky_relu_grad",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "tanh",
    "tanh_grad",
]

TRAITS: dict[str, dict[str, object]] = {
    "sigmoid": _sigmoid.TRAITS,
    "tanh": _tanh.TRAITS,
    "relu": _relu.TRAITS,
    "leaky_relu": _leaky_relu.TRAITS,
    "elu": _elu.TRAITS,
}
"""Function name -> what is known about the function."""

"""Laws of initializers about the signal: what one layer does to its size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._case import Case
from .._registry import declares
from ..adapters.initializer import LAYER, Array, Initializer
from ._moments import second_moment

SIGNAL_ERROR = 0.1
"""Relative error of the signal's variance that the sample is sized to see."""


@declares(
    "GC403",
    "keeps the variance of the signal",
    "initializer",
    needs=("keeps variance",),
    effort=None,
    claims=("W-XAVIER",),
)
def forward_variance(init: Initializer, case: Case) -> None:
    """Through a linear layer the variance of the output equals that of the input: fan_in * var(w) = 1.

    Otherwise the signal grows or fades by the same factor at every layer, and a deep net saturates or goes silent.

    The usual mistake is to divide by fan_out, or by fan_in instead of its square root.
    """
    second_moment(case, _outputs(init, case), 1.0, SIGNAL_ERROR, name="the output of a linear layer")


@declares(
    "GC404",
    "keeps the variance of the gradient",
    "initializer",
    needs=("keeps variance",),
    effort=None,
    claims=("W-XAVIER",),
)
def backward_variance(init: Initializer, case: Case) -> None:
    """Through a linear layer the gradient that flows back keeps its variance: fan_out * var(w) = 1.

    In a square layer this is the same condition as for the signal; Glorot's forms stand between the two.

    The usual mistake is the transposed matrix.
    """
    gradients = _outputs(init, case, transposed=True)
    second_moment(case, gradients, 1.0, SIGNAL_ERROR, name="the gradient behind a linear layer")


@declares(
    "GC412",
    "keeps the second moment under ReLU",
    "initializer",
    needs=("keeps second moment",),
    effort=None,
    claims=("W-HE", "W-RELU"),
)
def relu_second_moment(init: Initializer, case: Case) -> None:
    """Through a linear layer and a ReLU the second moment is kept: fan_in * var(w) = 2.

    ReLU removes half of the second moment of a symmetric signal, and the factor 2 puts it back.

    The usual mistake is the variance 1/fan_in, under which the second moment halves at every layer.
    """
    second_moment(case, _rectified(init, case), 1.0, SIGNAL_ERROR, name="what a ReLU lets through")


@declares("GC422", "halves under ReLU", "initializer", needs=("keeps variance",), effort=None, claims=("W-RELU",))
def halves(init: Initializer, case: Case) -> None:
    """With fan_in var(w) = 1, which suits tanh, a ReLU halves the second moment at every layer.

    ReLU removes half of a symmetric signal; He's factor of 2 puts it back.

    The usual mistake is to keep the initialization and change the nonlinearity.
    """
    second_moment(case, _rectified(init, case), 0.5, SIGNAL_ERROR, name="what a ReLU lets through of variance 1")


def _outputs(init: Initializer, case: Case, *, transposed: bool = False) -> Callable[[int, int], Array]:
    """Return what draws the outputs of independent layers for one input of mean square 1.

    With the input fixed, the outputs of units whose weights are independent are independent.
    """
    x = case.generator(7).standard_normal(LAYER)
    x *= np.sqrt(LAYER / (x @ x))

    def draw(count: int, stream: int) -> Array:
        seeds = case.generator(8 + stream).integers(2**31, size=-(-count // LAYER))
        matrices = (init(LAYER, LAYER, int(seed)) for seed in seeds)
        return np.concatenate([w @ x if transposed else x @ w for w in matrices])

    return draw


def _rectified(init: Initializer, case: Case) -> Callable[[int, int], Array]:
    draw = _outputs(init, case)
    return lambda count, stream: np.maximum(draw(count, stream), 0.0)

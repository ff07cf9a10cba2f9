"""Laws of initializers about the signal: what one layer does to its size."""

from __future__ import annotations

import numpy as np

from .._case import Case
from .._registry import declares
from .._statistics import FALSE_ALARM, sample_size, variance_band
from ..adapters.initializer import LAYER, Array, Initializer
from ._moments import inside, state

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
    outputs = _through_layer(init, case, transposed=False)
    _signal(case, outputs, "the output of a linear layer")


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
    _signal(case, _through_layer(init, case, transposed=True), "the gradient behind a linear layer")


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
    outputs = _through_layer(init, case, transposed=False, shares=2)
    # Half of the symmetric outputs pass: twice the kept half is compared, with the freedom of the half.
    passed = np.maximum(outputs, 0.0)
    kept = passed[passed > 0]
    _signal(case, kept / np.sqrt(2), "what a ReLU lets through")


def _through_layer(init: Initializer, case: Case, *, transposed: bool, shares: int = 1) -> Array:
    """Return the outputs of independent layers for one input of mean square 1.

    With the input fixed, the outputs are independent, and normal if the weights are.
    """
    count = round(1.1 * shares * sample_size(SIGNAL_ERROR, None))
    x = case.generator(7).standard_normal(LAYER)
    x *= np.sqrt(LAYER / (x @ x))
    seeds = case.generator(8).integers(2**31, size=-(-count // LAYER))
    matrices = (init(LAYER, LAYER, int(seed)) for seed in seeds)
    return np.concatenate([w @ x if transposed else x @ w for w in matrices])


def _signal(case: Case, outputs: Array, name: str) -> None:
    band = variance_band(outputs.size, None)
    inside(outputs, 1.0, band, name)
    state(case, outputs.size, SIGNAL_ERROR, None, FALSE_ALARM)

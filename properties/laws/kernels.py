r"""The law of initializers about convolutions: which fans count.

.. math:: \text{fan\_in} = \text{channels} \cdot K_h K_w, \qquad \text{fan\_out} = \text{filters} \cdot K_h K_w
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import math
from functools import partial

import numpy as np

from .._case import Case
from .._expect import Violation
from .._registry import declares
from .._statistics import FALSE_ALARM
from ..adapters.initializer import Array, Initializer
from ._moments import second_moment

CHANNELS_AND_FILTERS = ((24, 6), (6, 24))
KERNEL = (3, 5)

FAN_ERROR = 0.1
"""Relative error of the variance that the sample is sized to see; a forgotten kernel is one of 1400 %."""


@declares(
    "GC409",
    "kernels have the fans of a convolution",
    "initializer",
    traits=("variance",),
    needs=("kernels", "seeded"),
    effort=None,
    claims=("W-XAVIER", "W-HE"),
)
def fans_of_kernels(init: Initializer, case: Case) -> None:
    """The variance of a kernel's entries is the declared function of channels x area and filters x area.

    A unit of a convolution reads from every channel at every position of the kernel. A kernel that is longer one way
    and two shapes with few and many filters tell the fans apart.

    The usual mistake is the first two sizes of the array in place of the fans.
    """
    area = math.prod(KERNEL)
    for channels, filters in CHANNELS_AND_FILTERS:
        second_moment(
            case,
            partial(_entries, init, case, channels, filters),
            init.variance(channels * area, filters * area),
            FAN_ERROR,
            name=f"{filters} filters of {KERNEL} over {channels} channels",
            rate=FALSE_ALARM / len(CHANNELS_AND_FILTERS),
            distribution=init.claimed,
        )


def _entries(init: Initializer, case: Case, channels: int, filters: int, count: int, stream: int) -> Array:
    sizes = {"O": filters, "I": channels, "H": KERNEL[0], "W": KERNEL[1]}
    shape = tuple(sizes[letter] for letter in str(init.traits.kernels))
    seeds = case.generator(channels + stream).integers(2**31, size=-(-count // math.prod(shape)))
    kernels = [init.kernel(channels, filters, KERNEL, int(seed)) for seed in seeds]
    if kernels[0].shape != shape:
        raise Violation(f"{filters} kernels of {KERNEL} over {channels} channels have shape {kernels[0].shape}")
    return np.concatenate([kernel.reshape(-1) for kernel in kernels]).astype(np.float64)

r"""LeCun initialization: unit variance of what a unit sums up.

.. math:: \operatorname{var} W = \frac{1}{\text{fan\_in}}

A unit that sums `fan_in` independent inputs of variance 1 gets a sum of variance 1: in the middle of a sigmoid or a
tanh, where its slope is largest, and where SELU has its fixed point. It is what `xavier` keeps of Glorot's compromise
when only the forward direction counts.

Sources: Y. LeCun, L. Bottou, G. Orr and K.-R. Müller, "Efficient BackProp" (1998), section 4.6; G. Klambauer, T.
Unterthiner, A. Mayr and S. Hochreiter, "Self-Normalizing Neural Networks" (2017).
"""

from __future__ import annotations

from . import _xavier
from ._draw import Kernel, Seed, Weights
from ._xavier import xavier, xavier_uniform

TRAITS: dict[str, dict[str, object]] = {
    "lecun_normal": _xavier.TRAITS["xavier"],
    "lecun_uniform": _xavier.TRAITS["xavier_uniform"],
}


def lecun_normal(fan_in: int, fan_out: int, *, kernel: Kernel = None, rng: Seed = None) -> Weights:
    """Draw normal weights of variance ``1 / fan_in``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)

    Examples
    --------
    >>> float(lecun_normal(16, 4000, rng=0).std().round(2))
    0.25
    """
    return xavier(fan_in, fan_out, kernel=kernel, rng=rng)


def lecun_uniform(fan_in: int, fan_out: int, *, kernel: Kernel = None, rng: Seed = None) -> Weights:
    """Draw uniform weights of variance ``1 / fan_in``.

    Parameters
    ----------
    fan_in, fan_out
        Units that a unit reads from, and units of the layer; with `kernel`, channels and filters.
    kernel
        None for a dense layer; (height, width) of a convolution.
    rng
        A seed or a generator; None draws differently every time.

    Returns
    -------
    array, shape (fan_in, fan_out), or (fan_out, fan_in, height, width)
        Within ``sqrt(3 / fan_in)`` of 0.

    Examples
    --------
    >>> float(abs(lecun_uniform(3, 500, rng=0)).max().round(1))
    1.0
    """
    return xavier_uniform(fan_in, fan_out, kernel=kernel, rng=rng)

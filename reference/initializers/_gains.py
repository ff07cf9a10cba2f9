r"""Gains: what a nonlinearity costs the signal, and an initializer has to give back.

.. math:: g_f = \frac{1}{\sqrt{\operatorname{E} f(z)^2}}, \qquad z \sim \mathcal N(0, 1)

Weights of variance :math:`g_f^2 / \text{fan\_in}` behind a layer :math:`f(z)` have sums of variance 1 again. For the
piecewise linear functions the expectation is elementary: :math:`\frac{1}{2}` of the ReLU gives :math:`\sqrt 2`,
:math:`\frac{1 + \alpha^2}{2}` of a leaky one :math:`\sqrt{2 / (1 + \alpha^2)}`. SELU is made so that it is 1. The
others are integrals, given here to double precision.

Other tables differ where they are rules of thumb: 5/3 for tanh in place of 1.5925, 1 for the sigmoid, 3/4 for SELU.
A function with a positive mean, such as the sigmoid, keeps its second moment with this gain, not its variance.

Source: K. He, X. Zhang, S. Ren and J. Sun, "Delving Deep into Rectifiers" (2015), section 2.2, whose argument it is.
"""

from __future__ import annotations

import math

GAINS: dict[str, float] = {
    "linear": 1.0,
    "relu": math.sqrt(2),
    "leaky_relu": math.sqrt(2 / (1 + 0.01**2)),
    "elu": 1.2451983007007065503,
    "selu": 1.0,
    "gelu": 1.5335304411955352338,
    "silu": 1.6765324703310911586,
    "mish": 1.486847581273208102,
    "softplus": 1.041866835535301708,
    "softsign": 2.3375333631085396599,
    "sigmoid": 1.846228545338605413,
    "tanh": 1.5925374197228314278,
}
"""Nonlinearity -> its gain, for unit normal pre-activations."""

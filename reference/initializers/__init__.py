"""Weight initializers: ``f(fan_in, fan_out, *, rng=None)`` gives a matrix of shape ``(fan_in, fan_out)``.

====================  ==============  ============================  ======================================
function              distribution    variance of an entry          meant for
====================  ==============  ============================  ======================================
`zeros`               constant        0                             seeing symmetry stay unbroken
`small_random`        normal          1e-4                          shallow nets
`big_random`          normal          1                             seeing units saturate
`xavier`              normal          1 / fan_in                    tanh
`glorot_normal`       normal          2 / (fan_in + fan_out)        tanh, forward and backward
`glorot_uniform`      uniform         2 / (fan_in + fan_out)        tanh, forward and backward
`he`                  normal          2 / fan_in                    ReLU
====================  ==============  ============================  ======================================

`TRAITS` holds the two middle columns as data.
"""

from __future__ import annotations

from . import _fixed, _he, _xavier
from ._fixed import big_random as big_random
from ._fixed import small_random as small_random
from ._fixed import zeros as zeros
from ._he import he as he
from ._xavier import glorot_normal as glorot_normal
from ._xavier import glorot_uniform as glorot_uniform
from ._xavier import xavier as xavier

__all__ = [
    "TRAITS",
    "big_random",
    "glorot_normal",
    "glorot_uniform",
    "he",
    "small_random",
    "xavier",
    "zeros",
]

TRAITS: dict[str, dict[str, object]] = _fixed.TRAITS | _xavier.TRAITS | _he.TRAITS
"""Function name -> the variance of an entry, as a function of the fans, and its distribution."""

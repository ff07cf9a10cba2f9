"""Weight initializers: ``f(fan_in, fan_out, *, kernel=None, rng=None)``.

====================  ==============  ============================  ======================================
function              distribution    variance of an entry          meant for
====================  ==============  ============================  ======================================
`zeros`               constant        0                             seeing symmetry stay unbroken
`constant`            constant        0                             biases, slightly positive under ReLU
`small_random`        normal          1e-4                          shallow nets
`big_random`          normal          1                             seeing units saturate
`xavier`              normal          1 / fan_in                    tanh
`xavier_uniform`      uniform         1 / fan_in                    tanh
`glorot_normal`       normal          2 / (fan_in + fan_out)        tanh, forward and backward
`glorot_uniform`      uniform         2 / (fan_in + fan_out)        tanh, forward and backward
`he`                  normal          2 / fan_in                    ReLU
`he_uniform`          uniform         2 / fan_in                    ReLU
`lecun_normal`        normal          1 / fan_in                    SELU
`lecun_uniform`       uniform         1 / fan_in                    SELU
`truncated_normal`    cut normal      1 / fan_in                    no weight far out
`orthogonal`          Haar            1 / max(fan_in, fan_out)      very deep or recurrent nets
`sparse`              normal and 0    1 / fan_in                    very wide layers
`identity`            fixed                                         recurrent nets, residual branches
====================  ==============  ============================  ======================================

Without `kernel` the weights have the shape ``(fan_in, fan_out)``. With ``kernel=(height, width)`` the two numbers are
channels and filters, the weights have the shape ``(fan_out, fan_in, height, width)``, and in the table stand the fans
that `fans` counts for it; `orthogonal` counts filters in place of fan_out. `TRAITS` holds the two middle columns as
data, `GAINS` what each nonlinearity asks for.
"""

from __future__ import annotations

from . import _fixed, _he, _identity, _lecun, _orthogonal, _sparse, _truncated_normal, _xavier
from ._draw import fans as fans
from ._fixed import big_random as big_random
from ._fixed import constant as constant
from ._fixed import small_random as small_random
from ._fixed import zeros as zeros
from ._gains import GAINS as GAINS
from ._he import he as he
from ._he import he_uniform as he_uniform
from ._identity import identity as identity
from ._lecun import lecun_normal as lecun_normal
from ._lecun import lecun_uniform as lecun_uniform
from ._orthogonal import orthogonal as orthogonal
from ._sparse import sparse as sparse
from ._truncated_normal import truncated_normal as truncated_normal
from ._xavier import glorot_normal as glorot_normal
from ._xavier import glorot_uniform as glorot_uniform
from ._xavier import xavier as xavier
from ._xavier import xavier_uniform as xavier_uniform

__all__ = [
    "GAINS",
    "TRAITS",
    "big_random",
    "constant",
    "fans",
    "glorot_normal",
    "glorot_uniform",
    "he",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
    "small_random",
    "sparse",
    "truncated_normal",
    "xavier",
    "xavier_uniform",
    "zeros",
]

TRAITS: dict[str, dict[str, object]] = {
    **_fixed.TRAITS,
    **_xavier.TRAITS,
    **_he.TRAITS,
    **_lecun.TRAITS,
    **_truncated_normal.TRAITS,
    **_orthogonal.TRAITS,
    **_sparse.TRAITS,
    **_identity.TRAITS,
}
"""Function name -> the variance of an entry, as a function of the fans, and its distribution."""

"""Activations, each beside its derivatives as functions of the input.

================  ============================================  ===========================
function          formula                                       also called
================  ============================================  ===========================
`sigmoid`         1 / (1 + e^-x)
`log_sigmoid`     log of it
`tanh`            (e^x - e^-x) / (e^x + e^-x)
`softsign`        x / (1 + abs x)                               `soft_sign`
`hard_sigmoid`    clip(x + 3, 0, 6) / 6
`hard_tanh`       clip(x, -1, 1)
`sparse_sigmoid`  clip((x + 1) / 2, 0, 1)
`relu`            max(0, x)
`relu6`           clip(x, 0, 6)
`leaky_relu`      max(0.01 x, x)
`rrelu`           max(11/48 x, x)
`elu`             x above 0, e^x - 1 below
`celu`            x above 0, a (e^(x/a) - 1) below
`selu`            1.05 times (x above 0, 1.67 (e^x - 1) below)
`softplus`        log(1 + e^x)
`squareplus`      (x + sqrt(x^2 + 4)) / 2
`sparse_plus`     0 up to -1, a parabola, x from 1
`threshold`       x above 1, 0 below
`silu`            x sigmoid(x)                                  `swish`
`hard_swish`      x hard_sigmoid(x)                             `hard_silu`
`gelu`            x Phi(x)                                      ``gelu(approximate=False)``
`gelu_tanh`       the same with a tanh for Phi                  ``gelu(approximate=True)``
`mish`            x tanh(softplus(x))
`tanhshrink`      x - tanh x
`softshrink`      x towards 0 by 1/2
`hardshrink`      x beyond 1/2, 0 within
================  ============================================  ===========================

The derivative of each is ``<name>_grad``, the second derivative ``<name>_second``. Four are not elementwise and
come as a pair, ``<name>_forward`` and ``<name>_backward``: `softmax`, `softmin`, `log_softmax` and `logsumexp`,
with ``axis=``, whose values alone have the plain name, and the gated linear unit, ``glu``.

Each works on any shape, keeps float32 and float64, is precise for every finite input and for both infinities,
and lets NaN through. `TRAITS` says what is known about each elementwise one, as plain data, for the default options.
"""

from __future__ import annotations

from . import (
    _celu,
    _clipped,
    _elu,
    _gelu,
    _gelu_tanh,
    _hard_swish,
    _leaky_relu,
    _log_sigmoid,
    _mish,
    _relu,
    _rrelu,
    _selu,
    _shrink,
    _sigmoid,
    _silu,
    _softplus,
    _softsign,
    _sparse_plus,
    _squareplus,
    _tanh,
    _tanhshrink,
    _threshold,
)
from ._celu import celu as celu
from ._celu import celu_grad as celu_grad
from ._celu import celu_second as celu_second
from ._clipped import hard_sigmoid as hard_sigmoid
from ._clipped import hard_sigmoid_grad as hard_sigmoid_grad
from ._clipped import hard_sigmoid_second as hard_sigmoid_second
from ._clipped import hard_tanh as hard_tanh
from ._clipped import hard_tanh_grad as hard_tanh_grad
from ._clipped import hard_tanh_second as hard_tanh_second
from ._clipped import relu6 as relu6
from ._clipped import relu6_grad as relu6_grad
from ._clipped import relu6_second as relu6_second
from ._elu import elu as elu
from ._elu import elu_grad as elu_grad
from ._elu import elu_second as elu_second
from ._gelu import gelu as gelu
from ._gelu import gelu_grad as gelu_grad
from ._gelu import gelu_second as gelu_second
from ._gelu_tanh import gelu_tanh as gelu_tanh
from ._gelu_tanh import gelu_tanh_grad as gelu_tanh_grad
from ._gelu_tanh import gelu_tanh_second as gelu_tanh_second
from ._glu import glu_backward as glu_backward
from ._glu import glu_forward as glu_forward
from ._hard_swish import hard_swish as hard_swish
from ._hard_swish import hard_swish_grad as hard_swish_grad
from ._hard_swish import hard_swish_second as hard_swish_second
from ._leaky_relu import leaky_relu as leaky_relu
from ._leaky_relu import leaky_relu_grad as leaky_relu_grad
from ._leaky_relu import leaky_relu_second as leaky_relu_second
from ._log_sigmoid import log_sigmoid as log_sigmoid
from ._log_sigmoid import log_sigmoid_grad as log_sigmoid_grad
from ._log_sigmoid import log_sigmoid_second as log_sigmoid_second
from ._log_softmax import log_softmax as log_softmax
from ._log_softmax import log_softmax_backward as log_softmax_backward
from ._log_softmax import log_softmax_forward as log_softmax_forward
from ._log_softmax import logsumexp as logsumexp
from ._log_softmax import logsumexp_backward as logsumexp_backward
from ._log_softmax import logsumexp_forward as logsumexp_forward
from ._mish import mish as mish
from ._mish import mish_grad as mish_grad
from ._mish import mish_second as mish_second
from ._relu import relu as relu
from ._relu import relu_grad as relu_grad
from ._relu import relu_second as relu_second
from ._rrelu import rrelu as rrelu
from ._rrelu import rrelu_grad as rrelu_grad
from ._rrelu import rrelu_second as rrelu_second
from ._selu import selu as selu
from ._selu import selu_grad as selu_grad
from ._selu import selu_second as selu_second
from ._shrink import hardshrink as hardshrink
from ._shrink import hardshrink_grad as hardshrink_grad
from ._shrink import hardshrink_second as hardshrink_second
from ._shrink import softshrink as softshrink
from ._shrink import softshrink_grad as softshrink_grad
from ._shrink import softshrink_second as softshrink_second
from ._sigmoid import sigmoid as sigmoid
from ._sigmoid import sigmoid_grad as sigmoid_grad
from ._sigmoid import sigmoid_second as sigmoid_second
from ._silu import silu as silu
from ._silu import silu_grad as silu_grad
from ._silu import silu_second as silu_second
from ._softmax import softmax as softmax
from ._softmax import softmax_backward as softmax_backward
from ._softmax import softmax_forward as softmax_forward
from ._softmax import softmin as softmin
from ._softmax import softmin_backward as softmin_backward
from ._softmax import softmin_forward as softmin_forward
from ._softplus import softplus as softplus
from ._softplus import softplus_grad as softplus_grad
from ._softplus import softplus_second as softplus_second
from ._softsign import softsign as softsign
from ._softsign import softsign_grad as softsign_grad
from ._softsign import softsign_second as softsign_second
from ._sparse_plus import sparse_plus as sparse_plus
from ._sparse_plus import sparse_plus_grad as sparse_plus_grad
from ._sparse_plus import sparse_plus_second as sparse_plus_second
from ._sparse_plus import sparse_sigmoid as sparse_sigmoid
from ._sparse_plus import sparse_sigmoid_grad as sparse_sigmoid_grad
from ._sparse_plus import sparse_sigmoid_second as sparse_sigmoid_second
from ._squareplus import squareplus as squareplus
from ._squareplus import squareplus_grad as squareplus_grad
from ._squareplus import squareplus_second as squareplus_second
from ._tanh import tanh as tanh
from ._tanh import tanh_grad as tanh_grad
from ._tanh import tanh_second as tanh_second
from ._tanhshrink import tanhshrink as tanhshrink
from ._tanhshrink import tanhshrink_grad as tanhshrink_grad
from ._tanhshrink import tanhshrink_second as tanhshrink_second
from ._threshold import threshold as threshold
from ._threshold import threshold_grad as threshold_grad
from ._threshold import threshold_second as threshold_second

__all__ = [
    "TRAITS",
    "celu",
    "celu_grad",
    "celu_second",
    "elu",
    "elu_grad",
    "elu_second",
    "gelu",
    "gelu_grad",
    "gelu_second",
    "gelu_tanh",
    "gelu_tanh_grad",
    "gelu_tanh_second",
    "glu_backward",
    "glu_forward",
    "hard_sigmoid",
    "hard_sigmoid_grad",
    "hard_sigmoid_second",
    "hard_swish",
    "hard_swish_grad",
    "hard_swish_second",
    "hard_tanh",
    "hard_tanh_grad",
    "hard_tanh_second",
    "hardshrink",
    "hardshrink_grad",
    "hardshrink_second",
    "leaky_relu",
    "leaky_relu_grad",
    "leaky_relu_second",
    "log_sigmoid",
    "log_sigmoid_grad",
    "log_sigmoid_second",
    "log_softmax",
    "log_softmax_backward",
    "log_softmax_forward",
    "logsumexp",
    "logsumexp_backward",
    "logsumexp_forward",
    "mish",
    "mish_grad",
    "mish_second",
    "relu",
    "relu6",
    "relu6_grad",
    "relu6_second",
    "relu_grad",
    "relu_second",
    "rrelu",
    "rrelu_grad",
    "rrelu_second",
    "selu",
    "selu_grad",
    "selu_second",
    "sigmoid",
    "sigmoid_grad",
    "sigmoid_second",
    "silu",
    "silu_grad",
    "silu_second",
    "softmax",
    "softmax_backward",
    "softmax_forward",
    "softmin",
    "softmin_backward",
    "softmin_forward",
    "softplus",
    "softplus_grad",
    "softplus_second",
    "softshrink",
    "softshrink_grad",
    "softshrink_second",
    "softsign",
    "softsign_grad",
    "softsign_second",
    "sparse_plus",
    "sparse_plus_grad",
    "sparse_plus_second",
    "sparse_sigmoid",
    "sparse_sigmoid_grad",
    "sparse_sigmoid_second",
    "squareplus",
    "squareplus_grad",
    "squareplus_second",
    "tanh",
    "tanh_grad",
    "tanh_second",
    "tanhshrink",
    "tanhshrink_grad",
    "tanhshrink_second",
    "threshold",
    "threshold_grad",
    "threshold_second",
]

TRAITS: dict[str, dict[str, object]] = {
    "sigmoid": _sigmoid.TRAITS,
    "log_sigmoid": _log_sigmoid.TRAITS,
    "tanh": _tanh.TRAITS,
    "softsign": _softsign.TRAITS,
    "hard_sigmoid": _clipped.TRAITS["hard_sigmoid"],
    "hard_tanh": _clipped.TRAITS["hard_tanh"],
    "sparse_sigmoid": _sparse_plus.SPARSE_SIGMOID_TRAITS,
    "relu": _relu.TRAITS,
    "relu6": _clipped.TRAITS["relu6"],
    "leaky_relu": _leaky_relu.TRAITS,
    "rrelu": _rrelu.TRAITS,
    "elu": _elu.TRAITS,
    "celu": _celu.TRAITS,
    "selu": _selu.TRAITS,
    "softplus": _softplus.TRAITS,
    "squareplus": _squareplus.TRAITS,
    "sparse_plus": _sparse_plus.TRAITS,
    "threshold": _threshold.TRAITS,
    "silu": _silu.TRAITS,
    "hard_swish": _hard_swish.TRAITS,
    "gelu": _gelu.TRAITS,
    "gelu_tanh": _gelu_tanh.TRAITS,
    "mish": _mish.TRAITS,
    "tanhshrink": _tanhshrink.TRAITS,
    "softshrink": _shrink.TRAITS["softshrink"],
    "hardshrink": _shrink.TRAITS["hardshrink"],
}
"""Function name -> what is known about the function."""

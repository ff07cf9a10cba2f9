"""A reference library in plain NumPy: every formula beside its derivative, written to be read.

==================  =================================================================================
`activations`       26 elementwise units from `sigmoid` to `mish`, with ``<name>_grad`` and ``<name>_second``;
                    the softmax family and the gated linear unit, with ``<name>_forward`` and ``<name>_backward``
`prelu`             `prelu_forward`, `prelu_backward`: a leaky ReLU that learns its slope
`maxout`            `maxout_forward`, `maxout_backward`: the larger of two affine functions
`normalization`     `BatchNorm`
`preprocessing`     `Centering`, `ImageCentering`, `Normalizing`, `PCA`, `Whitening`
`initializers`      `zeros`, `small_random`, `big_random`, `xavier`, `glorot_normal`, `glorot_uniform`, `he`
==================  =================================================================================

One idea a file, its formula on top, and forward beside backward. Nothing here knows about the checker: these
are what people's own code is held against, and they are held against the same laws themselves.

>>> import numpy as np
>>> from gradcheck.reference import sigmoid, sigmoid_grad
>>> sigmoid(np.float32([0.0, 1000.0]))
array([0.5, 1. ], dtype=float32)
>>> float(sigmoid_grad(0.0))
0.25
"""

from __future__ import annotations

from . import activations as activations
from . import initializers as initializers
from . import maxout as maxout
from . import normalization as normalization
from . import prelu as prelu
from . import preprocessing as preprocessing
from .activations import celu as celu
from .activations import celu_grad as celu_grad
from .activations import celu_second as celu_second
from .activations import elu as elu
from .activations import elu_grad as elu_grad
from .activations import elu_second as elu_second
from .activations import gelu as gelu
from .activations import gelu_grad as gelu_grad
from .activations import gelu_second as gelu_second
from .activations import gelu_tanh as gelu_tanh
from .activations import gelu_tanh_grad as gelu_tanh_grad
from .activations import gelu_tanh_second as gelu_tanh_second
from .activations import glu_backward as glu_backward
from .activations import glu_forward as glu_forward
from .activations import hard_sigmoid as hard_sigmoid
from .activations import hard_sigmoid_grad as hard_sigmoid_grad
from .activations import hard_sigmoid_second as hard_sigmoid_second
from .activations import hard_swish as hard_swish
from .activations import hard_swish_grad as hard_swish_grad
from .activations import hard_swish_second as hard_swish_second
from .activations import hard_tanh as hard_tanh
from .activations import hard_tanh_grad as hard_tanh_grad
from .activations import hard_tanh_second as hard_tanh_second
from .activations import hardshrink as hardshrink
from .activations import hardshrink_grad as hardshrink_grad
from .activations import hardshrink_second as hardshrink_second
from .activations import leaky_relu as leaky_relu
from .activations import leaky_relu_grad as leaky_relu_grad
from .activations import leaky_relu_second as leaky_relu_second
from .activations import log_sigmoid as log_sigmoid
from .activations import log_sigmoid_grad as log_sigmoid_grad
from .activations import log_sigmoid_second as log_sigmoid_second
from .activations import log_softmax as log_softmax
from .activations import log_softmax_backward as log_softmax_backward
from .activations import log_softmax_forward as log_softmax_forward
from .activations import logsumexp as logsumexp
from .activations import logsumexp_backward as logsumexp_backward
from .activations import logsumexp_forward as logsumexp_forward
from .activations import mish as mish
from .activations import mish_grad as mish_grad
from .activations import mish_second as mish_second
from .activations import relu as relu
from .activations import relu6 as relu6
from .activations import relu6_grad as relu6_grad
from .activations import relu6_second as relu6_second
from .activations import relu_grad as relu_grad
from .activations import relu_second as relu_second
from .activations import rrelu as rrelu
from .activations import rrelu_grad as rrelu_grad
from .activations import rrelu_second as rrelu_second
from .activations import selu as selu
from .activations import selu_grad as selu_grad
from .activations import selu_second as selu_second
from .activations import sigmoid as sigmoid
from .activations import sigmoid_grad as sigmoid_grad
from .activations import sigmoid_second as sigmoid_second
from .activations import silu as silu
from .activations import silu_grad as silu_grad
from .activations import silu_second as silu_second
from .activations import softmax as softmax
from .activations import softmax_backward as softmax_backward
from .activations import softmax_forward as softmax_forward
from .activations import softmin as softmin
from .activations import softmin_backward as softmin_backward
from .activations import softmin_forward as softmin_forward
from .activations import softplus as softplus
from .activations import softplus_grad as softplus_grad
from .activations import softplus_second as softplus_second
from .activations import softshrink as softshrink
from .activations import softshrink_grad as softshrink_grad
from .activations import softshrink_second as softshrink_second
from .activations import softsign as softsign
from .activations import softsign_grad as softsign_grad
from .activations import softsign_second as softsign_second
from .activations import sparse_plus as sparse_plus
from .activations import sparse_plus_grad as sparse_plus_grad
from .activations import sparse_plus_second as sparse_plus_second
from .activations import sparse_sigmoid as sparse_sigmoid
from .activations import sparse_sigmoid_grad as sparse_sigmoid_grad
from .activations import sparse_sigmoid_second as sparse_sigmoid_second
from .activations import squareplus as squareplus
from .activations import squareplus_grad as squareplus_grad
from .activations import squareplus_second as squareplus_second
from .activations import tanh as tanh
from .activations import tanh_grad as tanh_grad
from .activations import tanh_second as tanh_second
from .activations import tanhshrink as tanhshrink
from .activations import tanhshrink_grad as tanhshrink_grad
from .activations import tanhshrink_second as tanhshrink_second
from .activations import threshold as threshold
from .activations import threshold_grad as threshold_grad
from .activations import threshold_second as threshold_second
from .initializers import big_random as big_random
from .initializers import glorot_normal as glorot_normal
from .initializers import glorot_uniform as glorot_uniform
from .initializers import he as he
from .initializers import small_random as small_random
from .initializers import xavier as xavier
from .initializers import zeros as zeros
from .maxout import maxout_backward as maxout_backward
from .maxout import maxout_forward as maxout_forward
from .normalization import BatchNorm as BatchNorm
from .prelu import prelu_backward as prelu_backward
from .prelu import prelu_forward as prelu_forward
from .preprocessing import PCA as PCA
from .preprocessing import Centering as Centering
from .preprocessing import ImageCentering as ImageCentering
from .preprocessing import Normalizing as Normalizing
from .preprocessing import Whitening as Whitening

# The command line reads this to learn where the subjects of this package are declared, with their traits.
__gradcheck_subjects__ = "gradcheck.properties.catalogue"

__all__ = [
    "PCA",
    "BatchNorm",
    "Centering",
    "ImageCentering",
    "Normalizing",
    "Whitening",
    "activations",
    "big_random",
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
    "glorot_normal",
    "glorot_uniform",
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
    "he",
    "initializers",
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
    "maxout",
    "maxout_backward",
    "maxout_forward",
    "mish",
    "mish_grad",
    "mish_second",
    "normalization",
    "prelu",
    "prelu_backward",
    "prelu_forward",
    "preprocessing",
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
    "small_random",
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
    "xavier",
    "zeros",
]

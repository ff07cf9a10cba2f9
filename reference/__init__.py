"""A reference library in plain NumPy: every formula beside its derivative, written to be read.

==================  =================================================================================
`activations`       26 elementwise units from `sigmoid` to `mish`, with ``<name>_grad`` and ``<name>_second``;
                    the softmax family and the gated linear unit, with ``<name>_forward`` and ``<name>_backward``
`prelu`             `prelu_forward`, `prelu_backward`: a leaky ReLU that learns its slope
`maxout`            `maxout_forward`, `maxout_backward`: the larger of two affine functions
`layers`            ``_forward`` and ``_backward`` of `affine`, `conv2d`, `max_pool2d`, `avg_pool2d`, `dropout`,
                    `embedding`; the objects `Layer`, `Activation`, `Dropout`, `Sequential`
`normalization`     `BatchNorm`, `LayerNorm`, `RMSNorm`, `GroupNorm`, `InstanceNorm`
`preprocessing`     `Centering`, `ImageCentering`, `Normalizing`, `MinMax`, `PCA`, `Whitening`
`losses`            `softmax_cross_entropy`, `hinge`, `mean_square`, `binary_cross_entropy_with_logits`
`regularizers`      `l1`, `l2`, `elastic_net`, ``<name>_grad`` beside each; `max_norm`, a projection
`updates`           `sgd`, `momentum`, `nesterov`, `adagrad`, `rmsprop`, `adam`, `adamw`: pure steps
`ensembles`         `average_probabilities`, `polyak`
`initializers`      `zeros`, `constant`, `small_random`, `big_random`, `xavier`, `xavier_uniform`, `glorot_normal`,
                    `glorot_uniform`, `he`, `he_uniform`, `lecun_normal`, `lecun_uniform`, `truncated_normal`,
                    `orthogonal`, `sparse`, `identity`
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
from . import ensembles as ensembles
from . import initializers as initializers
from . import layers as layers
from . import losses as losses
from . import maxout as maxout
from . import normalization as normalization
from . import prelu as prelu
from . import preprocessing as preprocessing
from . import regularizers as regularizers
from . import updates as updates
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
from .ensembles import average_probabilities as average_probabilities
from .ensembles import polyak as polyak
from .initializers import big_random as big_random
from .initializers import constant as constant
from .initializers import glorot_normal as glorot_normal
from .initializers import glorot_uniform as glorot_uniform
from .initializers import he as he
from .initializers import he_uniform as he_uniform
from .initializers import identity as identity
from .initializers import lecun_normal as lecun_normal
from .initializers import lecun_uniform as lecun_uniform
from .initializers import orthogonal as orthogonal
from .initializers import small_random as small_random
from .initializers import sparse as sparse
from .initializers import truncated_normal as truncated_normal
from .initializers import xavier as xavier
from .initializers import xavier_uniform as xavier_uniform
from .initializers import zeros as zeros
from .layers import Activation as Activation
from .layers import Dropout as Dropout
from .layers import Layer as Layer
from .layers import Sequential as Sequential
from .layers import affine_backward as affine_backward
from .layers import affine_forward as affine_forward
from .layers import avg_pool2d_backward as avg_pool2d_backward
from .layers import avg_pool2d_forward as avg_pool2d_forward
from .layers import conv2d_backward as conv2d_backward
from .layers import conv2d_forward as conv2d_forward
from .layers import dropout_backward as dropout_backward
from .layers import dropout_forward as dropout_forward
from .layers import embedding_backward as embedding_backward
from .layers import embedding_forward as embedding_forward
from .layers import max_pool2d_backward as max_pool2d_backward
from .layers import max_pool2d_forward as max_pool2d_forward
from .losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from .losses import binary_cross_entropy_with_logits_grad as binary_cross_entropy_with_logits_grad
from .losses import hinge as hinge
from .losses import hinge_grad as hinge_grad
from .losses import mean_square as mean_square
from .losses import mean_square_grad as mean_square_grad
from .losses import softmax_cross_entropy as softmax_cross_entropy
from .losses import softmax_cross_entropy_grad as softmax_cross_entropy_grad
from .maxout import maxout_backward as maxout_backward
from .maxout import maxout_forward as maxout_forward
from .normalization import BatchNorm as BatchNorm
from .normalization import GroupNorm as GroupNorm
from .normalization import InstanceNorm as InstanceNorm
from .normalization import LayerNorm as LayerNorm
from .normalization import RMSNorm as RMSNorm
from .prelu import prelu_backward as prelu_backward
from .prelu import prelu_forward as prelu_forward
from .preprocessing import PCA as PCA
from .preprocessing import Centering as Centering
from .preprocessing import ImageCentering as ImageCentering
from .preprocessing import MinMax as MinMax
from .preprocessing import Normalizing as Normalizing
from .preprocessing import Whitening as Whitening
from .regularizers import elastic_net as elastic_net
from .regularizers import elastic_net_grad as elastic_net_grad
from .regularizers import l1 as l1
from .regularizers import l1_grad as l1_grad
from .regularizers import l2 as l2
from .regularizers import l2_grad as l2_grad
from .regularizers import max_norm as max_norm
from .regularizers import max_norm_vjp as max_norm_vjp
from .updates import adagrad as adagrad
from .updates import adam as adam
from .updates import adamw as adamw
from .updates import momentum as momentum
from .updates import nesterov as nesterov
from .updates import rmsprop as rmsprop
from .updates import sgd as sgd

# The command line reads this to learn where the subjects of this package are declared, with their traits.
__gradcheck_subjects__ = "gradcheck.properties.catalogue"

__all__ = [
    "PCA",
    "Activation",
    "BatchNorm",
    "Centering",
    "Dropout",
    "GroupNorm",
    "ImageCentering",
    "InstanceNorm",
    "Layer",
    "LayerNorm",
    "MinMax",
    "Normalizing",
    "RMSNorm",
    "Sequential",
    "Whitening",
    "activations",
    "adagrad",
    "adam",
    "adamw",
    "affine_backward",
    "affine_forward",
    "average_probabilities",
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "big_random",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_grad",
    "celu",
    "celu_grad",
    "celu_second",
    "constant",
    "conv2d_backward",
    "conv2d_forward",
    "dropout_backward",
    "dropout_forward",
    "elastic_net",
    "elastic_net_grad",
    "elu",
    "elu_grad",
    "elu_second",
    "embedding_backward",
    "embedding_forward",
    "ensembles",
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
    "he_uniform",
    "hinge",
    "hinge_grad",
    "identity",
    "initializers",
    "l1",
    "l1_grad",
    "l2",
    "l2_grad",
    "layers",
    "leaky_relu",
    "leaky_relu_grad",
    "leaky_relu_second",
    "lecun_normal",
    "lecun_uniform",
    "log_sigmoid",
    "log_sigmoid_grad",
    "log_sigmoid_second",
    "log_softmax",
    "log_softmax_backward",
    "log_softmax_forward",
    "logsumexp",
    "logsumexp_backward",
    "logsumexp_forward",
    "losses",
    "max_norm",
    "max_norm_vjp",
    "max_pool2d_backward",
    "max_pool2d_forward",
    "maxout",
    "maxout_backward",
    "maxout_forward",
    "mean_square",
    "mean_square_grad",
    "mish",
    "mish_grad",
    "mish_second",
    "momentum",
    "nesterov",
    "normalization",
    "orthogonal",
    "polyak",
    "prelu",
    "prelu_backward",
    "prelu_forward",
    "preprocessing",
    "regularizers",
    "relu",
    "relu6",
    "relu6_grad",
    "relu6_second",
    "relu_grad",
    "relu_second",
    "rmsprop",
    "rrelu",
    "rrelu_grad",
    "rrelu_second",
    "selu",
    "selu_grad",
    "selu_second",
    "sgd",
    "sigmoid",
    "sigmoid_grad",
    "sigmoid_second",
    "silu",
    "silu_grad",
    "silu_second",
    "small_random",
    "softmax",
    "softmax_backward",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
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
    "sparse",
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
    "truncated_normal",
    "updates",
    "xavier",
    "xavier_uniform",
    "zeros",
]

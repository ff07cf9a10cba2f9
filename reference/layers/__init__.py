"""Layers: pure pairs ``<name>_forward -> (out, cache)`` and ``<name>_backward(dout, cache)``, and what holds them.

====================  ==============================================  ===============================================
pair                  arguments                                       gradients
====================  ==============================================  ===============================================
`affine_*`            x (..., D), w (D, M), b (M,)                    dx, dw, db
`conv2d_*`            x (N, C, H, W), w (F, C/groups, KH, KW), b (F)  dx, dw, db
`max_pool2d_*`        x (N, C, H, W)                                  dx
`avg_pool2d_*`        x (N, C, H, W)                                  dx
`dropout_*`           x, any shape                                    dx
`embedding_*`         indices, any shape, w (V, D)                    dw
====================  ==============================================  ===============================================

`Layer` makes an object of a pair and its parameters, `Activation` of a function and its derivative; `Dropout` keeps
its generator and its mode. `Sequential` chains any of these, and `BatchNorm`, and names their parameters.
"""

from __future__ import annotations

from ._affine import affine_backward as affine_backward
from ._affine import affine_forward as affine_forward
from ._avg_pool2d import avg_pool2d_backward as avg_pool2d_backward
from ._avg_pool2d import avg_pool2d_forward as avg_pool2d_forward
from ._conv2d import conv2d_backward as conv2d_backward
from ._conv2d import conv2d_forward as conv2d_forward
from ._dropout import Dropout as Dropout
from ._dropout import dropout_backward as dropout_backward
from ._dropout import dropout_forward as dropout_forward
from ._embedding import embedding_backward as embedding_backward
from ._embedding import embedding_forward as embedding_forward
from ._layer import Activation as Activation
from ._layer import Layer as Layer
from ._max_pool2d import max_pool2d_backward as max_pool2d_backward
from ._max_pool2d import max_pool2d_forward as max_pool2d_forward
from ._sequential import Sequential as Sequential

__all__ = [
    "Activation",
    "Dropout",
    "Layer",
    "Sequential",
    "affine_backward",
    "affine_forward",
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "conv2d_backward",
    "conv2d_forward",
    "dropout_backward",
    "dropout_forward",
    "embedding_backward",
    "embedding_forward",
    "max_pool2d_backward",
    "max_pool2d_forward",
]

"""Normalization layers: objects with `forward` and `backward`.

====================  ==========================  ==================================================================
class                 input                       mean and variance are taken over
====================  ==========================  ==================================================================
`BatchNorm`           (N, D), (N, C, H, W)        all examples and positions, for each feature or channel
`LayerNorm`           (..., D)                    the features of an example
`RMSNorm`             (..., D)                    the same, without the mean
`GroupNorm`           (N, C), (N, C, H, W)        the positions of a group of channels of an example
`InstanceNorm`        (N, C, H, W)                the positions of a channel of an example
====================  ==========================  ==================================================================

`TRAITS` says what is known about each, as plain data, for the default options.
"""

from __future__ import annotations

from . import _batch_norm, _group_norm, _instance_norm, _layer_norm, _rms_norm
from ._batch_norm import BatchNorm as BatchNorm
from ._group_norm import GroupNorm as GroupNorm
from ._instance_norm import InstanceNorm as InstanceNorm
from ._layer_norm import LayerNorm as LayerNorm
from ._rms_norm import RMSNorm as RMSNorm

__all__ = ["TRAITS", "BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm"]

TRAITS: dict[str, dict[str, object]] = {
    "BatchNorm": _batch_norm.TRAITS,
    "GroupNorm": _group_norm.TRAITS,
    "InstanceNorm": _instance_norm.TRAITS,
    "LayerNorm": _layer_norm.TRAITS,
    "RMSNorm": _rms_norm.TRAITS,
}
"""Class name -> what is known about the layer."""

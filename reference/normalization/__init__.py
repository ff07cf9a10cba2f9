"""Normalization layers: objects with `forward` and `backward`.

`BatchNorm` normalizes over the batch, for ``(N, D)`` and for ``(N, C, H, W)``.

`TRAITS` says what is known about each, as plain data, for the default options.
"""

from __future__ import annotations

from . import _batch_norm
from ._batch_norm import BatchNorm as BatchNorm

__all__ = ["TRAITS", "BatchNorm"]

TRAITS: dict[str, dict[str, object]] = {"BatchNorm": _batch_norm.TRAITS}
"""Class name -> what is known about the layer."""

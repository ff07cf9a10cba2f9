"""Tensors as arrays and back: memory is shared where it can be; bfloat16 goes by its bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._errors import MissingExtra
from .._subject import Array
from ._unusable import refuse_unreadable


def as_array(torch: Any, tensor: Any) -> Array:
    """Return a tensor as an array; refuse one that has no numbers for NumPy."""
    try:
        return _shared(torch, tensor.detach())
    except (RuntimeError, TypeError):
        refuse_unreadable(tensor)
        raise


def _shared(torch: Any, tensor: Any) -> Array:
    tensor = tensor.to_dense() if tensor.layout is not torch.strided else tensor
    if tensor.dtype is torch.bfloat16:
        return np.asarray(tensor.contiguous().view(torch.int16).numpy(force=True).view(_bfloat16()))
    tensor = tensor.to(torch.complex64) if tensor.dtype is torch.complex32 else tensor
    return np.asarray(tensor.numpy(force=True))


def as_tensor(torch: Any, array: Array) -> Any:
    """Return an array as a tensor, which shares its memory where that may be written into."""
    if array.dtype.kind == "V" and array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
    if array.flags.writeable and all(step >= 0 for step in array.strides):
        return torch.from_numpy(array)
    return torch.from_numpy(array.copy())


def _bfloat16() -> Any:
    """Return the dtype of bfloat16, which NumPy does not have on its own."""
    try:
        import ml_dtypes
    except ImportError:
        raise MissingExtra("bfloat16 tensors need ml_dtypes: pip install 'gradcheck[torch]'") from None
    return ml_dtypes.bfloat16

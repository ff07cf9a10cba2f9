"""What of torch cannot be read or copied, and the sentence about it."""

from __future__ import annotations

from typing import Any

from ..._errors import InvalidArgument

_UNREADABLE = {
    "is_nested": "is nested, and has no shape; pass its components as arguments of their own, or padded",
    "is_meta": "is on the device meta, without numbers; pass one that holds some, and a module after to_empty(...)",
}
"""What says that NumPy cannot read a tensor, and what is said of it."""
_FEWEST = 2
"""Bytes of a number that has digits enough."""


def refuse_unreadable(tensor: Any) -> None:
    """Raise `InvalidArgument` where a tensor has no numbers that NumPy could read."""
    said = next((said for unusual, said in _UNREADABLE.items() if getattr(tensor, unusual)), None)
    if said is None and tensor.dtype.is_floating_point and tensor.dtype.itemsize < _FEWEST:
        said = f"has dtype {tensor.dtype}, whose few digits say nothing about a slope; pass bfloat16 or wider"
    if said is not None:
        raise InvalidArgument(f"a tensor {said}") from None


def refuse_computed(module: Any, tensor: type) -> None:
    """Raise `InvalidArgument` where a module holds a tensor that was computed, which torch does not copy."""
    for path, owner in module.named_modules():
        for name, value in vars(owner).items():
            if isinstance(value, tensor) and getattr(value, "grad_fn", None) is not None:
                raise InvalidArgument(
                    f"{f'{path}.{name}'.lstrip('.')} of {type(module).__name__} was computed and holds its graph, so "
                    "the module cannot be copied; torch.nn.utils.parametrizations leaves none where the deprecated "
                    f"weight_norm and spectral_norm do, and prune.remove(module, {name!r}) ends pruning"
                ) from None

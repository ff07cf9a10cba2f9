"""torch's float32 in full: products and convolutions without TF32 or bfloat16 inside, and as they were after.

torch has two sets of switches for this. The older ones, which every version has, raise when they are read while the
newer ones (``torch.backends.*.fp32_precision``, since 2.9) say what they have no word for. So the older ones are
turned where they can be read, and then whichever of the newer ones still allows less than float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from typing import Any

_ON_GPU = (("cuda", "matmul"), ("cudnn", "conv"), ("cudnn", "rnn"))
_ON_CPU = (("mkldnn", "matmul"), ("mkldnn", "conv"), ("mkldnn", "rnn"))
_FULL = ("ieee", "none")


def is_exact(torch: Any) -> bool:
    """Whether float32 is float32 everywhere; it is asked around every call."""
    if hasattr(torch.backends, "fp32_precision"):
        return not _switches(torch)
    return torch.get_float32_matmul_precision() == "highest" and not _has_fast_convolutions(torch)


@contextmanager
def exact(torch: Any) -> Iterator[None]:
    """Compute in float32 as float32."""
    with ExitStack() as stack:
        for older in (_products, _convolutions):
            with suppress(RuntimeError):
                stack.enter_context(older(torch))
        for newer in _switches(torch):
            stack.enter_context(_in_full(newer, torch.backends))
        yield


def _products(torch: Any) -> AbstractContextManager[None]:
    before = torch.get_float32_matmul_precision()
    return nullcontext() if before == "highest" else _turned(torch.set_float32_matmul_precision, before, "highest")


def _convolutions(torch: Any) -> AbstractContextManager[None]:
    turn = torch._C._set_cudnn_allow_tf32  # noqa: SLF001 - the attribute is locked where torch's flags are frozen
    return _turned(turn, True, False) if _has_fast_convolutions(torch) else nullcontext()


def _has_fast_convolutions(torch: Any) -> bool:
    return bool(torch.backends.cudnn.allow_tf32 and torch.cuda.is_available())


def _switches(torch: Any) -> list[Any]:
    """Return the newer switches that allow less than float32, where there is something that they switch."""
    operations = (*_ON_CPU, *_ON_GPU) if torch.cuda.is_available() else _ON_CPU
    found = [getattr(getattr(torch.backends, backend), operation, None) for backend, operation in operations]
    return [switch for switch in found if getattr(switch, "fp32_precision", "none") not in _FULL]


def _in_full(switch: Any, above: Any) -> AbstractContextManager[None]:
    """Turn one of the newer; it follows the one `above` all of them again where both said the same."""

    def turn(precision: str) -> None:
        switch.fp32_precision = precision

    before = switch.fp32_precision
    return _turned(turn, "none" if above.fp32_precision == before else before, "ieee")


@contextmanager
def _turned(turn: Any, before: Any, inside: Any) -> Iterator[None]:
    turn(inside)
    try:
        yield
    finally:
        turn(before)

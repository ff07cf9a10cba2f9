"""Code that may end in a kernel without bounds is told from code that refuses what does not fit."""

from __future__ import annotations

import ctypes
import functools
import sys
import types
from importlib.machinery import ExtensionFileLoader
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from gradcheck import Report, check
from gradcheck.subjects import may_skip_bounds
from gradcheck.subjects.torch._functions import Torch

jax = pytest.importorskip("jax", reason="functions of JAX need JAX")
torch = pytest.importorskip("torch", reason="modules of torch need torch")

_LIBRARY = ctypes.CDLL(None)


def _softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _by_address(x: Any) -> Any:
    return _LIBRARY.fused(x.ctypes.data_as(ctypes.c_void_p), len(x))


def _one_deeper(x: Any) -> Any:
    return 2 * _by_address(x)


def _imports_it(x: Any) -> Any:
    from numba import njit

    return njit(_softmax)(x)


def _pointer(x: Any) -> Any:
    return x.data_ptr()


class _Layer:
    def __init__(self, inner: Any = None) -> None:
        self.inner = inner

    def forward(self, x: Any) -> Any:
        return _softmax(x)


class _Kernel(_Layer):
    @staticmethod
    def forward(x: Any) -> Any:
        return _one_deeper(x)


class _Module(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        return _by_address(x)


class _Function(torch.autograd.Function):
    @staticmethod
    def forward(_: Any, x: Any) -> Any:
        return _pointer(x)


def _closed_over(inner: Any) -> Any:
    return lambda x: inner(x)


def _wrapped(function: Any) -> Any:
    return functools.wraps(function)(lambda *arguments: function(*arguments))


def _made_by(package: str) -> Any:
    """Return an object of a class of `package`, as a compiled function is one of Numba."""
    return type("Dispatcher", (), {"__module__": package, "__call__": lambda _, x: x})()


@pytest.mark.parametrize(
    "thing",
    [
        _by_address,
        _one_deeper,
        _imports_it,
        _pointer,
        _Kernel(),
        _Layer(_by_address),
        _Layer([{"first": _Kernel()}]),
        _closed_over(_by_address),
        functools.partial(_closed_over, _by_address),
        _Kernel().forward,
        _Layer(_one_deeper).forward,
        _wrapped(_one_deeper),
        functools.cache(_one_deeper),
        np.vectorize(_by_address),
        torch.nn.Sequential(torch.nn.Linear(2, 2), _Module()),
        _Function.apply,
        _made_by("numba.core.registry"),
        _made_by("triton.runtime.jit"),
        _closed_over(_made_by("cupy")),
    ],
)
def test_what_ends_in_a_kernel_is_found_however_it_is_reached(thing: Any) -> None:
    """By name, by import, by address; through functions, closures, methods, attributes, containers and wrappers."""
    assert may_skip_bounds([thing])


@pytest.mark.parametrize(
    "thing",
    [
        _softmax,
        np.exp,
        _Layer(),
        _Layer(_softmax).forward,
        _closed_over(_softmax),
        functools.partial(_closed_over, _softmax),
        functools.cache(_softmax),
        np.vectorize(_softmax),
        torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.GELU()),
        torch.nn.TransformerEncoderLayer(4, 2, 8),
        jax.jit(jax.nn.softmax),
        jax.custom_vjp(_softmax),
        _closed_over(jax.numpy.ones(3)),
        _closed_over(torch.ones(3)),
        _closed_over(np.ones(3)),
        check,
    ],
)
def test_what_numpy_computes_refuses_what_does_not_fit(thing: Any) -> None:
    """Functions and layers of NumPy alone lead to no kernel, although this file imports ctypes."""
    assert not may_skip_bounds([thing])


def test_a_compiled_module_that_nobody_knows_is_a_kernel() -> None:
    """An extension may check bounds or not: who cannot tell does not try; a package of Python is looked through."""
    module = types.ModuleType("fused")
    module.__loader__ = ExtensionFileLoader("fused", "fused.so")
    module.softmax = _made_by("fused")  # type: ignore[attr-defined]
    space: dict[str, Any] = {"fused": module, "__name__": "layers"}
    exec("def forward(x):\n    return fused.softmax(x)", space)
    with patch.dict(sys.modules, {"fused": module}):
        assert may_skip_bounds([space["forward"]])
    module.__loader__, module.softmax = None, _softmax  # type: ignore[attr-defined]
    assert not may_skip_bounds([space["forward"]])
    module.softmax = _by_address  # type: ignore[attr-defined]
    assert may_skip_bounds([space["forward"]])


class _Touchy(dict[str, Any]):
    def values(self) -> Any:
        raise RuntimeError("do not look")


def test_what_cannot_be_looked_at_is_not_trusted() -> None:
    """An object that raises does not raise out of the check."""
    assert may_skip_bounds([_closed_over(_Touchy())])


def test_what_is_too_much_to_follow_is_not_trusted() -> None:
    """Where the end is not reached, nothing is known."""
    assert may_skip_bounds([[_closed_over(k) for k in range(10_000)]])


def _losses(kernel: Any) -> tuple[set[tuple[int, ...]], Report]:
    """Check a cross-entropy without its upstream; return the shapes that `kernel` was called with, and the report."""
    labels, shapes = np.array([2, 0, 1]), set[tuple[int, ...]]()

    def forward(x: Any) -> Any:
        shapes.add(x.shape)
        return -np.log(kernel(x)[np.arange(len(x)), np.resize(labels, len(x))])

    def vjp(_: Any, x: Any) -> Any:
        return _softmax(x) - np.eye(x.shape[1])[np.resize(labels, len(x))]

    return shapes, check(forward, np.random.default_rng(0).normal(size=(3, 5)), vjp=vjp)


def test_a_kernel_is_never_handed_more_than_its_user_hands_it() -> None:
    """Diagnosis tries other batches where NumPy computes, and the sizes it was given alone where a kernel might."""

    def fused(x: Any) -> Any:
        assert x.ctypes.data
        return _softmax(x)

    shapes, report = _losses(fused)
    assert shapes == {(3, 5)}
    assert report.verdict == "fail"
    shapes, elsewhere = _losses(_softmax)
    assert len(shapes) > 1
    told, known = ([f.cause for f in r.findings if f.code == "GC101"] for r in (report, elsewhere))
    assert told == known
    assert "the upstream is not used" in str(told)


@pytest.mark.parametrize("remote", [True, False])
def test_on_a_gpu_nothing_is_called_at_other_sizes(remote: bool) -> None:
    """There even an index of torch ends the process; on the processor it is refused."""
    shapes = set()

    def forward(x: Any) -> Any:
        shapes.add(tuple(x.shape))
        return x.detach() * x.sum()

    with patch.object(Torch, "is_remote", lambda *_: remote):
        assert not check(forward, torch.linspace(0.1, 1.5, 15, dtype=torch.float64).reshape(3, 5)).ok
    assert (len(shapes) == 1) is remote

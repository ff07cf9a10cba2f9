"""Arrays of the array API standard: gradients written by hand for them, with the strict library as the stand-in."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument, Verdict

xp = pytest.importorskip("array_api_strict", reason="the strict library stands in for all that keep the standard")


def _x(*shape: int) -> Any:
    return xp.asarray(np.random.default_rng(0).normal(size=shape))


def _affine(x: Any, w: Any) -> Any:
    return xp.tanh(xp.matmul(x, w))


def _affine_vjp(upstream: Any, x: Any, w: Any) -> Any:
    d = upstream * (1 - xp.tanh(xp.matmul(x, w)) ** 2)
    return xp.matmul(d, xp.matrix_transpose(w)), xp.matmul(xp.matrix_transpose(x), d)


def test_functions_get_the_arrays_of_their_library() -> None:
    """Forward and claim are called with what they are written for, and what they are given stays."""
    seen, x, w = set(), _x(4, 3), _x(3, 2)

    def forward(x: Any, w: Any) -> Any:
        seen.add(type(x))
        return _affine(x, w)

    before = np.from_dlpack(x).copy()
    report = gradcheck.check(forward, x, w, vjp=_affine_vjp)

    assert report.ok, str(report)
    assert seen == {type(x)}
    assert np.array_equal(np.from_dlpack(x), before)
    assert {c.input for c in report.comparisons} == {"inputs['x']", "inputs['w']"}


@pytest.mark.parametrize("factor", [1.0, 1.01])
@pytest.mark.parametrize("form", ["derivative", "grad", "pair", "vjp"])
def test_every_form_of_a_claim_is_understood(form: str, factor: float) -> None:
    """A right one passes, one that is off by a hundredth fails."""
    x = _x(5)
    call: dict[str, Any] = {
        "derivative": lambda: gradcheck.check(xp.sin, x, derivative=lambda x: factor * xp.cos(x)),
        "grad": lambda: gradcheck.check(lambda x: xp.sum(x * x), x, grad=lambda x: 2 * factor * x),
        "pair": lambda: gradcheck.check((lambda x: (xp.exp(x), x), lambda u, x: factor * u * xp.exp(x)), x),
        "vjp": lambda: gradcheck.check(xp.exp, x, vjp=lambda u, x: factor * u * xp.exp(x)),
    }

    assert call[form]().verdict is (Verdict.PASS if factor == 1.0 else Verdict.FAIL)


def test_float32_and_integers_are_treated_as_those_of_numpy() -> None:
    """Low precision is checked in float64, and what is no number with a slope is handed on."""
    x, index = xp.astype(_x(4, 3), xp.float32), xp.asarray([2, 0])

    report = gradcheck.check(lambda x, i: xp.take(x * x, i, axis=0), x, index, vjp=_picked)

    assert report.ok, str(report)


def _picked(upstream: Any, x: Any, index: Any) -> Any:
    rows = xp.astype(xp.expand_dims(xp.arange(x.shape[0]), axis=1) == xp.expand_dims(index, axis=0), upstream.dtype)
    return xp.matmul(rows, upstream) * 2 * x, None


def test_a_layer_object_is_refused_in_a_sentence() -> None:
    """Its own arrays are nobody's to translate."""

    class Layer:
        def forward(self, x: Any) -> Any:
            return x

        def backward(self, upstream: Any) -> Any:
            return upstream

    with pytest.raises(InvalidArgument, match="pass its two functions as a pair"):
        gradcheck.check(Layer(), _x(3))


def test_a_function_without_a_claim_is_told_that_nothing_differentiates_it() -> None:
    """In one sentence, with the ways there are."""
    with pytest.raises(InvalidArgument, match="without a gradient to check; pass derivative="):
        gradcheck.check(xp.sin, _x(3))


# -- arrays that keep the standard by help alone ---------------------------------------------------------------------


class Remote:
    """An array elsewhere, as CuPy's are: it has no namespace of its own, and NumPy may not convert it."""

    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._values.shape

    @property
    def dtype(self) -> Any:
        return self._values.dtype

    def get(self) -> Any:
        return self._values.copy()

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    def __mul__(self, other: Any) -> Any:
        return Remote(self._values * getattr(other, "_values", other))

    __rmul__ = __mul__


Remote.__module__ = "cupy"


@pytest.mark.parametrize("factor", [2.0, 2.02])
def test_arrays_that_keep_the_standard_by_help_are_met(factor: float, monkeypatch: Any) -> None:
    """Forward and claim get them and return them; nothing converts them but their own method."""
    namespace = SimpleNamespace(__name__="cupy", asarray=Remote)
    helper = SimpleNamespace(array_namespace=lambda _: namespace)
    monkeypatch.setitem(sys.modules, "array_api_compat", helper)
    x = Remote(np.random.default_rng(0).normal(size=5))

    report = gradcheck.check(lambda x: x * x, x, vjp=lambda u, x: factor * (u * x))

    assert report.verdict is (Verdict.PASS if factor == 2.0 else Verdict.FAIL)


def test_without_the_help_one_sentence_says_what_is_missing(monkeypatch: Any) -> None:
    """Instead of what NumPy says of a conversion that nobody asked for."""
    monkeypatch.setitem(sys.modules, "array_api_compat", None)

    with pytest.raises(gradcheck.MissingExtra, match=r"cupy need array_api_compat: pip install"):
        gradcheck.check(lambda x: x * x, Remote(np.ones(3)), vjp=lambda u, x: 2.0 * (u * x))


@pytest.mark.parametrize("shape", [(4, 3), (300, 100)])
def test_upstreams_are_strided_there_too(shape: tuple[int, ...]) -> None:
    """A kernel that takes its upstream for rows in memory would be wrong behind a transpose."""
    rows = []

    def vjp(upstream: Any, x: Any) -> Any:
        rows.append(np.from_dlpack(upstream).flags.c_contiguous)
        return 2 * x * upstream

    assert gradcheck.check(lambda x: x * x, _x(*shape), vjp=vjp).ok
    assert not all(rows)


@pytest.mark.parametrize("shape", [(4, 3), (300, 100)])
def test_a_claim_that_writes_into_its_upstream_is_found(shape: tuple[int, ...]) -> None:
    """In copies of what it was handed, however many numbers there are."""

    def vjp(upstream: Any, x: Any) -> Any:
        upstream *= 2
        return x * upstream

    codes = [f.code for f in gradcheck.check(lambda x: x * x, _x(*shape), vjp=vjp).findings]

    assert "GC105" in codes

"""The verdict is about the gradient: not about units, order, memory layout, or how the inputs are grouped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import gradcheck

POINT = np.array([0.31, -0.87, 1.43, 0.62, -1.19, 0.48])

SMOOTH: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sin": (np.sin, np.cos),
    "exp": (np.exp, np.exp),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2),
    "affine": (lambda x: 3 * x - 1, lambda x: np.full_like(x, 3.0)),
}

powers = st.integers(-9, 9).map(lambda k: 10.0**k)


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max())
    return e / e.sum()


# -- units -----------------------------------------------------------------------------------------------------------


@given(name=st.sampled_from(sorted(SMOOTH)), a=powers, b=powers, form=st.sampled_from(["derivative", "vjp", "grad"]))
@example(name="sin", a=1e-9, b=1e-9, form="grad")
@example(name="cube", a=1e9, b=1e-9, form="vjp")
@example(name="affine", a=1e-9, b=1e9, form="grad")
def test_the_verdict_does_not_depend_on_units(name: str, a: float, b: float, form: str) -> None:
    """With x -> a x and f -> b f a right gradient passes and one that is one per cent off fails."""
    value, slope = SMOOTH[name]

    def function(x: np.ndarray) -> Any:
        out = b * value(x / a)
        return out.sum() if form == "grad" else out

    for factor, verdict in ((1.0, "pass"), (1.01, "fail")):

        def claim(*arguments: np.ndarray, factor: float = factor) -> np.ndarray:
            local = factor * b / a * slope(arguments[-1] / a)
            return arguments[0] * local if form == "vjp" else local

        assert gradcheck.check(function, a * POINT, **{form: claim}).verdict == verdict


@given(a=powers, b=powers, c=powers)
@example(a=1e-9, b=1e9, c=1e-9)
def test_each_input_has_units_of_its_own(a: float, b: float, c: float) -> None:
    """Inputs whose scales differ by many decades are judged each in its own."""
    x, w = POINT[:3] * a, POINT[3:] * c

    def function(x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return b * np.sin(x / a) * np.exp(w / c)

    for wrong in (None, 0, 1):

        def vjp(g: np.ndarray, x: np.ndarray, w: np.ndarray, wrong: int | None = wrong) -> tuple[np.ndarray, ...]:
            grads = [g * b * np.cos(x / a) * np.exp(w / c) / a, g * b * np.sin(x / a) * np.exp(w / c) / c]
            if wrong is not None:
                grads[wrong] = 1.01 * grads[wrong]
            return tuple(grads)

        report = gradcheck.check(function, x, w, vjp=vjp)
        assert report.verdict == ("pass" if wrong is None else "fail")
        accused = [f.path for f in report.findings if f.severity == "fail"]
        assert accused == ([] if wrong is None else [f"inputs['{'xw'[wrong]}']"])


@given(b=powers, factor=st.sampled_from([1.0, 1.01, -1.0, 0.0, 7.0]))
@example(b=1e-9, factor=0.0)
def test_a_loss_may_be_as_small_as_it_likes(b: float, factor: float) -> None:
    """A softmax scaled by any power of ten: right passes, zero, negated, and seven times too large fail."""

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        s = _softmax(x)
        return factor * b * s * (g - np.sum(g * s))

    report = gradcheck.check(lambda x: b * _softmax(x), POINT, vjp=vjp)
    assert report.verdict == ("pass" if factor == 1.0 else "fail")


# -- order -----------------------------------------------------------------------------------------------------------


@given(order=st.permutations(range(POINT.size)), wrong=st.none() | st.integers(0, POINT.size - 1))
def test_the_order_of_the_entries_does_not_matter(order: list[int], wrong: int | None) -> None:
    """Permuting x permutes where the error is found, and nothing else."""
    factor = np.ones(POINT.size)
    if wrong is not None:
        factor[order.index(wrong)] = 1.01
    report = gradcheck.check(lambda x: np.sum(np.exp(x)), POINT[list(order)], grad=lambda x: factor * np.exp(x))
    found = [f.index for f in report.findings]
    assert found == ([] if wrong is None else [(order.index(wrong),)])


@given(order=st.permutations("xwb"), wrong=st.sampled_from(["", "x", "w", "b"]))
def test_the_order_of_the_inputs_does_not_matter(order: list[str], wrong: str) -> None:
    """The wrong input is found wherever it stands."""
    values = {"x": POINT[:2], "w": POINT[2:4], "b": POINT[4:]}

    def function(*arguments: np.ndarray) -> np.ndarray:
        named = dict(zip(order, arguments, strict=True))
        return np.tanh(named["x"] * named["w"] + named["b"])

    def vjp(g: np.ndarray, *arguments: np.ndarray) -> tuple[np.ndarray, ...]:
        named = dict(zip(order, arguments, strict=True))
        inner = g * (1 - function(*arguments) ** 2)
        grads = {"x": inner * named["w"], "w": inner * named["x"], "b": inner}
        return tuple((2.0 if name == wrong else 1.0) * grads[name] for name in order)

    report = gradcheck.check(function, *(values[name] for name in order), vjp=vjp)
    expected = [f"inputs['x{order.index(wrong)}']"] if wrong else []
    assert [f.path for f in report.findings] == expected


@given(cut=st.integers(1, POINT.size - 1), wrong=st.none() | st.integers(0, POINT.size - 1))
def test_splitting_an_input_in_two_does_not_matter(cut: int, wrong: int | None) -> None:
    """One input of six entries and two inputs of fewer get the same verdict, and the same entry is named."""
    factor = np.ones(POINT.size)
    if wrong is not None:
        factor[wrong] = 0.99

    def whole(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        s = _softmax(x)
        return factor * s * (g - np.sum(g * s))

    one = gradcheck.check(_softmax, POINT, vjp=whole)
    two = gradcheck.check(
        lambda x, y: _softmax(np.concatenate([x, y])),
        POINT[:cut],
        POINT[cut:],
        vjp=lambda g, x, y: tuple(np.split(whole(g, np.concatenate([x, y])), [cut])),
    )
    assert one.verdict == two.verdict == ("pass" if wrong is None else "fail")
    if wrong is not None:
        (first,), (second,) = one.findings, two.findings
        assert first.index == (wrong,)
        place = ("inputs['x']", (wrong,)) if wrong < cut else ("inputs['y']", (wrong - cut,))
        assert (second.path, second.index) == place


# -- memory ----------------------------------------------------------------------------------------------------------

LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": lambda x: np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "big-endian": lambda x: x.astype(">f8"),
    "read-only": lambda x: np.frombuffer(x.tobytes()).reshape(x.shape),
    "nested lists": lambda x: x.tolist(),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("wrong", [None, (1, 2)])
def test_the_layout_in_memory_does_not_matter(layout: str, wrong: tuple[int, int] | None) -> None:
    """The same numbers in another layout get the same report, down to the digits."""
    x = POINT.reshape(2, 3)

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = g * np.cos(x)
        if wrong is not None:
            out[wrong] *= 1.01
        return out

    usual, other = (gradcheck.check(np.sin, point, vjp=vjp) for point in (x, LAYOUTS[layout](x)))
    assert usual.findings == other.findings
    assert [f.index for f in other.findings] == ([] if wrong is None else [wrong])
    assert usual.comparisons == other.comparisons


@given(shape=st.sampled_from([(6,), (6, 1), (1, 6), (2, 3), (3, 2, 1), (1, 1, 2, 3)]))
def test_the_shape_does_not_matter(shape: tuple[int, ...]) -> None:
    """An elementwise function is judged alike in any shape, and the index is one of that shape."""
    wrong = np.ones(6)
    wrong[4] = 1.01
    report = gradcheck.check(np.sin, POINT.reshape(shape), derivative=lambda x: wrong.reshape(shape) * np.cos(x))
    (finding,) = report.findings
    assert finding.index == tuple(int(k) for k in np.unravel_index(4, shape))

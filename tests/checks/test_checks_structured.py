"""Points with structure, where kinks are hit exactly: zeros, ties, small integers. Random points never are such."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gallery.correct import PANEL
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gradcheck
from gradcheck import Verdict

Arrays = tuple[np.ndarray, ...]


def _net(x: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Arrays]:
    z = x @ a
    return np.maximum(z, 0) @ b, (x, a, b, z)


def _net_back(g: np.ndarray, cache: Arrays) -> Arrays:
    x, a, b, z = cache
    inner = (g @ b.T) * (z > 0)
    return inner @ a.T, x.T @ inner, np.maximum(z, 0).T @ g


def _distance(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, Arrays]:
    return np.abs(x - w).sum(axis=1), (x, w)


def _distance_back(g: np.ndarray, cache: Arrays) -> Arrays:
    x, w = cache
    signs = np.sign(x - w) * g[:, None]
    return signs, -signs.sum(axis=0)


def _largest(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, Arrays]:
    return (x * w).max(axis=1), (x, w)


def _largest_back(g: np.ndarray, cache: Arrays) -> Arrays:
    x, w = cache
    mask = np.zeros_like(x)
    mask[np.arange(len(x)), (x * w).argmax(axis=1)] = g
    return mask * w, (mask * x).sum(axis=0)


def _hinge(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, Arrays]:
    return np.maximum(0, 1 - x @ w), (x, w)


def _hinge_back(g: np.ndarray, cache: Arrays) -> Arrays:
    x, w = cache
    mask = -1.0 * (1 - x @ w > 0) * g
    return np.outer(mask, w), x.T @ mask


LAYERS: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "two layers": (_net, _net_back, ((3, 4), (4, 5), (5, 2))),
    "L1 distance": (_distance, _distance_back, ((3, 4), (4,))),
    "row maximum": (_largest, _largest_back, ((3, 4), (4,))),
    "hinge": (_hinge, _hinge_back, ((5, 3), (3,))),
}


def _kinks_are_independent(name: str, point: Arrays) -> bool:
    """Whether the units of the net that are at their kink can move to either side of it, each as it likes.

    At x = 0 the net relu(t) - relu(-2 t) has the slopes 1 and 2, and its backward says 0: no subgradient, and no
    difference can tell it from a slope that is wrong.
    """
    if name != "two layers":
        return True
    x, a, _ = point
    for row, z in zip(x, x @ a, strict=True):
        columns = a[:, z == 0]
        columns = columns[:, columns.any(axis=0)]
        if not row.any() and np.linalg.matrix_rank(columns) < columns.shape[1]:
            return False
    return True


def _points(shapes: tuple[tuple[int, ...], ...]) -> st.SearchStrategy[Arrays]:
    whole = st.integers(-2, 2).map(float)
    return st.tuples(*(hnp.arrays(float, shape, elements=whole) for shape in shapes))


@settings(max_examples=40)
@given(name=st.sampled_from(sorted(LAYERS)), data=st.data())
def test_a_right_gradient_never_fails_at_structured_points(name: str, data: st.DataObject) -> None:
    """However many kinks, ties and zeros meet at the point, what autodiff would return is not called wrong."""
    forward, backward, shapes = LAYERS[name]
    point = data.draw(_points(shapes).filter(lambda point: _kinks_are_independent(name, point)))
    assert gradcheck.check((forward, backward), *point).verdict is not Verdict.FAIL


@settings(max_examples=40)
@given(name=st.sampled_from(sorted(LAYERS)), which=st.integers(0, 1), data=st.data())
def test_a_gross_error_never_passes_at_structured_points(name: str, which: int, data: st.DataObject) -> None:
    """A term that no subgradient could contain is not excused by the kinks around it."""
    forward, backward, shapes = LAYERS[name]

    def wrong(g: np.ndarray, cache: Arrays) -> Arrays:
        gradients = [np.array(gradient) for gradient in backward(g, cache)]
        gradients[which].flat[0] += 1000 * float(g.ravel()[0])
        return tuple(gradients)

    assert gradcheck.check((forward, wrong), *data.draw(_points(shapes))).verdict is not Verdict.PASS


# -- many entries ----------------------------------------------------------------------------------------------------


def test_thousands_of_kinks_are_passed_and_counted() -> None:
    """A ReLU on ten thousand small integers passes with a note that says how many lie on the kink."""
    x = np.random.default_rng(0).integers(-3, 4, size=(100, 100)).astype(float)
    report = gradcheck.check(lambda x: np.maximum(x, 0), x, vjp=lambda g, x: g * (x > 0))
    assert report.ok
    (note,) = report.findings
    assert note.code == "GC901"
    assert str(int(np.sum(x == 0))) in note.title


@pytest.mark.parametrize("size", [50, 600, 5000])
def test_a_wrong_entry_beside_a_kink_is_found(size: int) -> None:
    """One kink and one wrong smooth entry: the wrong one is named, whatever the size of the problem."""
    x = np.random.default_rng(1).normal(size=size)
    x[size // 2] = 0.0
    factor = np.ones(size)
    factor[7] = 1.1
    report = gradcheck.check(lambda x: np.abs(x).sum(), x, grad=lambda x: factor * np.sign(x))
    assert [f.index for f in report.findings if f.severity is Verdict.FAIL] == [(7,)]


@pytest.mark.parametrize("size", [50, 600, 5000])
def test_a_slope_outside_the_hull_is_found_among_many(size: int) -> None:
    """One kink with a slope that is none of its subgradients: it is named, whatever the size of the problem."""
    x = np.random.default_rng(1).normal(size=size)
    x[size // 2] = 0.0
    report = gradcheck.check(lambda x: np.abs(x).sum(), x, grad=lambda x: np.where(x == 0, 3.0, np.sign(x)))
    assert [f.index for f in report.findings if f.severity is Verdict.FAIL] == [(size // 2,)]


@pytest.mark.parametrize("wrong", [False, True])
def test_ignored_kinks_settle_a_whole_projection_and_hide_no_other_error(wrong: bool) -> None:
    """Half of three thousand entries lie on their kink; one of the others may be off by a thousandth."""
    rng = np.random.default_rng(0)
    x = np.where(rng.random(3000) < 0.5, 0.0, 1.0) * rng.normal(size=3000)
    off = np.ones(x.size)
    off[np.flatnonzero(x > 0)[7]] += 1e-3 * wrong
    report = gradcheck.check(lambda x: np.maximum(x, 0).sum(), x, grad=lambda x: off * (x > 0), kinks="ignore", rng=0)
    assert report.ok is not wrong


def test_a_second_kink_nearby_is_no_jump() -> None:
    """The third smallest of numbers with a tie, and another a little above: once the slope grows as if at a jump."""
    seed = 20324633
    (member,) = (member for member in PANEL if member.name == "third smallest")
    subject, inputs, options = member.call(*member.draw(np.random.default_rng([seed, 1])))
    report = gradcheck.check(subject, *inputs, mode="projection", rng=seed, **options)
    assert report.verdict is not Verdict.FAIL

"""What the diagnosis asks of a subject, and what it need not ask again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import gradcheck
from gradcheck.diagnosis import Box
from gradcheck.diagnosis._evidence import Point


class _Counted:
    """A function of one leaf that counts its calls."""

    def __init__(self, function: object) -> None:
        self.function, self.calls = function, 0

    def __call__(self, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        self.calls += 1
        return [self.function(values[0])]  # type: ignore[operator]


def _points(function: object, shape: tuple[int, ...]) -> tuple[_Counted, Point, Point]:
    run, rng = _Counted(function), np.random.default_rng(1)
    values = [rng.standard_normal(shape)]
    box = Box(("x",), (True,), tuple(values), run, lambda _values, upstreams: list(upstreams), None)
    first = Point(box, values, rng)
    return run, first, Point(box, [rng.standard_normal(shape)], rng, first)


def test_that_entries_act_apart_is_only_confirmed_at_another_point() -> None:
    """Ten halvings of 1000 entries at the first point, one at the second, and the same slopes."""
    run, first, second = _points(np.tanh, (1000,))
    first.jacobian(0)
    before = run.calls
    np.testing.assert_allclose(np.diag(second.jacobian(0)), 1 - np.tanh(second.values[0]) ** 2, rtol=1e-8)
    assert before == 1 + 20 + 2 + 1
    assert run.calls - before == 2 + 2


def test_that_entries_do_not_act_apart_is_not_asked_again() -> None:
    """What is no elementwise function at one point is none."""
    run, first, second = _points(lambda x: x @ np.ones((4, 4)), (4, 4))
    assert not first.is_elementwise(0)
    before = run.calls
    assert not second.is_elementwise(0)
    assert run.calls == before


def test_rows_that_act_apart_are_only_confirmed_at_another_point() -> None:
    """The Jacobian of a row by row function is whole at both points, and costs less at the second."""
    weights = np.random.default_rng(2).standard_normal((3, 3))
    run, first, second = _points(lambda x: np.tanh(x @ weights), (32, 3))
    start = run.calls
    first.jacobian(0)
    before = run.calls
    found = second.jacobian(0).reshape(32, 3, 32, 3)
    slope = 1 - np.tanh(second.values[0] @ weights) ** 2
    expected = np.einsum("ij,kj,in->ijnk", slope, weights, np.eye(32))
    np.testing.assert_allclose(found, expected, atol=1e-8)
    assert run.calls - before < (before - start) / 2 + 1


def test_one_wrong_entry_of_a_thousand_is_not_looked_into_at_three_points() -> None:
    """A sample of the entries of a loss shows nothing wrong: other points would not either."""

    def wrong(u: float, x: np.ndarray) -> np.ndarray:
        gradient = u * np.tanh(x) / x.size
        gradient[123] *= 1.1
        return gradient

    x = np.random.default_rng(0).uniform(0.5, 1.5, 1000)
    report = gradcheck.check(lambda x: np.mean(np.log(np.cosh(x))), x, vjp=wrong, rng=0)
    assert [entry.index for f in report.findings for entry in f.entries] == [(123,)]
    assert report.cost.forward + report.cost.backward < 200

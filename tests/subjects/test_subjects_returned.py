"""What forward and backward may return and hold: right code passes in any of these forms, and wrong code fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument, Verdict

RNG = np.random.default_rng(0)
X, W, B = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2)


class Affine:
    """``x W + b``; `back` says what backward returns, or leaves beside."""

    def __init__(self, back: Callable[..., Any]) -> None:
        self.W, self.b, self.back = W.copy(), B.copy(), back

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ np.asarray(self.W) + self.b

    def backward(self, dout: np.ndarray) -> Any:
        return self.back(self, dout @ np.asarray(self.W).T, self.x.T @ dout, dout.sum(0))


class Listed(Affine):
    """The same with its arrays in a dictionary."""

    def __init__(self, back: Callable[..., Any]) -> None:
        self.params, self.back = {"W": W.copy(), "b": B.copy()}, back

    W = property(lambda self: self.params["W"])
    b = property(lambda self: self.params["b"])


class Half:
    """A loss whose backward takes no upstream; `scale` of its gradient, 1 is right."""

    def __init__(self, scale: float, *, both: bool = False) -> None:
        self.scale, self.both = scale, both

    def forward(self, prediction: np.ndarray, target: np.ndarray) -> float:
        self.apart = prediction - target
        return float((self.apart**2).mean())

    def backward(self) -> Any:
        slope = self.scale * 2 * self.apart / self.apart.size
        return (slope, -slope) if self.both else slope


class Static:
    """Functions of a pair that stand in a class, without anything to keep a cache in."""

    @staticmethod
    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.tanh(x), np.tanh(x)

    @staticmethod
    def backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
        return dout * (1 - cache**2)


class StaticWrong(Static):
    @staticmethod
    def backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
        return dout * (1 + cache**2)


def _all(self: Any, dx: Any, dw: Any, db: Any) -> Any:
    return dx, dw, db


def _double(self: Any, dx: Any, dw: Any, db: Any) -> Any:
    return [dx, 2 * dw, db]


def _also_beside(self: Any, dx: Any, dw: Any, db: Any) -> Any:
    self.dW, self.db = dw, db
    return dx, dw, db


def _wrong_beside(self: Any, dx: Any, dw: Any, db: Any) -> Any:
    self.dW, self.db = 2 * dw, db
    return dx, dw, db


@pytest.mark.parametrize(
    ("kind", "back", "wrong"),
    [
        (Affine, _all, []),
        (Listed, _all, []),
        (Affine, _double, ["params['W']"]),
        (Listed, _double, ["params['W']"]),
        (Affine, _also_beside, []),
        (Affine, _wrong_beside, ["params['W']"]),
    ],
)
def test_gradients_of_parameters_may_follow_those_of_the_inputs(
    kind: Callable[..., Any], back: Callable[..., Any], wrong: list[str]
) -> None:
    """In the order in which the layer holds them; what it also keeps beside them is what counts."""
    report = gradcheck.check(kind(back), X)
    assert [f.path for f in report.findings if f.severity is Verdict.FAIL] == wrong
    assert {c.input for c in report.comparisons} == {"inputs['x']", "params['W']", "params['b']"}


def test_gradients_in_another_order_say_which_is_meant() -> None:
    """They fit nothing that the layer holds."""
    (finding,) = gradcheck.check(Affine(lambda _, dx, dw, db: (dx, db, dw)), X).findings
    assert finding.code == "GC104"
    assert "those of the parameters of a layer may follow, in the order in which it holds them" in finding.hint


@pytest.mark.parametrize(("scale", "verdict"), [(1.0, Verdict.PASS), (2.0, Verdict.FAIL)])
@pytest.mark.parametrize("both", [False, True])
def test_a_loss_may_leave_its_target_alone(scale: float, verdict: Verdict, *, both: bool) -> None:
    """Where its backward takes no upstream and returns one gradient; the report says what was not looked at."""
    report = gradcheck.check(Half(scale, both=both), X, 0.5 * X)
    assert report.verdict is verdict
    assert ("GC908" in {finding.code for finding in report.findings}) is not both


def test_a_layer_of_two_inputs_may_not() -> None:
    """Its second gradient is missing."""

    class Cell:
        def forward(self, x: np.ndarray, h: np.ndarray) -> np.ndarray:
            self.out = np.tanh(x + h)
            return self.out

        def backward(self, dout: np.ndarray) -> np.ndarray:
            return dout * (1 - self.out**2)

    report = gradcheck.check(Cell(), X, 0.5 * X)
    assert (report.verdict, report.findings[0].code) == (Verdict.FAIL, "GC104")


@pytest.mark.parametrize(("kind", "verdict"), [(Static, Verdict.PASS), (StaticWrong, Verdict.FAIL)])
def test_static_methods_are_a_pair(kind: type, verdict: Verdict) -> None:
    """Forward returns a cache, and not a second output."""
    report = gradcheck.check(kind(), X)
    assert (report.verdict, report.convention) == (verdict, "forward and backward with a cache")


@pytest.mark.parametrize(
    ("value", "said"),
    [(np.array([[1, 2], [3, 4], [5, 6]]), "has dtype int64"), ([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "is a list")],
)
def test_a_parameter_that_no_step_can_move_is_refused(value: Any, said: str) -> None:
    """Its gradient, right or wrong, would have been passed over."""
    layer = Affine(_wrong_beside)
    layer.W = value
    with pytest.raises(InvalidArgument, match=f"params.'W'. of Affine {said}.*np.asarray.W, dtype=float") as error:
        gradcheck.check(layer, X)
    assert "no small step can move" in str(error.value)


def test_whole_numbers_that_forward_keeps_of_its_input_are_none() -> None:
    """An embedding keeps its indices; a zero beside them is no gradient of a parameter."""

    class Embedding:
        def __init__(self) -> None:
            self.table = RNG.normal(size=(5, 2))

        def forward(self, index: np.ndarray) -> np.ndarray:
            self.index, self.dindex = index, np.zeros(index.shape)
            return self.table[index]

        def backward(self, dout: np.ndarray) -> None:
            self.dtable = np.zeros_like(self.table)
            np.add.at(self.dtable, self.index, dout)

    assert gradcheck.check(Embedding(), np.array([0, 3, 3])).verdict is Verdict.PASS


@pytest.mark.parametrize("added", [0, 1])
@pytest.mark.parametrize("target", [np.array([0, 1, 2, 0]), 0.5 * X], ids=["labels", "left out by wrt"])
def test_a_forward_that_writes_into_a_constant_fails(added: int, target: np.ndarray) -> None:
    """Labels, and inputs that ``wrt`` leaves out, are the caller's as much as what is differentiated."""

    def loss(x: np.ndarray, target: np.ndarray) -> np.ndarray:
        out = x.sum() * float(target.sum())
        target += added
        return out

    report = gradcheck.check(loss, X, target, vjp=lambda u, x, t: u * t.sum() * np.ones(x.shape), wrt="x")
    written = [finding.path for finding in report.findings if finding.code == "GC105"]
    assert (report.ok, written) == ((False, ["inputs['target']"]) if added else (True, []))

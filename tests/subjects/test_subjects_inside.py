"""Layers inside of a layer: found wherever it keeps them, and whatever their methods are called."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))


class Linear:
    """``x W``; its gradient times `scale`, which is right at 1."""

    def __init__(self, scale: float = 1.0) -> None:
        self.W, self.scale = RNG.normal(size=(3, 3)), scale

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.W

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW = self.scale * self.x.T @ dout
        return dout @ self.W.T


class Called(Linear):
    forward = None  # type: ignore[assignment]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return Linear.forward(self, x)


class Otherwise(Linear):
    forward = backward = None  # type: ignore[assignment]

    def fprop(self, x: np.ndarray) -> np.ndarray:
        return Linear.forward(self, x)

    def bprop(self, dout: np.ndarray) -> np.ndarray:
        return Linear.backward(self, dout)


class Held:
    """A plain object of a user, which is no layer."""


def _in(held: Any) -> Any:
    box = Held()
    box.inside = held
    return box


KEPT: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any], list[Any]], str]] = {
    "a list": (lambda a, b: [a, b], list, "held[1].W"),
    "a tuple": (lambda a, b: (a, b), list, "held[1].W"),
    "a dictionary": (lambda a, b: {"first": a, "second": b}, lambda held: [*held.values()], "held[second].W"),
    "a list of lists": (lambda a, b: [[a], [b]], lambda held: [held[0][0], held[1][0]], "held[1][0].W"),
    "an array of objects": (lambda a, b: np.array([a, b], dtype=object), list, "held[1].W"),
    "an object": (lambda a, b: _in([a, b]), lambda held: held.inside, "held.inside[1].W"),
    "two objects": (
        lambda a, b: {"x": _in(a), "y": _in(b)},
        lambda held: [held[k].inside for k in "xy"],
        "held[y].inside.W",
    ),
}
"""Where layers are kept: how they get there, how the net gets at them, and the path of the second one's weight."""


class Net:
    """Two layers, one after the other, kept somewhere; and itself, so that a search for them could go round."""

    def __init__(self, where: str, kind: type, scale: float) -> None:
        keep, self.read, _ = KEPT[where]
        layers = kind(), kind(scale)
        self.held, self.myself = keep(*layers), [self]
        for layer in layers:
            layer.owner = self

    def forward(self, x: np.ndarray) -> np.ndarray:
        for layer in self.read(self.held):
            x = getattr(layer, "fprop", layer.forward or layer)(x)
        return x

    def backward(self, dout: np.ndarray) -> np.ndarray:
        for layer in self.read(self.held)[::-1]:
            dout = getattr(layer, "bprop", layer.backward)(dout)
        return dout


@pytest.mark.parametrize("kind", [Linear, Called, Otherwise])
@pytest.mark.parametrize("where", KEPT)
def test_a_wrong_gradient_inside_is_found(where: str, kind: type) -> None:
    """With its path, and the right one beside it passes."""
    *_, path = KEPT[where]
    right, wrong = gradcheck.check(Net(where, kind, 1.0), X), gradcheck.check(Net(where, kind, 2.0), X)

    assert right.verdict is Verdict.PASS
    assert [finding.path for finding in wrong.findings] == [f"params['{path}']"]
    assert len({compared.input for compared in right.comparisons}) == 3


def test_a_layer_that_is_held_twice_is_one() -> None:
    """Its parameters are told once, under the way that is found first."""

    class Twice:
        def __init__(self) -> None:
            self.a = self.b = Linear()

        def forward(self, x: np.ndarray) -> np.ndarray:
            return self.b.forward(x)

        def backward(self, dout: np.ndarray) -> np.ndarray:
            return self.a.backward(dout)

    report = gradcheck.check(Twice(), X)
    assert report.verdict is Verdict.PASS
    assert {compared.input for compared in report.comparisons} == {"inputs['x']", "params['a.W']"}


def test_what_is_no_layer_is_passed_through() -> None:
    """Loggers, random generators and settings hold nothing that has a gradient."""
    layer = Linear()
    layer.settings, layer.rng = SimpleNamespace(rate=0.1, names=["W"], table={"a": 1}), np.random.default_rng(0)
    report = gradcheck.check(layer, X)
    assert (report.verdict, report.findings) == (Verdict.PASS, ())

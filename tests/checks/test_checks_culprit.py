"""A composition that fails names the layer that is wrong on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.reference import Activation, Layer, Sequential, affine_backward, affine_forward, relu, relu_grad

import gradcheck

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))


def _affine(rows: int, columns: int, backward: Any = affine_backward) -> Any:
    return Layer(affine_forward, backward, w=RNG.normal(size=(rows, columns)), b=np.zeros(columns))


def _forgetful(dout: Any, cache: Any) -> Any:
    dx, dw, db = affine_backward(dout, cache)
    return dx, dw / 2, db


def _net(wrong: int | None) -> Any:
    """Return three layers of which one has half of its weight gradient."""
    rules = [_forgetful if k == wrong else affine_backward for k in range(3)]
    return Sequential(
        _affine(3, 4, rules[0]), Activation(np.tanh, lambda x: 1 - np.tanh(x) ** 2), _affine(4, 2, rules[2])
    )


@pytest.mark.parametrize("wrong", [0, 2])
def test_the_layer_of_a_numpy_net_is_named(wrong: int) -> None:
    """By its place in the container."""
    report = gradcheck.check(_net(wrong), X)

    assert not report.ok
    assert f"layers[{wrong}] (Layer) is the first whose own backward is wrong" in str(report)


def test_a_right_net_is_not_looked_into() -> None:
    """Nothing is added to a pass."""
    assert "layer by layer" not in str(gradcheck.check(_net(None), X))


def test_the_glue_is_blamed_where_every_layer_is_right() -> None:
    """A container that forgets a layer on the way back."""

    class Skips(Sequential):
        def backward(self, dout: Any) -> Any:
            return self.layers[0].backward(self.layers[1].backward(dout))

    net = Skips(_affine(3, 4), Activation(relu, relu_grad), _affine(4, 4))

    assert "each is right on its own" in str(gradcheck.check(net, X))


def test_the_module_of_a_torch_net_is_named() -> None:
    """The inner one, not the block that holds it, by its dotted name; other modules are right."""
    torch = pytest.importorskip("torch", reason="modules of torch need torch")
    nn = torch.nn

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 3

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return upstream * 2

    class Triple(nn.Module):
        def forward(self, x: Any, scale: float = 1.0) -> Any:
            return Rule.apply(x) * scale

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.act = nn.Linear(3, 3), Triple()

        def forward(self, x: Any) -> Any:
            return self.act(self.fc(x), scale=0.5)

    net = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), Block(), nn.Linear(3, 2))
    report = gradcheck.check(net, torch.tensor(X, dtype=torch.float32))

    assert "layer by layer: 2.act (Triple) is the first whose own backward is wrong" in str(report)
    location = report.findings[0].location
    assert location is not None
    assert location[0] == __file__

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


def _told(net: Any, x: Any = X) -> str:
    """Return what is said of the layers, once, and nothing else."""
    said = [line for f in gradcheck.check(net, x).findings for line in f.detail if line.startswith("layer by layer")]
    assert len(said) == 1
    return said[0].removeprefix("layer by layer: ")


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


@pytest.mark.parametrize("wrong", [True, False])
def test_beyond_the_layers_that_are_looked_at_it_is_the_one_that_holds_what_fails(wrong: bool) -> None:
    """Where only parameters fail; where that layer is right, no more is said than was looked at."""

    class Deep:
        def __init__(self, last: Any) -> None:
            self._blocks = [*(Activation(lambda x: x, np.ones_like) for _ in range(70)), last]

        def forward(self, x: Any) -> Any:
            for layer in self._blocks:
                x = layer.forward(x)
            return x

        def backward(self, dout: Any) -> Any:
            for layer in reversed(self._blocks):
                dout = layer.backward(dout)
            if not wrong:
                self._blocks[-1].grads["w"] /= 2
            return dout

    said = _told(Deep(_affine(3, 2, _forgetful if wrong else affine_backward)))
    assert said == (
        "the own backward of blocks[70] (Layer) is wrong; of 71 layers it was asked first"
        if wrong
        else "each of the first 64 of 71 layers is right on its own"
    )


class Dropout:
    """A layer with a switch, right or without its mask."""

    def __init__(self, forgets: bool = False) -> None:
        self.forgets = forgets

    def forward(self, x: Any, *, training: bool = True) -> Any:
        self._mask = (np.arange(x.size).reshape(x.shape) % 3 > 0) * 1.5 if training else np.ones_like(x)
        return x * self._mask

    def backward(self, dout: Any) -> Any:
        return dout if self.forgets else dout * self._mask


class Slotted:
    """A layer without a dictionary."""

    __slots__ = ("_y", "forgets")

    def __init__(self, forgets: bool = True) -> None:
        self.forgets = forgets

    def forward(self, x: Any) -> Any:
        self._y = np.tanh(x)
        return self._y

    def backward(self, dout: Any) -> Any:
        return dout * (1 - self._y ** (1 if self.forgets else 2))


class Called(Slotted):
    """A layer that is only called."""

    __slots__ = ()
    forward = None  # type: ignore[assignment]

    def __call__(self, x: Any) -> Any:
        self._y = np.tanh(x)
        return self._y


class Mixed(Sequential):
    """A container that calls each of its layers as it wants to be called."""

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            if isinstance(layer, Dropout):
                x = layer.forward(x, training=True)
            else:
                x = layer.forward(x) if layer.forward else layer(x)
        return x


@pytest.mark.parametrize("kind", [Dropout, Slotted, Called])
@pytest.mark.parametrize("wrong", [True, False])
def test_layers_are_heard_however_they_are_called(kind: Any, wrong: bool) -> None:
    """By keyword, by call alone, and without a dictionary; right ones beside a wrong one are acquitted."""
    net = Mixed(_affine(3, 3), kind(forgets=wrong), _affine(3, 2, affine_backward if wrong else _forgetful))
    before = vars(kind).get("forward"), vars(kind).get("__call__")

    culprit = f"layers[1] ({kind.__name__})" if wrong else "layers[2] (Layer)"
    assert _told(net) == f"{culprit} is the first whose own backward is wrong"
    assert (vars(kind).get("forward"), vars(kind).get("__call__")) == before  # nothing is left in the class


class Masked:
    """A layer that returns the gradient of its first input alone, and may write into it."""

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def forward(self, x: Any, mask: Any) -> Any:
        self._mask = mask
        return np.multiply(x, mask, out=x if self.inplace else None)

    def backward(self, dout: Any) -> Any:
        return dout * self._mask


class MaskedNet:
    """A net with a mask of its own, which knows that there is no gradient of it."""

    def __init__(self, first: Any, last: Any) -> None:
        self.first, self.last, self._keep = first, last, np.array([0.0, 1.5, 2.0])

    def forward(self, x: Any) -> Any:
        return self.last.forward(self.first.forward(x + 0, self._keep))

    def backward(self, dout: Any) -> Any:
        return self.first.backward(self.last.backward(dout))


@pytest.mark.parametrize("inplace", [False, True])
def test_a_layer_is_asked_for_what_its_container_uses(inplace: bool) -> None:
    """A gradient for the first of two inputs is no wrong number of them, and writing into a copy no fault."""
    said = _told(MaskedNet(Masked(inplace), _affine(3, 3, _forgetful)))

    assert said.startswith("last (Layer) is the first whose own backward is wrong")


def test_a_layer_with_one_gradient_for_two_inputs_can_be_wrong() -> None:
    """In the one that it returns."""

    class Doubled(Masked):
        def backward(self, dout: Any) -> Any:
            return 2 * dout * self._mask

    said = _told(MaskedNet(Doubled(), _affine(3, 3)))
    assert said == "first (Doubled) is the first whose own backward is wrong"


def test_a_layer_is_asked_at_its_later_calls_too() -> None:
    """A ReLU that forgets its mask is right where everything is positive, and wrong in its second call."""

    class Passing:
        def forward(self, x: Any) -> Any:
            return np.maximum(x, 0)

        def backward(self, dout: Any) -> Any:
            return dout

    class Twice:
        def __init__(self) -> None:
            self.act = Passing()

        def forward(self, x: Any) -> Any:
            self._e = np.exp(x)
            return self.act.forward(self.act.forward(self._e) - 1)

        def backward(self, dout: Any) -> Any:
            return self.act.backward(self.act.backward(dout)) * self._e

    assert _told(Twice(), X[:2]) == "act (Passing) in its call no. 2 is the first whose own backward is wrong"


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

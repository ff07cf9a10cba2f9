"""Modules are asked alone as they were called in the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck

X = np.random.default_rng(0).normal(size=(5, 3))


def _told(net: Any, x: Any) -> str:
    """Return what is said of the layers, once, and nothing else."""
    said = [line for f in gradcheck.check(net, x).findings for line in f.detail if line.startswith("layer by layer")]
    assert len(said) == 1
    return said[0].removeprefix("layer by layer: ")


def _rules() -> Any:
    """Return torch, a module whose backward forgets the mask of a ReLU, and one that halves its bias' gradient."""
    torch = pytest.importorskip("torch", reason="modules of torch need torch")

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, inplace: bool) -> Any:
            if inplace:
                ctx.mark_dirty(x)
                return x.clamp_(min=0)
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return upstream, None

    class Relu(torch.nn.Module):
        def __init__(self, inplace: bool = False) -> None:
            super().__init__()
            self.inplace = inplace

        def forward(self, x: Any) -> Any:
            return Rule.apply(x, self.inplace)

    class Halved(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, bias: Any) -> Any:
            return x + bias

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return upstream, upstream.sum(0) / 2

    class Bias(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bias = torch.nn.Parameter(torch.ones(3) / 3)

        def forward(self, x: Any) -> Any:
            return Halved.apply(x, self.bias)

    return torch, Relu, Bias


@pytest.mark.parametrize("kind", ["mask", "statistics", "constants"])
def test_what_gets_no_gradient_in_the_whole_gets_none_in_its_module(kind: str) -> None:
    """A mask whose gradient is None, and statistics that are detached, are constants; so is all that is no_grad."""
    torch, _, bias = _rules()

    class Masked(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, mask: Any) -> Any:
            ctx.save_for_backward(mask)
            return x * mask

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return upstream * ctx.saved_tensors[0], None

    class Scale(torch.nn.Module):
        def forward(self, x: Any, by: Any) -> Any:
            return Masked.apply(x, by) if kind == "mask" else x * by.detach()

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale, self.out = Scale(), bias()
            self.by: Any
            self.register_buffer("by", torch.tensor([0.0, 1.5, 2.0]))

        def forward(self, x: Any) -> Any:
            scaled = self.scale(self.by, self.by) if kind == "constants" else self.scale(x, self.by)
            return self.out(scaled * x)

    assert _told(Net(), torch.tensor(X)) == "out (Bias) is the first whose own backward is wrong"


def test_a_module_after_a_constant_answers_for_its_parameters() -> None:
    """Its input gets no gradient in the whole, its bias does."""
    torch, _, bias = _rules()

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.add, self.out = bias(), torch.nn.Linear(3, 3)

        def forward(self, x: Any) -> Any:
            return self.out(x) * self.add(torch.ones(5, 3))

    assert _told(Net(), torch.tensor(X, dtype=torch.float32)).startswith("add (Bias) is the first")


@pytest.mark.parametrize("wrong", [True, False])
def test_a_module_in_place_is_asked_as_it_is_called(wrong: bool) -> None:
    """With the input that it had before it wrote into it; a right one is acquitted."""
    torch, relu, bias = _rules()
    nn = torch.nn
    net = nn.Sequential(nn.Linear(3, 3), relu(inplace=True) if wrong else nn.ReLU(inplace=True), bias()).double()

    culprit = "1 (Relu)" if wrong else "2 (Bias)"
    assert _told(net, torch.tensor(X[:2])) == f"{culprit} is the first whose own backward is wrong"


def test_a_module_answers_for_the_hooks_before_it() -> None:
    """Its inputs are those before the hook."""
    torch, relu, _ = _rules()
    nn = torch.nn
    net = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3)).double()
    net[1].register_forward_pre_hook(lambda _, inputs: (relu()(inputs[0]),))

    assert _told(net, torch.tensor(X[:2])) == "1 (Tanh) is the first whose own backward is wrong"


def test_a_module_is_asked_at_its_later_calls_too() -> None:
    """A ReLU that forgets its mask is right where everything is positive, and wrong in its second call."""
    torch, relu, _ = _rules()

    class Twice(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.act = relu()

        def forward(self, x: Any) -> Any:
            return self.act(self.act(x.exp()) - 1)

    said = _told(Twice(), torch.tensor(X[:2]))
    assert said == "act (Relu) in its call no. 2 is the first whose own backward is wrong"


def test_a_module_that_cannot_be_asked_alone_is_not_called_right() -> None:
    """It is said of which nothing could be told, and nothing of what puts them together."""
    torch, relu, _ = _rules()
    nn = torch.nn

    class Once(nn.Module):
        def forward(self, x: Any) -> Any:
            self.held = relu()(x)  # with its graph, which cannot be copied
            return self.held

    said = _told(nn.Sequential(nn.Linear(3, 3), Once()).double(), torch.tensor(X[:2]))
    assert said == "each is right on its own, but of 1 (Once) it could not be told"

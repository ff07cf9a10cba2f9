"""torch: what gets a gradient and is neither an input nor a parameter is said, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

torch = pytest.importorskip("torch", reason="subjects of torch need torch")
nn = torch.nn
NET, FLAT = nn.Linear(3, 2).double(), nn.Tanh()
WEIGHT = torch.ones(3, 2, dtype=torch.float64, requires_grad=True)


class Trainer:
    """An object that is no module, and holds one."""

    def __init__(self) -> None:
        self.net = NET

    def loss(self, x: Any) -> Any:
        return self.net(x).square().sum()


class Listed(nn.Module):
    """A parameter in a list, where torch does not look for any."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = [nn.Parameter(torch.ones(3, 2, dtype=torch.float64))]

    def forward(self, x: Any) -> Any:
        return torch.tanh(x @ self.weights[0])


def _taught(x: Any) -> Any:
    with torch.no_grad():
        target = NET(torch.ones_like(x))
    return ((x[:, :2] - target) ** 2).sum()


def _called(weight: Any, bias: Any, x: Any) -> Any:
    return torch.func.functional_call(NET, {"weight": weight, "bias": bias}, (x,))


LEFT_OUT: dict[str, tuple[Callable[..., Any], str]] = {
    "a module from outside": (lambda x: NET(x), "parameters of NET"),
    "a tensor from outside": (lambda x: x @ WEIGHT, "WEIGHT"),
    "an attribute": (Trainer().loss, "parameters of net"),
    "a list in a module": (Listed(), "a tensor of shape (3, 2)"),
}

LOOKED_AT: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "the module itself": (NET, ()),
    "its method": (NET.forward, ()),
    "no parameters": (lambda x: FLAT(x), ()),
    "no gradient": (_taught, ()),
    "a detached tensor": (lambda x: x @ WEIGHT.detach(), ()),
    "parameters that are arguments": (_called, tuple(NET.parameters())),
}


@pytest.fixture
def x() -> Any:
    return torch.tensor(np.random.default_rng(0).normal(size=(4, 3)), requires_grad=True)


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_gets_a_gradient_and_is_not_checked_is_said(case: str, x: Any) -> None:
    """By the name that the code has for it; the verdict is that of the inputs."""
    function, name = LEFT_OUT[case]
    report = gradcheck.check(function, x)

    assert report.verdict is Verdict.PASS
    assert [(f.code, f.title) for f in report.findings] == [
        ("GC908", f"not checked, though it gets a gradient: {name}")
    ]


@pytest.mark.parametrize("case", LOOKED_AT)
def test_nothing_is_said_where_nothing_is_left_out(case: str, x: Any) -> None:
    """Parameters that are checked, that there are none of, or that get no gradient; nor what `wrt` leaves out."""
    function, before = LOOKED_AT[case]

    assert not gradcheck.check(function, *before, x).findings
    assert not gradcheck.check(NET, x, wrt="weight").findings

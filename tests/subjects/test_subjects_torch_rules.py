"""torch: whose rules are in the graph. Its own kernels skip no zeros; whatever somebody wrote may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck

torch = pytest.importorskip("torch", reason="subjects of torch need torch")
nn = torch.nn


class Doubled(torch.autograd.Function):
    """A rule that is right."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return 2 * x

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        return 2 * upstream


def _hooked() -> Any:
    net = nn.Linear(4, 4).double()
    net.register_full_backward_hook(lambda *_: None)
    return net


def _compiled() -> Callable[[Any], Any]:
    return torch.compile(lambda x: Doubled.apply(x).sin(), backend="aot_eager")


RULED: dict[str, Callable[[], Callable[[Any], Any]]] = {
    "a function": lambda: lambda x: Doubled.apply(x).sin(),
    "a hook": _hooked,
    "a compiled graph": _compiled,
}
OWN: dict[str, Callable[[], Callable[[Any], Any]]] = {
    "an affine layer": lambda: nn.Linear(4, 4).double(),
    "a recurrent one": lambda: nn.GRU(4, 4).double(),
    "attention": lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0).double(),
    "functions": lambda: lambda x: torch.softmax(x, 0)[1:].sort().values,
}


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # by torch's own compiler
@pytest.mark.parametrize("name", RULED)
def test_a_rule_in_the_graph_is_seen(name: str) -> None:
    """Be it in a graph that torch has compiled."""
    assert _is_ruled(RULED[name]())


@pytest.mark.parametrize("name", OWN)
def test_kernels_of_torch_are_not_taken_for_rules(name: str) -> None:
    """Neither of a module nor of a function, with parameters or without."""
    assert not _is_ruled(OWN[name]())


def _is_ruled(subject: Any) -> bool:
    from gradcheck.subjects.torch._functions import Torch
    from gradcheck.subjects.torch._graph import look_for_rules

    framework = Torch()
    trust = framework.trust(subject, ())
    out = subject(torch.ones(4, 4, dtype=torch.float64, requires_grad=True))
    look_for_rules(trust, torch, [out[0] if isinstance(out, tuple) else out])
    return trust.ruled


@pytest.mark.parametrize(
    ("made", "calls"),
    [(lambda: nn.Linear(320, 320).double(), (3, 2)), (lambda: lambda x: Doubled.apply(x).sin(), (3, 3))],
    ids=["torch's own", "with a rule"],
)
def test_a_large_subject_without_rules_is_asked_less(made: Any, calls: tuple[int, int]) -> None:
    """Nothing in its kernels skips what an upstream with zeros leaves out."""
    report = gradcheck.check(made(), torch.tensor(np.random.default_rng(0).normal(size=(200, 320))))
    assert report.ok
    assert (report.cost.forward, report.cost.backward) == calls


class Scaled(torch.autograd.Function):
    """A gain times x, whose backward leaves the gain out."""

    @staticmethod
    def forward(ctx: Any, x: Any, gain: Any) -> Any:
        ctx.save_for_backward(x)
        return gain * x

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        return upstream, (upstream * ctx.saved_tensors[0]).sum(0)


class Gain(nn.Module):
    """A layer with a gain, with a rule of somebody's own or without."""

    def __init__(self, rule: Callable[[Any, Any], Any], gain: float = 1.0) -> None:
        super().__init__()
        self.rule, self.gain = rule, nn.Parameter(torch.full((4,), gain, dtype=torch.float64))

    def forward(self, x: Any) -> Any:
        return self.rule(x, self.gain)


def test_a_gain_of_one_hides_a_factor_from_a_rule_alone() -> None:
    """A layer of torch's own kernels is not looked at once more away from there."""
    x = torch.tensor(np.random.default_rng(0).normal(size=(5, 4)))
    one, two = (gradcheck.check(Gain(lambda x, gain: torch.tanh(gain * x), gain), x) for gain in (1.0, 2.0))
    assert one.ok
    assert one.cost.backward == two.cost.backward
    assert "moved away from 1" in str(gradcheck.check(Gain(Scaled.apply), x))


class Masked(nn.Module):
    """Kernels of torch's own, and a hook that reads what the last forward has left on the module."""

    def forward(self, x: Any) -> Any:
        self.mask = (x > 0).double()
        hidden = torch.tanh(x)
        hidden.register_hook(lambda upstream: upstream * self.mask)
        return hidden * self.mask


def test_a_hook_is_no_rule_and_its_state_is_seen() -> None:
    """Another forward stands between forward and backward, whatever the graph is made of, at any size."""
    for rows in (10, 200):
        x = torch.tensor(np.random.default_rng(0).normal(size=(rows, 320)))
        assert "GC106" in {finding.code for finding in gradcheck.check(Masked(), x).findings}

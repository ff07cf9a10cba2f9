"""Second order where a framework differentiates: what it makes of its own gradient is held against differences."""

from __future__ import annotations

from typing import Any

import pytest

import gradcheck
from gradcheck import Verdict


def _codes(report: Any) -> list[str]:
    return [finding.code for finding in report.findings if finding.severity is Verdict.FAIL]


def _of_torch(extra: float, *, once: bool = False) -> tuple[Any, Any]:
    """Return x^3, whose gradient is right, and the gradient's own derivative off by `extra`."""
    torch = pytest.importorskip("torch", reason="a rule of torch needs torch")

    def backward(ctx: Any, upstream: Any) -> Any:
        (x,) = ctx.saved_tensors
        return upstream * (3 * x * x + extra * (x - x.detach()))

    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    marked = torch.autograd.function.once_differentiable(backward) if once else backward
    rule = type(
        "Cube", (torch.autograd.Function,), {"forward": staticmethod(forward), "backward": staticmethod(marked)}
    )
    return rule.apply, torch.tensor([0.5, -1.25], dtype=torch.float64)


def _of_jax(extra: float) -> tuple[Any, Any]:
    jax = pytest.importorskip("jax", reason="a rule of JAX needs JAX")

    def backward(x: Any, upstream: Any) -> Any:
        return (upstream * (3 * x * x + extra * (x - jax.lax.stop_gradient(x))),)

    cube = jax.custom_vjp(lambda x: x**3)
    cube.defvjp(lambda x: (x**3, x), backward)
    return cube, jax.numpy.asarray([0.5, -1.25])


@pytest.mark.parametrize("made", [_of_torch, _of_jax])
def test_a_derivative_of_the_gradient_that_is_wrong_is_found_by_order_two(made: Any) -> None:
    """The gradient itself is right, and symmetric in its differences: only reverse over reverse shows it."""
    right, wrong = made(0.0), made(5.0)

    assert gradcheck.check(*right, order=2).ok
    assert gradcheck.check(*wrong).ok
    assert _codes(gradcheck.check(*wrong, order=2))[0] == "GC103"


def test_a_rule_that_is_differentiable_once_is_checked_by_its_differences() -> None:
    """The framework would take what such a rule hands on for a constant, wherever in the graph it stands."""
    cube, x = _of_torch(0.0, once=True)

    assert gradcheck.check(cube, x, order=2).ok
    assert gradcheck.check(lambda x: cube(x.sin()) * x, x, order=2).ok


def test_a_module_is_checked_twice_with_its_parameters() -> None:
    """Inputs, parameters and the upstream are arguments of the gradient; a linear layer has no curvature."""
    torch = pytest.importorskip("torch", reason="modules of torch need torch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double()

    report = gradcheck.check(net, torch.randn(4, 3, dtype=torch.float64), order=2)

    assert report.ok, str(report)
    second = {c.input for c in report.comparisons if c.output == "gradient"}
    assert {"params['0.weight']", "params['2.bias']", "upstream[0]"} <= second
    assert gradcheck.check(torch.nn.Linear(3, 2).double(), torch.randn(4, 3, dtype=torch.float64), order=2).ok

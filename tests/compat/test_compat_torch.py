"""`gradcheck.compat.torch` beside torch's own."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest

from gradcheck import GradientError, InvalidArgument
from gradcheck.compat.torch import gradcheck, gradgradcheck

torch = pytest.importorskip("torch", reason="torch's checkers are compared where torch is installed")


class Third(torch.autograd.Function):
    """x^3, with a backward whose own backward is wrong if told so."""

    @staticmethod
    def forward(ctx: Any, x: Any, factor: float) -> Any:
        ctx.save_for_backward(x)
        ctx.factor = factor
        return x**3

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        (x,) = ctx.saved_tensors
        return upstream * (3 * x * x + ctx.factor * (x - x.detach())), None


def _x() -> Any:
    return torch.tensor([0.5, -1.25], dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize(
    "options", [{}, {"fast_mode": True}, {"check_forward_ad": True}, {"eps": 1e-6, "atol": 1e-4}]
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_passes_there_passes_here(options: dict[str, Any]) -> None:
    """With the options that people give."""
    assert torch.autograd.gradcheck(torch.sin, (_x(),), **options)
    assert gradcheck(torch.sin, (_x(),), **options)


def test_what_is_missed_there_is_found_here() -> None:
    """A gradient below torch's absolute tolerance that is zero; a negative upstream that is dropped."""

    class Small(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return 1e-6 * x

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return 0 * upstream

    assert torch.autograd.gradcheck(Small.apply, (_x(),))
    assert not gradcheck(Small.apply, (_x(),), raise_exception=False)
    with pytest.raises(GradientError, match="GC101"):
        gradcheck(Small.apply, (_x(),))
    with pytest.raises(import_module("torch.autograd.gradcheck").GradcheckError):
        gradcheck(Small.apply, (_x(),))


def test_the_second_order_is_checked() -> None:
    """A gradient that is right, with a derivative of its own that is not."""
    assert gradgradcheck(lambda x: Third.apply(x, 0.0), (_x(),))
    assert gradcheck(lambda x: Third.apply(x, 5.0), (_x(),))
    assert not gradgradcheck(lambda x: Third.apply(x, 5.0), (_x(),), raise_exception=False)


def test_the_second_order_leaves_the_callers_module_and_random_numbers_alone() -> None:
    """The call that tells the shape of the outputs is made on a copy, too."""
    net = torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.Dropout()).double()
    before, state = {k: v.clone() for k, v in net.state_dict().items()}, torch.get_rng_state()
    x = torch.linspace(-1, 2, 8, dtype=torch.float64).sin().view(4, 2).requires_grad_()
    gradgradcheck(net, (x,), raise_exception=False)

    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("by", ["function", "rule", "module"])
def test_a_failure_of_second_order_is_the_users(by: str) -> None:
    """It has the user's name, and points into the user's file."""

    class Fifth(Third):
        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            (x,) = ctx.saved_tensors
            return upstream * (3 * x * x + 5 * (x - x.detach())), None

    class Net(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return Fifth.apply(x, 0.0)

    def function(x: Any) -> Any:
        return Fifth.apply(x, 0.0)

    thing = {"function": function, "rule": Fifth.apply, "module": Net()}[by]
    with pytest.raises(GradientError) as error:
        gradgradcheck(thing, (_x(), 0.0) if by == "rule" else (_x(),))
    report = error.value.report

    assert report.subject == {"function": "grad(function)", "rule": "grad(Fifth)", "module": "grad(Net)"}[by]
    assert report.findings[0].location[0] == __file__


class Same(torch.autograd.Function):
    """x, with tangents that are too large by a factor; reverse mode is right."""

    @staticmethod
    def forward(x: Any, factor: float) -> Any:
        del factor
        return x.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        del output
        ctx.factor = inputs[1]

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        del ctx
        return upstream.clone(), None

    @staticmethod
    def jvp(ctx: Any, tangent: Any, _: Any) -> Any:
        return tangent * ctx.factor


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_second_order_is_checked_in_forward_mode() -> None:
    """Forward over reverse passes where torch passes it, beside an input that is not asked for; a lie in it fails."""
    still = torch.tensor([2.0, 3.0], dtype=torch.float64)

    for call in ((torch.sin, (_x(),)), (lambda x, y: (x**3 * y).sum(), (_x(), still))):
        assert torch.autograd.gradgradcheck(*call, check_fwd_over_rev=True)
        assert gradgradcheck(*call, check_fwd_over_rev=True)
    assert gradgradcheck(lambda x: Same.apply(x, 1.0) ** 2, (_x(),), check_fwd_over_rev=True)
    assert gradgradcheck(lambda x: Same.apply(x, 2.0) ** 2, (_x(),))
    with pytest.raises(GradientError):
        gradgradcheck(lambda x: Same.apply(x, 2.0) ** 2, (_x(),), check_fwd_over_rev=True)


class ForwardAlone(torch.autograd.Function):
    """x^2 without a backward, and with a slope of 2 x times a factor."""

    @staticmethod
    def forward(ctx: Any, x: Any, factor: float) -> Any:
        ctx.save_for_forward(x)
        ctx.factor = factor
        return x**2

    @staticmethod
    def jvp(ctx: Any, tangent: Any, _: Any) -> Any:
        return 2 * ctx.factor * ctx.saved_tensors[0] * tangent


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forward_mode_is_checked_alone() -> None:
    """Where torch has nothing else, both checkers pass what is right and fail what is not."""
    for checker in (torch.autograd.gradcheck, gradcheck):
        only = {"check_forward_ad": True, "check_backward_ad": False}
        assert checker(lambda x: ForwardAlone.apply(x, 1.0), (_x(),), **only)
        assert not checker(lambda x: ForwardAlone.apply(x, 1.1), (_x(),), raise_exception=False, **only)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"check_backward_ad": False}, "check_backward_ad=False"), ({"plain": True}, "none of inputs= requires")],
)
def test_what_is_not_supported_is_said(options: dict[str, Any], words: str) -> None:
    """In one sentence."""
    x = _x().detach() if options.pop("plain", False) else _x()
    with pytest.raises(InvalidArgument, match=words):
        gradcheck(torch.sin, (x,), **options)


@pytest.mark.parametrize(("ours", "name"), [(gradcheck, "gradcheck"), (gradgradcheck, "gradgradcheck")])
def test_every_parameter_of_torchs_is_there(ours: Any, name: str) -> None:
    """Switching is one line of import."""
    theirs = getattr(torch.autograd, name)
    assert list(inspect.signature(theirs).parameters) == list(inspect.signature(ours).parameters)


def _without_one(backward: Any) -> Any:
    """Return a rule of two outputs that gets None where one of them is not used."""

    class Both(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            ctx.save_for_backward(x)
            return x**2, x**3

        @staticmethod
        def backward(ctx: Any, a: Any, b: Any) -> Any:
            (x,) = ctx.saved_tensors
            return backward(2 * x, 3 * x * x, a, b)

    return Both.apply


@pytest.mark.parametrize(
    "backward",
    [
        lambda one, two, a, b: one * a + two * b,
        lambda one, two, a, b: None if a is None or b is None else one * a + two * b,
    ],
)
def test_undefined_gradients_are_asked_for_unless_refused(backward: Any) -> None:
    """As in torch: a rule that raises, or returns nothing, where an output is not used, is wrong by default."""
    rule = _without_one(backward)
    for theirs in (torch.autograd.gradcheck, gradcheck):
        with pytest.raises((GradientError, import_module("torch.autograd.gradcheck").GradcheckError, TypeError)):
            theirs(rule, (_x(),))
    assert gradcheck(rule, (_x(),), check_undefined_grad=False)


def test_a_rule_that_takes_nothing_for_zeros_passes_by_default() -> None:
    """Refusing the question changes nothing for it."""
    rule = _without_one(lambda one, two, a, b: (0 if a is None else one * a) + (0 if b is None else two * b))
    assert all(gradcheck(rule, (_x(),), check_undefined_grad=asked) for asked in (True, False))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_refusing_undefined_gradients_changes_nothing_else() -> None:
    """Forward mode, one output, integers among the outputs, and a wrong gradient are as they were."""
    refused = {"check_undefined_grad": False}
    assert gradcheck(torch.sin, (_x(),), check_forward_ad=True, **refused)
    assert gradcheck(lambda x: x.sort(), (_x(),), **refused)
    assert gradgradcheck(torch.sin, (_x(),), **refused)
    with pytest.raises(GradientError, match="GC101"):
        gradcheck(lambda x: x * x.detach(), (_x(),), **refused)


def test_what_is_no_function_is_refused() -> None:
    """By name, before it is called."""
    with pytest.raises(InvalidArgument, match="func=None is no function of tensors"):
        gradcheck(None, torch.ones(3, dtype=torch.float64, requires_grad=True))

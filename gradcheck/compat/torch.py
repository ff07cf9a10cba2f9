"""`torch.autograd.gradcheck` and `gradgradcheck`, which see what those do not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .._errors import GradientError, InvalidArgument
from ..checks import check
from ..checks.bench._randomness import callers_randomness_kept
from ..report import Report
from ..subjects import name_of
from ..subjects._copying import private_copy
from ..subjects._keywords import refuses_unknown_options
from ..subjects.torch._module import is_module
from ._missing import needed


@refuses_unknown_options
def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether autograd's gradient of `func` is right at `inputs`, as ``torch.autograd.gradcheck`` asks.

    Parameters
    ----------
    func
        A function of tensors that returns a tensor or several.
    inputs
        A tensor or a tuple; those that require a gradient are checked.
    atol, rtol
        None, unlike in torch, derives the bound; if given, they are the bound of every entry.
    raise_exception
        Whether a wrong or undecided gradient raises; False returns False.
    check_forward_ad
        Compare forward mode, too.
    fast_mode
        Look along random directions; False leaves the choice to the check, which looks at single entries where
        there are few.
    check_undefined_grad
        Ask for the gradient through each of several outputs alone, while nothing comes from the others; False hands
        zeros to a rule there. Modules are always asked.
    eps, nondet_tol, check_grad_dtypes, check_batched_grad, check_batched_forward_grad, masked
        Accepted, and not used: no step is fixed, a second call must say the same, and gradients have the shape and
        kind of their inputs in any case; batched gradients are not looked at.
    check_backward_ad
        False, with `check_forward_ad`, compares forward mode alone.

    Returns
    -------
    bool
        True where the report is ok.

    Raises
    ------
    GradientError
        The gradient is wrong or undecided; also a ``torch.autograd.gradcheck.GradcheckError``. It carries the report.
    InvalidArgument
        Neither mode is asked for, or nothing requires a gradient.

    """
    del (
        eps,
        nondet_tol,
        check_grad_dtypes,
        check_batched_grad,
        check_batched_forward_grad,
        masked,
    )
    if not (check_backward_ad or check_forward_ad):
        raise InvalidArgument("check_backward_ad=False leaves nothing to check; pass check_forward_ad=True with it")
    if not callable(func):
        raise InvalidArgument(f"func={func!r} is no function of tensors")
    _refuse_without_mark(inputs)
    report = check(
        func if check_undefined_grad else _all_used(needed("torch", "torch"), func),
        *_as_tuple(inputs),
        atol=atol,
        rtol=rtol,
        mode="projection" if fast_mode and atol is None and rtol is None else "auto",
        jvp=None if not check_forward_ad else True if check_backward_ad else "alone",
    )
    return _answer(report, raise_exception=raise_exception)


@refuses_unknown_options
def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Whether the gradient of autograd's gradient is right, as ``torch.autograd.gradgradcheck`` asks.

    The gradient is taken as a function of `inputs` and of the upstream, and checked as any other. Parameters are
    those of `gradcheck`; `grad_outputs` are the upstreams, drawn by default.

    Raises
    ------
    GradientError
        As `gradcheck`.
    InvalidArgument
        `check_rev_over_rev` is False, or nothing requires a gradient.

    """
    if not check_rev_over_rev:
        raise InvalidArgument("check_rev_over_rev=False is not supported; reverse over reverse is what is checked")
    del gen_non_contig_grad_outputs
    torch, inputs = needed("torch", "torch"), _as_tuple(inputs)
    _refuse_without_mark(inputs)
    source, func = func, private_copy(func) if is_module(func, torch.nn.Module) else func
    with _generators_kept(torch):
        upstreams = _as_tuple(grad_outputs) if grad_outputs is not None else _drawn(torch, func(*inputs))
    asked = [k for k, value in enumerate(inputs) if getattr(value, "requires_grad", False)]

    def gradient(*given: Any) -> Any:
        arguments, ups = given[: len(inputs)], given[len(inputs) :]
        leaves = [arguments[k].requires_grad_() for k in asked]  # dual numbers come without the mark
        outs = [out for out in _as_tuple(func(*arguments)) if torch.is_tensor(out) and out.requires_grad]
        found = torch.autograd.grad(outs, leaves, ups, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    _stands_for(gradient, source)
    ups = tuple(u.detach().requires_grad_() for u in upstreams)
    return gradcheck(
        gradient,
        (*inputs, *ups),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, Sequence) else (value,)


def _all_used(torch: Any, func: Callable[..., Any]) -> Callable[..., Any]:
    """Return `func`, whose outputs leave through one node together: what is not used gets zeros there."""
    if is_module(func, torch.nn.Module):
        return func

    class Together(torch.autograd.Function):  # type: ignore[misc]
        generate_vmap_rule = True

        @staticmethod
        def forward(*outs: Any) -> Any:
            return tuple(out.view_as(out) for out in outs)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

        @staticmethod
        def backward(ctx: Any, *upstreams: Any) -> Any:  # noqa: ARG004
            return upstreams

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> Any:  # noqa: ARG004
            return tuple(tangent.view_as(tangent) for tangent in tangents)

    def together(*inputs: Any) -> Any:
        outs = _as_tuple(func(*inputs))
        used = [k for k, out in enumerate(outs) if torch.is_tensor(out) and out.requires_grad]
        through = dict(zip(used, Together.apply(*(outs[k] for k in used)) if used else (), strict=True))
        return tuple(through.get(k, out) for k, out in enumerate(outs))

    _stands_for(together, func, "{}")
    return together


def _stands_for(gradient: Any, func: Any, name: str = "grad({})") -> None:
    """Let reports name `func`, or the rule whose ``apply`` it is, and point at it."""
    rule = getattr(func, "__self__", None)
    named, source = (rule, getattr(rule, "backward", rule)) if inspect.isclass(rule) else (func, func)
    gradient.__signature__ = inspect.signature(gradient)
    gradient.__name__, gradient.__wrapped__ = name.format(name_of(named)), source


@contextmanager
def _generators_kept(torch: Any) -> Iterator[None]:
    """Give the caller's generators back as they were."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with callers_randomness_kept(), torch.random.fork_rng(devices):
        yield


def _drawn(torch: Any, outputs: Any) -> tuple[Any, ...]:
    draw = torch.Generator().manual_seed(0)
    outs = [out for out in _as_tuple(outputs) if torch.is_tensor(out) and out.requires_grad]
    return tuple(torch.randn(out.shape, dtype=out.dtype, generator=draw).to(out.device) for out in outs)


def _refuse_without_mark(inputs: Any) -> None:
    if not any(getattr(value, "requires_grad", False) for value in _as_tuple(inputs)):
        raise InvalidArgument("none of inputs= requires a gradient; call requires_grad_() on those to check")


def _answer(report: Report, *, raise_exception: bool) -> bool:
    if not report.ok and raise_exception:
        raise _error_of(report)
    return report.ok


def _error_of(report: Report) -> GradientError:
    """Return an error that is also what those who call torch's checker expect."""
    theirs = needed("torch.autograd.gradcheck", "torch").GradcheckError
    both: type[GradientError] = type("GradcheckError", (GradientError, theirs), {})
    return both(report)

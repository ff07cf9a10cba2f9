"""`check`: one subject, one point, one report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..report import Cost, Report, Verdict
from ..subjects import Malformed, OutOfBudget, Part, Subject, adapt, name_of, parted_claims
from ..subjects._keywords import refuses_unknown_options
from ._culprit import is_of_the_formula, name_culprit
from ._draft import Draft
from ._options import Options
from .bench._bench import Bench
from .bench._randomness import callers_randomness_kept
from .conclusion._by_design import say_what_is_meant
from .conclusion._complex_claims import explain_complex
from .conclusion._limits import ended
from .judgement._low_precision import Native, in_its_own_precision


@refuses_unknown_options
def check(
    subject: Any,
    *inputs: Any,
    vjp: Callable[..., Any] | None = None,
    grad: Callable[..., Any] | None = None,
    derivative: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | bool | str | None = None,
    params: Any = None,
    grads: Any = None,
    wrt: Any = None,
    upstream: Any = None,
    order: int = 1,
    mode: str = "auto",
    rtol: float | None = None,
    atol: float | None = None,
    kinks: str = "subgradient",
    max_evals: int | None = None,
    rng: int | np.random.Generator | None = 0,
) -> Report:
    """Compare the gradient that `subject` claims with centred differences at `inputs`.

    Parameters
    ----------
    subject
        A function with `derivative`, `grad`, `vjp` or `jvp`; a ``(forward, backward)`` pair, where forward returns
        ``(out, cache)`` and backward takes ``(dout, cache)``; an object with ``forward`` and ``backward``; a module
        or function of torch, JAX or MyGrad; one of a `gradcheck.Library`; or a `gradcheck.subject` declaration.
    *inputs
        The arguments of one forward call. Floating-point and complex arrays are checked; integers, strings and None
        are passed on as they are.
    derivative
        ``derivative(x)`` of an elementwise function: the slope at each entry.
    grad
        ``grad(*inputs)`` of a scalar function: one gradient per input as a tuple, an array if there is one input.
    vjp
        ``vjp(upstream, *inputs)``: one gradient per input, J^T upstream.
    jvp
        ``jvp(tangents, *inputs)``: one tangent per output, J tangents, packed as the outputs are. With one
        floating-point input it gets the tangent alone, with several a tuple of one per input. It may come alone, or
        beside any of the others: then both modes must agree to rounding. True, for functions of torch and JAX, asks
        their forward mode, and ``"alone"`` asks it without their reverse mode, which some functions do not have.
    params, grads
        Where a layer keeps its parameters and their gradients, if not by the usual conventions: names,
        ``{"W": "dW"}``, or two functions ``layer -> {name: array}``.
    wrt
        Names or positions of the inputs and parameters to check; all by default.
    upstream
        The only upstream to use: an array of the shape of the output, of several outputs a tuple or a dictionary, as
        they come. Drawn by default.
    order
        2 goes on to the derivative of the gradient. It is compared with a claim where there is one, given as a pair
        in place of the gradient: ``derivative=(df, d2f)``, ``grad=(df, hvp)`` with ``hvp(v, *inputs)`` = H v, or
        ``vjp=(f_vjp, f_vjp_vjp)``, where the second is the vjp of the first for all of its arguments, the upstream
        first. Without a claim, the gradient's own differences must be symmetric, and agree with second differences
        of the function.
    mode
        ``"projection"`` (random directions), ``"entries"`` (one coordinate at a time), or ``"auto"``.
    rtol, atol
        None derives the bounds. If given, an entry passes exactly if
        ``|analytic - numeric| <= atol + rtol * |numeric|``, and every entry is looked at.
    kinks
        At a kink: ``"subgradient"`` accepts any value between the one-sided slopes, ``"ignore"`` any value at all,
        ``"error"`` none.
    max_evals
        Most forward calls; an undecided check then says what they bought.
    rng
        Seed or generator of the random directions; the report names it.

    Returns
    -------
    Report
        ``report.ok``, ``report.verdict``, ``report.findings``, ``report.resolution``; printing it tells all.

    Raises
    ------
    InvalidArgument
        An argument cannot be used; the message says which, and what to do.
    Exception
        Whatever the subject itself raises.

    Notes
    -----
    The rule is stated in ``docs/verdict.md``: no fixed step, no tolerance; a pass needs a certified bound, a
    failure must exceed several times everything that could excuse it.

    A complex array is two real ones. The gradient of a real L by z = x + iy is ``dL/dx + i dL/dy``, so that
    ``dL = Re(conj(g) dz)``, as in PyTorch; upstreams likewise. ``derivative=`` of a complex input is f'(z) of a
    holomorphic f, and its gradient ``upstream * conj(f'(z))``.

    Examples
    --------
    >>> import numpy as np
    >>> report = gradcheck.check(np.tanh, np.linspace(-2, 2, 9), derivative=lambda x: 1 - np.tanh(x) ** 2)
    >>> report.ok
    True
    >>> gradcheck.check(np.tanh, np.array([0.5]), derivative=lambda x: 1 + np.tanh(x) ** 2).findings[0].code
    'GC101'
    >>> gradcheck.check(np.exp, np.array([0.5 + 1j]), derivative=(np.exp, np.exp), order=2).ok
    True

    """
    given = {"vjp": vjp, "grad": grad, "derivative": derivative, "jvp": jvp}
    given |= {"params": params, "grads": grads, "wrt": wrt}
    options = Options.read(upstream, mode, rtol, atol, kinks, max_evals, rng, order)
    start = time.perf_counter()
    with callers_randomness_kept():
        thing, inputs, given, claims = parted_claims(subject, inputs, given, order)
        try:
            draft = _checked(thing, inputs, given, options)
        except OutOfBudget:
            return _not_even_adapted(name_of(subject), options, time.perf_counter() - start)
        draft.go_away_from_ones()
        if order == 2:
            draft.second_order(thing, inputs, given.get("wrt"), claims)
        draft.findings = explain_complex(
            draft.bench, draft.findings, lambda: _passes_conjugated(thing, inputs, given, options)
        )
        draft.findings = say_what_is_meant(draft.bench, draft.findings)
        draft.findings = name_culprit(draft.bench, draft.findings, lambda part: _judged(part, options))
    return draft.report(time.perf_counter() - start)


def _checked(subject: Any, inputs: tuple[Any, ...], given: dict[str, Any], options: Options) -> Draft:
    """Return the filled draft of one check."""

    def adapted(*, widen: bool, most: int | None) -> Subject:
        return adapt(subject, inputs, {**given, "widen": widen, "most": most})

    return _drafted(
        options, partial(adapted, widen=True, most=options.max_evals), lambda most: adapted(widen=False, most=most)
    )


def _passes_conjugated(subject: Any, inputs: tuple[Any, ...], given: dict[str, Any], options: Options) -> bool:
    """Whether the claim passes if read in the conjugate convention; tangents alone have but one."""
    alone = not isinstance(subject, tuple) and not any(given.get(claim) for claim in ("vjp", "grad", "derivative"))
    if given.get("jvp") not in (None, True) and alone:
        return False
    draft = _checked(subject, inputs, {**given, "jvp": None, "conjugated": True}, options.again())
    return bool(draft.comparisons) and draft.report(0.0).verdict is Verdict.PASS


def _judged(part: Part, options: Options) -> Verdict:
    """Return the verdict on a layer on its own; nothing is told where it is not decided."""
    draft = _checked(part.thing, part.inputs, {"inside": True}, replace(options.again(), upstream=None, order=1))
    draft.go_away_from_ones()
    if any(map(is_of_the_formula, draft.findings)):
        return Verdict.FAIL
    narrowed = draft.bench.subject.left_out and not draft.bench.subject.linear
    return Verdict.PASS if draft.report(0.0).ok and not narrowed else Verdict.INCONCLUSIVE


def _drafted(options: Options, wide: Callable[[], Subject], native: Native) -> Draft:
    """Return the report in the making: in float64, or in the subject's own precision if it refuses float64."""
    bench: Bench | None = None
    try:
        bench = Bench(wide(), options.max_evals)
        return Draft(bench, options).filled(native)
    except (OutOfBudget, InvalidArgument, Malformed):
        raise
    except Exception as refused:
        own = in_its_own_precision(native, bench, options.max_evals, refused)
        if own is None:
            raise
        try:
            return Draft(own, options).filled(native)
        except OutOfBudget:
            raise
        except Exception:
            raise refused from None


def _not_even_adapted(name: str, options: Options, seconds: float) -> Report:
    """Return the report of a layer that has to be called more often to see what its parameters are."""
    most = options.max_evals or 0
    finding = ended(most, "while it was found out how the layer works; nothing was compared")
    cost = Cost(most, most, seconds)
    return Report(name, "", (finding,), (), cost, options.seed, settings=options.described())

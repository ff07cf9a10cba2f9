"""`check`: one subject, one point, one report."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..numerics import DOUBLE, SINGLE
from ..report import Comparison as Compared
from ..report import Cost, Finding, Report, Verdict
from ..subjects import Malformed, OutOfBudget, Part, Subject, adapt, gradient_subject, name_of, parted_claims
from ._bench import Bench
from ._complex_claims import explain_complex
from ._conclude import conclude, unchecked_parameters
from ._culprit import name_culprit
from ._forward_check import check_forward_mode
from ._forward_report import Concluded
from ._gradient import Comparison, problem_of
from ._health import examine
from ._judge import Judge, Judgement, precision_on
from ._large import LARGE, LargeLook, look_at_large
from ._limits import UNEXAMINED, ended
from ._lowprecision import Native, compare_with_double, in_its_own_precision, was_widened
from ._nonfinite import non_finite_gradient
from ._options import Options
from ._outcome import Tolerance
from ._precision import hopeless, notes
from ._randomness import callers_randomness_kept
from ._second_order import SecondOrder, as_second_order, not_looked_at, whole_upstream
from ._vitals import Health, malformed

_GRAVITY = list(Verdict)


def check(
    subject: Any,
    *inputs: Any,
    vjp: Callable[..., Any] | None = None,
    grad: Callable[..., Any] | None = None,
    derivative: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | bool | None = None,
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
        their forward mode.
    params, grads
        Where a layer keeps its parameters and their gradients, if not by the usual conventions: names,
        ``{"W": "dW"}``, or two functions ``layer -> {name: array}``.
    wrt
        Names or positions of the inputs and parameters to check; all by default.
    upstream
        The only upstream to use: an array of the shape of the output. Drawn by default.
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
        if order == 2:
            draft.second_order(thing, inputs, given.get("wrt"), claims)
        draft.findings = explain_complex(
            draft.bench, draft.findings, lambda: _passes_conjugated(thing, inputs, given, options)
        )
        draft.findings = name_culprit(draft.bench, draft.findings, lambda part: _is_wrong(part, options))
    return draft.report(time.perf_counter() - start)


def _checked(subject: Any, inputs: tuple[Any, ...], given: dict[str, Any], options: Options) -> _Draft:
    """Return the filled draft of one check."""

    def adapted(*, widen: bool, most: int | None) -> Subject:
        return adapt(subject, inputs, {**given, "widen": widen, "most": most})

    return _drafted(
        options, partial(adapted, widen=True, most=options.max_evals), lambda most: adapted(widen=False, most=most)
    )


def _passes_conjugated(subject: Any, inputs: tuple[Any, ...], given: dict[str, Any], options: Options) -> bool:
    """Whether the claim passes if read in the conjugate convention."""
    draft = _checked(subject, inputs, {**given, "jvp": None, "conjugated": True}, options.again())
    return bool(draft.comparisons) and draft.report(0.0).verdict is Verdict.PASS


def _is_wrong(part: Part, options: Options) -> bool:
    """Whether a layer fails on its own."""
    draft = _checked(part.thing, part.inputs, {}, replace(options.again(), upstream=None, order=1))
    return any(finding.severity is Verdict.FAIL for finding in draft.findings)


def _drafted(options: Options, wide: Callable[[], Subject], native: Native) -> _Draft:
    """Return the report in the making: in float64, or in the subject's own precision if it refuses float64."""
    bench: Bench | None = None
    try:
        bench = Bench(wide(), options.max_evals)
        return _Draft(bench, options).filled(native)
    except (OutOfBudget, InvalidArgument, Malformed):
        raise
    except Exception as refused:
        own = in_its_own_precision(native, bench, options.max_evals, refused)
        if own is None:
            raise
        try:
            return _Draft(own, options).filled(native)
        except OutOfBudget:
            raise
        except Exception:
            raise refused from None


class _Draft:
    """A report in the making."""

    def __init__(self, bench: Bench, options: Options) -> None:
        self.bench, self.options = bench, options
        self.findings: list[Finding] = []
        self.comparisons: list[Any] = []
        self.compared: Comparison | None = None
        self.mode: str | None = None
        self.scheme: str | None = None
        self.doubted = False

    def filled(self, native: Native) -> _Draft:
        """Return this draft with everything that could be found."""
        try:
            self._fill(native)
        except OutOfBudget:
            self.findings.append(ended(self.options.max_evals, UNEXAMINED))
        except Malformed as broken:
            self.findings.append(malformed(self.bench, broken))
        return self

    def _fill(self, native: Native) -> None:
        """Examine, compare, conclude; `native` adapts the subject again in its own precision."""
        bench, rng = self.bench, self.options.generator
        if not bench.subject.reverse:
            self.add(check_forward_mode(bench, self.options, self._tolerance(), None))
            return
        look = self._first_look_at_large()
        if look is not None and look.certified:
            self._accept(look, native)
            return
        health = self._examined(look)
        if not health.fit:
            return
        if not np.isfinite(health.analytic).all():
            problem = problem_of(bench, precision_on(bench) or SINGLE)
            self.findings.append(non_finite_gradient(bench, problem, health, rng))
            return
        options = self.options
        told = options.upstream is not None
        direction = None if look is None else look.direction()
        judged = Judge(bench, health, rng, options.mode, told, self._tolerance(), direction).run()
        conclusion = self._conclude(judged)
        if bench.subject.forward_mode is not None and self.compared is not None:
            self.add(check_forward_mode(bench, options, self._tolerance(), self.compared, conclusion))
        by_dtype = judged.doubt is None and (judged.precision is None or judged.precision.name == DOUBLE.name)
        if by_dtype and was_widened(bench) and not self._is_out_of_budget:
            self._compare_low_precision(native, health)

    def _conclude(self, judged: Judgement) -> list[Compared]:
        """Add what the comparison came to, or why there is none; return its comparisons."""
        bench, doubt = self.bench, judged.doubt
        if doubt is not None and doubt.finding is not None:
            self.findings.append(doubt.finding)
        elif judged.precision is None:
            self.findings.append(hopeless(bench, doubt))
        elif judged.comparison is not None and judged.outcome is not None:
            self.compared = judged.comparison
            conclusion = conclude(judged.comparison, judged.outcome, self.options.kinks)
            self.mode, self.scheme = judged.outcome.mode, judged.outcome.scheme
            self.comparisons += conclusion.comparisons
            self.findings += [*conclusion.findings, *notes(bench, judged.precision, doubt)]
            return conclusion.comparisons
        return []

    def _compare_low_precision(self, native: Native, health: Health) -> None:
        try:
            self.findings += compare_with_double(native, self.bench, health, self.options.generator)
        except OutOfBudget:
            self.findings.append(ended(self.bench.most, "before the gradient in low precision was compared (GC112)"))

    @property
    def _is_out_of_budget(self) -> bool:
        return any(finding.code == "GC906" for finding in self.findings)

    def _examined(self, look: LargeLook | None) -> Health:
        """Return the state of health; a doubt from the first look is settled along the upstream that raised it."""
        health = Health(doubted=self.doubted)
        upstream = self.options.upstream_for if look is None else lambda _: look.upstream()
        try:
            return examine(self.bench, upstream, self.options.generator, health)
        finally:
            self.findings += health.findings

    def _first_look_at_large(self) -> LargeLook | None:
        """Return the first look where the subject is large and how to look is left open."""
        options, subject = self.options, self.bench.subject
        more = options.order > 1 or subject.forward_mode is not None
        if self.bench.size <= LARGE or more or not options.leaves_open:
            return None
        look = look_at_large(self.bench, options.generator)
        self.doubted = look is None or not look.certified
        return look

    def _accept(self, look: LargeLook, native: Native) -> None:
        """Take over what the first look at a large subject certified."""
        self.mode, self.scheme = "projection", look.comparisons[0].method
        self.comparisons += look.comparisons
        self.findings += [*look.health.findings, *unchecked_parameters(self.bench)]
        if was_widened(self.bench):
            self._compare_low_precision(native, self._examined(look))

    def second_order(self, thing: Any, inputs: tuple[Any, ...], wrt: Any, claims: Any) -> None:
        """Go on to the derivative of the gradient, which is no use where the gradient itself is wrong."""
        if not self.bench.subject.reverse:
            raise InvalidArgument(
                "order=2 differentiates the gradient, but jvp= alone claims none; pass vjp= as well"
            )
        if self.compared is None or any(f.severity is Verdict.FAIL for f in self.findings):
            self.findings.append(not_looked_at())
            return
        try:
            if claims is None:
                kinked = any(finding.code == "GC901" for finding in self.findings)
                self.add(SecondOrder.of(self.compared).run(self.options.kinks, kinked=kinked))
                self._differentiated_twice()
            else:
                upstream = whole_upstream(self.bench, self.compared.upstream)
                self._claimed(lambda: gradient_subject(claims, thing, inputs, wrt, upstream))
        except OutOfBudget:
            self.findings.append(ended(self.options.max_evals, "before the second order was decided"))
        except Malformed as broken:
            self.findings.append(malformed(self.bench, broken))

    def _differentiated_twice(self) -> None:
        """Check what a framework makes of its own gradient, if it makes anything: some rules raise, and say so."""
        assert self.compared is not None
        gradient = self.bench.subject.gradient(self.bench.upstreams(self.compared.upstream))
        if gradient is not None and not any(f.severity is Verdict.FAIL for f in self.findings):
            with suppress(RuntimeError, TypeError, ValueError):
                self._claimed(lambda: gradient)

    def _claimed(self, made: Callable[[], Subject]) -> None:
        """Check the gradient as a function that claims its own derivative; its calls are counted with ours."""
        most = self.options.max_evals
        left = None if most is None else max(most - self.bench.forward_calls, 0)
        draft = _Draft(Bench(made(), left), replace(self.options, upstream=None, order=1))
        draft.filled(lambda _: made())
        self.bench.backward_calls += draft.bench.forward_calls + draft.bench.backward_calls
        found = Concluded(draft.comparisons, draft.findings, draft.mode or "", draft.scheme or "")
        self.add(as_second_order(found, self.bench.subject.name))

    def add(self, concluded: Concluded) -> None:
        """Add what a part of the check came to."""
        self.comparisons += concluded.comparisons
        self.findings += concluded.findings
        self.mode = self.mode or concluded.mode
        said = [self.scheme] if self.scheme else []
        self.scheme = "; ".join([*said, concluded.scheme])

    def _tolerance(self) -> Tolerance | None:
        if self.options.rtol is None and self.options.atol is None:
            return None
        return Tolerance(self.options.rtol or 0.0, self.options.atol or 0.0)

    def report(self, seconds: float) -> Report:
        """Return the report."""
        bench = self.bench
        return Report(
            bench.subject.name,
            bench.subject.convention,
            tuple(sorted(self.findings, key=lambda f: -_GRAVITY.index(f.severity))),
            tuple(self.comparisons),
            Cost(bench.forward_calls, bench.backward_calls, seconds),
            self.options.seed,
            self.mode,
            self.scheme,
            settings=self.options.described(),
        )


def _not_even_adapted(name: str, options: Options, seconds: float) -> Report:
    """Return the report of a layer that has to be called more often to see what its parameters are."""
    most = options.max_evals or 0
    finding = ended(most, "while it was found out how the layer works; nothing was compared")
    cost = Cost(most, most, seconds)
    return Report(name, "", (finding,), (), cost, options.seed, settings=options.described())

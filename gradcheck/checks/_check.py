"""`check` and `assert_gradients`: one subject, one point, one report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .._errors import GradientError, InvalidArgument
from ..numerics import DOUBLE, Precision, Vector, precision_of, with_coarse_backward
from ..report import Cost, Finding, Report, Verdict
from ..subjects import Malformed, adapt, gradient_subject, parted_claims
from ._bench import Bench, OutOfBudget, callers_randomness_kept
from ._complex_claims import explain_complex
from ._conclude import conclude, unchecked_parameters
from ._forward_check import check_forward_mode
from ._forward_report import Concluded
from ._gradient import Comparison, Tolerance, problem_of
from ._health import examine
from ._large import LARGE, LargeLook, look_at_large
from ._lowprecision import compare_with_double
from ._nonfinite import non_finite_gradient
from ._options import Options
from ._second_order import SecondOrder, as_second_order, not_looked_at, whole_upstream
from ._vitals import malformed

_GRAVITY = list(Verdict)


def check(
    subject: Any,
    *inputs: Any,
    vjp: Callable[..., Any] | None = None,
    grad: Callable[..., Any] | None = None,
    derivative: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | None = None,
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
        ``(out, cache)`` and backward takes ``(dout, cache)``; an object with ``forward`` and ``backward``; or a
        `gradcheck.subject` declaration.
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
        beside any of the others: then both modes must agree to rounding.
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
        draft = _drafted(thing, inputs, given, options)
        if order == 2:
            draft.second_order(thing, inputs, given.get("wrt"), claims)
        draft.findings = explain_complex(
            draft.bench, draft.findings, lambda: _passes_conjugated(thing, inputs, given, options)
        )
    return draft.report(time.perf_counter() - start)


def _drafted(subject: Any, inputs: tuple[Any, ...], given: dict[str, Any], options: Options) -> _Draft:
    """Return the filled draft of one check."""
    bench = Bench(adapt(subject, inputs, given), options.max_evals)
    draft = _Draft(bench, options)
    try:
        draft.fill(lambda: adapt(subject, inputs, {**given, "widen": False}))
    except OutOfBudget:
        draft.out_of_budget()
    except Malformed as broken:
        draft.findings.append(malformed(bench, broken))
    return draft


def _passes_conjugated(subject: Any, inputs: tuple[Any, ...], given: dict[str, Any], options: Options) -> bool:
    """Whether the claim passes if read in the conjugate convention."""
    draft = _drafted(subject, inputs, {**given, "jvp": None, "conjugated": True}, options.again())
    return bool(draft.comparisons) and draft.report(0.0).verdict is Verdict.PASS


def assert_gradients(subject: Any, *inputs: Any, **options: Any) -> Report:
    """Return `check`'s report, or raise it.

    Takes what `check` takes.

    Raises
    ------
    GradientError
        The verdict is not a pass; the error carries ``.report``. It is an `AssertionError`.

    Examples
    --------
    >>> import numpy as np
    >>> gradcheck.assert_gradients(np.sin, np.ones(3), derivative=np.cos).ok
    True

    """
    __tracebackhide__ = True
    report = check(subject, *inputs, **options)
    if not report.ok:
        raise GradientError(report)
    return report


class _Draft:
    """A report in the making."""

    def __init__(self, bench: Bench, options: Options) -> None:
        self.bench, self.options = bench, options
        self.findings: list[Finding] = []
        self.comparisons: list[Any] = []
        self.compared: Comparison | None = None
        self.mode: str | None = None
        self.scheme: str | None = None

    def fill(self, native: Callable[[], Any]) -> None:
        """Examine, compare, conclude; `native` adapts the subject again in its own precision."""
        bench, rng = self.bench, self.options.generator
        if not bench.subject.reverse:
            self.add(check_forward_mode(bench, self.options, self._tolerance(), None))
            return
        doubt = self._first_look_at_large()
        if doubt is not None and doubt.certified:
            self._accept(doubt, native)
            return
        health = examine(bench, self.options.upstream_for if doubt is None else lambda _: doubt.upstream(), rng)
        self.findings += health.findings
        if not health.fit:
            return
        precision = precision_of(bench.dtype)
        if precision is None:
            self.findings.append(_hopeless(bench))
            return
        if bench.coarse and precision is DOUBLE:
            precision = with_coarse_backward(precision)
        problem = problem_of(bench, precision)
        if not np.isfinite(health.analytic).all():
            self.findings.append(non_finite_gradient(bench, problem, health, rng))
            return
        comparison = Comparison(
            bench,
            problem,
            health.base,
            health.upstream,
            health.analytic,
            rng,
            self.options.upstream is not None,
            self._tolerance(),
            None if doubt is None else doubt.direction(),
        )
        self.compared = comparison
        outcome = comparison.run(self.options.mode)
        conclusion = conclude(comparison, outcome, self.options.kinks)
        self.mode, self.scheme = outcome.mode, outcome.scheme
        self.comparisons += conclusion.comparisons
        self.findings += conclusion.findings
        self.findings += _precision_notes(bench, precision)
        if bench.subject.forward_mode is not None:
            self.add(check_forward_mode(bench, self.options, self._tolerance(), comparison, conclusion.comparisons))
        if precision.name == DOUBLE.name:
            self._compare_precisions(native, lambda: health.upstream)

    def _first_look_at_large(self) -> LargeLook | None:
        """Return the first look where the subject is large and how to look is left open."""
        options, subject = self.options, self.bench.subject
        more = options.order > 1 or subject.forward_mode is not None
        if self.bench.size <= LARGE or more or not options.leaves_open:
            return None
        return look_at_large(self.bench, options.generator)

    def _accept(self, look: LargeLook, native: Callable[[], Any]) -> None:
        """Take over what the first look at a large subject certified."""
        self.mode, self.scheme = "projection", look.comparisons[0].method
        self.comparisons += look.comparisons
        self.findings += [*look.health.findings, *unchecked_parameters(self.bench)]
        self._compare_precisions(native, look.upstream)

    def _compare_precisions(self, native: Callable[[], Any], upstream: Callable[[], Vector]) -> None:
        if any(leaf.value.dtype.itemsize < 8 for leaf in self.bench.subject.leaves):
            self.findings += compare_with_double(native(), self.bench, upstream(), self.options.generator)

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
            else:
                self._claimed(thing, inputs, wrt, claims)
        except OutOfBudget:
            self.out_of_budget()
        except Malformed as broken:
            self.findings.append(malformed(self.bench, broken))

    def _claimed(self, thing: Any, inputs: tuple[Any, ...], wrt: Any, claims: Any) -> None:
        """Check the gradient as a function that claims its own derivative; its calls are counted with ours."""
        assert self.compared is not None
        upstream = whole_upstream(self.bench, self.compared.upstream)
        subject = gradient_subject(claims, thing, inputs, wrt, upstream)
        most = self.options.max_evals
        left = None if most is None else max(most - self.bench.forward_calls, 0)
        draft = _Draft(Bench(subject, left), replace(self.options, upstream=None))
        try:
            draft.fill(lambda: gradient_subject(claims, thing, inputs, wrt, upstream))
        except OutOfBudget:
            draft.out_of_budget()
        except Malformed as broken:
            draft.findings.append(malformed(draft.bench, broken))
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

    def out_of_budget(self) -> None:
        """Say that the budget ended the check."""
        self.findings.append(
            Finding(
                "GC906",
                f"max_evals={self.options.max_evals} ended the check before it was decided",
                Verdict.INCONCLUSIVE,
                hint="raise max_evals=; a first look at a small problem takes about fifteen forward calls",
            )
        )

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


def _hopeless(bench: Bench) -> Finding:
    return Finding(
        "GC903",
        f"the outputs have dtype {bench.dtype}, whose differences are rounding and nothing else",
        Verdict.INCONCLUSIVE,
        hint="let the forward compute in the dtype of its inputs; it was given float64",
    )


def _precision_notes(bench: Bench, precision: Precision) -> list[Finding]:
    if precision is DOUBLE:
        return []
    if precision.backward:
        return [
            Finding(
                "GC903",
                f"the backward rounds to float32: an error below {precision.claim:.0e} of an entry cannot be seen",
                Verdict.PASS,
                hint="let the backward compute in the dtype of its inputs",
            )
        ]
    return [
        Finding(
            "GC903",
            f"the outputs have dtype {bench.dtype} although the inputs were float64: only errors above "
            f"{precision.claim:g} can be seen",
            Verdict.PASS,
            hint="let the forward compute in the dtype of its inputs",
        )
    ]

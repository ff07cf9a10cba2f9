"""`check` and `assert_gradients`: one subject, one point, one report."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .._errors import GradientError, InvalidArgument
from ..numerics import DOUBLE, SINGLE
from ..report import Cost, Finding, Report, Verdict
from ..subjects import Malformed, OutOfBudget, Subject, adapt, name_of
from ._bench import Bench, callers_randomness_kept
from ._conclude import conclude
from ._gradient import Tolerance, problem_of
from ._health import examine
from ._judge import Judge, Judgement, precision_on
from ._limits import UNEXAMINED, ended
from ._lowprecision import Native, compare_with_double, in_its_own_precision, was_widened
from ._nonfinite import non_finite_gradient
from ._options import Options
from ._precision import hopeless, notes
from ._vitals import Health, malformed

_GRAVITY = list(Verdict)


def check(
    subject: Any,
    *inputs: Any,
    vjp: Callable[..., Any] | None = None,
    grad: Callable[..., Any] | None = None,
    derivative: Callable[..., Any] | None = None,
    params: Any = None,
    grads: Any = None,
    wrt: Any = None,
    upstream: Any = None,
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
        A function with `derivative`, `grad` or `vjp`; a ``(forward, backward)`` pair, where forward returns
        ``(out, cache)`` and backward takes ``(dout, cache)``; an object with ``forward`` and ``backward``; or a
        `gradcheck.subject` declaration.
    *inputs
        The arguments of one forward call. Floating-point arrays are checked; integers, strings and None are passed
        on as they are.
    derivative
        ``derivative(x)`` of an elementwise function: the slope at each entry.
    grad
        ``grad(*inputs)`` of a scalar function: one gradient per input as a tuple, an array if there is one input.
    vjp
        ``vjp(upstream, *inputs)``: one gradient per input, J^T upstream.
    params, grads
        Where a layer keeps its parameters and their gradients, if not by the usual conventions: names,
        ``{"W": "dW"}``, or two functions ``layer -> {name: array}``.
    wrt
        Names or positions of the inputs and parameters to check; all by default.
    upstream
        The only upstream to use: an array of the shape of the output. Drawn by default.
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

    Examples
    --------
    >>> import numpy as np
    >>> report = gradcheck.check(np.tanh, np.linspace(-2, 2, 9), derivative=lambda x: 1 - np.tanh(x) ** 2)
    >>> report.ok
    True
    >>> gradcheck.check(np.tanh, np.array([0.5]), derivative=lambda x: 1 + np.tanh(x) ** 2).findings[0].code
    'GC101'

    """
    given = {"vjp": vjp, "grad": grad, "derivative": derivative, "params": params, "grads": grads, "wrt": wrt}
    options = Options.read(upstream, mode, rtol, atol, kinks, max_evals, rng)
    start = time.perf_counter()
    with callers_randomness_kept():
        try:
            wide = partial(adapt, subject, inputs, {**given, "most": options.max_evals})
            draft = _drafted(
                options, wide, lambda most: adapt(subject, inputs, {**given, "widen": False, "most": most})
            )
        except OutOfBudget:
            return _not_even_adapted(name_of(subject), options, time.perf_counter() - start)
    return draft.report(time.perf_counter() - start)


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
        self.mode: str | None = None
        self.scheme: str | None = None

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
        health = self._examined()
        if not health.fit:
            return
        if not np.isfinite(health.analytic).all():
            problem = problem_of(bench, precision_on(bench) or SINGLE)
            self.findings.append(non_finite_gradient(bench, problem, health, rng))
            return
        options = self.options
        told = options.upstream is not None
        judged = Judge(bench, health, rng, options.mode, told, self._tolerance()).run()
        self._conclude(judged)
        by_dtype = judged.doubt is None and (judged.precision is None or judged.precision.name == DOUBLE.name)
        if by_dtype and was_widened(bench) and not self._is_out_of_budget:
            self._compare_low_precision(native, health)

    def _conclude(self, judged: Judgement) -> None:
        """Add what the comparison came to, or why there is none."""
        bench, doubt = self.bench, judged.doubt
        if doubt is not None and doubt.finding is not None:
            self.findings.append(doubt.finding)
        elif judged.precision is None:
            self.findings.append(hopeless(bench, doubt))
        elif judged.comparison is not None and judged.outcome is not None:
            conclusion = conclude(judged.comparison, judged.outcome, self.options.kinks)
            self.mode, self.scheme = judged.outcome.mode, judged.outcome.scheme
            self.comparisons += conclusion.comparisons
            self.findings += [*conclusion.findings, *notes(bench, judged.precision, doubt)]

    def _compare_low_precision(self, native: Native, health: Health) -> None:
        try:
            self.findings += compare_with_double(native, self.bench, health, self.options.generator)
        except OutOfBudget:
            self.findings.append(ended(self.bench.most, "before the gradient in low precision was compared (GC112)"))

    @property
    def _is_out_of_budget(self) -> bool:
        return any(finding.code == "GC906" for finding in self.findings)

    def _examined(self) -> Health:
        health = Health()
        try:
            return examine(self.bench, self.options.upstream_for, self.options.generator, health)
        finally:
            self.findings += health.findings

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

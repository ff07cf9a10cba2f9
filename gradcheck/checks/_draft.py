"""A report in the making: health, the comparison, low precision, parameters at one, and the second order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..numerics import SINGLE
from ..report import Comparison as Compared
from ..report import Cost, Finding, Report, Verdict
from ..subjects import Malformed, OutOfBudget, Subject, gradient_subject
from ._ones import away_from_ones, found_away, holds_there, parameters_at_one, unseen_at_one
from ._options import Options
from ._second_order import SecondOrder, as_second_order, not_looked_at, whole_upstream
from .bench._bench import Bench
from .comparison._comparison import Comparison, problem_of
from .comparison._doubts import rounds_its_factor
from .comparison._outcome import Tolerance
from .conclusion._conclude import conclude
from .conclusion._left_out import left_out
from .conclusion._limits import UNEXAMINED, ended
from .forward_mode._check import check_forward_mode
from .forward_mode._conclude import Concluded
from .health._health import examine
from .health._nonfinite import non_finite_gradient
from .health._second_call import report_other_slope
from .health._vitals import Health, malformed
from .judgement._judge import Judge, Judgement, precision_on
from .judgement._low_constants import with_hint, without_low_constants
from .judgement._low_precision import Native, compare_with_double, was_widened
from .judgement._precision import hopeless, notes
from .judgement._stopping import without_stops
from .large._look import LARGE, LargeLook, look_at_large

_GRAVITY = list(Verdict)


class Draft:
    """A report in the making."""

    def __init__(self, bench: Bench, options: Options) -> None:
        self.bench, self.options = bench, options
        self.findings: list[Finding] = []
        self.comparisons: list[Any] = []
        self.compared: Comparison | None = None
        self.mode: str | None = None
        self.scheme: str | None = None
        self.doubted = False

    def filled(self, native: Native) -> Draft:
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
            pushed = check_forward_mode(bench, self.options, self._tolerance(), None)
            self.add(pushed)
            if pushed.comparisons and was_widened(bench):
                self._compare_low_precision(native, Health(base=bench.value(bench.x)))
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
        judge = Judge(bench, health, rng, options.mode, told, self._tolerance(), direction)
        judged = without_stops(judge.run())
        judged, low = without_low_constants(
            bench,
            judged,
            lambda: rounds_its_factor(bench, health, rng),
            lambda: judge.coarsely(SINGLE.eps).run(),
        )
        self.findings += low
        conclusion = self._conclude(judged)
        if bench.subject.forward_mode is not None and self.compared is not None:
            self.add(check_forward_mode(bench, options, self._tolerance(), self.compared, conclusion))
        if judged.doubt is None or judged.doubt.finding is None:
            self._compare_low_precision(native, health, judged.roundoff)

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
            found = with_hint(judged.outcome, conclusion.findings)
            self.findings += [*found, *notes(bench, judged.precision, doubt)]
            return conclusion.comparisons
        return []

    def _compare_low_precision(self, native: Native, health: Health, inside: float = 0.0) -> None:
        """Compare what is claimed in the inputs' own precision, where that is a low one."""
        if not was_widened(self.bench) or self._is_out_of_budget:
            return
        try:
            self.findings += compare_with_double(native, self.bench, health, self.options.generator, inside)
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
            examine(self.bench, upstream, self.options.generator, health)
            if look is not None and health.fit:
                report_other_slope(self.bench, health, look.direction(), look.slope)
            return health
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
        self.findings += [*look.health.findings, *left_out(self.bench)]
        if was_widened(self.bench):
            self._compare_low_precision(native, self._examined(look))

    def go_away_from_ones(self) -> None:
        """Check a layer that has passed once more, away from parameters that are all ones."""
        subject = self.bench.subject
        ones = parameters_at_one(subject)
        if not ones or not self._passes:
            return
        if self.bench.size > LARGE:
            if subject.by_hand or (subject.ruled and not subject.derived):
                self.findings.append(unseen_at_one(ones))
            return
        with suppress(Exception):  # values that nobody asked about may lie outside the domain
            holds = holds_there(self._bench_away(), self.options.generator)
            if holds or not found_away(self._away("projection").findings, ones):
                return
            away = self._away(self.options.mode)  # names the entries
            found = found_away(away.findings, ones)
            if found:
                self.findings += found
                self.comparisons, self.mode, self.scheme = away.comparisons, away.mode, away.scheme

    def _away(self, mode: str) -> Draft:
        """Return a draft of the same away from the ones; its calls are counted with ours."""
        return Draft(self._bench_away(), replace(self.options, mode=mode)).filled(_refused)

    def _bench_away(self) -> Bench:
        return Bench(away_from_ones(self.bench.subject, self.options.generator), meter=self.bench)

    @property
    def _passes(self) -> bool:
        return bool(self.comparisons) and all(finding.severity is Verdict.PASS for finding in self.findings)

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
        draft = Draft(Bench(made(), left), replace(self.options, upstream=None, order=1))
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


def _refused(most: int | None) -> Subject:
    """Stand in for a subject in its own precision, where none is to be had."""
    raise NotImplementedError(most)

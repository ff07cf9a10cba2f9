"""Forward mode as a whole: the health of the ``jvp``, its differences, and its agreement with a reverse mode."""

from __future__ import annotations

from collections.abc import Sequence

from ..._errors import InvalidArgument
from ...numerics import Precision, precision_of
from ...report import Comparison as Compared
from ...report import Finding, Verdict
from ...subjects import Malformed
from .._options import Options
from ..bench._bench import Bench
from ..comparison._comparison import Comparison, problem_of
from ..comparison._outcome import Tolerance
from ..health._forward import examine_forward
from ..health._vitals import Health, malformed
from ._conclude import Concluded, compare_jvp
from ._health import examine_jvp
from ._modes_agree import compare_modes


def check_forward_mode(
    bench: Bench,
    options: Options,
    allowed: Tolerance | None,
    reverse: Comparison | None,
    compared: Sequence[Compared] = (),
) -> Concluded:
    """Check the jvp of the subject on `bench`; `reverse` is the comparison of its gradient, where it claims one.

    ``compared`` are the verdicts that `reverse` came to.
    """
    health = Health() if reverse is None else Health(base=reverse.base)
    concluded = Concluded(findings=health.findings)
    precision = _examine_alone(bench, options, health) if reverse is None else reverse.problem.precision
    if precision is None:
        return concluded
    problem, rng = problem_of(bench, precision), options.generator
    try:
        if not examine_jvp(bench, problem, health, rng):
            return concluded
        seen = compare_jvp(bench, problem, health.base, rng, mode=options.mode, kinks=options.kinks, allowed=allowed)
        seen.findings = health.findings + seen.findings
        if reverse is not None:
            verdicts = {
                "vjp": {c.input: c.verdict for c in compared},
                "jvp": {c.input: c.verdict for c in seen.comparisons},
            }
            told = options.upstream_for(bench) if options.upstream_for else None
            agreed, findings = compare_modes(bench, problem, health.base, rng, told, verdicts)
            seen.comparisons += agreed
            seen.findings += findings
    except Malformed as broken:
        health.report(malformed(bench, broken, bench.subject.forward_mode), fatal=True)
        return concluded
    return seen


def _examine_alone(bench: Bench, options: Options, health: Health) -> Precision | None:
    """Examine the forward, which no reverse mode has examined; return the precision of its results."""
    if options.upstream is not None:
        raise InvalidArgument("upstream= is given, but jvp= alone takes none; leave it out, or pass vjp= as well")
    examine_forward(bench, health)
    if not health.fit:
        return None
    precision = precision_of(bench.dtype)
    if precision is None:
        health.report(
            Finding(
                "GC903",
                f"the outputs have dtype {bench.dtype}, whose differences are rounding and nothing else",
                Verdict.INCONCLUSIVE,
                hint="let the forward compute in the dtype of its inputs; it was given float64",
            )
        )
    return precision

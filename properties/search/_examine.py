"""One example of a search: the whole gradient check in its layout, after another batch, and as a view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..._errors import InvalidArgument
from ...report import Cost, Finding, Report, Verdict
from ...subjects import location_of
from .._case import margin_of
from .._crash import crash
from ..adapters._moved import moved
from ._call import Target, refused, sentence
from ._empty import examine_empty
from ._example import Example
from ._jump import find_jump
from ._relaid import compare_layouts, relaid

NEGLIGIBLE = 1e-20
"""Share of the gradient at the example inputs below which an error is the subject's own rounding, far in saturation:
there log(1 + exp(-100)) is 0, with a gradient of 1e-44 that is right and cannot be seen."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one example came to.

    ``findings`` are what is wrong; ``margin`` is log10 of the largest error over its bound, for the search to
    climb; ``undecided`` says why the example shows nothing, ``crash`` what a size smaller than the example's own
    made the subject raise; ``vacuous`` that nothing could have been wrong.
    """

    findings: tuple[Finding, ...] = ()
    report: Report | None = None
    margin: float | None = None
    undecided: str | None = None
    crash: Finding | None = None
    vacuous: bool = False

    @property
    def cost(self) -> Cost:
        """The calls of the check."""
        return self.report.cost if self.report is not None else Cost()

    @property
    def codes(self) -> frozenset[str]:
        """The codes of what is wrong."""
        return frozenset(finding.code for finding in self.findings)


def examine(
    target: Target, example: Example, names: Sequence[str], name: str, seed: int, *, size: float = 0.0
) -> Outcome:
    """Return what is wrong with `target` at `example`, where gradients of that `size` are usual."""
    if example.is_empty:
        found = examine_empty(target, example.arguments, names, name)
        noted = next((finding for finding in found if finding.severity is Verdict.PASS), None)
        return Outcome(crash=noted) if noted is not None else Outcome(found)
    try:
        return _checked(target, example, name, seed, NEGLIGIBLE * size)
    except InvalidArgument as error:
        return Outcome(undecided=f"cannot be checked: {sentence(error)}")
    except (Exception, SystemExit) as error:
        if refused(error):
            return Outcome(undecided=f"refused: {sentence(error)}")
        crashed = crash(name, "at an input that the search drew", error, location_of(target.thing))
        return Outcome(undecided="crashed", crash=crashed) if example.smaller else Outcome((crashed,))


def _checked(target: Target, example: Example, name: str, seed: int, least: float) -> Outcome:
    from ...checks import check

    fresh = target.fresh(example.arguments)
    fresh = Target(moved(fresh.thing, example.parameters, example.place, example.arguments), fresh.options)
    if example.before is not None:
        fresh.both(example.before)
    laid = relaid(fresh, example.layouts, example.upstream)
    report = check(laid.thing, *example.arguments, **{"rng": seed, **laid.options})
    failing = [finding for finding in report.findings if finding.severity is Verdict.FAIL]
    wrong = tuple(finding for finding in failing if not _gap(finding) < least)
    if failing and not wrong:
        return Outcome(report=report, undecided="saturated: the gradient is as small as rounding makes it")
    if not wrong:
        wrong = compare_layouts(target, example.arguments, name)
    if not wrong and report.verdict is Verdict.INCONCLUSIVE:
        wrong = find_jump(target, example.arguments, name, least)
    undecided = report.findings[0].title if report.verdict is Verdict.INCONCLUSIVE and report.findings else None
    return Outcome(wrong, report, margin_of(report), None if wrong else undecided, vacuous=is_vacuous(report))


def _gap(finding: Finding) -> float:
    """Return by how much the worst entry is wrong; infinite where it is not about an entry."""
    known = finding.analytic is not None and finding.numeric is not None
    return abs(finding.analytic - finding.numeric) if known else math.inf  # type: ignore[operator]


def is_vacuous(report: Report) -> bool:
    """Say whether every gradient was 0, on both sides: nothing was shown."""
    return any(finding.code == "GC905" and finding.path is None for finding in report.findings)


def size_of(report: Report) -> float:
    """Return the largest gradient that a report names; 0 where it names none."""
    sizes = [abs(c.analytic) for c in report.comparisons if c.analytic is not None and math.isfinite(c.analytic)]
    return max(sizes, default=0.0)

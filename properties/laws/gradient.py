"""Gradient laws: the analytic gradient against differences, at inputs that the search chooses."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from typing import Any

from ...report import Finding, Report, Verdict
from .._case import Case, margin_of
from .._expect import Violation
from .._registry import declares

WITH_GRADIENT = ("activation", "normalization", "layer", "loss", "regularizer")


@declares(
    "GC101",
    "gradient with respect to the inputs",
    *WITH_GRADIENT,
    needs=("gradient",),
    effort=0.3,
    claims=("G-CHECK", "A-RELU-1", "A-ELU-1", "B-GRAD"),
)
def input_gradient(subject: Any, case: Case) -> None:
    """The analytic gradient agrees with differences, at every input that the search draws.

    Ordinary inputs keep a distance from declared kinks; others lie exactly at one, where any value between the two
    one-sided slopes is right. What the differences cannot decide is counted, and never a failure.

    The usual mistake is a forgotten path: through the mean, through the variance, through a broadcast.
    """
    _judge(_check(subject, case, "train"), case, parameters=False)


@declares(
    "GC102",
    "gradient with respect to the parameters",
    "normalization",
    "layer",
    needs=("gradient", "parameters"),
    effort=0.2,
    claims=("G-CHECK", "A-PRELU-1", "B-GRAD"),
)
def parameter_gradient(subject: Any, case: Case) -> None:
    """The gradient of every parameter agrees with differences.

    A parameter that is shared by all examples collects the gradient of each of them.

    The usual mistake is a mean in place of a sum, or a sum over the wrong axis.
    """
    _judge(_check(subject, case, "train"), case, parameters=True)


@declares(
    "GC216",
    "gradient in test mode",
    "normalization",
    needs=("gradient", "test gradient"),
    effort=0.2,
    claims=("B-TEST",),
)
def test_mode_gradient(subject: Any, case: Case) -> None:
    """In test mode the layer is an affine map, and its gradient is gamma over the running standard deviation.

    The statistics of the batch play no part, and neither do the paths through them.

    The usual mistake is a backward that subtracts the batch mean in both modes.
    """
    _judge(_check(subject, case, "test"), case, parameters=None)


@declares(
    "GC217",
    "gradient after a call with another batch",
    "normalization",
    needs=("gradient",),
    effort=0.2,
    claims=("B-GRAD",),
)
def second_call_gradient(subject: Any, case: Case) -> None:
    """A call with a batch of another size leaves nothing behind that the next backward would use.

    The batch also comes as a strided view, as slices of a data set do.

    The usual mistake is a size or a cache that only the first call sets.
    """
    _judge(_check(subject, case, "again"), case, parameters=None)


def _check(subject: Any, case: Case, mode: str) -> Report:
    from ...checks import check

    thing, inputs, options = subject.gradient_call(case, mode)
    return check(thing, *inputs, **{"rng": case.seed, **options})


def _judge(report: Report, case: Case, *, parameters: bool | None) -> None:
    if report.verdict is Verdict.PASS:
        if any(finding.code == "GC905" and finding.path is None for finding in report.findings):
            case.idle("every gradient was 0, and so was every difference")
        case.climb(margin_of(report))
        return
    found = tuple(f for f in report.findings if _belongs(f, parameters=parameters))
    wrong = tuple(f for f in found if f.severity is Verdict.FAIL)
    if wrong:
        first = wrong[0]
        raise Violation(first.title, index=first.index, value=first.analytic, target=first.numeric, findings=wrong)
    if report.verdict is Verdict.INCONCLUSIVE:
        case.undecided(found[0].title if found else "the differences could not decide")


def _belongs(finding: Finding, *, parameters: bool | None) -> bool:
    of_parameter = finding.code == "GC102" or (finding.path or "").startswith("params")
    return parameters is None or of_parameter is parameters

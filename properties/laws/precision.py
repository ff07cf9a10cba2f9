"""Gradient laws about orders and precision: second derivatives, float32, and the largest inputs."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

from typing import Any

import numpy as np

from ...report import Verdict
from .._case import Case
from .._expect import Violation, expect
from .._registry import declares
from ..adapters._example import Example, as_array, is_floating
from ..adapters.activation import MARGIN, Activation
from ..strategies import MILD, away_from
from .gradient import WITH_GRADIENT
from .saturation import LARGE


@declares("GC103", "second derivative", "activation", needs=("second",), effort=0.3, claims=("G-CHECK",))
def second_derivative(f: Activation, case: Case) -> None:
    """The second derivative that stands beside the first agrees with differences of the first.

    Between kinks; at one the first derivative jumps.

    The usual mistake is a chain rule applied once where it is due twice.
    """
    from ...checks import check

    shape: dict[str, Any] = {"rows": (2, 4), "widths": (1, 4), "structures": MILD, "scales": (1.0, 0.1, 10.0)}
    x = case.array("x", away_from(f.traits.kinks or (), margin=MARGIN, locs=(0.0, 1.0, -3.0), **shape))
    report = check(f.derivative, x, derivative=f.second, rng=case.seed)
    wrong = tuple(found for found in report.findings if found.severity is Verdict.FAIL)
    if wrong:
        first = wrong[0]
        raise Violation(
            f"the second derivative: {first.title}",
            index=first.index,
            value=first.analytic,
            target=first.numeric,
            bound=first.bound,
        )
    if report.verdict is Verdict.INCONCLUSIVE:
        case.undecided("the differences could not decide")


@declares("GC112", "float32 has the gradient of float64", *WITH_GRADIENT, needs=("gradient", "float32"), effort=0.1)
def single_precision(subject: Any, case: Case) -> None:
    """The gradient computed from float32 inputs is that of float64, up to the rounding of float32.

    Nets are trained in float32; a formula that cancels is right in float64 and wrong where it is used.

    The usual mistake is 1 - tanh² far out, or log of a probability that rounding has made 0.
    """
    from ...checks import check

    example: Example = subject.example(case)
    narrow = [as_array(v).astype(np.float32) if is_floating(v) else v for v in example.inputs]
    report = check(example.thing, *narrow, **{"rng": case.seed, **example.options})
    wrong = tuple(f for f in report.findings if f.code == "GC112" and f.severity is Verdict.FAIL)
    if wrong:
        raise Violation(wrong[0].title, index=wrong[0].index, findings=wrong)


@declares(
    "GC114",
    "the derivative is finite wherever the slope is bounded",
    "activation",
    traits=("lipschitz",),
    needs=("derivative",),
    effort=None,
    claims=("A-SIG-2", "A-ELU-1"),
)
def finite_slope(f: Activation, case: Case) -> None:
    """Up to ±1e308 the derivative is a finite number, and no larger than the Lipschitz bound.

    A second derivative beside it is finite as well.

    One NaN in a gradient makes every weight of the net NaN with the next step.

    The usual mistake is e^x / (1 + e^x)², which is inf/inf far out.
    """
    assert f.traits.lipschitz is not None
    x = np.array(LARGE)
    slope = f.slope(x)
    case.state("inputs tried", f"{len(x)}, the largest ±1e308")
    expect(np.broadcast_to(slope, x.shape), "f'(x)").finite()
    expect(np.abs(slope), "|f'(x)|").at_most(f.traits.lipschitz, allowed=1e-12 * f.traits.lipschitz)
    if f.second is not None:
        expect(np.broadcast_to(np.asarray(f.second(x)), x.shape), "f''(x)").finite()

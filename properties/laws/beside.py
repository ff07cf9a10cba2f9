r"""The law of activations about the places that draws rarely come to: on both sides of each bend, and far out.

Between two bends a and b, and beyond the last one, f is looked at through what never leaves that piece:

.. math:: x = a + (b - a) \, \sigma(t), \qquad x = b \pm e^t, \qquad \frac{df}{dt} = f'(x) \, \frac{dx}{dt}

So no step, however large, comes across a jump, which would be in the way of whoever judges the slope beside it.
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ...report import Report, Verdict
from .._case import Case
from .._expect import Violation, apart
from .._registry import declares
from ..adapters.activation import Activation, Array

DISTANCES = np.array([0.01, 0.07, 0.37, 0.9, 1.3, 2.1, 3.3, 5.3, 8.7, 13.0, 21.0, 34.0, 55.0, 110.0])
"""From the first and the last bend, of which 0 is always one."""

SHARES = np.array([-4.0, -1.5, 0.2, 1.5, 4.0])
"""Places between two bends, through the logistic function: from 0.018 of the way to 0.982 of it."""

TOGETHER = 4
"""Places of one check: they are of about one size, for what is small beside others is not seen as well."""


@dataclass(frozen=True)
class Piece:
    """What leads onto a part of the line without bends, its derivative, and where it is looked at."""

    x: Callable[[Array], Array]
    dx: Callable[[Array], Array]
    places: Array


@declares(
    "GC526",
    "its derivative is right beside each bend and far out",
    "activation",
    needs=("derivative", "double"),
    effort=None,
    claims=("G-CHECK", "A-RELU-1", "A-ELU-1"),
)
def beside_bends(f: Activation, case: Case) -> None:
    """The derivative agrees with differences on both sides of each known kink and jump, and far beyond them.

    A formula that takes another branch beyond a threshold has a derivative of two branches, too. Ordinary examples
    seldom come to a threshold of 5 or 20.

    The usual mistake is the derivative of one branch alone, such as the sigmoid beside a softplus that is x from
    x = 5 on, or ``x > 0`` beside a ReLU that is clipped at 20.
    """
    bends = sorted({0.0, *(f.traits.kinks or ()), *(f.traits.jumps or ())})
    parts = [(piece, t) for piece in _pieces(bends) for t in _together(piece.places)]
    verdicts = [_judged(f, piece, t, case) for piece, t in parts]
    undecided = verdicts.count(Verdict.INCONCLUSIVE)
    case.state("places", f"{sum(len(t) for _, t in parts)} beside {len(bends)} points")
    if undecided == len(verdicts):
        case.undecided("the differences could not decide")


def _judged(f: Activation, piece: Piece, t: Array, case: Case) -> Verdict:
    from ...checks import check

    def derivative(t: Array) -> Array:
        return np.asarray(f.slope(piece.x(t)) * piece.dx(t))

    report = check(lambda t: f(piece.x(t)), t, derivative=derivative, rng=case.seed)
    if report.verdict is Verdict.FAIL:
        _accuse(f, piece, t, report)
    return report.verdict


def _accuse(f: Activation, piece: Piece, t: Array, report: Report) -> None:
    """Raise what a check found, in terms of x; what is not about the gradient is another law's."""
    wrong = [found for found in report.findings if found.severity is Verdict.FAIL and found.code == "GC101"]
    for found in wrong:
        if not found.index or found.numeric is None:
            raise Violation(found.title, findings=tuple(wrong))
        x, dx = (float(along(t)[found.index]) for along in (piece.x, piece.dx))
        claim, slope = float(np.ravel(f.slope(np.array([x])))[0]), found.numeric / dx
        told, truth = apart(claim, slope)
        raise Violation(f"f'({x:.6g}) is {told}, and differences say {truth}", value=claim, target=slope)


def _pieces(bends: list[float]) -> Iterator[Piece]:
    """Yield the parts of the line that the bends leave."""
    away = np.log(DISTANCES)
    yield Piece(lambda t: bends[0] - np.exp(t), lambda t: -np.exp(t), away)
    for low, high in itertools.pairwise(bends):
        yield Piece(*_between(low, high), SHARES)
    yield Piece(lambda t: bends[-1] + np.exp(t), np.exp, away)


def _between(low: float, high: float) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    return (
        lambda t: low + (high - low) * expit(t),
        lambda t: (high - low) * expit(t) * expit(-t),
    )


def _together(places: Array) -> list[Array]:
    return [places[k : k + TOGETHER] for k in range(0, len(places), TOGETHER)]

r"""Laws of update rules about where the steps lead, on a bowl whose path is known.

.. math:: f(w) = \tfrac{1}{2} \textstyle\sum c_j w_j^2, \qquad w_{t+1} = (1 - h c) \, w_t \quad \text{(plain descent)}
"""

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import Violation, expect
from .._registry import declares
from ..adapters._steps import Array, Run
from ..adapters.optimizer import Optimizer
from ..strategies import choice
from .optimizer import EPS, ULPS

PATIENCE, LITTLE = 20_000, 1e-3
CURVATURE = np.array([1.0, 3.0, 0.5])
START = np.array([1.0, -0.8, 0.6])


@declares(
    "GC706",
    "finds the bottom of a bowl",
    "optimizer",
    needs=("learning rate",),
    effort=None,
    claims=("U-SGD", "U-MOM", "U-NEST", "U-ADAGRAD", "U-RMS", "U-ADAM", "D-LR"),
)
def convergence(rule: Optimizer, case: Case) -> None:
    """On a convex quadratic with a small learning rate the loss falls to less than a thousandth.

    The bowl is 1/2 Σ c w², with curvatures from 0.5 to 3; every rule in use gets down it. A schedule may end before
    that: then its numbers of steps are multiplied by a thousand.

    The usual mistake shows as a loss that stops falling, or rises: a sign, a state that grows, a step that dies out.
    """
    share = _left(rule.plain(learning_rate=0.02), case)
    if share >= LITTLE and rule.counts:
        share = _left(rule.prolonged(learning_rate=0.02), case)
    if share >= LITTLE:
        raise Violation(
            f"after {PATIENCE} steps of learning rate 0.02 the loss is {share:.3g} of the first",
            value=share * _bowl(START),
            target=LITTLE * _bowl(START),
        )


def _left(run: Run, case: Case) -> float:
    """Return the share of the loss that a run leaves, which stops where that is little."""
    w, start = START.copy(), _bowl(START)
    for t in range(PATIENCE):
        w = run.step(w.copy(), CURVATURE * w)
        if not np.isfinite(w).all():
            raise Violation(f"the weights are not finite after {t + 1} steps")
        if _bowl(w) < LITTLE * start:
            case.state("steps to a thousandth", str(t + 1))
            break
    return _bowl(w) / start


@declares(
    "GC710", "swings as its momentum says", "optimizer", needs=("casoratian",), effort=0.5, claims=("U-MOM", "U-NEST")
)
def casoratian(rule: Optimizer, case: Case) -> None:
    r"""On 1/2 c w² the numbers w_{k+1} w_{k-1} - w_k² shrink by μ each step, under Nesterov by μ (1 - h c).

    The weights follow a recursion over two steps; this is the product of its two roots. Nesterov's is the smaller
    one: it looks ahead, and swings less around the bottom of the bowl.

    The usual mistake is the gradient taken, or the velocity added, one step too early or too late.
    """
    mu, h = rule["momentum"], rule["learning_rate"]
    if not 0 < mu < 1:
        case.idle("it has no momentum by default")
    c = float(case.pick("curvature times rate", choice((0.1, 0.3, 0.5)))) / h
    look_ahead = rule.traits.rule == "nesterov"
    factor = mu * (1 - h * c) if look_ahead else mu
    w = [np.array([float(case.pick("start", choice((1.0, -2.0, 10.0))))])]
    run = rule.plain()
    for _ in range(6):
        w.append(run.step(w[-1].copy(), c * w[-1]))
    path = np.concatenate(w)
    found = path[2:] * path[:-2] - path[1:-1] ** 2
    size = np.abs(path[2:] * path[:-2]) + path[1:-1] ** 2
    expect(found[1:], "w w - w²").close_to(factor * found[:-1], scale=size[1:] + size[:-1], ulps=ULPS)


@declares(
    "GC713",
    "too high a learning rate explodes, below it falls",
    "optimizer",
    needs=("plain descent",),
    effort=0.4,
    claims=("U-SGD", "D-LR"),
)
def stability(rule: Optimizer, case: Case) -> None:
    """On 1/2 c w² each step multiplies w by 1 - h c: it falls for h c < 2, and explodes beyond.

    A loss that becomes NaN says that the rate is too high for the steepest direction; one that does not fall, too
    low.

    The usual mistake is a rate that is not the one that was set: a decay of its own, a division by the batch.
    """
    hc = float(case.pick("h c", choice((1.0, 0.5, 1.9, 2.5, 0.01))))
    h, w = 0.1, np.array([1.0, -3.0])
    run, at = rule.plain(learning_rate=h), np.array([1.0, -3.0])
    for t in range(10):
        at = run.step(at, hc / h * at)
        size = np.abs(w) * max(abs(1 - hc), hc, 1.0) ** (t + 1)
        expect(at, f"the weights after {t + 1} steps").within(
            w * (1 - hc) ** (t + 1), allowed=ULPS * (t + 1) * EPS * size
        )


def _bowl(w: Array) -> float:
    return float(0.5 * np.sum(CURVATURE * w**2))

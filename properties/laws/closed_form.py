r"""Laws of update rules whose formula is known: the formula, and what follows from it.

Over the gradients g_1, ..., g_t so far, with V_t = Σ μ^(t-i) g_i:

.. math:: \Delta_{momentum} = -h V_t, \quad \Delta_{Nesterov} = -h (g_t + \mu V_t), \quad
          \Delta_{Adagrad} = -h g_t / \sqrt{\textstyle\sum g_i^2}, \quad
          \Delta_{Adam} = -h \hat m_t / \sqrt{\hat v_t}
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import expect
from .._registry import declares
from ..adapters._rules import step_of
from ..adapters.optimizer import Optimizer
from ..strategies import choice
from .optimizer import EPS, ULPS

STEPS = 5
SHARE = 16.0


@declares(
    "GC703",
    "each step is the closed form of its past",
    "optimizer",
    needs=("closed form",),
    claims=("U-SGD", "U-MOM", "U-NEST", "U-ADAGRAD", "U-RMS", "U-ADAM"),
)
def closed_form(rule: Optimizer, case: Case) -> None:
    """Every one of the first steps is what the rule says, written as a sum over all the gradients so far.

    The recursion in the code and the sum over the past are two ways to say the same; up to the weight of eps, which
    some put under the root.

    The usual mistakes: a state that is updated after it was used, a decay on the wrong term, a missing square.
    """
    assert rule.traits.rule is not None
    w = rule.point(case)
    run, past = rule.of_rule(), []
    for t in range(STEPS):
        past.append(
            rule.point(case, f"grad{t}", rows=(len(w),) * 2, widths=(w.shape[1],) * 2, scales=(1.0, 0.5, 3.0))
        )
        out = run.step(w.copy(), past[-1].copy())
        step, room = step_of(rule.traits.rule, past, w, rule.settings, rule.reach)
        expect(out - w, f"step {t + 1}").within(step, allowed=room + ULPS * EPS * (np.abs(w) + np.abs(step)))
        w = out


@declares(
    "GC704",
    "the first step has the size of the learning rate",
    "optimizer",
    needs=("bias correction",),
    effort=0.5,
    claims=("U-ADAM",),
)
def bias_correction(rule: Optimizer, case: Case) -> None:
    """The first step of Adam is the learning rate, times the sign of the gradient, however large that is.

    Both averages start at 0, and are divided by 1 - beta^t to make up for it: g over the root of g².

    The usual mistake is no correction, or one with t counted from 0: the first step is then three times too large.
    """
    w = rule.point(case)
    size = float(case.pick("size", choice((1.0, 100.0, 0.01, 1e4))))
    g = size * rule.point(case, "grad", rows=(len(w),) * 2, widths=(w.shape[1],) * 2, scales=(1.0,))
    step = rule.plain().step(w.copy(), g) - w
    h = rule["learning_rate"]
    expect(step, "the first step").within(
        -h * np.sign(g), allowed=ULPS * EPS * (np.abs(w) + h) + 2 * h * rule.reach / np.abs(g)
    )


@declares(
    "GC705",
    "does not feel the size of the gradients",
    "optimizer",
    traits=("scale_invariant",),
    claims=("U-ADAGRAD", "U-ADAM", "U-RMS"),
)
def scale_invariance(rule: Optimizer, case: Case) -> None:
    """All the gradients times a > 0 give the same steps, up to the weight of eps.

    Each gradient is divided by the size of those before it, in the same units.

    The usual mistake is a missing root: the steps then shrink as the gradients grow.
    """
    a = float(case.pick("a", choice((2.0, 100.0, 0.5, 0.1))))
    w = other = rule.point(case)
    here, there = rule.plain(), rule.plain()
    h, least, room = rule.settings.get("learning_rate", 1.0), np.inf, 0.0
    loud = max(1.0, 1e3 * rule.reach)
    for t in range(STEPS):
        g = rule.point(case, f"grad{t}", rows=(len(w),) * 2, widths=(w.shape[1],) * 2, scales=(loud,))
        before = w
        w, other = here.step(w.copy(), g.copy()), there.step(other.copy(), a * g)
        least = min(least, min(1.0, a) * float(np.abs(g).min()))
        # Relative to the root that a step is divided by, which is some share of the smallest gradient so far.
        room = room + SHARE * (h + np.abs(w - before)) * rule.reach / least
        expect(other, f"the weights after {t + 1} steps with gradients times {a:g}").within(
            w, allowed=room + ULPS * (t + 1) * EPS * (np.abs(w) + np.abs(before) + h)
        )


@declares(
    "GC709",
    "decay acts on the weights alone",
    "optimizer",
    traits=("decoupled_decay",),
    needs=("weight decay", "learning rate"),
    effort=0.5,
    claims=("U-ADAM", "R-L2"),
)
def decoupled(rule: Optimizer, case: Case) -> None:
    """With weight decay d, a step is that without decay, minus h d w: the decay does not pass through the averages.

    An L2 penalty in the gradient is divided by the gradient's own size, and so hardly decays what is updated often.

    The usual mistake is ``grad += d * w``, which is the penalty and not the decay.
    """
    d, h = float(case.pick("decay", choice((0.1, 0.01, 0.5)))), 0.1
    w = other = rule.point(case)
    plain, decayed = rule.start(learning_rate=h, weight_decay=0.0), rule.start(learning_rate=h, weight_decay=d)
    for t in range(3):
        g = rule.point(case, f"grad{t}", rows=(len(w),) * 2, widths=(w.shape[1],) * 2)
        after = plain.step(w.copy(), g.copy())
        found = decayed.step(other.copy(), g.copy())
        shrunk = found - other - (after - w)
        room = ULPS * EPS * (np.abs(w) + np.abs(other) + np.abs(found))
        expect(shrunk, f"what decay adds to step {t + 1}").within(-h * d * other, allowed=room)
        w, other = after, found


@declares(
    "GC714",
    "steps that are alike do not grow",
    "optimizer",
    traits=("scale_invariant",),
    needs=("steady", "weight by weight"),
    effort=0.4,
    claims=("U-ADAGRAD", "U-RMS", "U-ADAM"),
)
def bounded_steps(rule: Optimizer, case: Case) -> None:
    """Under a gradient that stays the same, an adaptive rule takes steps that do not become larger than the first.

    What it divides by grows, or stays; a constant gradient is no reason to hurry. Rules that hurry by design, such as
    Rprop and Adadelta, are not asked: only what is declared, or named, to be adaptive, and has no number of steps
    among its settings, as a warm-up has.

    The usual mistake is a sum of squares that decays to 0, or bias correction of one average alone.
    """
    w = rule.point(case)
    g = rule.point(case, "grad", rows=(len(w),) * 2, widths=(w.shape[1],) * 2, scales=(1.0,))
    run, sizes = rule.plain(), []
    for _ in range(STEPS):
        before, w = w, run.step(w.copy(), g.copy())
        sizes.append(np.abs(w - before))
    grown = np.max(sizes[1:], axis=0)
    room = 8 * sizes[0] * rule.reach / np.abs(g) + ULPS * EPS * (np.abs(w) + sizes[0])
    expect(grown, "a later step").at_most(sizes[0], allowed=room)

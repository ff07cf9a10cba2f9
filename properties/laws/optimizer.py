r"""Laws of update rules: what a step does, what it must leave alone, and where the steps lead.

Over the gradients g_1, ..., g_t so far, with V_t = Σ μ^(t-i) g_i:

.. math:: \Delta_{momentum} = -h V_t, \quad \Delta_{Nesterov} = -h (g_t + \mu V_t), \quad
          \Delta_{Adagrad} = -h g_t / \sqrt{\textstyle\sum g_i^2}, \quad
          \Delta_{Adam} = -h \hat m_t / \sqrt{\hat v_t}
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import copy

import numpy as np

from .._case import Case
from .._expect import Violation, expect, largest
from .._registry import declares
from ..adapters.optimizer import Array, Optimizer, Run
from ..strategies import choice
from ._rules import step_of

ULPS = 64
EPS = float(np.finfo(float).eps)
STEPS = 5
SHARE = 16.0
PATIENCE = 20_000
CURVATURE = np.array([1.0, 3.0, 0.5])
START = np.array([1.0, -0.8, 0.6])


@declares("GC701", "no gradient, no step", "optimizer", effort=0.4, claims=("U-SGD", "U-ADAGRAD", "U-RMS", "U-ADAM"))
def zero_gradient(rule: Optimizer, case: Case) -> None:
    """From a fresh start, a gradient of 0 leaves the weights exactly as they are, unless they decay.

    The state is 0 at the beginning, and 0 over its root must not be NaN: that is what eps is for.

    The usual mistake is 0/0 in the first step of a rule that divides by the size of past gradients.
    """
    w = rule.point(case)
    decay = {"weight_decay": 0.0} if "weight decay" in rule.abilities else {}
    out = rule.start(**decay).step(w.copy(), np.zeros_like(w))
    expect(out, "the weights after a step without gradient").within(w, allowed=0.0)


@declares("GC702", "the first step goes downhill", "optimizer", effort=0.5, claims=("U-SGD", "U-MOM", "U-NEST"))
def downhill(rule: Optimizer, case: Case) -> None:
    """The first step moves every weight against its gradient.

    There is no past yet that could argue for another direction.

    The usual mistake is a sign: the loss then rises, the faster the better the gradient.
    """
    w, g = rule.point(case), None
    g = rule.point(case, "grad", rows=(len(w), len(w)), widths=(w.shape[1], w.shape[1]))
    decay = {"weight_decay": 0.0} if "weight decay" in rule.abilities else {}
    step = rule.start(**decay).step(w.copy(), g.copy()) - w
    seen = np.abs(step) > ULPS * EPS * np.abs(w)
    if not seen.any():
        raise Violation("the first step does not move any weight")
    expect(np.where(seen, -step * np.sign(g), 0.0), "the step against the gradient").at_least(0.0)


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
    run, past = rule.start(), []
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
    decay = {"weight_decay": 0.0} if "weight decay" in rule.abilities else {}
    step = rule.start(**decay).step(w.copy(), g) - w
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
    here, there = rule.start(), rule.start()
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
    "GC706",
    "finds the bottom of a bowl",
    "optimizer",
    needs=("learning rate",),
    effort=None,
    claims=("U-SGD", "U-MOM", "U-NEST", "U-ADAGRAD", "U-RMS", "U-ADAM", "D-LR"),
)
def convergence(rule: Optimizer, case: Case) -> None:
    """On a convex quadratic with a small learning rate the loss falls to less than a thousandth.

    The bowl is 1/2 Σ c w², with curvatures from 0.5 to 3; every rule in use gets down it.

    The usual mistake shows as a loss that stops falling, or rises: a sign, a state that grows, a step that dies out.
    """
    decay = {"weight_decay": 0.0} if "weight decay" in rule.abilities else {}
    run, w = rule.start(learning_rate=0.02, **decay), START.copy()
    start = _bowl(w)
    for t in range(PATIENCE):
        w = run.step(w.copy(), CURVATURE * w)
        if not np.isfinite(w).all():
            raise Violation(f"the weights are not finite after {t + 1} steps")
        if _bowl(w) < 1e-3 * start:
            case.state("steps to a thousandth", str(t + 1))
            return
    raise Violation(
        f"after {PATIENCE} steps of learning rate 0.02 the loss is {_bowl(w) / start:.3g} of the first",
        value=_bowl(w),
        target=1e-3 * start,
    )


@declares("GC707", "each weight has its own past", "optimizer", effort=0.4, claims=("U-MOM", "U-ADAGRAD", "U-ADAM"))
def own_state(rule: Optimizer, case: Case) -> None:
    """Two parameters side by side in one array move as each would alone, and two runs do not disturb each other.

    The state belongs to a weight: not to the rule, and not to all of the weights.

    The usual mistake is a state that is a class attribute or a default argument, or a norm over all the weights.
    """
    w = rule.point(case, widths=(2, 5))
    cut = 1
    whole, left, right = rule.start(), rule.start(), rule.start()
    together, one, two = w.copy(), w[:, :cut].copy(), w[:, cut:].copy()
    for t in range(3):
        g = rule.point(case, f"grad{t}", rows=(len(w),) * 2, widths=(w.shape[1],) * 2)
        together = whole.step(together, g.copy())
        one = left.step(one, g[:, :cut].copy())
        two = right.step(two, g[:, cut:].copy())
        alone = np.concatenate([one, two], axis=1)
        expect(together, f"the weights after {t + 1} steps").close_to(
            alone, scale=np.abs(alone) + largest(w), ulps=ULPS
        )


@declares("GC708", "a run can be stopped and resumed", "optimizer", needs=("state",), effort=0.3)
def resumable(rule: Optimizer, case: Case) -> None:
    """A copy of the state, taken after some steps, goes on exactly as the original does.

    Everything that the next step depends on is in the state; a checkpoint is enough.

    The usual mistake is a counter or a buffer outside the state, which the copy shares and the original then changes.
    """
    w = rule.point(case)
    run = rule.start()
    for t in range(2):
        w = run.step(w, rule.point(case, f"grad{t}", rows=(len(w),) * 2, widths=(w.shape[1],) * 2))
    stored, at = copy.deepcopy(run.state), w.copy()
    g = np.ones_like(w)
    first = run.step(w.copy(), g.copy())
    run.step(first.copy(), -g)
    again = Run(run.call, stored).step(at.copy(), g.copy())
    expect(again, "the step after resuming").within(first, allowed=0.0)


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
    run = rule.start()
    for _ in range(6):
        w.append(run.step(w[-1].copy(), c * w[-1]))
    path = np.concatenate(w)
    found = path[2:] * path[:-2] - path[1:-1] ** 2
    size = np.abs(path[2:] * path[:-2]) + path[1:-1] ** 2
    expect(found[1:], "w w - w²").close_to(factor * found[:-1], scale=size[1:] + size[:-1], ulps=ULPS)


@declares(
    "GC711",
    "proportional to the learning rate",
    "optimizer",
    needs=("learning rate",),
    effort=0.4,
    claims=("D-LR", "D-RATIO"),
)
def proportional(rule: Optimizer, case: Case) -> None:
    """Twice the learning rate, twice the first step. So the ratio of update to weights is set by one number.

    From the first gradient alone, every rule makes a direction, and the learning rate is how far to go.

    The usual mistake is the rate applied twice: inside the velocity, and when the velocity is added.
    """
    a = float(case.pick("a", choice((2.0, 0.5, 10.0))))
    w = rule.point(case)
    g = rule.point(case, "grad", rows=(len(w),) * 2, widths=(w.shape[1],) * 2)
    one, other = (rule.start(learning_rate=h).step(w.copy(), g.copy()) - w for h in (0.01, a * 0.01))
    expect(other, f"the first step of {a:g} times the rate").close_to(
        a * one, scale=np.abs(w) + np.abs(a * one), ulps=ULPS * (1 + a)
    )


@declares("GC712", "keeps the shape, and the digits", "optimizer", effort=None)
def form_kept(rule: Optimizer, case: Case) -> None:
    """The new weights have the shape of the old ones, from a number to a kernel, and no fewer digits.

    Where a step widens float32 to float64 that is noted: it is no mistake of the rule, yet the net is twice as large
    after the first update. A state made with ``np.zeros(shape)`` does that, or ``np.sqrt(1 - beta2**t)``, a NumPy
    number, as a factor.

    The usual mistake is a state of a fixed shape, which broadcasts the weights to its own.
    """
    for shape in ((), (3,), (2, 3), (2, 1, 2, 2)):
        for dtype in (np.float64, np.float32):
            w = np.full(shape, 0.5, dtype)
            run = rule.start()
            for _ in range(2):
                out = run.step(w.copy(), np.full(shape, 0.25, dtype))
                if out.shape != shape or np.result_type(out, w) != out.dtype or out.dtype.kind != "f":
                    raise Violation(f"weights of {w.dtype} and shape {shape} become {out.dtype} of shape {out.shape}")
                if out.dtype != dtype:
                    case.state("weights of float32", f"become {out.dtype}")


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
    run, at = rule.start(learning_rate=h), np.array([1.0, -3.0])
    for t in range(10):
        at = run.step(at, hc / h * at)
        size = np.abs(w) * max(abs(1 - hc), hc, 1.0) ** (t + 1)
        expect(at, f"the weights after {t + 1} steps").within(
            w * (1 - hc) ** (t + 1), allowed=ULPS * (t + 1) * EPS * size
        )


@declares(
    "GC714",
    "steps that are alike do not grow",
    "optimizer",
    traits=("scale_invariant",),
    effort=0.4,
    claims=("U-ADAGRAD", "U-RMS", "U-ADAM"),
)
def bounded_steps(rule: Optimizer, case: Case) -> None:
    """Under a gradient that stays the same, an adaptive rule takes steps that do not become larger than the first.

    What it divides by grows, or stays; a constant gradient is no reason to hurry.

    The usual mistake is a sum of squares that decays to 0, or bias correction of one average alone.
    """
    w = rule.point(case)
    g = rule.point(case, "grad", rows=(len(w),) * 2, widths=(w.shape[1],) * 2, scales=(1.0,))
    decay = {"weight_decay": 0.0} if "weight decay" in rule.abilities else {}
    run, sizes = rule.start(**decay), []
    for _ in range(STEPS):
        before, w = w, run.step(w.copy(), g.copy())
        sizes.append(np.abs(w - before))
    grown = np.max(sizes[1:], axis=0)
    room = 8 * sizes[0] * rule.reach / np.abs(g) + ULPS * EPS * (np.abs(w) + sizes[0])
    expect(grown, "a later step").at_most(sizes[0], allowed=room)


def _bowl(w: Array) -> float:
    return float(0.5 * np.sum(CURVATURE * w**2))

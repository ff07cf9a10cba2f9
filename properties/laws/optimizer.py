"""Laws of update rules that hold of each of them: what a step does, and what it must leave alone."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import copy

import numpy as np

from .._case import Case
from .._expect import Violation, expect, largest
from .._registry import declares
from ..adapters._steps import Array, Run
from ..adapters.optimizer import SEVERAL, Optimizer
from ..strategies import choice

SILENT = 3000
"""Steps without a gradient: the mean of a thousand gradients is forgotten after as many times three."""

ULPS = 64
EPS = float(np.finfo(float).eps)


@declares("GC701", "no gradient, no step", "optimizer", effort=0.4, claims=("U-SGD", "U-ADAGRAD", "U-RMS", "U-ADAM"))
def zero_gradient(rule: Optimizer, case: Case) -> None:
    """From a fresh start, a gradient of 0 leaves the weights exactly as they are, unless they decay.

    The state is 0 at the beginning, and 0 over its root must not be NaN: that is what eps is for.

    The usual mistake is 0/0 in the first step of a rule that divides by the size of past gradients.
    """
    w = rule.point(case)
    out = rule.undecayed().step(w.copy(), np.zeros_like(w))
    expect(out, "the weights after a step without gradient").within(w, allowed=0.0)


@declares("GC702", "the first step goes downhill", "optimizer", effort=0.5, claims=("U-SGD", "U-MOM", "U-NEST"))
def downhill(rule: Optimizer, case: Case) -> None:
    """The first step moves every weight against its gradient.

    There is no past yet that could argue for another direction.

    The usual mistake is a sign: the loss then rises, the faster the better the gradient.
    """
    w, g = rule.point(case), None
    g = rule.point(case, "grad", rows=(len(w), len(w)), widths=(w.shape[1], w.shape[1]))
    step = rule.undecayed().step(w.copy(), g.copy()) - w
    seen = np.abs(step) > ULPS * EPS * np.abs(w)
    if not seen.any():
        raise Violation("the first step does not move any weight")
    expect(np.where(seen, -step * np.sign(g), 0.0), "the step against the gradient").at_least(0.0)


@declares("GC707", "each weight has its own past", "optimizer", effort=0.4, claims=("U-MOM", "U-ADAGRAD", "U-ADAM"))
def own_state(rule: Optimizer, case: Case) -> None:
    """Parameters side by side, in an array, a dictionary or a list, move as each would alone, and so do two runs.

    The state belongs to a weight: not to the rule, not to all of the weights, and not to those of one shape; and a
    step is one, however many parameters it has. A limit of the gradient is taken away where a setting is called
    ``max_norm``, ``clip``, ...; a rule that is meant to scale a step by a norm over all the weights is declared
    ``separable=False``: then the law is about two runs.

    The usual mistake is a state that is a class attribute or a default argument, a norm over all the weights, or a
    counter in the loop over the parameters.
    """
    w = rule.point(case, widths=(3, 5))
    if "weight by weight" not in rule.abilities:
        _two_runs(rule, case, w)
        return
    cuts = [slice(0, 1), slice(1, 2), slice(2, None)]
    whole, beside, runs = rule.unlimited(), rule.unlimited(), [rule.unlimited() for _ in cuts]
    together, apart = w.copy(), [w[:, cut].copy() for cut in cuts]
    others = [part.copy() for part in apart]
    for t in range(3):
        g = rule.point(case, f"grad{t}", rows=(len(w),) * 2, widths=(w.shape[1],) * 2)
        grads = [g[:, cut] for cut in cuts]
        together = whole.step(together, g.copy())
        apart = [run.step(part, grad.copy()) for run, part, grad in zip(runs, apart, grads, strict=True)]
        alone = np.concatenate(apart, axis=1)
        scale = np.abs(alone) + largest(w)
        expect(together, f"the weights after {t + 1} steps").close_to(alone, scale=scale, ulps=ULPS)
        if SEVERAL in rule.abilities:
            others = beside.beside(others, [grad.copy() for grad in grads])
            found = _columns(others, apart)
            expect(found, f"three parameters after {t + 1} steps").close_to(alone, scale=scale, ulps=ULPS)


def _two_runs(rule: Optimizer, case: Case, w: Array) -> None:
    """Hold two runs of the same weights and gradients, step by step, against each other."""
    runs = [rule.start(), rule.start()]
    one = other = w
    for t in range(3):
        g = rule.point(case, f"grad{t}", rows=(len(w),) * 2, widths=(w.shape[1],) * 2)
        one, other = (run.step(at.copy(), g.copy()) for run, at in zip(runs, (one, other), strict=True))
        expect(other, f"the weights of a second run after {t + 1} steps").within(one, allowed=0.0)


def _columns(parts: list[Array], alone: list[Array]) -> Array:
    """Return the parts side by side."""
    for part, other in zip(parts, alone, strict=True):
        if part.shape != other.shape:
            raise Violation(f"a parameter of shape {other.shape} beside others becomes one of {part.shape}")
    return np.concatenate(parts, axis=1)


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


@declares("GC717", "decay pulls the weights to 0", "optimizer", needs=("weight decay",), effort=0.3, claims=("R-L2",))
def decay_pulls(rule: Optimizer, case: Case) -> None:
    """With weight decay and no gradient, the first step moves each weight towards 0.

    Beside the step or through the gradient: a weight that nothing asks for becomes smaller.

    The usual mistake is a setting that is never read, or its sign.
    """
    d = float(case.pick("decay", choice((0.1, 0.01, 0.5))))
    w = rule.point(case)
    rate = {"learning_rate": 0.1} if "learning rate" in rule.abilities else {}
    step = rule.start(weight_decay=d, **rate).step(w.copy(), np.zeros_like(w)) - w
    if not step.any():
        raise Violation(f"a weight decay of {d:g} does not move any weight")
    expect(-step * np.sign(w), "the step towards 0").at_least(0.0)


@declares("GC716", "keeps no array of the caller's", "optimizer", effort=0.3, claims=("U-MOM",))
def own_arrays(rule: Optimizer, case: Case) -> None:
    """One array for all the gradients, filled anew before each step, gives the same steps as fresh arrays.

    A layer writes its gradient into the same array at every backward.

    The usual mistake is ``self.v = grad`` in the first step, without a copy: the velocity is then the next gradient.
    """
    w = other = rule.point(case)
    fresh, reused, buffer = rule.start(), rule.start(), np.empty_like(w)
    for t in range(3):
        buffer[...] = g = rule.point(case, f"grad{t}", rows=(len(w),) * 2, widths=(w.shape[1],) * 2)
        w, other = fresh.step(w.copy(), g.copy()), reused.step(other.copy(), buffer)
        expect(other, f"the weights after {t + 1} gradients in one array").within(w, allowed=0.0)


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


@declares(
    "GC715",
    "the past fades",
    "optimizer",
    needs=("weight by weight",),
    effort=None,
    claims=("U-MOM", "U-RMS", "U-ADAM"),
)
def fading(rule: Optimizer, case: Case) -> None:
    r"""After one gradient and then none, no step is larger than the first, unless the rate rises.

    A direction must not be remembered longer than the size it is divided by: Adam's :math:`\beta_1^2` is below
    :math:`\beta_2`, and its theory asks for that. Else the quotient grows where the gradient has long been 0. A rate
    that rises, as in a warm-up, shows where the gradient goes on: there the same step is larger still. The last of
    3000 steps is no exception.

    The usual mistake is beta1 and beta2 in each other's place, or a velocity that is multiplied by more than 1.
    """
    (first, *later), room = _steps(rule, 0.0)
    steps = np.array(later)
    expect(steps[-1], f"step {SILENT}, long without a gradient,").at_most(first, allowed=room)
    if (steps > first + room).any():
        (_, *onward), more = _steps(rule, 1.0)
        expect(steps, "a step without a gradient").at_most(np.maximum(onward, first), allowed=room + more)
    case.state("steps without a gradient", str(SILENT))


def _steps(rule: Optimizer, later: float) -> tuple[Array, float]:
    """Return the sizes of all steps under a gradient of 1 and `later` ones, and what rounding may change of them."""
    run, path = rule.undecayed(), [0.0]
    for t in range(SILENT + 1):
        path.append(float(run.step(np.full(1, path[-1]), np.full(1, later if t else 1.0))[0]))
    return np.abs(np.diff(path)), ULPS * EPS * float(np.abs(path).max())


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

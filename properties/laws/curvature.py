"""Laws of activations about their graph as a whole: how it bends, where it goes, what it lets through on average."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import Violation, epsilon, expect
from .._registry import declares
from ..adapters.activation import Activation
from ..strategies import choice, tensors
from .activation import ORDINARY, ULPS

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(120)
"""Gauss-Hermite quadrature: the mean over a standard normal input."""

FAR = (1e3, 1e4, 1e6)
STEPS = 20


@declares("GC515", "convex", "activation", traits=("convex",), claims=("A-RELU-1", "A-LRELU-1", "A-ELU-1"))
def convex(f: Activation, case: Case) -> None:
    """Halfway between two inputs the value is at most the mean of the two values: no chord lies below the graph.

    ReLU and its relatives bend upwards only; a sum of them with positive weights does too.

    The usual mistake is a branch that is flatter on the right than on the left.
    """
    x, y = case.array("x", tensors((3, 2), **ORDINARY)), case.array("y", tensors((3, 2), **ORDINARY))
    if (x == y).all():
        case.idle("both points were the same")
    ends = f(x), f(y)
    size = np.abs(ends[0]) + np.abs(ends[1]) + np.abs(x) + np.abs(y) + f.size
    expect(f((x + y) / 2), "f((x + y) / 2)").at_most((ends[0] + ends[1]) / 2, allowed=ULPS * epsilon(x) * size)


@declares(
    "GC516", "approaches its asymptotes", "activation", traits=("asymptotes",), effort=None, claims=("A-ELU-1",)
)
def asymptotes(f: Activation, case: Case) -> None:
    """Far out the function comes as close to a line as its distance from it shrinks: f(x) - (a x + b) tends to 0.

    A unit saturates where the slope of that line is 0, and passes its input on where it is 1; its derivative tends to
    that slope.

    The usual mistake is the wrong level of saturation: -1 in place of -alpha; of the derivative, an exponential that
    underflows or overflows far out.
    """
    for sign, line in zip((-1.0, 1.0), f.traits.asymptotes or (), strict=True):
        x = sign * np.array(FAR)
        a, b = line
        gap = np.abs(f(x) - (a * x + b))
        # 1/x is the slowest approach in use (softsign); what is left of it falls with x.
        room = 2 * (1 + abs(b)) / np.abs(x) + ULPS * epsilon(x) * (np.abs(a * x) + abs(b) + f.size)
        expect(gap, f"the distance to {a:g} x + {b:g}").at_most(room)
        if f.derivative is not None:
            expect(f.slope(x), "f'(x) far out").within(np.full(x.shape, a), allowed=room / np.abs(x) + 1e-3)
        case.state(f"on the {'left' if sign < 0 else 'right'}", f"{a:g} x + {b:g}")


@declares(
    "GC517", "its slopes at the kinks are the declared ones", "activation", traits=("kink_slopes",), effort=None
)
def kink_slopes(f: Activation, case: Case) -> None:
    """Just left and right of each kink the function rises as declared; the derivative there lies between the two.

    At the kink itself any value between the slopes is a subgradient.

    The usual mistake is a derivative of 0.5 where 0 and 1 meet at another level.
    """
    for kink, (left, right) in zip(f.traits.kinks or (), f.traits.kink_slopes or (), strict=True):
        h = 1e-6 * max(1.0, abs(kink))
        at, below, above = f(np.array([kink, kink - h, kink + h]))
        rises = (at - below) / h, (above - at) / h
        room = 8 * ULPS * epsilon(np.zeros(1)) * (abs(float(at)) + f.size + abs(kink)) / h + 1e-4
        for side, found, told in zip(("left", "right"), rises, (left, right), strict=True):
            expect(found, f"the slope {side} of {kink:g}").within(told, allowed=room * (1 + abs(told)))
        case.state(f"at {kink:g}", f"from {left:g} to {right:g}")
        if f.derivative is not None:
            slope = float(np.asarray(f.slope(np.array([kink])))[0])
            expect(slope, f"f'({kink:g})").at_least(min(left, right), allowed=1e-9)
            expect(slope, f"f'({kink:g})").at_most(max(left, right), allowed=1e-9)


@declares(
    "GC518",
    "closer to mean 0 than without its negative half",
    "activation",
    needs=("two signs",),
    effort=None,
    claims=("A-ELU-2", "A-TANH-1", "A-LRELU-1"),
)
def mean_shift(f: Activation, case: Case) -> None:
    """For standard normal input the mean of the output is nearer to 0 than that of its positive part alone.

    What the unit gives below 0 makes up for some of what it gives above. ReLU gives nothing below, and has mean 0.4.

    The usual mistake is a negative side that outweighs the positive one.
    """
    share = WEIGHTS / WEIGHTS.sum()
    y = f(NODES)
    kept = np.isfinite(y)
    mean, upper = float(share[kept] @ y[kept]), float(share[kept] @ np.maximum(y[kept], 0.0))
    case.state("mean for standard normal input", f"{mean:.3f}, of the positive part {upper:.3f}")
    expect(abs(mean), "the size of the mean").at_most(upper, allowed=1e-12 * upper)


@declares(
    "GC519",
    "positive outputs give gradients of one sign",
    "activation",
    needs=("one sign",),
    effort=0.4,
    claims=("A-SIG-3", "A-RELU-2"),
)
def zigzag(f: Activation, case: Case) -> None:
    """In a linear unit behind it, the gradients of all weights share the sign of the upstream, for every example.

    The gradient of w_i is the upstream times f(x_i), and no f(x_i) is negative. So all the weights can only rise
    together or fall together, and reach a mixed goal in a zig-zag.

    The usual mistake is to call a function positive that dips below 0, such as silu.
    """
    x = case.array("x", tensors(**ORDINARY))
    upstream = float(case.pick("upstream", choice((1.0, -2.0))))
    gradient = upstream * f(x)
    room = ULPS * epsilon(x) * f.size * abs(upstream)
    expect(np.sign(upstream) * gradient, "the gradient of a weight, over the sign of the upstream").at_least(
        0.0, allowed=room
    )


@declares("GC525", "a dead unit stays dead", "activation", needs=("dead side",), effort=0.3, claims=("A-RELU-3",))
def dead_unit(f: Activation, case: Case) -> None:
    """A unit whose inputs to the activation are all negative gets no gradient, and no step of training changes it.

    Value and slope are exactly 0 on the left; so its weights stay, and with them the negative inputs.

    The usual mistake is to expect the unit to recover. A slightly positive bias makes fewer units start like that.
    """
    x = np.abs(case.array("x", tensors(rows=(2, 6), widths=(1, 4), scales=(1.0, 0.1), locs=(1.0, 0.0))))
    w, b = -np.ones(x.shape[1]), -0.01
    start, at = w.copy(), b
    for _ in range(STEPS):
        z = x @ w + b
        upstream = (f(z) - 1.0) * np.asarray(f.slope(z))  # of half the squared distance to 1
        w, b = w - 0.5 * upstream @ x, b - 0.5 * float(upstream.sum())
    if not (np.array_equal(w, start) and b == at):
        raise Violation(f"after {STEPS} steps a weight has moved by {float(np.abs(w - start).max()):.3g}")

r"""Laws of initializers about the matrix itself: orthogonal, sparse, cut off, and what it does in a deep net.

.. math:: Q^T Q = g^2 I, \qquad E[\tanh(z)^2] \le E[z^2]
"""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import itertools
import math

import numpy as np

from .._case import Case
from .._empirical import empirical_limit
from .._expect import Violation, epsilon, expect
from .._registry import declares
from .._statistics import FALSE_ALARM, variance_band
from ..adapters.initializer import Array, Initializer
from .initializer import _sizes_and_seed

ZEROS_OF = (120, 60)
FEW = 2
"""Zeros that may be chance: on a grid of 2**23 numbers, as generators of float32 have, three are one in 10**10."""

RUN = 16
DEPTH = 8
WIDE = 256


@declares(
    "GC408", "rows or columns are orthogonal", "initializer", traits=("orthogonal",), effort=0.5, claims=("W-XAVIER",)
)
def orthogonal(init: Initializer, case: Case) -> None:
    """The columns are orthogonal and of one length, or the rows where those are fewer: Q'Q = g² I.

    Such a layer keeps the length of every signal, and not only on average.

    The usual mistake is Q of a QR decomposition of the transposed shape, or the gain squared.
    """
    fan_in, fan_out, seed = _sizes_and_seed(case)
    w = np.asarray(init(fan_in, fan_out, seed), dtype=np.float64)
    gram = w.T @ w if fan_in >= fan_out else w @ w.T
    gain = float(init.traits.orthogonal or 1.0)
    room = 64 * epsilon(init(fan_in, fan_out, seed)) * max(w.shape) * gain**2
    expect(gram, "an entry of Q'Q").within(gain**2 * np.eye(len(gram)), allowed=room)


@declares("GC415", "no entry beyond its bound", "initializer", traits=("bound",), effort=None, claims=("W-XAVIER",))
def cut_off(init: Initializer, case: Case) -> None:
    """No entry is larger than the declared bound, and only a few are equal to it.

    Cutting off the tails keeps single weights from saturating a unit at the start.

    The usual mistake is to clip: the tails then pile up at the bound, where redrawing spreads them.
    """
    assert init.traits.bound is not None
    for fan_in, fan_out in ((480, 120), (120, 480)):
        w = np.abs(init.entries(case, fan_in, fan_out, 4 * fan_in * fan_out))
        bound = init.traits.bound(fan_in, fan_out)
        expect(w.max(), "the largest entry").at_most(bound, allowed=1e-6 * bound)
        piled = float(np.mean(w >= bound * (1 - 1e-9)))
        expect(piled, "the share of entries at the bound").at_most(0.001)


@declares("GC417", "each unit has the declared share of zeros", "initializer", traits=("sparsity",), effort=0.5)
def sparse(init: Initializer, case: Case) -> None:
    """In every column the declared share of entries, rounded up to a whole number, is exactly 0.

    Each unit listens to the same number of inputs; which ones, differs from unit to unit.

    The usual mistake is a random mask: the number of zeros then varies from unit to unit.
    """
    fan_in, fan_out, seed = _sizes_and_seed(case)
    w, declared = init(fan_in, fan_out, seed), init.traits.sparsity
    share = declared(fan_in, fan_out) if callable(declared) else float(declared or 0.0)
    zeros = np.count_nonzero(w == 0, axis=0)
    # A share such as 1 - 15/40 is a rounded number, and 40 times that may lie just above 25.
    expect(zeros, "the number of zeros of a unit").within(math.ceil(share * fan_in * (1 - 1e-12)), allowed=0.0)


@declares("GC424", "no unexplained zeros", "initializer", needs=("dense",), effort=None, claims=("W-ZERO",))
def no_zeros(init: Initializer, case: Case) -> None:
    """No weight is exactly 0: a continuous distribution has no value twice, and none at all with any share.

    A connection of weight 0 is none until its first update, and a layer with half of them is half as wide. Where that
    is meant, ``sparsity=0.5`` says so.

    The usual mistake is a mask for dropout, or a ReLU, that found its way into the weights.
    """
    w = init(*ZEROS_OF, int(case.generator().integers(2**31)))
    count = int(np.count_nonzero(w == 0))
    case.state("sample size", f"{w.size} entries")
    case.state("false-alarm rate", f"{FALSE_ALARM:g}")
    if count > FEW:
        raise Violation(f"{count} of {w.size} weights are exactly 0", value=count, target=0)


@declares("GC416", "the identity", "initializer", traits=("identity",), effort=0.3)
def identity(init: Initializer, case: Case) -> None:
    """Ones on the diagonal and exact zeros beside it, also where the two sizes differ: what goes in comes out.

    A recurrent net that starts there carries its state on unchanged, and a residual branch adds nothing new.

    The usual mistake is to reshape a square identity, which is not one for other sizes.
    """
    fan_in, fan_out, seed = _sizes_and_seed(case)
    expect(init(fan_in, fan_out, seed), "an entry").within(np.eye(fan_in, fan_out), allowed=0.0)


@declares(
    "GC418",
    "entries do not know of each other",
    "initializer",
    needs=("distribution",),
    effort=None,
    claims=("W-XAVIER", "W-HE"),
)
def uncorrelated(init: Initializer, case: Case) -> None:
    r"""Neighbours in a row and in a column are uncorrelated, and no run of sixteen numbers comes twice.

    Of n independent products of two strictly sub-Gaussian numbers of variance 1, such as normal or uniform ones, the
    mean is beyond t with probability at most 2 exp(-n t² / (2 (1 + t))).

    The usual mistake is a matrix that is filled from too short a stream of numbers, which then repeats.
    """
    fan_in, fan_out = 480, 120
    w = np.asarray(init(fan_in, fan_out, int(case.generator().integers(2**31))), dtype=np.float64)
    spread = init.variance(fan_in, fan_out)
    pairs = {
        "in a row": w[:, ::2] * w[:, 1::2],
        "in a column": w[::2] * w[1::2],
        "a quarter apart": w[:120] * w[120:240],
    }
    case.state("false-alarm rate", f"{FALSE_ALARM:g}")
    for where, product in pairs.items():
        limit = _correlation_limit(product / spread, init.claimed, FALSE_ALARM / len(pairs))
        case.state("power", f"would see a correlation of {2 * limit:.2g} with probability 0.999")
        expect(float(product.mean()) / spread, f"the correlation {where}").within(0.0, allowed=limit)
    _refuse_repeats(w.reshape(-1), "row by row")
    _refuse_repeats(w.T.reshape(-1), "column by column")


def _refuse_repeats(stream: Array, how: str) -> None:
    """Raise where a run of numbers comes twice: by chance it does not, were there no more than twenty numbers."""
    runs = np.lib.stride_tricks.sliding_window_view(stream, RUN)
    _, first = np.unique(np.ascontiguousarray(runs).view(f"V{runs.itemsize * RUN}"), return_index=True)
    again = np.setdiff1d(np.arange(len(runs)), first)
    if again.size:
        at = int(again[0])
        raise Violation(f"read {how}, the {RUN} numbers from number {at} on were there before: the stream repeats")


def _correlation_limit(product: Array, claimed: str | None, rate: float) -> float:
    if claimed is None:
        return empirical_limit(product, rate)
    n, log = product.size, math.log(2 / rate)
    return (log + math.sqrt(log**2 + 2 * n * log)) / n


@declares("GC419", "equal neurons stay equal", "initializer", needs=("constant",), effort=None, claims=("W-ZERO",))
def symmetry(init: Initializer, case: Case) -> None:
    """In a net whose layers start at a constant all hidden units are equal, and stay so, step after step.

    Equal units get equal gradients, bit for bit: the width of the layer is lost. This is what randomness is for.

    The usual mistake is to start weights at 0 because biases do.
    """
    rng = case.generator(1)
    x, target = rng.standard_normal((8, 3)), rng.standard_normal((8, 1))
    w1, w2 = (np.array(init(*shape, 0), dtype=np.float64) for shape in ((3, 4), (4, 1)))
    for _ in range(10):
        h = np.tanh(x @ w1)
        delta = (h @ w2 - target) / len(x)
        w1, w2 = w1 - 0.1 * x.T @ (delta @ w2.T * (1 - h**2)), w2 - 0.1 * h.T @ delta
    spread = np.ptp(w1, axis=1).max()
    expect(float(spread), "the spread between the hidden units").within(0.0, allowed=64 * np.finfo(float).eps)


@declares("GC420", "fades in a deep net", "initializer", needs=("small",), effort=None, claims=("W-SMALL",))
def fades(init: Initializer, case: Case) -> None:
    """Where width times variance is well below 1, the spread of the activations falls by that factor at every layer.

    tanh makes nothing larger, and each layer multiplies the mean square by fan_in var(w). The gradients shrink with
    it.

    The usual mistake is to judge an initialization by a net of two layers, where it is fine.
    """
    sizes = _spreads(init, case, np.tanh)
    gain = WIDE * init.variance(WIDE, WIDE)
    band = variance_band(WIDE, "normal", FALSE_ALARM / DEPTH)
    for layer, (before, after) in enumerate(itertools.pairwise(sizes)):
        expect(after / before, f"the factor of layer {layer + 1}").at_most(gain * band.high * 1.5)
    case.state("spread after the last layer", f"{math.sqrt(sizes[-1] / sizes[0]):.2g} of the first")


@declares("GC421", "saturates in a deep net", "initializer", needs=("big",), effort=None, claims=("W-BIG",))
def saturates(init: Initializer, case: Case) -> None:
    """Where width times variance is 100 or more, most tanh units of a deep net are beyond 0.99, and pass no gradient.

    A normal number of standard deviation 10 is within ±2.65, where tanh is 0.99, in one case of five.

    The usual mistake is a standard deviation of 1 for every layer, whatever its width.
    """
    h = _signal(init, case, np.tanh)
    share = float(np.mean(np.abs(h[-1]) > 0.99))
    case.state("share beyond 0.99", f"{share:.2f}")
    expect(share, "the share of saturated units").at_least(0.5)


def _signal(init: Initializer, case: Case, f: np.ufunc) -> list[Array]:
    h = [case.generator(3).standard_normal((WIDE, WIDE))]
    for layer in range(DEPTH):
        h.append(f(h[-1] @ np.asarray(init(WIDE, WIDE, layer))))
    return h


def _spreads(init: Initializer, case: Case, f: np.ufunc) -> list[float]:
    sizes = [float(np.mean(h**2)) for h in _signal(init, case, f)]
    if not all(sizes):
        raise Violation("the signal is exactly 0")
    return sizes

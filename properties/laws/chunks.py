"""Laws of steps that learn in pieces: the pieces, in any order, say what the whole says."""

# ruff: noqa: D401 -- the docstring of a law is a statement, not a command

from __future__ import annotations

import numpy as np

from .._case import Case
from .._expect import epsilon, expect, largest
from .._registry import declares
from ..adapters._fitted import Array, Fitted
from ..adapters.preprocessor import ROTATABLE, Preprocessor
from ..strategies import choice
from ._spectrum import BLURRED, ULPS, clear_spectrum
from .preprocessor import rounding

PIECES = (2, 3, 5)
ORDERS = tuple(range(6))


@declares(
    "GC317",
    "chunks say what the whole says",
    "preprocessor",
    needs=("partial fit",),
    effort=0.5,
    claims=("P-TRAIN",),
)
def chunks(step: Preprocessor, case: Case) -> None:
    """Fed in chunks, in any order, `partial_fit` learns what `fit` learns from all of the data.

    So data that do not fit into memory have the same statistics.

    The usual mistake is the mean of the means of chunks that are not of one size, or a variance without the spread
    between the chunks.
    """
    x, pieces = _pieces(step, case)
    made = step.make()
    for piece in pieces:
        made.partial_fit(piece)
    _agree(step, case, Fitted(made), x, "the output after chunks")


@declares(
    "GC318",
    "two that learned apart merge into one",
    "preprocessor",
    needs=("merge",),
    effort=0.5,
    claims=("P-TRAIN",),
)
def merged(step: Preprocessor, case: Case) -> None:
    """Steps that were fitted to parts of the data, and merged in any order, know what one knows that saw them all.

    Parts can then be learned from side by side.

    The usual mistake is to forget how many examples each has seen.
    """
    x, (first, *others) = _pieces(step, case)
    whole = step.fit(first)
    for piece in others:
        whole.step.merge(step.fit(piece).step)
    _agree(step, case, whole, x, "the output after merging")


def _pieces(step: Preprocessor, case: Case) -> tuple[Array, list[Array]]:
    """Return data, and their rows in pieces of different sizes and in another order."""
    x = step.data(case, structures=ROTATABLE)
    count, order = int(case.pick("pieces", choice(PIECES))), int(case.pick("order", choice(ORDERS)))
    rng = case.generator(order)
    cuts = np.sort(rng.choice(np.arange(1, len(x)), size=count - 1, replace=False))
    pieces = np.split(x, cuts)
    return x, [pieces[k] for k in rng.permutation(count)]


def _agree(step: Preprocessor, case: Case, learned: Fitted, x: Array, name: str) -> None:
    whole = step.fit(x)
    target, found = whole.transform(x), learned.transform(x)
    if "featurewise" in step.abilities or step.image:
        deviation = x - x.mean(axis=0)
        spread = np.maximum(np.sqrt((deviation**2).mean(axis=0)), np.finfo(float).tiny)
        # A variance taken as the mean square minus the squared mean loses the square of the offset over the spread.
        blur = ULPS * epsilon(x) * len(x) * (1 + (largest(x, 0)[0] / spread) ** 2)
        clear = blur < BLURRED
        if not clear.any():
            case.idle("rounding hides what the law says")
        room = np.broadcast_to(blur * largest(target) + 2 * rounding(whole, x, target), target.shape)
        expect(found[..., clear] if x.ndim == 2 else found, name).within(
            target[..., clear] if x.ndim == 2 else target, allowed=room[..., clear] if x.ndim == 2 else room
        )
        return
    # Directions of equal variance may turn, and each may change its sign: products of examples do not.
    spectrum = clear_spectrum(x, step, case)
    gram, other = (z @ z.T for z in (target, found))
    expect(other, f"a product of two rows of {name}").within(
        gram, allowed=len(x) * largest(gram) * (4 * spectrum.room + 1e-12)
    )

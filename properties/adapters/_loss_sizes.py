"""What a call of a loss looks like where the usual one is refused, or broadcasts: pairs of rows, halves, a column.

    |z_2i - z_2i+1|²                           pairs: an even number of rows
    (t - mu)² e^-v + v, (mu, v) = halves       an even number of columns, and a target half as wide
    (t - p[:, :1])²                            a target of one column; of shape (N,) it is N x N differences

What was found stands for an example: the suite draws predictions of that size alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ._priced import one_by_one
from ._targets import CANDIDATES, SIZES, TRIAL, found_targets, target_of
from ._trial import own, tried

Array = NDArray[Any]
Function = Callable[..., Any]

WIDTHS = (2, 5)


@dataclass(frozen=True)
class Form:
    """What a target is, and the shapes of both where not every size will do; ``column``: it has one, however many.

    ``widths`` are those of the predictions that are drawn.
    """

    targets: str
    shape: tuple[int, ...] | None = None
    target_shape: tuple[int, ...] | None = None
    column: bool = False
    widths: tuple[int, int] = WIDTHS


def form_of(name: str, value: Function, targets: str | None) -> Form:
    """Return how a loss is called that nobody showed a call of; its targets may be declared.

    Raises
    ------
    InvalidArgument
        It takes nothing that was tried.
    """
    try:
        found = targets or found_targets(name, value)
    except InvalidArgument as refusal:
        if isinstance(refusal.__cause__, (ValueError, IndexError, AssertionError)):  # a size may be to blame
            for form in _forms(None):
                if _takes(value, form):
                    return form
        raise
    if targets is None and found == "labels" and _broadcasts(value):
        return Form("real", column=True)
    usual = tried(value, TRIAL, target_of(found, TRIAL.shape, np.random.default_rng(1)))[1]
    if own([usual]) is None:
        return Form(found, widths=_widths(value, found))
    return next((form for form in _forms(found) if _takes(value, form)), Form(found))


def _widths(value: Function, targets: str) -> tuple[int, int]:
    """Return the least and the largest width of a prediction: one number where every other one is refused."""
    rows, own_width = TRIAL.shape
    for width in range(WIDTHS[0], WIDTHS[1] + 1):
        shape = (rows, width)
        out = tried(value, np.resize(TRIAL, shape), target_of(targets, shape, np.random.default_rng(1)))
        if width != own_width and own([out[1]]) is None:
            return WIDTHS
    return own_width, own_width


def _forms(targets: str | None) -> Iterator[Form]:
    """Yield what is tried in turn."""
    kinds = dict.fromkeys(kind for _, kind in CANDIDATES) if targets is None else (targets,)
    for shape in SIZES:
        yield from (Form(kind, shape) for kind in kinds)
        if "real" in kinds and shape[1] % 2 == 0:
            yield Form("real", shape, (shape[0], shape[1] // 2))


def _takes(value: Function, form: Form) -> bool:
    """Say whether a call gives finite numbers: one for all, or one for each row, pair of rows or entry."""
    assert form.shape is not None
    target = target_of(form.targets, form.shape, np.random.default_rng(1), form.target_shape)
    out = tried(value, np.resize(TRIAL, form.shape), target)[0]
    return out is not None and np.size(out) <= math.prod(form.shape) and bool(np.isfinite(out).all())


def _broadcasts(value: Function) -> bool:
    """Say whether whole numbers, one for each row, are reckoned with as a column would be, but with every row."""
    labels = target_of("labels", TRIAL.shape, np.random.default_rng(1))
    costs = [tried(value, TRIAL, labels + part)[0] for part in (0.0, 0.25, 0.5)]
    if any(cost is None or np.shape(cost) != () for cost in costs) or len({float(cost) for cost in costs}) < len(
        costs
    ):
        return False
    column = labels[:, None].astype(float)
    taken = tried(value, TRIAL, column)[0] is not None
    return taken and not one_by_one(value, TRIAL, labels) and one_by_one(value, TRIAL, column)

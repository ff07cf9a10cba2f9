"""Memory in the first look at a large subject: what may be written into, and what has been."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ...numerics import Vector
from ...subjects import Array, Evaluation, is_same
from ..bench._bench import Bench
from ._arrays import is_as_before
from ._scratch import Scratch


class MemoryUsedAgainError(Exception):
    """A later forward wrote its outputs where those at the point had been."""


class Outputs:
    """The outputs at the point as the subject holds them, where `copies` of them are what differences are taken of.

    A view that is strided is copied as it is read, so that what a backward writes into it does not show otherwise.
    """

    def __init__(self, evaluation: Evaluation, *, copies: bool) -> None:
        outputs = [out for out in evaluation.outputs.values() if isinstance(out, np.ndarray)]
        self._live = [out for out in outputs if copies or not out.flags.c_contiguous]
        self._before = [np.array(out) for out in self._live]

    @property
    def are_as_before(self) -> bool:
        """Whether nothing has been written into them since."""
        return all(map(is_same, self._live, self._before))


def refuse_used_again(outputs: Iterable[Array], base: Sequence[Vector]) -> None:
    """Raise where a later forward has put outputs into the memory of those at the point, which are lost then."""
    if any(np.may_share_memory(out, before) for out in outputs for before in base):
        raise MemoryUsedAgainError


def copied(arrays: Sequence[Vector], scratch: Scratch) -> Sequence[Vector]:
    """Return copies in borrowed memory."""
    kept = [scratch.empty(array.size) for array in arrays]
    for copy, array in zip(kept, arrays, strict=True):
        copy[...] = array
    return kept


def is_written(bench: Bench, home: Sequence[Array]) -> bool:
    """Whether the subject wrote into what it was handed, into a constant, or into its parameters.

    Inputs are handed over read-only: of these a sample is enough.
    """
    subject = bench.subject
    if subject.written is not None or subject.spoiled is not None:
        return True
    held = subject.parameter_values()
    triples = zip(bench.inputs, home, subject.leaves, strict=True)
    return not all(
        is_same(held.get(piece.path, value).ravel(), leaf.value.ravel())
        if piece.path.startswith("params")
        else is_as_before(value, leaf.value)
        for piece, value, leaf in triples
    )

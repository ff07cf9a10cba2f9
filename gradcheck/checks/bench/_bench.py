"""The bench: a subject as one flat function, its calls counted, its arguments guarded.

The numerics see a vector in and a vector out; the subject sees arrays of its own shapes, fresh for every call, so
that whatever it writes into them disturbs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ...numerics import Refined, Vector, median, norm, weights
from ...subjects import Array, Evaluation, Leaf, Malformed, OutOfBudget, Subject, elsewhere, rounding_of
from ._pieces import Piece, joined, pieces
from ._returned import read_gradient, read_output, read_tangent

_DUST = 1e-9
"""Share of what the largest gradient contributes below which another is rounding and nothing else."""

_OUT_OF_DOMAIN = (ValueError, ArithmeticError, AssertionError, IndexError)
"""How code refuses an argument (a `LinAlgError` is a ValueError, an input that is used as an index may lie beyond the
table); anything else is a fault, and is raised."""

_SINGULAR = "LinAlgError"
"""So does torch, whose error of that name is a RuntimeError."""

_SAMPLE = 4096
"""Entries of an input that tell its typical size."""

_REFINABLE = 20_000
"""Inputs up to which more digits are asked for: without a BLAS they take their time."""


@dataclass(slots=True)
class Bench:
    """A subject ready to be measured.

    ``native`` is how the subject refused float64, where it is measured in the dtypes of its leaves instead.

    ``meter`` is the bench that pays for the calls, if it is another one, and ``most`` what it may pay for.
    ``coarse`` is the unit roundoff of the format that the last gradient was rounded to, 0 if none; ``writes`` says
    that the subject writes into what it is handed; ``refusal`` what it raised at a displaced point, if it did.
    ``alone`` says that it cannot be called for many points at once. ``here`` is the forward at the point, where it
    may be pulled back time and again; ``apart`` says that a claim which is handed its inputs needs no forward before
    it. ``unmoved`` tells of inputs and parameters without a gradient whether they move no output.
    """

    subject: Subject
    most: int | None = None
    meter: Bench | None = None
    native: str = ""
    forward_calls: int = 0
    backward_calls: int = 0
    inputs: tuple[Piece, ...] = field(init=False)
    outputs: tuple[Piece, ...] = field(default=(), init=False)
    dtype: np.dtype[Any] = field(default=np.dtype(float), init=False)
    coarse: float = field(default=0.0, init=False)
    refusal: str | None = field(default=None, init=False)
    writes: bool = field(default=False, init=False)
    alone: bool = field(default=False, init=False)
    apart: bool = field(default=False, init=False)
    here: Evaluation | None = field(default=None, init=False)
    unmoved: dict[str, bool] = field(default_factory=dict, init=False)
    _x: Vector | None = field(default=None, init=False)
    _units: list[float] = field(default_factory=list, init=False)
    _home: list[Array] = field(default_factory=list, init=False)
    _has_more_digits: bool = field(default=np.finfo(np.longdouble).nmant > np.finfo(float).nmant, init=False)

    def __post_init__(self) -> None:
        leaves = self.subject.leaves
        self.forward_calls, self.backward_calls = self.subject.spent
        self.inputs = pieces((leaf.path, leaf.value.shape) for leaf in leaves)

    @property
    def x(self) -> Vector:
        """The point, flat; made when it is first asked for."""
        if self._x is None:
            self._x = np.concatenate([leaf.value.astype(float).ravel() for leaf in self.subject.leaves])
        return self._x

    @property
    def home(self) -> list[Array]:
        """The values at the point, private, the same arrays every time; not for a subject that writes into them.

        Parameters are those that the leaves hold: a layer copies them itself, or has them already.
        """
        if not self._home:
            self._home = [self._kept(leaf) for leaf in self.subject.leaves]
        return self._home

    def _kept(self, leaf: Leaf) -> Array:
        dtype = leaf.value.dtype if self.native else np.dtype(float)
        own = leaf.path.startswith("params") and leaf.value.dtype == dtype
        return leaf.value if own else np.array(leaf.value, dtype=dtype, order="C")

    @property
    def size(self) -> int:
        """How many inputs and parameters there are."""
        return int(self.inputs[-1].where.stop)

    # -- calls of the subject ------------------------------------------------------------------------------------

    def evaluate(self, values: Sequence[Array], wanted: Sequence[int] | None = None) -> Evaluation:
        """Call the forward with `values`, where all leaves need a gradient or those `wanted`; count it."""
        meter = self.meter or self
        if meter.most is not None and meter.forward_calls >= meter.most:
            raise OutOfBudget
        meter.forward_calls += 1
        with np.errstate(all="ignore"):
            return self.subject.evaluate(values) if wanted is None else self.subject.marked(values, wanted)

    def pull(self, evaluation: Evaluation, upstreams: Sequence[Array]) -> Sequence[Any]:
        """Call the backward of `evaluation`; count it."""
        (self.meter or self).backward_calls += 1
        with np.errstate(all="ignore"):
            return evaluation.pull(upstreams)

    @property
    def blocks(self) -> tuple[slice, ...]:
        """Where each input and parameter lies in the flat vector, a complex one in one block."""
        return joined(self.inputs)

    @property
    def units(self) -> list[float]:
        """The median magnitude of the array that each input is of, or is one part of; 1 where it is zero."""
        if not self._units:
            found = {(block.start, block.stop): _typical(self.x[block]) for block in self.blocks}
            self._units = [
                next(unit for (start, stop), unit in found.items() if start <= p.where.start and p.where.stop <= stop)
                for p in self.inputs
            ]
        return self._units

    # -- flat views ------------------------------------------------------------------------------------------------

    def values(self, x: Vector) -> list[Array]:
        """Return fresh arrays, one per leaf, holding `x`."""
        values = [np.array(x[p.where]).reshape(p.shape) for p in self.inputs]
        if not self.native:
            return values
        return [v.astype(leaf.value.dtype) for v, leaf in zip(values, self.subject.leaves, strict=True)]

    def upstreams(self, u: Vector) -> list[Array]:
        """Return fresh upstreams, one per output, holding `u`, in the dtype of the outputs."""
        return [u[p.where].reshape(p.shape).astype(self.dtype) for p in self.outputs]

    def flat_outputs(self, evaluation: Evaluation) -> Vector:
        """Return the outputs as one float64 vector; the first call fixes their shapes."""
        return np.concatenate([array.astype(float).ravel() for array in self.read_outputs(evaluation)])

    def read_outputs(self, evaluation: Evaluation) -> list[Array]:
        """Return the outputs as they came; the first call fixes their shapes."""
        arrays = {path: read_output(path, value, self.subject.name) for path, value in evaluation.outputs.items()}
        if not arrays:
            raise InvalidArgument(f"the forward of {self.subject.name} returned no outputs; it must return arrays")
        found = pieces((path, array.shape) for path, array in arrays.items())
        if not self.outputs:
            self.outputs = found
            self.dtype = np.result_type(*arrays.values())
        elif found != self.outputs:
            before, now = (", ".join(f"{p.path} {p.shape}" for p in pp) for pp in (self.outputs, found))
            raise InvalidArgument(
                f"{self.subject.name} returned other shapes for a displaced input: {before} became {now}; "
                "the shapes of the outputs may not depend on the values"
            )
        return list(arrays.values())

    def flat_gradient(self, returned: Sequence[Any]) -> Vector:
        """Return the gradients as one vector.

        Raises
        ------
        Malformed
            A gradient is missing, is no array of real numbers, or has another shape than its leaf.

        """
        gradients = [gradient.ravel() for gradient in self.read_gradients(returned)]
        self.coarse = max(self.subject.coarse, self._coarsest(gradients))
        return np.concatenate(gradients)

    def read_gradients(self, returned: Sequence[Any]) -> list[Array]:
        """Return the gradients in float64, the subject's own arrays where they are that already.

        Raises
        ------
        Malformed
            As `flat_gradient`.

        """
        return [self._read(gradient, piece) for gradient, piece in zip(returned, self.inputs, strict=True)]

    def _read(self, gradient: Any, piece: Piece) -> Array:
        """Return one gradient in float64; zero where there is none and nothing is moved by what it belongs to."""
        if gradient is None and self._moves_nothing(piece):
            return np.zeros(piece.shape)
        return read_gradient(gradient, piece)

    def _moves_nothing(self, piece: Piece) -> bool:
        """Whether every output stays bit for bit while `piece` moves, near and far; one input alone has to move some.

        The last call is at the point, for a layer keeps what its backward needs from its last forward.
        """
        if piece.path not in self.unmoved and len(self.inputs) > 1:
            base = self.value(self.x)
            moved = [self.x.copy() for _ in range(2)]
            for x, values in zip(
                moved, (1.001 * self.x[piece.where] + 1e-3, elsewhere(self.x[piece.where])), strict=True
            ):
                x[piece.where] = values
            self.unmoved[piece.path] = all(np.array_equal(self.value(x), base) for x in (*moved, self.x))
        return self.unmoved.get(piece.path, False)

    def _coarsest(self, gradients: Sequence[Vector]) -> float:
        """Return the coarsest rounding of a gradient that counts: one that is dust has few digits of its own."""
        if not any(rounding_of(gradient) for gradient in gradients):
            return 0.0
        units = [float(np.max(np.abs(self.x[p.where]), initial=0.0)) or 1.0 for p in self.inputs]
        worth = [float(np.max(np.abs(g), initial=0.0)) * unit for g, unit in zip(gradients, units, strict=True)]
        least = _DUST * max(worth, default=0.0)
        return max((rounding_of(g) for g, w in zip(gradients, worth, strict=True) if w > least), default=0.0)

    def draw_upstream(self, base: Vector, rng: np.random.Generator) -> Vector:
        """Return a random upstream in which every output counts alike, however large its values in `base` are."""
        drawn = weights(base.size, rng)
        if len(self.outputs) > 1:
            for block in joined(self.outputs):
                size = norm(base[block]) / max(block.stop - block.start, 1) ** 0.5
                drawn[block] *= 2.0 ** -round(np.log2(size)) if 0 < size < np.inf else 1.0
        return drawn

    def value(self, x: Vector) -> Vector:
        """Return f(x), both flat; NaN where the subject refuses a displaced point."""
        return self._value_of(self.values(x), x, self.x)

    def value_with(self, block: int, values: Vector) -> Vector:
        """Return f where one leaf holds `values` and the others what they held; cheaper than `value` for large x."""
        if self.writes:
            x = self.x.copy()
            x[self.inputs[block].where] = values
            return self.value(x)
        held = list(self.home)
        held[block] = values.reshape(self.inputs[block].shape).astype(held[block].dtype, copy=False)
        return self._value_of(held, values, self.x[self.inputs[block].where])

    def _value_of(self, values: Sequence[Array], there: Vector, here: Vector) -> Vector:
        try:
            return self.flat_outputs(self.evaluate(values))
        except (OutOfBudget, InvalidArgument):
            raise
        except Exception as error:
            self._refused(float(np.max(np.abs(there - here), initial=0.0)), error)
            return np.full(sum(p.where.stop - p.where.start for p in self.outputs), np.nan)

    def values_of_many(self, moved: Mapping[int, NDArray[np.float64]]) -> NDArray[np.float64] | None:
        """Return f for each row of the leaves in `moved`; None where the subject takes one point at a time.

        Each row counts as a call.
        """
        meter, count = self.meter or self, len(next(iter(moved.values())))
        if self.alone or (meter.most is not None and meter.forward_calls + count > meter.most):
            return None
        stacks = {block: points.reshape(count, *self.inputs[block].shape) for block, points in moved.items()}
        with self._many_at_once():
            found = self.subject.outputs_of_many(self.home, stacks)
            if found is not None:
                meter.forward_calls += count
                rows = [np.asarray(found[p.path], dtype=float).reshape(count, -1) for p in self.outputs]
                return rows[0] if len(rows) == 1 else np.concatenate(rows, axis=1)
        self.alone = True
        return None

    def gradients_of_many(self, upstreams: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the claimed gradient for each row of `upstreams`; None where the subject takes one at a time."""
        if self.alone:
            return None
        given = [upstreams[:, p.where].reshape(len(upstreams), *p.shape).astype(self.dtype) for p in self.outputs]
        with self._many_at_once():
            found = self.subject.gradients_of_many(self.home, given)
            if found is not None:
                (self.meter or self).backward_calls += len(upstreams)
                rows = [np.asarray(g, dtype=float).reshape(len(upstreams), -1) for g in found]
                return np.concatenate(rows, axis=1)
        self.alone = True
        return None

    @contextmanager
    def _many_at_once(self) -> Iterator[None]:
        """Whatever is raised says that the subject has to be called for one point at a time."""
        with np.errstate(all="ignore"), suppress(Exception):
            yield

    def value_refined(self, x: Vector) -> Refined | None:
        """Return f(x) with more digits than float64, None where the platform, the size or the subject has none."""
        seen = self._refined(x)
        return None if seen is None else np.concatenate([out.ravel() for out in seen[1]])

    def gradient_refined(self, x: Vector, u: Vector) -> Vector | None:
        """Return the claimed gradient, computed with more digits than float64; None where there are none."""
        seen = self._refined(x)
        if seen is None:
            return None
        try:
            returned = self.pull(seen[0], [upstream.astype(np.longdouble) for upstream in self.upstreams(u)])
            return np.concatenate([gradient.ravel() for gradient in self.read_gradients(returned)])
        except Exception:
            return None

    def _refined(self, x: Vector) -> tuple[Evaluation, list[Array]] | None:
        if not self._has_more_digits or self.size > _REFINABLE:
            return None
        values = [
            value.astype(np.longdouble) if piece.path.startswith("inputs") else value
            for value, piece in zip(self.values(x), self.inputs, strict=True)
        ]
        try:
            evaluation = self.evaluate(values)
            outputs = self.read_outputs(evaluation)
        except OutOfBudget:
            raise
        except Exception:
            outputs = []
        if outputs and all(out.dtype == np.longdouble for out in outputs):
            return evaluation, outputs
        self._has_more_digits = False
        return None

    def gradient(self, x: Vector, u: Vector) -> Vector:
        """Return the claimed J(x)^T u, all flat; one backward, and one forward where the claim may need it."""
        try:
            return self.flat_gradient(self.pulled(x, self.upstreams(u)))
        except (OutOfBudget, InvalidArgument, Malformed):
            raise
        except Exception as error:
            self._refused(float(np.max(np.abs(x - self.x), initial=0.0)), error)
            return np.full(self.x.size, np.nan)

    def pulled(self, x: Vector, upstreams: Sequence[Array]) -> Sequence[Any]:
        """Call the backward at `x`; the forward, too, where the claim may need it."""
        alone = self.subject.claim_at(self.values(x)) if self.apart else None
        if alone is not None:
            with suppress(Exception):
                return self.pull(alone, upstreams)
            self.apart = False  # it looks up what a forward has kept
        here = self.here if x is self._x else None
        return self.pull(here or self.evaluate(self.values(x)), upstreams)

    def push(self, x: Vector, v: Vector) -> Vector:
        """Return the claimed J(x) v, all flat; one call of the user's ``jvp``, counted with the backward ones."""
        try:
            return self.flat_tangents(self.tangents(self.values(x), self.values(v)))
        except (OutOfBudget, InvalidArgument, Malformed):
            raise
        except Exception as error:
            self._refused(float(np.max(np.abs(x - self.x), initial=0.0)), error)
            return np.full(sum(p.where.stop - p.where.start for p in self.outputs), np.nan)

    def tangents(self, values: Sequence[Array], tangents: Sequence[Array]) -> dict[str, Any]:
        """Call the user's ``jvp``; count it."""
        self.backward_calls += 1
        with np.errstate(all="ignore"):
            return self.subject.push(values, tangents)

    def flat_tangents(self, returned: dict[str, Any]) -> Vector:
        """Return the output tangents as one vector.

        Raises
        ------
        Malformed
            A tangent is missing, is no array of real numbers, or has another shape than its output.

        """
        if list(returned) != [piece.path for piece in self.outputs]:
            told = ", ".join(piece.path for piece in self.outputs)
            raise Malformed(
                "GC104",
                f"the jvp returned {', '.join(returned) or 'nothing'} where the forward returns {told}",
                hint="return one tangent per output, packed as the forward packs its outputs",
            )
        return np.concatenate([read_tangent(returned[piece.path], piece) for piece in self.outputs])

    def _refused(self, away: float, error: Exception) -> None:
        """Keep an error by which the subject may say that a displaced point is out of its domain; raise others."""
        if away and (isinstance(error, _OUT_OF_DOMAIN) or type(error).__name__.endswith(_SINGULAR)):
            self.refusal = f"at inputs displaced by {away:.1e} it raised {type(error).__name__}: {error}"
            return
        if away:
            error.add_note(f"raised while gradcheck evaluated {self.subject.name} at inputs displaced by {away:.1e}")
        raise error


def _typical(values: Vector) -> float:
    """Return the median magnitude of `values`, of a sample where they are many; 1 where it is zero."""
    some = values[:: max(1, values.size // _SAMPLE)]
    return (median(np.abs(some)) if values.size else 0.0) or 1.0

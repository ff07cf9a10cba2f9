"""The bench: a subject as one flat function, its calls counted, its arguments guarded.

The numerics see a vector in and a vector out; the subject sees arrays of its own shapes, fresh for every call, so
that whatever it writes into them disturbs nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..numerics import Vector, norm, weights
from ..subjects import Array, Evaluation, Malformed, OutOfBudget, Subject, is_floating, rounding_of

_DUST = 1e-9
"""Share of what the largest gradient contributes below which another is rounding and nothing else."""

_OUT_OF_DOMAIN = (ValueError, ArithmeticError, AssertionError)
"""How code refuses an argument (a `LinAlgError` is a ValueError); anything else is a fault, and is raised."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One array inside a flat vector."""

    path: str
    shape: tuple[int, ...]
    where: slice

    def index(self, position: int) -> tuple[int, ...]:
        """Return the index of the flat `position` inside the array."""
        return tuple(int(i) for i in np.unravel_index(position - self.where.start, self.shape))


@dataclass(slots=True)
class Bench:
    """A subject ready to be measured.

    ``native`` is how the subject refused float64, where it is measured in the dtypes of its leaves instead.

    ``meter`` is the bench that pays for the calls, if it is another one, and ``most`` what it may pay for.
    ``coarse`` is the unit roundoff of the format that the last gradient was rounded to, 0 if none; ``refusal`` what
    the subject raised at a displaced point, if it did.
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
    x: Vector = field(init=False)

    def __post_init__(self) -> None:
        leaves = self.subject.leaves
        self.forward_calls, self.backward_calls = self.subject.spent
        self.inputs = pieces((leaf.path, leaf.value.shape) for leaf in leaves)
        self.x = np.concatenate([leaf.value.astype(float).ravel() for leaf in leaves])

    # -- calls of the subject ------------------------------------------------------------------------------------

    def evaluate(self, values: Sequence[Array]) -> Evaluation:
        """Call the forward with `values`; count it."""
        meter = self.meter or self
        if meter.most is not None and meter.forward_calls >= meter.most:
            raise OutOfBudget
        meter.forward_calls += 1
        with np.errstate(all="ignore"):
            return self.subject.evaluate(values)

    def pull(self, evaluation: Evaluation, upstreams: Sequence[Array]) -> Sequence[Any]:
        """Call the backward of `evaluation`; count it."""
        (self.meter or self).backward_calls += 1
        with np.errstate(all="ignore"):
            return evaluation.pull(upstreams)

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
        arrays = {path: _output(path, value, self.subject.name) for path, value in evaluation.outputs.items()}
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
        return np.concatenate([array.astype(float).ravel() for array in arrays.values()])

    def flat_gradient(self, returned: Sequence[Any]) -> Vector:
        """Return the gradients as one vector.

        Raises
        ------
        Malformed
            A gradient is missing, is no array of real numbers, or has another shape than its leaf.

        """
        pairs = zip(returned, self.inputs, strict=True)
        gradients = [_gradient(gradient, piece).ravel() for gradient, piece in pairs]
        self.coarse = max(self.subject.coarse, self._coarsest(gradients))
        return np.concatenate(gradients)

    def _coarsest(self, gradients: Sequence[Vector]) -> float:
        """Return the coarsest rounding of a gradient that counts: one that is dust has few digits of its own."""
        units = [float(np.max(np.abs(self.x[p.where]), initial=0.0)) or 1.0 for p in self.inputs]
        pairs = zip(gradients, units, strict=True)
        worth = [float(np.max(np.abs(gradient), initial=0.0)) * unit for gradient, unit in pairs]
        least = _DUST * max(worth, default=0.0)
        return max((rounding_of(g) for g, w in zip(gradients, worth, strict=True) if w > least), default=0.0)

    def draw_upstream(self, base: Vector, rng: np.random.Generator) -> Vector:
        """Return a random upstream in which every output counts alike, however large its values in `base` are."""
        drawn = weights(base.size, rng)
        if len(self.outputs) > 1:
            sizes = [norm(base[p.where]) / max(p.where.stop - p.where.start, 1) ** 0.5 for p in self.outputs]
            for piece, size in zip(self.outputs, sizes, strict=True):
                drawn[piece.where] *= 2.0 ** -round(np.log2(size)) if 0 < size < np.inf else 1.0
        return drawn

    def value(self, x: Vector) -> Vector:
        """Return f(x), both flat; NaN where the subject refuses a displaced point."""
        try:
            return self.flat_outputs(self.evaluate(self.values(x)))
        except (OutOfBudget, InvalidArgument):
            raise
        except Exception as error:
            self._refused(x, error)
            return np.full(sum(p.where.stop - p.where.start for p in self.outputs), np.nan)

    def gradient(self, x: Vector, u: Vector) -> Vector:
        """Return the claimed J(x)^T u, all flat; one forward and one backward call."""
        try:
            return self.flat_gradient(self.pull(self.evaluate(self.values(x)), self.upstreams(u)))
        except (OutOfBudget, InvalidArgument, Malformed):
            raise
        except Exception as error:
            self._refused(x, error)
            return np.full(self.x.size, np.nan)

    def _refused(self, x: Vector, error: Exception) -> None:
        """Keep an error by which the subject may say that a displaced point is out of its domain; raise others."""
        away = float(np.max(np.abs(x - self.x), initial=0.0))
        if away and isinstance(error, _OUT_OF_DOMAIN):
            self.refusal = f"at inputs displaced by {away:.1e} it raised {type(error).__name__}: {error}"
            return
        if away:
            error.add_note(f"raised while gradcheck evaluated {self.subject.name} at inputs displaced by {away:.1e}")
        raise error


def pieces(named_shapes: Any) -> tuple[Piece, ...]:
    """Return consecutive pieces of a flat vector for ``(path, shape)`` pairs."""
    found, start = [], 0
    for path, shape in named_shapes:
        found.append(Piece(path, tuple(shape), slice(start, start + prod(shape))))
        start += prod(shape)
    return tuple(found)


def _output(path: str, value: Any, name: str) -> Array:
    if value is None:
        raise InvalidArgument(f"the forward of {name} returned None for {path}; it must return arrays")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InvalidArgument(f"{path} of {name} is no array: {error}") from None
    if not is_floating(array.dtype):
        raise InvalidArgument(
            f"{path} of {name} has dtype {array.dtype}, which has no derivative; return floating-point arrays"
        )
    return array


def _gradient(gradient: Any, piece: Piece) -> Vector:
    if gradient is None:
        raise Malformed(
            "GC104",
            f"the backward returned None for {piece.path}",
            piece.path,
            "return the gradient; a forgotten `return` looks like this",
        )
    try:
        array = np.asarray(gradient)
    except ValueError:
        array = np.asarray(None)
    if not (is_floating(array.dtype) or array.dtype.kind in "iub"):
        raise Malformed(
            "GC104", f"the gradient of {piece.path} has dtype {array.dtype}, expected real numbers", piece.path
        )
    if array.shape != piece.shape:
        raise _wrong_shape(array.shape, piece)
    return array.astype(float)


def _wrong_shape(shape: tuple[int, ...], piece: Piece) -> Malformed:
    told = f"the gradient of {piece.path} has shape {shape}, the {'parameter' if 'params' in piece.path else 'input'}"
    if _is_broadcast(piece.shape, shape):
        return Malformed(
            "GC115",
            f"{told} {piece.shape}: it was broadcast in forward and not summed back",
            piece.path,
            f"sum the gradient over the axes that broadcasting added, down to shape {piece.shape}",
        )
    return Malformed("GC104", f"{told} has shape {piece.shape}", piece.path, "return a gradient of the same shape")


def _is_broadcast(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(small, large) == large and prod(large) > prod(small)
    except ValueError:
        return False


@contextmanager
def callers_randomness_kept() -> Iterator[None]:
    """Give the global generators of NumPy and Python back as they were, whatever happens inside."""
    kept, kept_too = np.random.get_state(), random.getstate()  # noqa: NPY002 - the user's code may use it
    try:
        yield
    finally:
        np.random.set_state(kept)  # noqa: NPY002
        random.setstate(kept_too)

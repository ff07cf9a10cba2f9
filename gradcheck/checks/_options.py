"""The options of a check, read once: each wrong one gets its sentence before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np

from .._errors import InvalidArgument
from ..numerics import Vector
from ..subjects import Array
from ..subjects._trees import opened
from .bench._bench import Bench
from .bench._pieces import Piece, joined

_CHOICES = {
    "mode": ("auto", "projection", "entries"),
    "kinks": ("subgradient", "ignore", "error"),
}


@dataclass(frozen=True, slots=True)
class Options:
    """Options of `check` that do not belong to the subject."""

    upstream: Any
    mode: str
    rtol: float | None
    atol: float | None
    kinks: str
    max_evals: int | None
    order: int
    seed: int | None
    generator: np.random.Generator

    @classmethod
    def read(
        cls, upstream: Any, mode: str, rtol: Any, atol: Any, kinks: str, max_evals: Any, rng: Any, order: Any = 1
    ) -> Options:
        """Return the options.

        Raises
        ------
        InvalidArgument
            One of them cannot be used.

        """
        for name, value in (("mode", mode), ("kinks", kinks)):
            if value not in _CHOICES[name]:
                known = ", ".join(map(repr, _CHOICES[name]))
                raise InvalidArgument(f"{name}={value!r} is not one of {known}")
        for name, value in (("rtol", rtol), ("atol", atol)):
            number = isinstance(value, Real) and not isinstance(value, bool)
            if value is not None and not (number and 0 <= float(value) < np.inf):
                raise InvalidArgument(
                    f"{name}={value!r} must be a finite number, zero or more; None derives the bound"
                )
        if max_evals is not None and not (_is_whole(max_evals) and int(max_evals) > 0):
            raise InvalidArgument(
                f"max_evals={max_evals!r} must be a positive whole number of forward calls, or None"
            )
        if isinstance(order, bool) or order not in (1, 2):
            raise InvalidArgument(f"order={order!r} must be 1, the gradient, or 2, its own derivative as well")
        seed, generator = seeded(rng)
        most = None if max_evals is None else int(max_evals)
        return cls(upstream, mode, rtol, atol, kinks, most, int(order), seed, generator)

    def again(self) -> Options:
        """Return the same options with fresh random directions."""
        return replace(self, generator=np.random.default_rng(self.seed))

    @property
    def upstream_for(self) -> Callable[[Bench], Vector] | None:
        """How the upstream is made for a bench; None where it is drawn."""
        return None if self.upstream is None else self._told

    @property
    def leaves_open(self) -> bool:
        """Whether how to compare, and along which upstream, is left to the check."""
        told = self.mode == "entries" or self.upstream is not None
        return not told and self.rtol is None and self.atol is None

    def _told(self, bench: Bench) -> Vector:
        outputs = joined(bench.outputs)
        many = self.upstream if isinstance(self.upstream, (tuple, list)) and len(outputs) > 1 else [self.upstream]
        if isinstance(self.upstream, Mapping):
            many = _by_name(self.upstream, [p for p in bench.outputs if not p.path.endswith(".imag")])
        if len(many) != len(outputs):
            raise InvalidArgument(f"upstream= has {len(many)} arrays for {len(outputs)} outputs; pass one each")
        starts = [piece.where.start for piece in bench.outputs if piece.path.endswith(".imag")]
        parted = [any(block.start < start < block.stop for start in starts) for block in outputs]
        try:
            arrays = [part for u, both in zip(many, parted, strict=True) for part in _parts(u, both=both)]
        except InvalidArgument:
            raise
        except (TypeError, ValueError):
            raise InvalidArgument(f"upstream={self.upstream!r:.60} must be an array of the output's shape") from None
        for array, piece in zip(arrays, bench.outputs, strict=True):
            if array.shape != piece.shape:
                raise InvalidArgument(
                    f"upstream= has shape {array.shape}, but {piece.path} has shape {piece.shape}; they must be equal"
                )
        flat = np.concatenate([array.ravel() for array in arrays])
        if not np.isfinite(flat).all() or not flat.any():
            raise InvalidArgument("upstream= must be finite, and not zero everywhere: a zero upstream tests nothing")
        return flat

    def described(self) -> tuple[tuple[str, str], ...]:
        """Return every option that is not at its default, as text."""
        defaults = {"mode": "auto", "rtol": None, "atol": None, "kinks": "subgradient", "max_evals": None, "order": 1}
        said = [(name, repr(getattr(self, name))) for name, usual in defaults.items() if getattr(self, name) != usual]
        return (*said, *((("upstream", "given"),) if self.upstream is not None else ()))


def _by_name(upstream: Mapping[Any, Any], outputs: Sequence[Piece]) -> list[Any]:
    """Return one upstream per output out of a dictionary like the one that the function returns."""
    tree, names = opened(upstream), [piece.path[8 : piece.path.rindex("]")].strip("'\"") for piece in outputs]
    given = dict(zip(tree.names, tree.leaves, strict=True))
    if given.keys() != set(names):
        keys, known = (", ".join(map(repr, sorted(which))) or "none" for which in (given, names))
        raise InvalidArgument(f"upstream= has the keys {keys}, but the outputs are {known}; pass one array each")
    return [given[name] for name in names]


def _parts(upstream: Any, *, both: bool) -> list[Array]:
    """Return an upstream as real arrays: two, its real and its imaginary part, where the output is complex."""
    if not both:
        if np.iscomplexobj(upstream):
            raise InvalidArgument("upstream= is complex for an output that is real; pass its real part")
        return [np.asarray(upstream, dtype=float)]
    whole = np.asarray(upstream, dtype=complex)
    return [whole.real, whole.imag]


def seeded(rng: Any, name: str = "rng") -> tuple[int | None, np.random.Generator]:
    """Return the seed and the generator that `rng` means, or refuse it by the `name` under which it was given."""
    if isinstance(rng, np.random.Generator):
        return None, rng
    if rng is None:
        seed = int(np.random.SeedSequence().generate_state(1)[0])
        return seed, np.random.default_rng(seed)
    if _is_whole(rng) and int(rng) >= 0:
        return int(rng), np.random.default_rng(int(rng))
    raise InvalidArgument(f"{name}={rng!r} must be a seed (a whole number, zero or more) or a numpy.random.Generator")


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)

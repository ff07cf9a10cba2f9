"""Arrays that are something: symmetric positive definite, orthogonal, on the simplex, labels.

Each is built by one function of a seed, so that a line of a report rebuilds it; `Made` is what is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import event
from hypothesis.strategies import SearchStrategy, tuples
from numpy.typing import NDArray

from ..._errors import InvalidArgument
from ._draws import choice, whole
from ._tensor import Shape

Array = NDArray[Any]
SEEDS = 2**16


def orthogonal_matrix(n: int, seed: int = 0) -> Array:
    """Return an n x n matrix Q with Qᵀ Q = 1, uniform among those (QR of normal noise, signs fixed).

    >>> q = orthogonal_matrix(3)
    >>> bool(np.allclose(q.T @ q, np.eye(3)))
    True
    """
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))
    return np.asarray(q * np.where(np.diag(r) < 0, -1.0, 1.0))


def spd_matrix(n: int, seed: int = 0, condition: float = 10.0) -> Array:
    """Return a symmetric positive definite n x n matrix with eigenvalues from 1 / `condition` to 1, evenly in logs.

    >>> bool(np.linalg.eigvalsh(spd_matrix(2, condition=4.0)).min() > 0.24)
    True
    """
    q = orthogonal_matrix(n, seed)
    spectrum = np.geomspace(1.0, 1.0 / condition, n)
    product = (q * spectrum) @ q.T
    return np.asarray((product + product.T) / 2)


def simplex_points(shape: Shape, seed: int = 0, sharpness: float = 1.0) -> Array:
    """Return numbers above 0 that sum to 1 along the last axis: a softmax of noise times `sharpness`.

    >>> float(simplex_points((2, 3)).sum(axis=1)[0].round(12))
    1.0
    """
    noise = sharpness * np.random.default_rng(seed).standard_normal(shape)
    size = np.exp(noise - noise.max(axis=-1, keepdims=True, initial=-np.inf))
    return np.asarray(size / size.sum(axis=-1, keepdims=True))


def label_vector(shape: Shape, classes: int, seed: int = 0, structure: str = "mixed") -> NDArray[np.int64]:
    """Return whole numbers from 0 to `classes` - 1: mixed, or all the same (``"one class"``).

    >>> label_vector((3,), 2, structure="one class").tolist()
    [1, 1, 1]
    """
    drawn = np.random.default_rng(seed).integers(classes, size=shape, dtype=np.int64)
    return drawn if structure == "mixed" else np.full(shape, drawn.flat[0] if drawn.size else 0)


BUILDERS: dict[str, Callable[..., Array]] = {
    builder.__name__: builder for builder in (orthogonal_matrix, spd_matrix, simplex_points, label_vector)
}


@dataclass(frozen=True)
class Made:
    """What the strategies of this file draw: the name of a builder and its arguments."""

    builder: str
    arguments: tuple[tuple[str, Any], ...]

    @property
    def array(self) -> Array:
        """A fresh copy of the array."""
        return BUILDERS[self.builder](**dict(self.arguments))

    @property
    def shape(self) -> Shape:
        """The shape of the array."""
        return self.array.shape

    @property
    def structure(self) -> str:
        """What it is counted as."""
        return str(dict(self.arguments).get("structure", self.builder.replace("_", " ")))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:  # noqa: FBT001
        return np.asarray(self.array, dtype=dtype)

    def __repr__(self) -> str:
        return f"{self.builder}({', '.join(f'{name}={value!r}' for name, value in self.arguments)})"


def spd(n: int, *, conditions: tuple[float, ...] = (10.0, 1.0, 1e4, 1e8)) -> SearchStrategy[Made]:
    """Draw a symmetric positive definite matrix; shrinks to seed 0 and the first of the condition numbers."""
    _at_least_one("n", n)
    return _made(spd_matrix, {"n": n}, seed=whole(SEEDS), condition=choice(conditions))


def orthogonal(n: int) -> SearchStrategy[Made]:
    """Draw an orthogonal matrix; shrinks to seed 0."""
    _at_least_one("n", n)
    return _made(orthogonal_matrix, {"n": n}, seed=whole(SEEDS))


def simplex(shape: Shape, *, sharpness: tuple[float, ...] = (1.0, 0.0, 10.0, 30.0)) -> SearchStrategy[Made]:
    """Draw rows of probabilities, uniform (0) to nearly one-hot; shrinks to seed 0 and sharpness 1."""
    return _made(simplex_points, {"shape": shape}, seed=whole(SEEDS), sharpness=choice(sharpness))


def labels(shape: Shape, classes: int) -> SearchStrategy[Made]:
    """Draw class labels; one class for all of them is a choice of its own."""
    _at_least_one("classes", classes)
    given = {"shape": shape, "classes": classes}
    structures = choice(("mixed", "mixed", "one class"))
    return _made(label_vector, given, seed=whole(SEEDS), structure=structures)


def _at_least_one(name: str, value: int) -> None:
    if value < 1:
        raise InvalidArgument(f"{name}={value!r} must be at least 1")


def _made(builder: Callable[..., Array], given: dict[str, Any], **drawn: SearchStrategy[Any]) -> SearchStrategy[Made]:
    def build(values: tuple[Any, ...]) -> Made:
        made = Made(builder.__name__, (*given.items(), *zip(drawn, values, strict=True)))
        event(f"structure: {made.structure}")
        return made

    return tuples(*drawn.values()).map(build)

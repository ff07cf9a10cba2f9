"""What pictures show, as data: small enough to travel with a report, whatever the size of the arrays."""

from __future__ import annotations

from dataclasses import dataclass

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One gradient on a grid of cells, row by row.

    An array of more axes is folded: the last axis runs along the columns, a vector wraps at the end of a row. Where
    a cell stands for ``block`` = (rows, columns) of entries, its numbers are those of the entry with the largest
    difference, to six digits. ``numeric`` is NaN where nothing was compared, ``analytic`` as well in empty cells.
    """

    shape: tuple[int, ...]
    grid: tuple[int, int]
    block: tuple[int, int]
    analytic: Numbers
    numeric: Numbers
    difference: Numbers
    bound: Numbers


@dataclass(frozen=True, slots=True)
class Curve:
    """A function of one number at the points ``x``, and its derivative there as claimed (empty where none is)."""

    x: Numbers
    value: Numbers
    slope: Numbers = ()
    kinks: Numbers = ()


@dataclass(frozen=True, slots=True)
class Layers:
    """Histograms of the activations of a deep net, one per layer, between ``low`` and ``high``.

    ``spread`` is the standard deviation of a layer, ``outside`` how many of its activations fell beside the bins.
    """

    title: str
    low: float
    high: float
    counts: tuple[tuple[int, ...], ...]
    spread: Numbers
    outside: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A square matrix, row by row; ``size`` of its ``whole`` rows are shown."""

    title: str
    size: int
    whole: int
    values: Numbers


@dataclass(frozen=True, slots=True)
class Pictures:
    """What there is to see of a subject, by its kind.

    An activation has its ``curve``, an initializer the ``layers`` of nets that it started, a preprocessor the
    covariance ``matrices`` before and after it.
    """

    curve: Curve | None = None
    layers: tuple[Layers, ...] = ()
    matrices: tuple[Matrix, ...] = ()

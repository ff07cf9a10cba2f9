"""A gradient as heat maps, analytic, numeric and difference; covariances before and after a preprocessor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..report import Field, Matrix
from ._draw_cells import cells, largest
from ._svg import Drawing
from ._words import count


def heat_maps(field: Field) -> list[Drawing]:
    """Return three pictures; the first two share their scale."""
    shared = largest(field.analytic, field.numeric)
    return [
        cells("analytic", field.analytic, field.grid, shared),
        cells("numeric", field.numeric, field.grid, shared),
        cells("analytic - numeric", field.difference, field.grid, largest(field.difference)),
    ]


def about_field(field: Field) -> str:
    """Return what a cell stands for.

    >>> about_field(Field((2, 3), (2, 3), (1, 1), (0.0,) * 6, (0.0,) * 6, (0.0,) * 6, (0.0,) * 6))
    'shape (2, 3); one cell per entry'
    """
    rows, columns = field.block
    each = "one cell per entry"
    if rows * columns > 1:
        each = f"made smaller: a cell is the worst of {rows} x {columns} entries"
    folds = "; rows are all axes but the last" if len(field.shape) > 2 else ""
    wraps = "; a long vector goes on in the next row" if len(field.shape) == 1 and field.grid[0] > 1 else ""
    pairs = zip(field.analytic, field.numeric, strict=True)
    blank = sum(math.isnan(numeric) and not math.isnan(analytic) for analytic, numeric in pairs)
    unknown = f"; {count(blank, 'cell')} not compared with differences" if blank else ""
    return f"shape {field.shape}; {each}{folds}{wraps}{unknown}"


def covariance_maps(matrices: Sequence[Matrix]) -> list[Drawing]:
    """Return one picture per matrix, each with its own scale and, where there is room, its numbers."""
    return [cells(m.title, m.values, (m.size, m.size), largest(m.values), numbers=m.size <= 6) for m in matrices]


def about_matrices(matrices: Sequence[Matrix]) -> str:
    """Return what is shown, and what was left out."""
    cut = [m for m in matrices if m.whole > m.size]
    left = f"; the first {cut[0].size} of {cut[0].whole} features" if cut else ""
    return f"covariance of the features before and after{left}"

"""The library behind matrix products: which, on how many threads, how exact, and whether it repeats itself.

|fl(x . y) - x . y| <= n eps |x| . |y|     for every entry of a product, in whatever order it is summed
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._line import Line, State

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
SIDE, LOOKED_AT, REPEATS = 300, 8, 5


def blas() -> Iterator[Line]:
    """Yield a line for the library with its threads, and one for what it computes."""
    known: Any = np.show_config(mode="dicts")
    library = known.get("Build Dependencies", {}).get("blas", {})
    said = " ".join(filter(None, (library.get("name"), library.get("version")))) or "unknown"
    yield Line("blas", State.OK, f"{said}, {threads(os.environ)}")
    rng = np.random.default_rng(0)
    yield product(rng.standard_normal((SIDE, SIDE)), rng.standard_normal((SIDE, SIDE)))


def threads(environment: Mapping[str, str]) -> str:
    """Return on how many threads products are computed, as far as it can be known."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        told = [f"{name}={environment[name]}" for name in VARIABLES if name in environment]
        return ", ".join(told) or f"as many threads as it likes ({os.cpu_count()} processors)"
    pools = [pool["num_threads"] for pool in threadpool_info() if pool.get("user_api") == "blas"]
    return f"{max(pools)} thread{'s' if max(pools) > 1 else ''}" if pools else "threads unknown"


def product(x: NDArray[np.float64], y: NDArray[np.float64]) -> Line:
    """Say whether ``x @ y`` is as exact as float64 allows, and the same each time."""
    first = x @ y
    excess = max(_excess(first[k, k], x[k], y[:, k]) for k in range(LOOKED_AT))
    if not excess <= 1:
        said = f"matrix products are {excess:.1e} times less exact than float64 allows"
        remedy = "a mode of lower precision is on, or the library is broken: see its environment variables"
        return Line("matrix products", State.ATTENTION, said, remedy)
    if any((x @ y).tobytes() != first.tobytes() for _ in range(REPEATS)):
        said = "matrix products differ in their last digits from one call to the next"
        return Line("matrix products", State.NOTE, said, f"{VARIABLES[0]}=1, where runs must repeat bit for bit")
    return Line("matrix products", State.OK, "exact to rounding, and the same each time")


def _excess(value: float, row: NDArray[np.float64], column: NDArray[np.float64]) -> float:
    """Return the error of one entry over its bound; the exact sum of the rounded products stands for the truth."""
    terms = row * column
    allowed = (len(row) + 1) * np.finfo(np.float64).eps * math.fsum(np.abs(terms))
    return float(abs(value - math.fsum(terms)) / allowed)

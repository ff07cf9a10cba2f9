"""Time in units of the subject: one unit is one forward and one backward, measured in the same round.

Everything that a table compares is run once a round, in a new order every round, and divided by the unit of that
round: a machine that slows down slows down all of them. The median over the rounds is what a table shows.
"""

from __future__ import annotations

import ctypes
import time
import tracemalloc
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import numpy as np

from gradcheck.checks.large._scratch import release

Call = Callable[[], Any]


def seconds(call: Call) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def best_seconds(calls: Mapping[str, Call], rounds: int) -> dict[str, float]:
    """Return the shortest time of each call: where others use the machine too, the rounds they left alone."""
    rng, seen = np.random.default_rng(0), {name: [] for name in calls}
    for _ in range(rounds + 1):  # the first round warms up
        for name in rng.permutation(list(calls)):
            seen[str(name)].append(seconds(calls[str(name)]))
    return {name: min(times[1:]) for name, times in seen.items()}


def keep_memory() -> bool:
    """Have the C library keep what is freed: else a form pays for pages that another one has given back.

    Returns
    -------
    bool
        Whether it does so; only glibc has the switch.
    """
    trim, mmap, most = -1, -3, 2**30
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(trim, most) and mallopt(mmap, most))


def in_units(unit: Call, calls: Mapping[str, Call], rounds: int, per_round: int = 3) -> dict[str, float]:
    """Return the median number of units that each call takes.

    The unit is measured before, between and after the calls of a round; everything has run once before.
    """
    for call in (unit, *calls.values()):
        call()
    rng, seen = np.random.default_rng(0), {name: [] for name in calls}
    for _ in range(rounds):
        spent, units = {}, [seconds(unit) for _ in range(per_round)]
        for name in rng.permutation(list(calls)):
            spent[str(name)] = seconds(calls[str(name)])
            units += [seconds(unit) for _ in range(per_round)]
        for name, took in spent.items():
            seen[name].append(took / median(units))
    return {name: median(values) for name, values in seen.items()}


def peak_bytes(call: Call) -> int:
    """Return the most memory that a call holds at once, beyond what was held before, in bytes."""
    release()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()

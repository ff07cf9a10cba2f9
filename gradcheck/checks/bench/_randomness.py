"""The caller's global random state, which comes back as it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def callers_randomness_kept() -> Iterator[None]:
    """Give the global generators of NumPy and Python back as they were, whatever happens inside."""
    kept, kept_too = np.random.get_state(), random.getstate()  # noqa: NPY002 - the user's code may use it
    try:
        yield
    finally:
        np.random.set_state(kept)  # noqa: NPY002
        random.setstate(kept_too)

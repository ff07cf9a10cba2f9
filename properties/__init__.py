"""Property suites: the laws of each kind of subject, driven by Hypothesis.

>>> import numpy as np
>>> run_suite(np.tanh, "activation").ok
True

A law is a small object with a code, a title, and a docstring that explains it; `plan` says which laws apply to a
subject, and `run_law` holds one of them against it.
"""

# The folder of that name is loaded first, so that the function `laws` is what the name means in the end.
from . import laws as _rooms  # noqa: F401
from ._case import Case as Case
from ._expect import Violation as Violation
from ._expect import expect as expect
from ._extend import add_kind as add_kind
from ._extend import add_law as add_law
from ._law import Law as Law
from ._plan import Plan as Plan
from ._plan import plan as plan
from ._registry import law as law
from ._registry import laws as laws
from ._replay import LoadedCase as LoadedCase
from ._replay import load_case as load_case
from ._run import expect_failure as expect_failure
from ._run import run_law as run_law
from ._suite import run_suite as run_suite
from .search import search as search

__all__ = [
    "Case",
    "Law",
    "LoadedCase",
    "Plan",
    "Violation",
    "add_kind",
    "add_law",
    "expect",
    "expect_failure",
    "law",
    "laws",
    "load_case",
    "plan",
    "run_law",
    "run_suite",
    "search",
]

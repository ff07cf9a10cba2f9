"""Gradient checking without tolerances, property suites, and a reference library.

>>> import numpy as np
>>> gradcheck.check(np.sin, np.linspace(-1, 1, 5), derivative=np.cos).ok
True

Nothing is imported until it is used: `import gradcheck` is free, and so is the pytest plugin in a run that does
not need it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._errors import GradcheckError as GradcheckError
    from ._errors import GradientError as GradientError
    from ._errors import InvalidArgument as InvalidArgument
    from ._errors import MissingExtra as MissingExtra
    from ._errors import TargetError as TargetError
    from ._pytest import parametrize as parametrize
    from .checks import assert_gradients as assert_gradients
    from .checks import check as check
    from .properties import load_case as load_case
    from .properties import run_suite as run_suite
    from .properties.search import search as search  # the folder and the function have one name
    from .report import Finding as Finding
    from .report import Report as Report
    from .report import RunReport as RunReport
    from .report import SearchReport as SearchReport
    from .report import SuiteReport as SuiteReport
    from .report import Verdict as Verdict
    from .subjects import Library as Library
    from .subjects import Traits as Traits
    from .subjects import subject as subject

__version__ = "0.1.0"

_HOMES = {
    "GradcheckError": "_errors",
    "GradientError": "_errors",
    "InvalidArgument": "_errors",
    "MissingExtra": "_errors",
    "TargetError": "_errors",
    "assert_gradients": "checks",
    "check": "checks",
    "parametrize": "_pytest",
    "load_case": "properties",
    "run_suite": "properties",
    "search": "properties",
    "Finding": "report",
    "Report": "report",
    "RunReport": "report",
    "SearchReport": "report",
    "SuiteReport": "report",
    "Verdict": "report",
    "Library": "subjects",
    "Traits": "subjects",
    "subject": "subjects",
}
"""Public name -> the room it lives in."""

__all__ = sorted(_HOMES)

# In a checkout the two sibling folders stand beside this one; installed, they are inside it.
if not (Path(__file__).parent / "reference").exists():
    __path__.append(str(Path(__file__).parent.parent))


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

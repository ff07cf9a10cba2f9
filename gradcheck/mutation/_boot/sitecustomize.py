"""Runs at the start of every Python process of a test command, and has one mistake put into one function.

Python imports the first module of this name that its path holds; ours passes on to the next one. Nothing of
gradcheck is imported by name, which these processes need not have installed.
"""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def _boot() -> None:
    spec = spec_from_file_location("_gradcheck_mutation._inside", _HERE.parent / "_inside.py")
    assert spec is not None
    assert spec.loader is not None
    inside = module_from_spec(spec)
    spec.loader.exec_module(inside)
    inside.boot(os.environ["GRADCHECK_MUTANT"])


def _pass_on() -> None:
    """Run the ``sitecustomize`` that would have been found without us."""
    from importlib.machinery import PathFinder

    rest = [place for place in sys.path if place and Path(place).resolve() != _HERE]
    spec = PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


if "GRADCHECK_MUTANT" in os.environ:
    _boot()
_pass_on()

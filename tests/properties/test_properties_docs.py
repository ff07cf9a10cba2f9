"""The examples in the docstrings of suites, strategies and searches run."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = (
    "_case",
    "_proportions",
    "_sequential",
    "_suite",
    "search._search",
    "strategies._layouts",
    "strategies._special",
    "strategies._tensor",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    """Every line gives what is written below it."""
    result = doctest.testmod(importlib.import_module(f"gradcheck.properties.{name}"))

    assert result.attempted > 0
    assert result.failed == 0

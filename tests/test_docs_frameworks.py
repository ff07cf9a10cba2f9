"""The examples of `docs/frameworks.md` run, each block on its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parent.parent / "docs" / "frameworks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("code", BLOCKS, ids=[f"block {k}" for k in range(len(BLOCKS))])
def test_an_example_of_the_page_runs(code: str) -> None:
    """As a reader would paste it."""
    for package in re.findall(r"^import (torch|jax|autograd|array_api_strict)\b", code, re.MULTILINE):
        pytest.importorskip(package, reason="examples of a framework run where it is installed")
    exec(compile(code, "docs/frameworks.md", "exec"), {"__name__": "example"})


def test_there_are_examples() -> None:
    """The page was not emptied, nor its fences renamed."""
    assert len(BLOCKS) >= 5

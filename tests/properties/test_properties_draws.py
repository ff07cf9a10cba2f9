"""Which examples a seed gives depends on nothing but the seed: no number that a module mentions can be drawn."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import gradcheck.properties
from gradcheck.properties.strategies._draws import _FAR

_MOST = 10**9
"""More choices than anything has."""


def _numbers(folder: Path) -> Iterator[tuple[Path, float]]:
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
                yield file, node.value


def test_no_constant_of_our_own_is_among_what_can_be_drawn() -> None:
    """Hypothesis draws numbers that it reads in local modules: in a checkout ours, in an installation none."""
    numbers = list(_numbers(Path(gradcheck.properties.__file__).parent))
    assert len(numbers) > 100
    assert not [(file.name, number) for file, number in numbers if _FAR <= number < _FAR + _MOST]

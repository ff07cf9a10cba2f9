"""A stranger's project with three layers, one of them broken."""

from __future__ import annotations

from pathlib import Path

import pytest

SOURCE = """import numpy as np

import gradcheck


def relu(x):
    return np.maximum(x, 0)


def relu_grad(x):
    return (x > 0).astype(x.dtype)


def double(x):
    return 2 * x


def double_grad(x):
    return np.full_like(x, {slope})


SUBJECTS = [gradcheck.subject(relu, kind="activation"), gradcheck.subject(double, kind="activation")]
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Write the project, and return its folder."""
    return _project(tmp_path / "broken", 3.0)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Write the project without its mistake."""
    return _project(tmp_path / "sound", 2.0)


def _project(folder: Path, slope: float) -> Path:
    folder.mkdir()
    (folder / "layers.py").write_text(SOURCE.format(slope=slope))
    return folder

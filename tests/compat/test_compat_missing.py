"""What is not installed is one sentence with the command that installs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcheck import MissingExtra
from gradcheck.compat import autograd, jax, torch

CALLS: dict[str, Callable[[], Any]] = {
    "jax": lambda: jax.check_grads(np.sin, (0.5,), order=1),
    "autograd": lambda: autograd.check_grads(np.sin),
    "torch": lambda: torch.gradgradcheck(np.sin, (Marked(),)),
}


class Marked:
    """What says of itself that it requires a gradient."""

    requires_grad = True


@pytest.mark.parametrize("package", CALLS)
def test_a_missing_framework_is_named_with_its_extra(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an ImportError, and one of this project's."""
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingExtra, match=rf"{package} is not installed: pip install 'gradcheck\[{package}\]'"):
        CALLS[package]()


def test_bfloat16_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy has no such numbers of its own."""
    real = pytest.importorskip("torch", reason="a tensor of torch is needed")
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    import gradcheck

    with pytest.raises(MissingExtra, match=r"pip install 'gradcheck\[torch\]'"):
        gradcheck.check(real.sin, real.ones(2, dtype=real.bfloat16))

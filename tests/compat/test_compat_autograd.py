"""HIPS autograd's functions as subjects, and its checker's signature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck.compat.autograd import AUTOGRAD, check_grads

pytest.importorskip("autograd", reason="its functions are checked where autograd is installed")
import autograd.numpy as anp
from autograd.extend import defvjp, primitive


@primitive
def square(x: Any) -> Any:
    return x**2


defvjp(square, lambda ans, x: lambda upstream: upstream * 3 * x)


def test_functions_of_several_arrays_and_outputs_pass() -> None:
    """Arguments by name, outputs in a tuple."""
    x = np.random.default_rng(0).normal(size=(3, 2))

    report = gradcheck.check(AUTOGRAD(lambda x, w: (anp.tanh(x @ w), anp.sum(x))), x, x.T)

    assert report.ok, str(report)
    assert {compared.input for compared in report.comparisons} == {"inputs['x']", "inputs['w']"}
    assert report.convention.startswith("autograd function")


def test_a_wrong_rule_is_found() -> None:
    """Alone, and below another function; tiny gradients are no exception, as they are to autograd's own checker."""
    x = np.array([0.5, -2.0])

    assert not gradcheck.check(AUTOGRAD(square), x).ok
    with pytest.raises(gradcheck.GradientError):
        check_grads(lambda x: 1e-9 * square(x), order=1)(x)
    check_grads(lambda x, y: anp.sin(x) * y, argnums=0)(x, x)

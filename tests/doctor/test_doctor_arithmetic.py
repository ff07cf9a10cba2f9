"""Numbers are what they should be, or somebody is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.doctor import State, _arithmetic
from gradcheck.doctor._blas import VARIABLES, product, threads


def test_this_machine_is_fit() -> None:
    """Rounded to nearest, subnormals kept; the long double is told either way."""
    lines = {line.topic: line for line in _arithmetic.arithmetic()}

    assert [line.state for line in lines.values()][:2] == [State.OK, State.OK]
    wider = np.finfo(np.longdouble).nmant > 52
    assert (lines["long double"].state is State.OK) == wider


def test_flushing_to_zero_is_noticed() -> None:
    """With the switch of the processor on, the same probe says so; it is put back."""
    torch = pytest.importorskip("torch", reason="it has a switch for it")
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor has no such switch")
    try:
        line = _arithmetic._subnormals()
    finally:
        torch.set_flush_denormal(False)

    assert line.state is State.ATTENTION
    assert "-ffast-math" in line.remedy
    assert _arithmetic.keeps_subnormals()


def test_float32_in_disguise_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arithmetic of fewer digits does not pass for float64."""
    real = np.array
    monkeypatch.setattr(_arithmetic.np, "array", lambda values: real(values, dtype=np.float32))

    assert _arithmetic._float64().state is State.ATTENTION


@given(st.integers(min_value=1, max_value=40))
def test_a_product_is_exact_to_rounding(side: int) -> None:
    """Matrices of any size; the seed is the size."""
    rng = np.random.default_rng(side)
    x, y = rng.standard_normal((2, side + 8, side + 8))

    assert product(x, y).state is State.OK


def test_a_product_of_few_digits_is_noticed() -> None:
    """A library that multiplies in float32 is less exact than float64 allows."""

    class Coarse(np.ndarray):
        def __matmul__(self, other: object) -> np.ndarray:
            return np.asarray(self, np.float32) @ np.asarray(other, np.float32)

    x, y = np.random.default_rng(0).standard_normal((2, 20, 20))
    line = product(x.view(Coarse), y)

    assert line.state is State.ATTENTION
    assert "less exact" in line.said


def test_a_product_that_does_not_repeat_itself_is_noticed() -> None:
    """The last digits depend on how many threads are free; that is a note, with the variable that ends it."""

    class Restless(np.ndarray):
        calls = 0

        def __matmul__(self, other: object) -> np.ndarray:
            Restless.calls += 1
            return (np.asarray(self) @ np.asarray(other)) * (1 + 2.0**-52 * (Restless.calls % 2))

    x, y = np.random.default_rng(0).standard_normal((2, 20, 20))
    line = product(x.view(Restless), y)

    assert line.state is State.NOTE
    assert VARIABLES[0] in line.remedy


def test_threads_are_told_as_far_as_they_are_known() -> None:
    """Counted, or read off the environment."""
    assert "thread" in threads({}) or "OPENBLAS" in threads({"OPENBLAS_NUM_THREADS": "3"})

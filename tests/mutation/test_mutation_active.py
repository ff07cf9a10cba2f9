"""A function with a mistake in it, whoever holds it, and as it was afterwards."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gradcheck.mutation._active import Active, code_in, found_in, plain, standing_in, twin


def double(x: float, *, times: int = 2) -> float:
    return x * times


def closed(factor: float) -> Callable[[float], float]:
    def scaled(x: float = 1.0) -> float:
        return factor * x

    return scaled


def test_every_holder_calls_the_stand_in_until_it_leaves() -> None:
    """A list, a partial and the name itself call it; code and signature come back."""
    holders = [double, functools.partial(double, times=3), {"f": double}["f"]]
    code, signature = double.__code__, inspect.signature(double)
    active = Active(lambda x, **options: -x, keep=2)

    with standing_in(double, active):
        assert [hold(5) for hold in holders] == [-5, -5, -5]
        assert inspect.signature(double) == signature
    assert (active.calls, active.returned, len(active.kept)) == (3, 3, 2)
    assert double(5) == 10
    assert double.__code__ is code
    assert not hasattr(double, "__signature__")


@functools.lru_cache
def remembered(x: float) -> float:
    return double(x)


def test_what_was_remembered_is_forgotten_before_and_after() -> None:
    """A cache holds what the right code returned, and then what the mistake did; both are asked anew."""
    assert remembered(5.0) == 10.0
    with standing_in(double, Active(lambda x, **options: -x)):
        assert remembered(5.0) == -5.0
    assert remembered(5.0) == 10.0


def test_a_function_that_closes_over_values_keeps_them() -> None:
    """Its twin and the function itself, before and afterwards, see the same cell."""
    function = plain(closed(3.0))
    assert function is not None
    with standing_in(function, Active(twin(function))):
        assert function(2.0) == 6.0
    assert function() == 3.0


def test_an_exception_goes_through_and_the_function_comes_back() -> None:
    """A stand-in that raises is counted as called, and not as returned."""
    active = Active(lambda x: 1 / 0)
    with pytest.raises(ZeroDivisionError), standing_in(double, active):
        double(1)
    assert (active.calls, active.returned) == (1, 0)
    assert double(1) == 2


def test_arguments_are_kept_as_they_were() -> None:
    """What the function writes into is kept as it was before."""
    active = Active(lambda x: x.fill(0), keep=1)
    active(np.ones(2))
    assert (active.kept[0][0][0] == 1).all()


def test_code_is_found_by_name_and_line_without_running_the_module(tmp_path: Path) -> None:
    """Of two functions of one name that one is taken; nothing of the module is executed."""
    text = "1 / 0\nclass A:\n    def f(self):\n        return 1\nclass A:\n    def f(self):\n        return 2\n"
    assert code_in(text, "a.py", "A.f", 6).co_consts[-1] == 2
    with pytest.raises(LookupError, match="line 5"):
        code_in(text, "a.py", "A.f", 5)


class Holder:
    @staticmethod
    @functools.cache
    def cached(x: float) -> float:
        return x


def test_functions_are_found_below_what_decorates_them() -> None:
    """By qualified name, in the file and the line that they are expected in."""
    function = plain(Holder.cached)
    assert function is not None
    line = function.__code__.co_firstlineno
    assert found_in(globals(), "Holder.cached", __file__, line) is function
    assert found_in(globals(), "Holder.cached", __file__, line + 1) is None
    assert found_in(globals(), "Holder.missing", __file__, line) is None
    assert plain(np.sin) is None

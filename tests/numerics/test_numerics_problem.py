"""The point, the displaced point, and the natural size of every coordinate."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numerics.posed import pose

from gradcheck.numerics import DOUBLE, SINGLE, Problem, natural_sizes, precision_of, probe_sizes

vectors = hnp.arrays(float, st.integers(1, 20), elements=st.floats(-1e6, 1e6, allow_subnormal=False))
whole = (slice(None),)


def _identity(x: np.ndarray) -> np.ndarray:
    return x


@given(x=st.floats(1e-12, 1e12), share=st.floats(1e-10, 0.25))
def test_the_realised_displacement_is_exact(x: float, share: float) -> None:
    """What `right - left` says is what really separates the two points: no rounding is left in it."""
    problem = pose(np.array([x]), _identity, lambda at, u: u)
    right, left = problem.point(share * x), problem.point(-share * x)
    assert Fraction(float(right[0])) - Fraction(float(left[0])) == Fraction(float((right - left)[0]))


@given(x=st.floats(2.0**-20, 2.0**20, width=32), share=st.floats(1e-6, 0.25))
def test_displaced_points_lie_on_the_grid_of_the_subject(x: float, share: float) -> None:
    """In single precision every displaced coordinate is a float32 number, so the subject sees what was meant."""
    problem = pose(np.array([x]), _identity, lambda at, u: u, precision=SINGLE)
    moved = problem.point(share * x)
    assert moved.dtype == np.float64
    assert np.array_equal(moved, moved.astype(np.float32).astype(float))


@given(x=vectors, data=st.data())
def test_one_coordinate_moves_alone(x: np.ndarray, data: st.DataObject) -> None:
    """Displacing coordinate j changes nothing else, and never the point itself."""
    j = data.draw(st.integers(0, x.size - 1))
    problem, kept = pose(x, _identity, lambda at, u: u), x.copy()
    moved = problem.point(1.0, j)
    assert moved[j] == x[j] + 1.0
    assert np.array_equal(np.delete(moved, j), np.delete(x, j))
    assert np.array_equal(x, kept)


@given(x=vectors, power=st.integers(-40, 40))
def test_natural_sizes_follow_the_units(x: np.ndarray, power: int) -> None:
    """Sizes of a x are a times the sizes of x; they are never zero, and never below the entry itself."""
    sizes = natural_sizes(x, whole)
    assert np.all(sizes > 0)
    assert np.all(sizes >= np.abs(x))
    if np.any(x) and np.all(np.abs(x[x != 0]) > 1e-300):  # below, a hundredth has few digits
        assert np.array_equal(natural_sizes(x * 2.0**power, whole), sizes * 2.0**power)


def test_a_small_entry_is_not_smaller_than_a_hundredth_of_its_block() -> None:
    """A zero among ones gets a hundredth of the median; a block of zeros gets one; blocks do not mix."""
    x = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 1e6])
    sizes = natural_sizes(x, (slice(0, 3), slice(3, 5), slice(5, 6)))
    assert sizes.tolist() == [0.01, 1.0, 1.0, 1.0, 1.0, 1e6]


def test_probes_are_even_unless_the_magnitudes_span_decades() -> None:
    """Entries alike move by one common size; entries from 1e-6 to 1e6 move each in proportion to itself."""
    alike, wide = np.array([1.0, 2.0, 3.0]), np.logspace(-6, 6, 7)
    assert probe_sizes(alike, natural_sizes(alike, whole), whole).tolist() == [2.0, 2.0, 2.0]
    assert np.array_equal(probe_sizes(wide, natural_sizes(wide, whole), whole), natural_sizes(wide, whole))


def test_the_precision_is_that_of_the_results() -> None:
    """float64 and wider are double, float32 single, sixteen bits hopeless."""
    assert precision_of(np.float64) is DOUBLE
    assert precision_of(np.longdouble) is DOUBLE
    assert precision_of(np.float32) is SINGLE
    assert precision_of(np.float16) is None
    assert (DOUBLE.eps, SINGLE.eps) == (np.finfo(float).eps, np.finfo(np.float32).eps)


def _of_two(swaps: list[int]) -> Problem:
    problem = pose(np.array([1.0, 2.0, 3.0]), lambda at: at**2, lambda at, u: 2 * u * at, 2, shapes=((2,), (1,)))

    def swap(block: int, values: np.ndarray) -> np.ndarray:
        swaps.append(block)
        x = problem.x.copy()
        x[problem.blocks[block]] = values
        return x**2

    return replace(problem, swap=swap)


def test_a_swap_moves_one_block_and_says_by_how_much() -> None:
    """F with some entries of one block moved is f there, and the displacement is the realised one."""
    swaps: list[int] = []
    problem = _of_two(swaps)
    output, moved = problem.value_moved(0, (slice(1, 2),), np.array([0.1]))
    assert output.tolist() == [1.0, (2.0 + moved[0]) ** 2, 9.0]
    assert moved[0] == (2.0 + 0.1) - 2.0
    assert problem.value_at(2, 0.5)[0].tolist() == [1.0, 4.0, 3.5**2]
    assert swaps == [0, 1]


def test_a_problem_elsewhere_does_not_swap_into_the_old_point() -> None:
    """At another x the same problem moves entries of that x: a swap would know the first one only."""
    swaps: list[int] = []
    there = _of_two(swaps).elsewhere(np.array([5.0, 6.0, 7.0]))
    assert there.value_at(0, 0.5)[0].tolist() == [5.5**2, 36.0, 49.0]
    assert swaps == []


def test_more_digits_come_for_all_points_or_for_none() -> None:
    """A single point without them spoils the difference."""
    problem = _of_two([])
    assert problem.refined(problem.x, problem.x) is None
    some = replace(problem, refine=lambda x: x.astype(np.longdouble) if x[0] == 1 else None)
    assert some.refined(problem.x, problem.x) is not None
    assert some.refined(problem.x, problem.x + 1) is None


def test_more_digits_at_the_point_are_asked_for_once() -> None:
    """Each difference needs the value in its middle: one for all differences at a point, another elsewhere."""
    asked: list[float] = []

    def refine(x: np.ndarray) -> np.ndarray:
        asked.append(float(x[0]))
        return x.astype(np.longdouble)

    problem = replace(_of_two([]), refine=refine)
    for step in (0.5, 0.25):
        seen = problem.refined(problem.x - step, problem.x + step)
        assert seen is not None
        assert [float(value[0]) for value in seen] == [1 - step, 1.0, 1 + step]
    assert asked == [1.0, 0.5, 1.5, 0.75, 1.25]
    there = problem.elsewhere(problem.x + 4).refined(problem.x + 3, problem.x + 5)
    assert there is not None
    assert float(there[1][0]) == 5.0

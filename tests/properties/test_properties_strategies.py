"""Strategies: where shrinking ends, lines that rebuild arrays, and degenerate data on purpose."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from gradcheck.properties import run_suite, strategies
from gradcheck.properties.strategies import LAYOUTS, MILD, STRUCTURES, Drawn, tensor, tensors
from gradcheck.properties.strategies._structures import BY_NAME
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import gradcheck

QUICK = settings(
    max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def simplest(strategy, condition):
    """Return the smallest value that meets the condition."""
    found = []

    @settings(QUICK, max_examples=300)
    @given(strategy)
    def search(value):
        if condition(value):
            found.append(value)
            raise AssertionError

    with pytest.raises(AssertionError):
        search()
    return found[-1]


def test_shrinking_ends_at_the_plainest_array() -> None:
    """The simplest batch has two rows, one column, seed 0, scale 1 and dense noise without edits."""
    assert simplest(tensors(), lambda drawn: True) == Drawn((2, 1))


def test_the_simplest_weights_and_gradient_are_apart() -> None:
    """Arrays of one example are of other streams: a gradient that is the weights hides which of them a step took."""
    seen = []

    def step(w, grad, learning_rate=0.1):
        if w.ndim == 2:  # a drawn one
            seen.append(np.array_equal(w, grad))
        return w - learning_rate * grad

    run_suite(step, "optimizer", cases=None, max_examples=3, checks=["GC702"])

    assert seen
    assert not any(seen)


def test_shrinking_drops_what_does_not_matter() -> None:
    """Of a large, structured array only what the failure needs is left."""
    found = simplest(tensors(rows=(2, 30), widths=(1, 30)), lambda drawn: drawn.shape[1] >= 4)

    assert found == Drawn((2, 4))


def test_the_repr_is_one_line_that_rebuilds_the_array() -> None:
    """A pasted line gives the same array, bit for bit, in the same layout."""
    words = {name: getattr(strategies, name) for name in strategies.__all__}

    @settings(QUICK, max_examples=80)
    @given(
        tensors(layouts=LAYOUTS)
        | tensors(rows=(0, 1), domain="positive", dtype="float32")
        | strategies.at_kinks((0.0, 1.5))
        | strategies.away_from((0.0,))
        | strategies.images(3, layouts=LAYOUTS)
        | strategies.spd(3)
        | strategies.orthogonal(2)
        | strategies.simplex((2, 3))
        | strategies.labels((4,), 3)
    )
    def holds(drawn):
        line, array = repr(drawn), drawn.array
        again = eval(line, words)
        assert "\n" not in line
        assert (again.dtype, again.shape, again.strides) == (array.dtype, array.shape, array.strides)
        assert again.tobytes() == array.tobytes()

    holds()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 1), (0, 2), (3, 2, 2)])
def test_a_layout_moves_numbers_in_memory_only(layout: str, shape: tuple[int, ...]) -> None:
    """The same numbers lie elsewhere; a broadcast repeats the first example."""
    x = tensor(shape, seed=1)
    there = tensor(shape, seed=1, layout=layout)

    np.testing.assert_array_equal(there, np.broadcast_to(x[:1], shape) if layout == "broadcast" and shape else x)
    if math.prod(shape) > 1 and layout in ("strided", "reversed"):
        assert not there.flags.c_contiguous


def test_layouts_are_drawn_where_they_are_asked_for() -> None:
    """All of them come up, and shrinking ends at the contiguous one."""
    seen: Counter[str] = Counter()

    @settings(QUICK, max_examples=100)
    @given(tensors(layouts=LAYOUTS))
    def count(drawn):
        seen[drawn.layout] += 1

    count()

    assert set(seen) == set(LAYOUTS)
    assert simplest(tensors(layouts=LAYOUTS), lambda drawn: True) == Drawn((2, 1))


def test_groups_broadcast() -> None:
    """Every group of broadcastable arrays has a common shape, and shrinks to arrays of two rows and one column."""

    @QUICK
    @given(strategies.broadcastable(3))
    def holds(group):
        assert len(group) == 3
        np.broadcast_shapes(*(drawn.shape for drawn in group))

    holds()
    assert simplest(strategies.broadcastable(2), lambda group: True) == (Drawn((2, 1)), Drawn((2, 1)))


@pytest.mark.parametrize(("domain", "low", "high"), [("positive", 0, np.inf), ("unit", 0, 1), ("ball", -1, 1)])
def test_a_domain_is_kept_by_every_structure(domain: str, low: float, high: float) -> None:
    """No structure leaves the open interval."""
    for structure in STRUCTURES:
        x = tensor((4, 3), structure=structure, domain=domain)
        assert ((low < x) & (x < high)).all()


def test_special_arrays_are_what_they_say() -> None:
    """Symmetric positive definite of the asked condition, orthogonal, summing to 1, labels of the classes."""

    @QUICK
    @given(strategies.spd(4), strategies.orthogonal(3), strategies.simplex((2, 4)), strategies.labels((5,), 3))
    def holds(spd, orthogonal, simplex, labels):
        spectrum = np.linalg.eigvalsh(spd.array)
        assert spectrum.max() / spectrum.min() == pytest.approx(dict(spd.arguments)["condition"], rel=1e-6)
        np.testing.assert_array_equal(spd.array, spd.array.T)
        np.testing.assert_allclose(orthogonal.array.T @ orthogonal.array, np.eye(3), atol=1e-14)
        np.testing.assert_allclose(simplex.array.sum(axis=1), 1, rtol=1e-14)
        assert set(labels.array.tolist()) <= {0, 1, 2}

    holds()


@pytest.mark.parametrize("make", [strategies.spd, strategies.orthogonal, lambda n: strategies.labels((2,), n)])
def test_a_size_of_nothing_is_refused(make) -> None:
    """There is no matrix without rows, and no label without classes."""
    with pytest.raises(gradcheck.InvalidArgument, match="must be at least 1"):
        make(0)


def test_digits_make_numbers_that_can_be_typed() -> None:
    """One significant digit is what a person writes by hand."""
    assert tensor((2, 2), digits=1).tolist() == [[0.1, -0.1], [0.6, 0.1]]


def test_the_repr_does_not_grow_with_the_array() -> None:
    """A big array has a short line."""
    assert repr(Drawn((512, 512), seed=7)) == "tensor(shape=(512, 512), seed=7)"


def test_edits_are_part_of_the_line() -> None:
    """Edited entries are listed with their values, NaN in a form that Python reads."""
    drawn = Drawn((4, 3), seed=3, edit=(((1, 2), 0.0), ((0, 0), float("nan"))))

    assert repr(drawn) == "tensor(shape=(4, 3), seed=3, edit={(1, 2): 0.0, (0, 0): float('nan')})"
    assert drawn.array[1, 2] == 0
    assert np.isnan(drawn.array[0, 0])


def test_numpy_takes_a_drawn_object_for_an_array() -> None:
    """`np.asarray` gives the array itself."""
    np.testing.assert_array_equal(np.asarray(Drawn((2, 2), seed=1)), tensor((2, 2), seed=1))


def test_every_draw_is_a_fresh_array() -> None:
    """Whoever writes into one array does not change the next."""
    drawn = Drawn((2, 2))
    drawn.array[...] = 0

    assert drawn.array.any()


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 1), (4, 3), (2, 3, 2, 2)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_structures_keep_shape_dtype_and_finiteness(name: str, shape: tuple[int, ...], dtype: str) -> None:
    """Every structure works on any shape, in both precisions."""
    x = tensor(shape, structure=name, dtype=dtype)

    assert (x.shape, x.dtype.name) == (shape, dtype)
    assert np.isfinite(x).all()


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("constant column", lambda x: (x[:, 0] == x[0, 0]).all()),
        ("tied maxima", lambda x: ((x == x.max(axis=1, keepdims=True)).sum(axis=1) >= 1).all()),
        ("duplicate rows", lambda x: (x[0] == x[1]).all()),
        ("collinear columns", lambda x: np.linalg.matrix_rank(x) < x.shape[1]),
        ("one outlier", lambda x: np.abs(x).max() > 1e4 * np.median(np.abs(x))),
        ("huge", lambda x: np.abs(x).max() > 1e49),
        ("tiny", lambda x: np.abs(x).max() < 1e-49),
        ("sorted", lambda x: (np.diff(x, axis=0) >= 0).all()),
        ("sparse", lambda x: (x == 0).mean() > 0.5),
        ("exact zeros", lambda x: not x.any()),
        ("negative zero", lambda x: (np.signbit(x) & (x == 0)).any()),
        ("constant row", lambda x: (x[0] == x[0, 0]).all()),
        ("subnormal", lambda x: np.abs(x).max() < np.finfo(float).tiny and x.any()),
    ],
)
def test_structures_are_what_they_say(name: str, holds) -> None:
    """Each degenerate structure shows in the array."""
    assert holds(tensor((6, 4), seed=5, structure=name))


def test_degenerate_data_are_a_counted_choice() -> None:
    """About every other array is dense, and every structure is drawn."""
    seen: Counter[str] = Counter()

    @settings(QUICK, max_examples=300, derandomize=False)
    @seed(0)
    @given(tensors(edits=()))
    def count(drawn):
        seen[drawn.structure] += 1

    count()

    assert set(seen) == set(STRUCTURES) == set(BY_NAME) - {"subnormal"}
    assert 0.3 < seen["dense"] / seen.total() < 0.7


def test_ordinary_noise_is_never_degenerate() -> None:
    """Dense arrays have no constant column and full rank, unlike arrays drawn entry by entry."""

    @QUICK
    @given(tensors(structures=("dense",), edits=(), rows=(6, 8), widths=(2, 5)))
    def holds(drawn):
        x = drawn.array
        assert x.std(axis=0).min() > 0
        assert np.linalg.matrix_rank(x - drawn.loc) == x.shape[1]

    holds()


def test_kinks_are_kept_away_from_or_hit() -> None:
    """`away_from` keeps the margin; `at_kinks` puts at least one entry exactly at a kink."""

    @QUICK
    @given(strategies.away_from((0.0, 1.0), margin=0.05, structures=MILD), strategies.at_kinks((0.0, 1.0)))
    def holds(away, at):
        for kink in (0.0, 1.0):
            assert (np.abs(away.array - kink) >= 0.05 * (1 - 1e-12)).all()
        assert np.isin(at.array, (0.0, 1.0)).any()

    holds()


def test_shapes_are_as_asked() -> None:
    """Batches, images, upstream gradients and weights have the shapes of their names."""

    @QUICK
    @given(
        st.tuples(strategies.batches(3), strategies.images(2), strategies.upstreams((2, 5)), strategies.weights(3, 4))
    )
    def holds(drawn):
        batch, image, upstream, weight = (one.array.shape for one in drawn)
        assert batch[1] == 3
        assert len(image) == 4
        assert image[1] == 2
        assert (upstream, weight) == ((2, 5), (3, 4))

    holds()


def test_a_wrong_structure_is_refused_with_a_sentence() -> None:
    """An unknown structure names the known ones."""
    for word in ("structure", "layout", "domain"):
        with pytest.raises(gradcheck.InvalidArgument, match="'dens' is unknown"):
            tensor((2, 2), **{word: "dens"})


def test_kinks_must_be_given() -> None:
    """There is no way to draw at a kink where none is named."""
    with pytest.raises(gradcheck.InvalidArgument, match="names no kink"):
        strategies.at_kinks(())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"structures": ()}, "structures=.* nothing to draw from"),
        ({"scales": ()}, "scales=.* nothing to draw from"),
        ({"structures": ("densee",)}, "'densee', which is unknown"),
        ({"layouts": ("askew",)}, "'askew', which is unknown"),
        ({"max_edits": -1}, "max_edits=-1"),
    ],
)
def test_a_strategy_that_can_draw_nothing_is_refused_at_once(options: dict, said: str) -> None:
    """The sentence comes where the strategy is written, and not in the middle of a search."""
    with pytest.raises(gradcheck.InvalidArgument, match=said):
        tensors(**options)

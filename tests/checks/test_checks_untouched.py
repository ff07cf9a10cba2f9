"""The caller's things come back bit for bit: arrays, layer, generators; also when the subject raises half-way."""

from __future__ import annotations

import copy
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import gradcheck


class _Boom(Exception):
    """Raised by the subject, and by nothing else."""


class _Fuse:
    """Counts calls, and raises at the `at`-th of them, or at every one from there on."""

    def __init__(self, at: int | None = None, *, for_good: bool = True) -> None:
        self.at, self.for_good, self.calls = at, for_good, 0

    def __deepcopy__(self, memo: dict[int, Any]) -> _Fuse:
        return self

    def burn(self) -> None:
        self.calls += 1
        if self.at is not None and (self.calls == self.at or (self.for_good and self.calls > self.at)):
            raise _Boom


class _Untidy:
    """A right layer that writes into everything it can reach, and draws from every generator there is."""

    def __init__(self, fuse: _Fuse, in_backward: bool) -> None:
        rng = np.random.default_rng(3)
        self.fuse, self.in_backward = fuse, in_backward
        self.W, self.dW = rng.normal(size=(4, 3)), np.zeros((4, 3))
        self.b, self.db = rng.normal(size=3).astype(np.float32), np.zeros(3, np.float32)
        self.running = np.zeros(4)
        self.calls = 0
        self.rng = np.random.default_rng(8)
        self.scratch: dict[str, np.ndarray] = {"old": np.ones(2)}

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.calls += 1
        self.running += x.mean(axis=0)
        self.rng.random(), np.random.random(), random.random()  # noqa: NPY002
        self.scratch["old"] += 1
        if not self.in_backward:
            self.fuse.burn()
        self.x = x.copy()
        return x @ self.W + self.b

    def backward(self, dout: np.ndarray) -> np.ndarray:
        np.random.seed(1)  # noqa: NPY002
        random.seed(1)
        if self.in_backward:
            self.fuse.burn()
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


def _state(layer: Any) -> dict[str, Any]:
    held = {key: value for key, value in vars(layer).items() if key not in ("fuse", "rng")}
    return copy.deepcopy(held) | {"rng": layer.rng.bit_generator.state}


def _global_state() -> tuple[Any, Any]:
    return np.random.get_state(), random.getstate()  # noqa: NPY002


def _assert_same(before: Any, after: Any) -> None:
    assert type(before) is type(after)
    if isinstance(before, np.ndarray):
        assert (before.dtype, before.shape, before.tobytes()) == (after.dtype, after.shape, after.tobytes())
    elif isinstance(before, dict):
        assert list(before) == list(after)
        for key in before:
            _assert_same(before[key], after[key])
    elif isinstance(before, tuple):
        assert len(before) == len(after)
        for one, other in zip(before, after, strict=True):
            _assert_same(one, other)
    else:
        assert before == after


def _run(layer: _Untidy, x: np.ndarray) -> BaseException | None:
    try:
        gradcheck.check(layer, x)
    except _Boom as boom:
        return boom
    return None


@given(at=st.none() | st.integers(1, 40), in_backward=st.booleans(), for_good=st.booleans())
@example(at=1, in_backward=False, for_good=True)
@example(at=1, in_backward=True, for_good=True)
@example(at=4, in_backward=False, for_good=False)
@example(at=None, in_backward=False, for_good=False)
def test_everything_comes_back_bit_for_bit(at: int | None, in_backward: bool, for_good: bool) -> None:
    """Inputs, layer and global generators are as before, whichever call raises; the exception is the user's own."""
    fuse = _Fuse(at, for_good=for_good)
    layer = _Untidy(fuse, in_backward)
    x = np.random.default_rng(0).normal(size=(5, 4))
    kept, state, generators = x.copy(), _state(layer), _global_state()
    boom = _run(layer, x)
    _assert_same(kept, x)
    _assert_same(state, _state(layer))
    _assert_same(generators, _global_state())
    if for_good and at is not None:
        assert (boom is not None) == (fuse.calls >= at)
    if at is None:
        assert boom is None


@pytest.mark.parametrize("form", ["derivative", "vjp", "grad", "pair"])
@pytest.mark.parametrize("at", [1, 2, 3, 5])
@pytest.mark.parametrize("where", ["forward", "backward"])
def test_what_a_function_raises_propagates(form: str, at: int, where: str) -> None:
    """No form swallows the user's exception, and the very same object arrives."""
    fuse = _Fuse(at)

    def forward(x: np.ndarray) -> Any:
        if where == "forward":
            fuse.burn()
        out = np.sin(x).sum() if form == "grad" else np.sin(x)
        return (out, x) if form == "pair" else out

    def claim(*arguments: np.ndarray) -> np.ndarray:
        if where == "backward":
            fuse.burn()
        x = arguments[-1]
        return 1.01 * np.cos(x) * (arguments[0] if form in ("vjp", "pair") else 1.0)

    x = np.array([0.3, -0.7, 1.9])
    subject, options = ((forward, claim), {}) if form == "pair" else (forward, {form: claim})
    try:
        gradcheck.check(subject, x, **options)
    except _Boom:
        assert fuse.calls >= at
    else:
        assert fuse.calls < at
    assert np.array_equal(x, [0.3, -0.7, 1.9])


def test_an_exception_away_from_the_point_says_so() -> None:
    """A forward that works at the inputs but not beside them raises its own error, with a note on where."""

    def picky(x: np.ndarray) -> np.ndarray:
        if np.sort(x)[0] != 1.0:
            raise _Boom("only at one")
        return x**2

    with pytest.raises(_Boom, match="only at one") as caught:
        gradcheck.check(picky, np.array([2.0, 1.0]), derivative=lambda x: 2 * x)
    assert any("displaced" in note for note in caught.value.__notes__)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::2],
        lambda a: a[::-1],
        lambda a: a[:, ::3],
        lambda a: np.asfortranarray(a),
        lambda a: np.broadcast_to(a[:1], (3, 6)),
        lambda a: a.T,
    ],
    ids=["strided", "reversed", "columns", "fortran", "broadcast", "transposed"],
)
def test_views_are_neither_written_to_nor_refused(view: Any) -> None:
    """A forward that works in place spoils neither the view handed over nor the array behind it."""
    behind = np.random.default_rng(0).normal(size=(6, 6))
    kept = behind.copy()

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        point = x.copy()
        x += 1
        return np.sin(point), point

    report = gradcheck.check((forward, lambda g, x: g * np.cos(x)), view(behind))
    assert [f.code for f in report.findings] == ["GC105"]
    assert np.array_equal(behind, kept)


def test_read_only_inputs_can_be_checked() -> None:
    """An array that must not be written to is no obstacle."""
    x = np.array([0.1, 0.2])
    x.setflags(write=False)
    assert gradcheck.check(np.sin, x, derivative=np.cos).ok
    assert not x.flags.writeable


def test_constants_come_back_too() -> None:
    """Integer arrays handed along are not checked; a forward that writes into them spoils a copy, and is told."""
    rows = np.array([2, 0, 1])

    def forward(x: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        order = rows.copy()
        rows[:] = 0
        return x[order], order

    def backward(g: np.ndarray, order: np.ndarray) -> np.ndarray:
        out = np.zeros(3)
        np.add.at(out, order, g)
        return out

    report = gradcheck.check((forward, backward), np.array([1.0, 2.0, 3.0]), rows)
    assert np.array_equal(rows, [2, 0, 1])
    assert [(finding.code, finding.path) for finding in report.findings] == [("GC105", "inputs['rows']")]


def test_what_a_dictionary_constant_holds_comes_back_too() -> None:
    """A dictionary of arrays handed along is as safe as an array."""
    options = {"scale": np.array([2.0, 3.0])}

    def forward(x: np.ndarray, options: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        scale = options["scale"].copy()
        options["scale"][:] = 0
        return x * scale, scale

    report = gradcheck.check((forward, lambda g, scale: g * scale), np.array([1.0, 2.0]), options)
    assert report.ok
    assert np.array_equal(options["scale"], [2.0, 3.0])


def test_an_object_whose_methods_are_a_pair_is_left_alone() -> None:
    """Bound methods run on a copy of their owner."""
    layer = _Untidy(_Fuse(), in_backward=False)
    layer.b = layer.b.astype(float)
    state = _state(layer)

    assert gradcheck.check(layer.forward, np.ones((2, 4)), vjp=_Vjp(layer).pull).ok
    _assert_same(state, _state(layer))


class _Vjp:
    def __init__(self, layer: _Untidy) -> None:
        self.W = layer.W.copy()

    def pull(self, g: np.ndarray, x: np.ndarray) -> np.ndarray:
        return g @ self.W.T


def test_a_layer_that_cannot_be_copied_is_refused_by_name() -> None:
    """Without a copy nothing could be handed back untouched, so the check says what to do."""

    class Uncopied:
        def __init__(self) -> None:
            self.lock = open(__file__)  # noqa: SIM115, PTH123 - a file cannot be copied

        def forward(self, x: np.ndarray) -> np.ndarray:
            return x

        def backward(self, dout: np.ndarray) -> np.ndarray:
            return dout

    layer = Uncopied()
    with pytest.raises(gradcheck.InvalidArgument, match=r"Uncopied cannot be copied.*__deepcopy__"):
        gradcheck.check(layer, np.ones(2))
    layer.lock.close()

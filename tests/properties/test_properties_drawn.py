"""Layers that draw random numbers, and layers that only remember: which is which, and what is checked of either."""

from __future__ import annotations

import copy
import random
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import plan, run_suite
from gradcheck.properties.adapters._steady import steady
from gradcheck.properties.adapters._stream import Stream

import gradcheck

X = np.random.default_rng(0).standard_normal((4, 3))
RNG = np.random.default_rng(5)
MEMORY = ["GC101", "GC102", "GC106", "GC107", "GC111"]


class Noisy:
    """An affine layer behind additive noise."""

    def __init__(self) -> None:
        self.W, self.training = np.random.default_rng(1).standard_normal((3, 3)), True
        self.rng = np.random.default_rng(0)

    def forward(self, x):
        self.x = self.spoilt(x)
        return self.x @ self.W

    def spoilt(self, x):
        return x + 0.1 * self.rng.standard_normal(x.shape)

    def back(self, g):
        return g

    def backward(self, g):
        self.dW = self.of_weights(g)
        return self.back(g @ self.W.T)

    def of_weights(self, g):
        return self.x.T @ g


class Dropping(Noisy):
    """An affine layer behind a dropout."""

    def spoilt(self, x):
        self.mask = 2.0 * (self.rng.random(x.shape) >= 0.5) if self.training else np.ones_like(x)
        return x * self.mask

    def back(self, g):
        return g * self.mask


class Dropout:
    """In the form of most textbooks: with the global generator."""

    def __init__(self, p=0.3):
        self.p, self.training = p, True

    def draw(self, shape):
        return np.random.rand(*shape)  # noqa: NPY002

    def forward(self, x):
        self.mask = (self.draw(x.shape) >= self.p) / (1 - self.p) if self.training else np.ones_like(x)
        return x * self.mask

    def backward(self, g):
        return g * self.mask


class OfItsModule(Dropout):
    def draw(self, shape):
        return RNG.random(shape)


class OfPython(Dropout):
    def draw(self, shape):
        return np.reshape([random.random() for _ in range(int(np.prod(shape)))], shape)


class Own(Dropout):
    def __init__(self, p, seed=0):
        super().__init__(p)
        self.generators = {"mask": [np.random.default_rng(seed)]}

    def draw(self, shape):
        return self.generators["mask"][0].random(shape)


class Remembering:
    """A recurrent layer; `start` is where the hidden state begins."""

    def __init__(self) -> None:
        draw = np.random.default_rng(1).standard_normal
        self.Wx, self.Wh, self.h = draw((3, 3)) / 2, draw((3, 3)) / 2, None

    def start(self, x):
        return np.zeros((len(x), 3))

    def forward(self, x):
        self.x, self.hs = x, [self.start(x)]
        for t in range(x.shape[1]):
            self.hs.append(np.tanh(x[:, t] @ self.Wx + self.hs[-1] @ self.Wh))
        self.h = self.hs[-1]
        return np.stack(self.hs[1:], 1)

    def backward(self, g):
        self.dWx, self.dWh = np.zeros_like(self.Wx), np.zeros_like(self.Wh)
        dx, dh = np.zeros_like(self.x), 0.0
        for t in reversed(range(self.x.shape[1])):
            dz = (g[:, t] + dh) * (1 - self.hs[t + 1] ** 2)
            self.dWx, self.dWh = self.dWx + self.x[:, t].T @ dz, self.dWh + self.hs[t].T @ dz
            dx[:, t], dh = dz @ self.Wx.T, dz @ self.Wh.T
        return dx


def with_method(kind: type, **methods: Any) -> Any:
    return type(kind.__name__, (kind,), methods)


def red(thing: Any, *inputs: Any, checks: Any = None, traits: Any = None, examples: int = 8) -> set[str]:
    declared = gradcheck.subject(thing, *inputs, kind="layer", traits=traits)
    report = run_suite(declared, checks=checks, max_examples=examples, cases=None)
    return {finding.code for finding in report.findings if finding.severity is gradcheck.Verdict.FAIL}


@pytest.mark.parametrize("kind", [Noisy, Dropping])
def test_the_weights_of_a_layer_that_draws_are_checked(kind: type) -> None:
    """With the same numbers at every call it has a gradient in all that it holds, and a wrong one is found."""
    wrong = with_method(kind, of_weights=lambda self, g: 3 * self.x.T @ g)

    assert red(kind(), X, checks=MEMORY, examples=4) == set()
    assert "GC102" in red(wrong(), X, checks=["GC102"])


def test_the_other_inputs_of_a_pair_that_draws_are_checked() -> None:
    """Weights that are handed over are no less than those that are kept."""

    def forward(x, w, rng=None):
        x = x + np.random.default_rng(rng).standard_normal(x.shape)
        return x @ w, (x, w)

    def pair(factor):
        return forward, lambda g, cache: (g @ cache[1].T, factor * cache[0].T @ g)

    w = np.random.default_rng(1).standard_normal((3, 2))

    assert red(pair(1), X, w, checks=MEMORY, examples=4) == set()
    assert "GC101" in red(pair(2), X, w, checks=["GC101", "GC102"])


def test_what_is_remembered_is_no_chance() -> None:
    """A state that leaks from call to call is reported, and excuses no wrong gradient."""
    x = np.random.default_rng(0).standard_normal((2, 4, 3))
    leaking = with_method(
        Remembering, start=lambda self, x: np.zeros((len(x), 3)) if self.h is None else self.h[: len(x)]
    )

    assert red(Remembering(), x, checks=["GC106", "GC107", "GC111"]) == set()
    assert "random" not in plan(gradcheck.subject(leaking(), x, kind="layer")).adapted.abilities
    assert red(leaking(), x, checks=["GC106"], examples=4) == {"GC106"}


@pytest.mark.parametrize("kind", [Dropout, OfItsModule, OfPython])
def test_a_dropout_draws_from_any_generator(kind: type) -> None:
    """Whether two calls in a row, or equal seeds, drop the same does not depend on where the numbers come from."""
    once = with_method(kind, draw=lambda self, shape: np.random.default_rng(0).random(shape))
    laws = ["GC101", "GC111", "GC127", "GC128", "GC129", "GC130", "GC132"]

    assert red(kind(), X, checks=laws) == set()
    assert "GC132" in red(once(), X, checks=["GC132"], traits={"drop_rate": 0.3})


def test_a_pair_of_functions_draws_from_the_global_generator() -> None:
    """Nothing is held, and every call draws anew all the same."""

    def forward(x, p=0.3):
        mask = (np.random.rand(*x.shape) >= p) / (1 - p)  # noqa: NPY002
        return x * mask, mask

    assert red((forward, lambda g, mask: g * mask), X, checks=["GC101", "GC128", "GC132"]) == set()


def test_a_dropout_before_a_matrix_is_none_itself() -> None:
    """Only what hands on its input times 0, or times one other number, has a mask that the laws can read off."""

    class Rectified(Dropout):
        def forward(self, x):
            return np.maximum(super().forward(x), 0)

    layers = {"dropout": Dropout(), "before a matrix": Dropping(), "rectified": Rectified()}
    drops = {
        name: "drops" in plan(gradcheck.subject(layer, X, kind="layer")).adapted.abilities
        for name, layer in layers.items()
    }

    assert drops == {"dropout": True, "before a matrix": False, "rectified": False}


@pytest.mark.parametrize("seed", range(4))
def test_a_rare_drop_is_no_luck(seed: int) -> None:
    """Of twelve entries one in a hundred is hardly ever dropped; that numbers are drawn shows nevertheless."""
    layer = gradcheck.subject(Own(0.01, seed), X, kind="layer")

    assert {"random", "drops"} <= plan(layer).adapted.abilities


def test_a_layer_that_is_made_steady_is_still_one() -> None:
    """It repeats itself, its copies do, and the original draws on as before."""
    layer = Own(0.5)
    same = steady(layer, 0, {})
    outs = [same.forward(np.ones(50)), same.forward(np.ones(50)), copy.deepcopy(same).forward(np.ones(50))]

    assert isinstance(same, Own)
    assert all(np.array_equal(out, outs[0]) for out in outs)
    assert not np.array_equal(layer.forward(np.ones(50)), layer.forward(np.ones(50)))


def test_methods_that_are_a_pair_stay_of_one_object() -> None:
    """The backward of a steady forward reads what that forward has kept."""
    layer = Own(0.5)
    forward, backward = steady((layer.forward, layer.backward), 0, {})

    assert np.array_equal(forward(np.ones(50)), backward(np.ones(50)))
    assert not hasattr(layer, "mask")


def test_a_stream_disturbs_nobody() -> None:
    """It goes on where it stopped, and everybody else's numbers are what they would have been."""
    generators = (np.random.rand, random.random)
    before = np.random.get_state(), random.getstate()  # noqa: NPY002
    stream, again = Stream(None, 3), Stream(None, 3)
    drawn = []
    for one in (stream, stream, again, again):
        with one:
            drawn.append([draw() for draw in generators])

    assert drawn[:2] == drawn[2:]
    assert drawn[0] != drawn[1]
    assert stream.drawn
    assert not Stream(None, 3).drawn
    assert str(np.random.get_state()) == str(before[0])  # noqa: NPY002
    assert random.getstate() == before[1]


def test_declared_inputs_come_back_as_they_were() -> None:
    """A layer that works in place is told so, and spoils no example of its author."""

    class InPlace:
        def forward(self, x):
            x *= 2
            return x

        def backward(self, g):
            return 2 * g

    x = np.ones((4, 3))

    assert "GC105" in red(InPlace(), x)
    assert (x == 1).all()

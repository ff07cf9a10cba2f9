"""How a suite and a search call a class: its first argument is a width only where it is needed, or says so."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import plan, run_law, run_suite
from gradcheck.properties.adapters._made import arguments_of, made_as

import gradcheck
from gradcheck import reference
from gradcheck.report import Status


class BatchNorm:
    """Its first argument is the weight of a new batch."""

    def __init__(self, momentum=0.1, eps=1e-5):
        self.momentum, self.eps, self.training = momentum, eps, True
        self.running_mean, self.running_var = 0.0, 1.0

    def forward(self, x):
        mean, var = (x.mean(0), x.var(0)) if self.training else (self.running_mean, self.running_var)
        if self.training:
            kept, var_of_all = 1 - self.momentum, var * len(x) / max(len(x) - 1, 1)
            self.running_mean = kept * self.running_mean + self.momentum * mean
            self.running_var = kept * self.running_var + self.momentum * var_of_all
        self.deviation = np.sqrt(var + self.eps)
        self.out = (x - mean) / self.deviation
        return self.out

    def backward(self, g):
        if self.training:
            g = g - g.mean(0) - self.out * (g * self.out).mean(0)
        return g / self.deviation


class Softmax:
    """Its first argument is an axis."""

    def __init__(self, axis=-1):
        self.axis = axis

    def forward(self, x):
        e = np.exp(x - x.max(self.axis, keepdims=True))
        self.p = e / e.sum(self.axis, keepdims=True)
        return self.p

    def backward(self, g):
        return self.p * (g - (g * self.p).sum(self.axis, keepdims=True))


class AveragePool:
    """Its first argument is the side of a window."""

    def __init__(self, size=2):
        self.size = size

    def forward(self, x):
        (n, c, h, w), k = x.shape, self.size
        return x.reshape(n, c, h // k, k, w // k, k).mean((3, 5))

    def backward(self, g):
        return np.repeat(np.repeat(g, self.size, axis=2), self.size, axis=3) / self.size**2


class Leaky:
    """Its first argument is a slope."""

    def __init__(self, alpha=0.01):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, g):
        return np.where(self.x > 0, g, self.alpha * g)


class LeakyByThree(Leaky):
    """Right only where the slope is 3."""

    def backward(self, g):
        return np.where(self.x > 0, g, 3 * g)


class ForgetfulBatchNorm(BatchNorm):
    """The path through the mean is forgotten."""

    def backward(self, g):
        return (g - self.out * (g * self.out).mean(0)) / self.deviation


class Gain:
    """Its first argument is a width that it has a value for."""

    def __init__(self, num_features=64):
        self.gamma = np.ones(num_features)

    def forward(self, x):
        self.x = x
        return self.gamma * x

    def backward(self, g):
        self.dgamma = (g * self.x).sum(0)
        return self.gamma * g


class HandsOver(Softmax):
    """Takes whatever its base takes."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)


class Affine:
    def __init__(self, n, m): ...


class NoWidth:
    def __init__(self, dims=(0, 1), eps=1e-5): ...


class Named:
    def __init__(self, *, width=3): ...


X = np.random.default_rng(0).standard_normal((4, 3))
IMAGES = np.random.default_rng(0).standard_normal((2, 3, 4, 4))


@pytest.mark.parametrize(
    ("maker", "arguments"),
    [
        (BatchNorm, ()),
        (Softmax, ()),
        (HandsOver, ()),
        (NoWidth, ()),
        (Named, ()),
        (object, ()),
        (Gain, (5,)),
        (Affine, (5, 2)),
        (functools.partial(Gain, 5), ()),
        (lambda *sizes: Gain(*sizes), (5,)),
        (lambda size: Gain(size), (5,)),
    ],
)
def test_a_width_is_handed_over_where_it_is_asked(maker: Any, arguments: tuple[int, ...]) -> None:
    """A first argument with a default is left alone unless its name is that of a width."""
    assert arguments_of(maker, 5, 2) == arguments


@pytest.mark.parametrize(
    ("thing", "kind", "inputs"),
    [
        (BatchNorm, "normalization", ()),
        (Softmax, "layer", ()),
        (AveragePool, "layer", (IMAGES,)),
        (Leaky, "layer", ()),
        (Gain, "layer", (X,)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_suite_of_a_class_is_that_of_its_defaults(thing: Any, kind: str, inputs: Any) -> None:
    """It passes, and the report says how it was made."""
    report = run_suite(gradcheck.subject(thing, *inputs, kind=kind), max_examples=3)

    assert report.ok, report
    width = "3" if thing is Gain else ""
    assert ("made as", f"{thing.__name__}({width})", "inferred") in report.facts


@pytest.mark.parametrize(
    ("thing", "kind", "code"), [(LeakyByThree, "layer", "GC101"), (ForgetfulBatchNorm, "normalization", "GC101")]
)
def test_a_mistake_that_only_the_defaults_show_is_found(thing: Any, kind: str, code: str) -> None:
    """With 3 for its first argument the one would be right."""
    assert run_law(plan(gradcheck.subject(thing, kind=kind)), code).status is Status.FAILED


@pytest.mark.parametrize(
    ("thing", "x", "ok"),
    [(Softmax, X, True), (AveragePool, IMAGES, True), (Gain, X, True), (LeakyByThree, X, False)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_search_calls_a_class_in_the_same_way(thing: Any, x: Any, ok: bool) -> None:
    """What is right for its defaults passes, and what is wrong for them is found."""
    report = gradcheck.search(thing, x, max_examples=10)

    assert report.ok is ok, report
    assert report.facts[0] == made_as(thing, arguments_of(thing, x.shape[1]))[0]


def test_a_function_that_is_no_normalization_is_told_by_what_it_returned() -> None:
    """It may be a factory, so it is called."""
    with pytest.raises(gradcheck.InvalidArgument, match=r"relu\(3\) returned \w+, but a normalization has forward"):
        run_suite(gradcheck.subject(reference.relu, kind="normalization"))

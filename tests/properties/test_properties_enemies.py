"""Every law goes red on a subject that was made wrong for it: the gallery of enemies, as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gallery.lawful import (
    generators,
    large,
    layer_enemies,
    layers,
    losses,
    more,
    normalizations,
    optimizers,
    preprocessors,
    regularizers,
)
from gallery.lawful.kind import Enemy, declared
from gradcheck.properties import laws, plan, run_law, run_suite

import gradcheck
from gradcheck.report import Status


def relu(x):
    return np.maximum(x, 0)


def write_zero(x):
    x[x < 0] = 0
    return x


def noisy(x):
    return x + np.random.default_rng().standard_normal(np.shape(x))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus_to_5(x):
    return np.where(x > 5, x, np.log1p(np.exp(np.minimum(x, 5))))


def activation(code: str, flaw: str, thing: Callable[..., Any], derivative: Any = None, **traits: Any) -> Enemy:
    return Enemy(code, flaw, "activation", thing, traits, {"derivative": derivative} if derivative else {})


ACTIVATIONS = [
    activation("GC101", "slope of the wrong sign", np.tanh, lambda x: np.tanh(x) ** 2 - 1),
    activation("GC105", "writes into its input", write_zero),
    activation("GC111", "adds noise", noisy),
    activation("GC501", "shifted", lambda x: np.tanh(x) + 1e-9, odd=True),
    activation("GC501", "not even", lambda x: np.abs(x) + 1e-9 * x, even=True),
    activation("GC502", "falls in one branch", lambda x: np.where(x > 2, 4 - x, x), monotone=True),
    activation("GC503", "twice as wide", lambda x: 1.001 * np.tanh(x), range=(-1.0, 1.0)),
    activation("GC504", "four times as steep", lambda x: np.tanh(2 * x), lipschitz=1.0),
    activation("GC505", "offset", lambda x: np.tanh(x) + 0.5, value_at_zero=0.0),
    activation("GC506", "overflows on the left", sigmoid),
    activation("GC506", "overflows though it grows like a line", lambda x: np.log(1 + np.exp(x))),
    activation("GC506", "infinity over infinity", lambda x: np.exp(x) / (1 + np.exp(x)), range=(0.0, 1.0)),
    activation("GC507", "slope of ReLU", np.tanh, lambda x: np.ones_like(x), saturates=("left", "right")),
    activation("GC508", "dies", relu, smallest_slope=0.01),
    activation("GC509", "kink at 2 as well", lambda x: np.where(x > 2, 2 * x - 2, relu(x)), kinks=(0.0,)),
    activation("GC509", "jumps", lambda x: np.where(x > -1, x, 0.0), kinks=(0.0,)),
    activation("GC510", "hides NaN", lambda x: np.where(x > 0, x, 0)),
    activation("GC511", "has a threshold", lambda x: np.where(x > 0.5, x, 0.01 * x), homogeneous=True),
    activation("GC512", "widens to float64", lambda x: np.maximum(x, 0, dtype=np.float64)),
    activation("GC512", "second widens", np.sin, (np.cos, lambda x: -np.sin(x, dtype=np.float64))),
    activation("GC513", "divides by the largest", lambda x: x / max(1.0, np.abs(x).max(initial=0.0))),
    activation("GC526", "clipped at 20", lambda x: np.clip(x, 0, 20), lambda x: (x > 0).astype(x.dtype)),
    activation("GC526", "other branch from 5 on", softplus_to_5, lambda x: 1 / (1 + np.exp(-x))),
    activation("GC514", "always returns a vector", lambda x: np.atleast_1d(relu(x))),
]


class Norm:
    """A right batch normalization, in pieces that an enemy replaces."""

    eps, momentum = 1e-5, 0.1

    def __init__(self, width):
        self.gamma, self.beta = np.ones(width), np.zeros(width)
        self.dgamma, self.dbeta = np.zeros(width), np.zeros(width)
        self.running_mean, self.running_var = np.zeros(width), np.ones(width)
        self.training = True

    def forward(self, x):
        rows = self.to_rows(x)
        self.mean, self.var = self.moments(rows) if self.training else self.at_test(rows)
        if self.updates():
            self.remember(self.mean, self.var)
        self.std = self.root(self.var)
        self.x_hat = (rows - self.mean) / self.std
        return self.to_shape(self.affine(self.x_hat), x)

    def backward(self, dout):
        upstream = self.to_rows(dout)
        self.dgamma, self.dbeta = self.of_parameters(upstream)
        return self.to_shape(self.of_input(upstream * self.gamma), dout)

    def to_rows(self, x):
        return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])

    def to_shape(self, rows, x):
        return np.moveaxis(rows.reshape(np.moveaxis(x, 1, -1).shape), -1, 1)

    def moments(self, rows):
        return rows.mean(0), rows.var(0)

    def at_test(self, rows):
        return self.running_mean, self.running_var

    def updates(self):
        return self.training

    def remember(self, mean, var):
        self.running_mean = 0.9 * self.running_mean + 0.1 * mean
        self.running_var = 0.9 * self.running_var + 0.1 * var

    def root(self, var):
        return np.sqrt(var + self.eps)

    def affine(self, x_hat):
        return x_hat * self.gamma + self.beta

    def of_parameters(self, g):
        return (g * self.x_hat).sum(0), g.sum(0)

    def of_input(self, g):
        if not self.training:
            return g / self.std
        return (g - g.mean(0) - self.x_hat * (g * self.x_hat).mean(0)) / self.std


def norm(code: str, flaw: str, traits: dict[str, Any] | None = None, **methods: Any) -> Enemy:
    return Enemy(code, flaw, "normalization", type("Wrong", (Norm,), methods), traits or {})


def first_size(self, g):
    """Divide by the size of the batch that came first."""
    self.count = getattr(self, "count", len(g))
    return (g - g.sum(0) / self.count - self.x_hat * (g * self.x_hat).sum(0) / self.count) / self.std


def always_through_moments(self, g):
    return (g - g.mean(0) - self.x_hat * (g * self.x_hat).mean(0)) / self.std


def two_momenta(self, mean, var):
    self.running_mean = 0.9 * self.running_mean + 0.1 * mean
    self.running_var = 0.1 * self.running_var + 0.9 * var


def forgets(self, mean, var):
    self.running_mean = 0.9 * self.running_mean


def forward_again(self, g):
    self.remember(self.mean, self.var)
    return (g * self.x_hat).sum(0), g.sum(0)


def in_place(self, x):
    x -= x.mean(0)
    return Norm.forward(self, x)


NORMALIZATIONS = [
    norm("GC101", "no path through the variance", of_input=lambda self, g: (g - g.mean(0)) / self.std),
    norm("GC102", "mean in place of sum", of_parameters=lambda self, g: ((g * self.x_hat).mean(0), g.sum(0))),
    norm("GC105", "centres in place", forward=in_place),
    norm("GC111", "draws noise", affine=lambda self, x: noisy(x)),
    norm("GC201", "one mean for all", moments=lambda self, x: (x.mean() + 0 * x[0], x.var(0))),
    norm("GC202", "eps outside the root", root=lambda self, v: np.sqrt(v) + self.eps),
    norm("GC202", "divisor n - 1", moments=lambda self, x: (x.mean(0), x.var(0, ddof=1))),
    norm("GC203", "mean square", moments=lambda self, x: (x.mean(0), (x**2).mean(0))),
    norm("GC204", "no root", root=lambda self, v: v + self.eps),
    norm("GC205", "forgets", {"momentum": 0.1}, remember=forgets),
    norm("GC205", "never updates", updates=lambda self: False),
    norm("GC206", "two momenta", remember=two_momenta),
    norm("GC221", "calls forward again", of_parameters=forward_again),
    norm(
        "GC207",
        "no path through the mean",
        of_input=lambda self, g: (g - self.x_hat * (g * self.x_hat).mean(0)) / self.std,
    ),
    norm("GC207", "no path through the variance", of_input=lambda self, g: (g - g.mean(0)) / self.std),
    norm("GC208", "no eps", root=lambda self, v: np.sqrt(v)),
    norm(
        "GC209",
        "divisor n - 1",
        moments=lambda self, x: (x.mean(0), ((x - x.mean(0)) ** 2).sum(0) / (len(x) - np.float64(1))),
    ),
    norm("GC210", "gamma the wrong way round", affine=lambda self, x: x * self.gamma[::-1] + self.beta),
    norm("GC211", "eps counted twice", root=lambda self, v: np.sqrt(v + 2 * self.eps)),
    norm("GC212", "batch statistics at test time", at_test=lambda self, x: (x.mean(0), x.var(0))),
    norm("GC213", "updates at test time", updates=lambda self: True),
    norm("GC214", "variance taken for its root", at_test=lambda self, x: (self.running_mean, self.running_var**2)),
    norm(
        "GC215",
        "reshape without transpose",
        to_rows=lambda self, x: x.reshape(-1, x.shape[1]),
        to_shape=lambda self, rows, x: rows.reshape(x.shape),
    ),
    norm("GC216", "training formula at test time", of_input=always_through_moments),
    norm("GC218", "constant statistics", of_input=lambda self, g: g / self.std),
    norm("GC217", "size of the first batch", of_input=first_size),
]


class Step:
    """A right normalizing step, in pieces that an enemy replaces."""

    def fit(self, x):
        self.mean, self.matrix = x.mean(axis=0), self.map(x - x.mean(axis=0))
        self.learn(x)
        return self

    def map(self, deviation):
        spread = deviation.std(axis=0)
        return np.diag(1 / np.where(spread > 0, spread, 1.0))

    def learn(self, x):
        pass

    def transform(self, x):
        return ((x - self.mean) @ self.matrix).astype(x.dtype)

    def inverse_transform(self, z):
        return z @ np.linalg.pinv(self.matrix) + self.mean


def eigen(deviation):
    values, vectors = np.linalg.eigh(deviation.T @ deviation / len(deviation))
    return np.maximum(values, 0.0), vectors


def step(code: str, flaw: str, traits: dict[str, Any] | None = None, **methods: Any) -> Enemy:
    return Enemy(code, flaw, "preprocessor", type("Wrong", (Step,), methods), traits or {})


def accumulate(self, x):
    self.seen = [*getattr(self, "seen", []), x.mean(0)]
    self.mean = np.mean(self.seen, axis=0)


def by_eigenvalue(self, deviation):
    values, vectors = eigen(deviation)
    return vectors / (values + 1e-12)


def by_root(self, deviation):
    values, vectors = eigen(deviation)
    return vectors / np.sqrt(values)


WHITE = {"whitens": True, "centers": True, "decorrelates": True}
SCALING = {"centers": True, "scales": True}

PREPROCESSORS = [
    step("GC105", "centres in place", transform=lambda self, x: np.subtract(x, self.mean, out=x)),
    step("GC111", "draws noise", transform=lambda self, x: noisy(x)),
    step("GC301", "divides by the eigenvalue", WHITE, map=by_eigenvalue),
    step("GC302", "accumulates", learn=accumulate),
    step(
        "GC303",
        "inverse in the wrong order",
        inverse_transform=lambda self, z: (z + self.mean) @ np.linalg.pinv(self.matrix),
    ),
    step("GC304", "centres the test data", transform=lambda self, x: (x - x.mean(0)) @ self.matrix),
    step("GC305", "PCA form", WHITE | {"symmetric": True}, map=by_root),
    step("GC306", "inverts a zero eigenvalue", WHITE, map=by_root),
    step("GC307", "one scale for all", SCALING, map=lambda self, d: np.diag(np.linspace(1.0, 2.0, d.shape[1]))),
    step("GC308", "widens to float64", transform=lambda self, x: (x - self.mean).astype(np.float64)),
    step("GC309", "mean of everything", SCALING, transform=lambda self, x: x - x.mean()),
    step("GC310", "divides by the variance", SCALING, map=lambda self, d: np.diag(1 / (d.var(0) + 1e-30))),
    step("GC311", "rising order", {"decorrelates": True}, map=lambda self, d: eigen(d)[1]),
    step("GC313", "stretches", {"decorrelates": True}, map=lambda self, d: 1.001 * eigen(d)[1][:, ::-1]),
    step("GC312", "0/0", SCALING, map=lambda self, d: np.diag(1 / d.std(0))),
    step(
        "GC314",
        "mean square",
        SCALING,
        learn=lambda self, x: setattr(self, "matrix", np.diag(1 / np.sqrt((x**2).mean(0) + 1e-12))),
    ),
]


def normal(scale: Callable[[int, int], float]) -> Callable[..., Any]:
    return lambda fan_in, fan_out, rng: scale(fan_in, fan_out) * rng.standard_normal((fan_in, fan_out))


def initializer(code: str, flaw: str, thing: Callable[..., Any], **traits: Any) -> Enemy:
    return Enemy(code, flaw, "initializer", thing, traits)


def ignores_seed(fan_in, fan_out, rng):
    return np.random.default_rng().standard_normal((fan_in, fan_out))


def fixed_seed(fan_in, fan_out, rng):
    return np.random.default_rng(0).standard_normal((fan_in, fan_out))


def half_width(fan_in, fan_out, rng):
    return rng.uniform(-1, 1, (fan_in, fan_out)) / np.sqrt(fan_in)


def uniform(fan_in, fan_out, rng):
    return np.sqrt(3 / fan_in) * rng.uniform(-1, 1, (fan_in, fan_out))


def xavier(fan_in, fan_out):
    return 1 / fan_in


def mirrored(fan_in, fan_out, rng):
    side = max(fan_in, fan_out)
    a = rng.standard_normal((side, side))
    return (a + a.T)[:fan_in, :fan_out]


INITIALIZERS = [
    initializer("GC401", "never negative", lambda n, m, rng: rng.random((n, m)) * np.sqrt(3 / n), variance=xavier),
    initializer("GC402", "three per cent", normal(lambda n, m: np.sqrt(1.03 / n)), variance=xavier),
    initializer("GC402", "wrong fan", normal(lambda n, m: np.sqrt(1 / m)), variance=xavier),
    initializer("GC403", "ten per cent", normal(lambda n, m: np.sqrt(1.1 / n)), variance=xavier),
    initializer("GC404", "ten per cent", normal(lambda n, m: np.sqrt(0.9 / n)), variance=xavier),
    initializer("GC405", "ignores the seed", ignores_seed),
    initializer("GC406", "fixed seed", fixed_seed),
    initializer("GC407", "half-width for deviation", half_width, variance=xavier, distribution="uniform"),
    initializer("GC410", "division by fan_in - 1", lambda n, m, rng: rng.random((n, m)) / (np.float64(n) - 1)),
    initializer("GC411", "transposed", lambda fan_in, fan_out, rng: rng.random((fan_out, fan_in))),
    initializer("GC412", "Xavier for He", normal(lambda n, m: np.sqrt(1 / n)), variance=lambda n, m: 2 / n),
    initializer("GC413", "not constant", fixed_seed, distribution="constant"),
    initializer("GC423", "one row for all", lambda n, m, rng: np.ones((n, 1)) * rng.standard_normal(m)),
    initializer(
        "GC423", "half at 0", lambda n, m, rng: rng.standard_normal((n, m)) * (np.arange(n) < n / 2)[:, None]
    ),
    initializer("GC423", "mirrored", mirrored),
    initializer("GC423", "repeated", lambda n, m, rng: np.resize(rng.standard_normal((n - n // 2, m)), (n, m))),
    initializer("GC414", "uniform, not normal", uniform, variance=xavier, distribution="normal"),
]

ROOMS = (generators, losses, regularizers, optimizers, normalizations, preprocessors, more, large)
GALLERY = [
    *ACTIVATIONS,
    *NORMALIZATIONS,
    *PREPROCESSORS,
    *INITIALIZERS,
    *layer_enemies.ENEMIES,
    *(e for room in ROOMS for e in room.ENEMIES),
]
RIGHT = [
    gradcheck.subject(Norm, kind="normalization"),
    gradcheck.subject(Step, kind="preprocessor"),
    *(declaration for room in (layers, *ROOMS) for declaration in room.RIGHT),
]


@pytest.mark.parametrize("enemy", GALLERY, ids=lambda enemy: f"{enemy.kind}-{enemy.code}-{enemy.flaw}")
def test_each_enemy_is_found(enemy: Enemy) -> None:
    """A subject that breaks one law fails that law, with a finding."""
    result = run_law(plan(declared(enemy)), enemy.code, shrink=False)

    assert result.status is Status.FAILED, result
    assert result.findings
    assert "raised" not in result.findings[0].title


def test_a_slope_that_is_one_number_widens_nothing() -> None:
    """A number of Python takes the dtype of what it is multiplied by; it needs no array."""
    line = gradcheck.subject(lambda x: 2 * x, kind="activation", derivative=(lambda _: 2.0, lambda _: 0))

    assert run_law(plan(line), "GC512").status is Status.PASSED


def test_every_law_has_an_enemy() -> None:
    """No law is in the registry that nobody has seen red."""
    assert {law.code for law in laws()} == {enemy.code for enemy in GALLERY}


@pytest.mark.parametrize("declaration", RIGHT, ids=lambda declaration: f"{declaration.kind}-{declaration.name}")
def test_right_subjects_keep_every_law(declaration: gradcheck.subjects.Declaration) -> None:
    """What is right passes each law of its kind that applies, and none of them says nothing about it."""
    report = run_suite(declaration, max_examples=6)

    assert set(report.counts) <= {Status.PASSED, Status.NOT_APPLICABLE}, report.findings
    assert report.ran >= 5

"""Right subjects in forms of their own are called as they are meant, and mistakes in them are found all the same."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck

F32 = np.float32


class Relu:
    """An activation as people write a layer."""

    def forward(self, x):
        self.positive = x > 0
        return x * self.positive

    def backward(self, dout):
        return dout * self.positive


class LeakyBackward(Relu):
    """Its backward lets everything through."""

    def backward(self, dout):
        return dout


class Tanh:
    """Called, with a derivative beside."""

    def __call__(self, x):
        return np.tanh(x)

    def gradient(self, x):
        return 1 - np.tanh(x) ** 2


def tanh_single(x):
    return np.tanh(np.asarray(x, F32))


def tanh_single_grad(x):
    return 1 - np.tanh(np.asarray(x, F32)) ** 2


class He:
    """Draws from a generator of its own."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)

    def __call__(self, shape):
        return self.rng.normal(0, math.sqrt(2 / shape[0]), shape)


class Scaler:
    """Adds a little to the deviation, as many do."""

    share = 1.0

    def fit(self, x):
        self.mean, self.deviation = x.mean(axis=0), self.share * x.std(axis=0) + 1e-8
        return self

    def transform(self, x):
        return (x - self.mean) / self.deviation


class ShortScaler(Scaler):
    """Its deviation is 1.5 % too large."""

    share = 1.015


class Lists(Scaler):
    """Returns a list."""

    def transform(self, x):
        return super().transform(x).tolist()


class Centring:
    """Learns while it transforms."""

    def fit_transform(self, x):
        self.mean = x.mean(axis=0)
        return x - self.mean

    def transform(self, x):
        return x - self.mean


class SingleScaler(Scaler):
    """Calculates in float32, whatever it is given."""

    def fit(self, x):
        return super().fit(np.asarray(x, F32))

    def transform(self, x):
        return super().transform(np.asarray(x, F32)).astype(F32)


class BatchNorm:
    """In training and at test; ``keep`` is what the running statistics keep."""

    keep, dtype = 0.9, np.float64

    def __init__(self, width=3):
        self.gamma, self.beta = np.ones(width, self.dtype), np.zeros(width, self.dtype)
        self.running_mean, self.running_var = np.zeros(width, self.dtype), np.ones(width, self.dtype)
        self.training, self.eps = True, 1e-5

    def forward(self, x):
        x = self.taken(x)
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.running_mean = self.keep * self.running_mean + (1 - self.keep) * mean
            self.running_var = self.keep * self.running_var + (1 - self.keep) * var
        self.scale = 1 / np.sqrt(var + self.eps)
        self.x_hat = (x - mean) * self.scale
        return self.taken(self.gamma * self.x_hat + self.beta)

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.x_hat).sum(axis=0), dout.sum(axis=0)
        g = dout * self.gamma
        if self.training:
            g = g - g.mean(axis=0) - self.x_hat * (g * self.x_hat).mean(axis=0)
        return self.taken(self.scale * g)

    def taken(self, x):
        return np.asarray(x)


class SingleBatchNorm(BatchNorm):
    """Calculates in float32, whatever it is given."""

    def taken(self, x):
        return np.asarray(x, F32)


class SingleParameters(BatchNorm):
    """Keeps its parameters in float32."""

    dtype = F32


class Swapped(BatchNorm):
    """Has its momentum the wrong way round."""

    keep = 0.1


def log_softmax(scores):
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def one_hot_entropy(scores, target):
    return -(target * log_softmax(scores)).sum(axis=-1).mean()


def one_hot_entropy_grad(scores, target):
    return (np.exp(log_softmax(scores)) - target) / len(scores)


def entropy_of_probabilities(p, target):
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean()


def entropy_of_probabilities_grad(p, target):
    return (p - target) / (p * (1 - p)) / p.size


class Squares:
    """A value and a gradient under the usual names."""

    def loss(self, prediction, target):
        return ((prediction - target) ** 2).mean()

    def gradient(self, prediction, target):
        return 2 * (prediction - target) / prediction.size


class Called:
    """Called, and followed by a backward."""

    def __call__(self, prediction, target):
        self.gap = prediction - target
        return (self.gap**2).mean()

    def backward(self):
        return 2 * self.gap / self.gap.size


class Half(Called):
    """Its gradient lacks the 2."""

    def backward(self):
        return self.gap / self.gap.size


def descent_single(w, grad, *, learning_rate=0.1):
    return w.astype(F32) - F32(learning_rate) * grad.astype(F32)


class SingleAffine:
    """Calculates in float32."""

    def __init__(self):
        self.W = np.linspace(-1, 1, 6, dtype=F32).reshape(3, 2)

    def forward(self, x):
        self.x = np.asarray(x, F32)
        return self.x @ self.W.astype(F32)

    def backward(self, dout):
        self.dW = self.x.T @ dout.astype(F32)
        return dout.astype(F32) @ self.W.astype(F32).T


class ListAffine(SingleAffine):
    """Returns lists."""

    def forward(self, x):
        self.x = np.asarray(x)
        return (self.x @ self.W).tolist()

    def backward(self, dout):
        self.dW = self.x.T @ np.asarray(dout)
        return (np.asarray(dout) @ self.W.T).tolist()


X = np.random.default_rng(0).standard_normal((4, 3))

RIGHT = [
    (Relu, "activation", (), {}),
    (Relu(), "activation", (), {}),
    (Tanh(), "activation", (), {}),
    (tanh_single, "activation", (), {}),
    (He, "initializer", (), {}),
    (He(), "initializer", (), {}),
    (Scaler, "preprocessor", (), {}),
    (Lists, "preprocessor", (), {}),
    (Centring, "preprocessor", (), {}),
    (SingleScaler, "preprocessor", (), {}),
    (BatchNorm, "normalization", (), {}),
    (SingleBatchNorm, "normalization", (), {}),
    (SingleParameters, "normalization", (), {}),
    (one_hot_entropy, "loss", (), {}),
    (entropy_of_probabilities, "loss", (), {}),
    (Squares, "loss", (), {}),
    (Called, "loss", (), {}),
    (descent_single, "optimizer", (), {}),
    (SingleAffine(), "layer", (X,), {}),
    (ListAffine(), "layer", (X,), {}),
]
KEEPING = ("GC308", "GC512", "GC712")
"""That float64 stays float64 is a promise that a subject in float32 does not keep: the only one."""


def suite(thing: Any, kind: str, *inputs: Any, **options: Any) -> gradcheck.SuiteReport:
    return run_suite(gradcheck.subject(thing, *inputs, kind=kind), cases=None, max_examples=20, **options)


@pytest.mark.parametrize(("thing", "kind", "inputs", "options"), RIGHT)
def test_a_right_subject_of_a_form_of_its_own_is_not_red(thing: Any, kind: str, inputs: Any, options: Any) -> None:
    """Classes, objects, lists, float32 alone, probabilities: nothing of this is a mistake."""
    report = suite(thing, kind, *inputs, **options)

    single = ("calculates in", "float32, whatever it is given", "inferred") in report.facts
    red = {finding.code for finding in report.findings if finding.severity is gradcheck.Verdict.FAIL}
    assert red <= (set(KEEPING) if single else set()), report


@pytest.mark.parametrize(
    ("thing", "kind", "code"),
    [
        (LeakyBackward(), "activation", "GC101"),
        (ShortScaler, "preprocessor", "GC310"),
        (Swapped, "normalization", "GC206"),
        (Half(), "loss", "GC101"),
    ],
)
def test_a_mistake_in_such_a_form_is_found(thing: Any, kind: str, code: str) -> None:
    """What is inferred about a form does not excuse what is wrong, and the finding stands where the mistake is."""
    report = suite(thing, kind, checks=[code])

    (finding,) = report.findings
    assert finding.code == code
    assert finding.location is not None
    assert finding.location[0] == __file__


def test_a_momentum_that_is_declared_is_meant() -> None:
    """Who says that a new batch weighs 0.9 is believed."""
    declared = gradcheck.subject(Swapped, kind="normalization", traits={"momentum": 0.9})

    assert run_suite(declared, checks=["GC206"], cases=None, max_examples=10).ok


class Noisy:
    """Multiplies by noise around 1 where it should drop, or by nothing at all."""

    def __init__(self, spread):
        self.spread, self.rng = spread, np.random.default_rng(0)

    def forward(self, x):
        self.factor = 1 + self.spread * self.rng.standard_normal(x.shape)
        return x * self.factor

    def backward(self, dout):
        return dout * self.factor


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_who_declares_a_share_has_to_drop_it(spread: float) -> None:
    """A dropout that sets no entry to 0 does not escape its laws by that."""
    declared = gradcheck.subject(Noisy(spread), X, kind="layer", traits={"drop_rate": 0.5})

    report = run_suite(declared, checks=["GC131"], cases=None)

    assert [finding.code for finding in report.findings] == ["GC131"]


def test_a_step_that_fails_at_its_data_is_a_finding() -> None:
    """A mistake that only other batches show ends no suite."""

    class RowMeans(Scaler):
        def fit(self, x):
            self.mean, self.deviation = x.mean(axis=1, keepdims=True), 1.0
            return self

    report = suite(RowMeans, "preprocessor", checks=["GC302", "GC304"])

    assert {finding.code for finding in report.findings} == {"GC907"}


class Needy:
    """Cannot be made without a slope."""

    def __init__(self, slope):
        self.slope = slope

    def __call__(self, x):
        return self.slope * x


@pytest.mark.parametrize(
    ("thing", "said"), [(math.tanh, "np.vectorize"), (Needy, "declare an instance"), (3, "derivative, gradient")]
)
def test_what_cannot_be_called_is_refused_with_a_way_out(thing: Any, said: str) -> None:
    """One sentence in place of the same crash in every law."""
    with pytest.raises(gradcheck.InvalidArgument, match=said):
        run_suite(gradcheck.subject(thing, kind="activation", name="it"))


def soft_threshold(w, strength=0.5):
    return np.sign(w) * np.maximum(np.abs(w) - strength, 0.0)


def hard_soft_threshold(w, strength=0.5):
    return np.where(np.abs(w) > strength, w, 0.0)


def test_a_proximal_map_is_no_projection() -> None:
    """By its name a soft threshold takes a step, and another one when it is called again; it drives nothing apart."""
    right, wrong = (
        run_suite(thing, "regularizer", max_examples=20) for thing in (soft_threshold, hard_soft_threshold)
    )

    assert right.ok, right.findings
    assert [finding.code for finding in wrong.findings] == ["GC633"]

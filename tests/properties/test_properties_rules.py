"""Update rules: none that is right is red, wherever its eps stands; one whose name says what it is, is held to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck


def averages(w, grad, state, beta1, beta2):
    m, v, t = (0.0 * w, 0.0 * w, 0) if state is None else state
    return beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2, t + 1


def adam_of_keras(w, grad, state=None, *, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-7):
    m, v, t = averages(w, grad, state, beta1, beta2)
    rate = learning_rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - rate * m / (np.sqrt(v) + epsilon), (m, v, t)


def adam_hidden_eps(w, grad, state=None, learning_rate=0.001, beta1=0.9, beta2=0.999):
    return adam_of_keras(w, grad, state, learning_rate=learning_rate, beta1=beta1, beta2=beta2)


def adam_under_root(w, grad, state=None, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v, t = averages(w, grad, state, beta1, beta2)
    return w - lr * m / (1 - beta1**t) / np.sqrt(v / (1 - beta2**t) + eps), (m, v, t)


def adam_before_correction(w, grad, state=None, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v, t = averages(w, grad, state, beta1, beta2)
    return w - lr * m / (1 - beta1**t) / np.sqrt((v + eps) / (1 - beta2**t)), (m, v, t)


def rmsprop_long(w, grad, state=None, *, lr=0.01, decay=0.99, eps=1e-8):
    v = decay * (0.0 if state is None else state) + (1 - decay) * grad**2
    return w - lr * grad / np.sqrt(v + eps), v


def adagrad_of_tensorflow(w, grad, state=None, *, lr=0.01):
    v = (0.1 + 0.0 * w if state is None else state) + grad**2
    return w - lr * grad / np.sqrt(v + 1e-7), v


def averaged(w, grad, state=None, *, lr=0.05, momentum=0.9):
    v = momentum * (0.0 if state is None else state) + (1 - momentum) * grad
    return w - lr * v, v


class InPlace:
    """Adam with its averages in place, and everything but the rate written out."""

    def __init__(self, lr=0.01):
        self.lr, self.m, self.v, self.t = lr, 0.0, 0.0, 0

    def update(self, w, g):
        self.t += 1
        self.m, self.v = 0.9 * self.m + 0.1 * g, 0.999 * self.v + 0.001 * g * g
        w -= self.lr * np.sqrt(1 - 0.999**self.t) / (1 - 0.9**self.t) * self.m / (np.sqrt(self.v) + 1e-7)


RIGHT = [
    ("adam", adam_of_keras),
    ("adam", adam_hidden_eps),
    ("adam", adam_under_root),
    ("adam", adam_before_correction),
    ("Adam", InPlace),
    ("rmsprop", rmsprop_long),
    ("adagrad of TensorFlow", adagrad_of_tensorflow),
    ("SGDMomentum", averaged),
]


@pytest.mark.parametrize(("name", "rule"), RIGHT, ids=[rule.__name__ for _, rule in RIGHT])
def test_a_right_rule_is_never_red(name: str, rule: Any) -> None:
    """Beside the root, under it, before the correction or after it: eps may stand anywhere."""
    report = run_suite(gradcheck.subject(rule, kind="optimizer", name=name), cases=None, max_examples=10)

    assert report.ok, report.findings


def no_root(w, grad, state=None, *, lr=0.05, decay=0.9, eps=1e-8):
    v = decay * (0.0 if state is None else state) + (1 - decay) * grad**2
    return w - lr * grad / (v + eps), v


def swapped(w, grad, state=None, *, lr=0.001, beta1=0.9, beta2=0.999):
    return adam_under_root(w, grad, state, lr=lr, beta1=beta2, beta2=beta1)


def size_for_square(w, grad, state=None, *, lr=0.001, beta1=0.9, beta2=0.999):
    m, v, t = (0.0 * w, 0.0 * w, 0) if state is None else state
    m, v, t = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * np.abs(grad), t + 1
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + 1e-8), (m, v, t)


class Forgetful:
    def __init__(self, lr=0.05, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, 0.0

    def update(self, w, grad):
        return w - self.lr * (self.momentum * self.v + grad)


WRONG = [
    ("RMSProp", no_root, {"GC703", "GC705"}),
    ("adam_update", swapped, {"GC703"}),
    ("adam", size_for_square, {"GC703", "GC704", "GC705"}),
    ("SGDMomentum", Forgetful, {"GC703"}),
]


@pytest.mark.parametrize(("name", "rule", "codes"), WRONG, ids=[rule.__name__ for _, rule, _ in WRONG])
def test_a_name_is_a_claim(name: str, rule: Any, codes: set[str]) -> None:
    """The mistake does not switch off the law that it breaks."""
    declared = gradcheck.subject(rule, kind="optimizer", name=name)
    report = run_suite(declared, checks=sorted(codes), cases=None, max_examples=10)

    assert {finding.code for finding in report.findings} == codes


class Held:
    """Adam of a dictionary."""

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m, self.v, self.t = {}, {}, 0

    def key(self, name, grad):
        return name

    def count(self):
        self.t += 1

    def step(self, params, grads):
        self.count()
        for name, grad in grads.items():
            key = self.key(name, grad)
            self.m[key] = self.beta1 * self.m.get(key, 0) + (1 - self.beta1) * grad
            self.v[key] = self.beta2 * self.v.get(key, 0) + (1 - self.beta2) * grad**2
            top, root = self.m[key] / (1 - self.beta1**self.t), self.v[key] / (1 - self.beta2**self.t)
            params[name] = params[name] - self.lr * top / (np.sqrt(root) + self.eps)


class OneForAll(Held):
    def key(self, name, grad):
        return "all"


class OnePerShape(Held):
    def key(self, name, grad):
        return grad.shape


class CountsParameters(Held):
    def count(self):
        pass

    def key(self, name, grad):
        self.t += 1
        return name


class ListInPlace:
    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, None

    def step(self, params, grads):
        if self.v is None:
            self.v = [np.zeros_like(p) for p in params]
        for v, p, g in zip(self.v, params, grads, strict=True):
            v *= self.momentum
            v += g
            p -= self.lr * v


class ListReturned:
    def __init__(self, lr=0.01):
        self.lr = lr

    def step(self, params, grads):
        return [p - self.lr * g for p, g in zip(params, grads, strict=True)]


class ListByIndex:
    def __init__(self, lr=0.01):
        self.lr = lr

    def update(self, params, grads):
        for i in range(len(params)):
            params[i] = params[i] - self.lr * grads[i]


class ListOfOneVelocity(ListInPlace):
    def step(self, params, grads):
        for i, g in enumerate(grads):
            self.v = self.momentum * (0.0 if self.v is None else self.v) + g
            params[i] -= self.lr * self.v


def list_function(params, grads, lr=0.1):
    return [p - lr * g for p, g in zip(params, grads, strict=True)]


def dictionary_function(params, grads, lr=0.1):
    return {name: params[name] - lr * grads[name] for name in params}


HOLDERS = [Held, ListInPlace, ListReturned, ListByIndex, list_function, dictionary_function]


@pytest.mark.parametrize("thing", HOLDERS, ids=lambda thing: thing.__name__)
def test_parameters_may_be_in_a_dictionary_or_a_list(thing: Any) -> None:
    """A list of parameters is no array of rows: each of its own shape, in place or returned, and a single number."""
    report = run_suite(gradcheck.subject(thing, kind="optimizer"), cases=None, max_examples=5)

    assert report.ok, report.findings


@pytest.mark.parametrize("thing", [OneForAll, OnePerShape, CountsParameters, ListOfOneVelocity])
def test_parameters_of_one_holder_do_not_share_their_state(thing: Any) -> None:
    """One average for all, or for all of a shape, or a step for each parameter: alone, each moves otherwise."""
    declared = gradcheck.subject(thing, kind="optimizer", name="Adam" if issubclass(thing, Held) else "Momentum")
    report = run_suite(declared, checks=["GC707"], cases=None, max_examples=5)

    assert {finding.code for finding in report.findings} == {"GC707"}
    assert "raised" not in report.findings[0].title

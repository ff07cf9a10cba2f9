"""The settings of an optimizer: what they say of its rule, and how they are changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck


class Descent:
    """Gradient descent with all that comes with it, right and wrong."""

    wrong = 1.0

    def __init__(self, lr=0.01, momentum=0.9, weight_decay=0.0, nesterov=False, lr_decay=0.0):
        self.lr, self.momentum, self.weight_decay, self.nesterov = lr, momentum, weight_decay, nesterov
        self.lr_decay, self.v, self.t = lr_decay, 0.0, 0

    def update(self, w, grad):
        grad = grad + self.weight_decay * w
        self.v = self.wrong * self.momentum * self.v + grad
        rate = self.lr / (1 + self.lr_decay * self.t)
        self.t += 1
        return w - rate * (grad + self.momentum * self.v if self.nesterov else self.v)


class Moments:
    """Adam with decay through the gradient, the largest second moment so far, and a limit of the gradient."""

    corrects = True

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.0, amsgrad=False, limit=None):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.weight_decay, self.amsgrad, self.limit = weight_decay, amsgrad, limit
        self.m, self.v, self.most, self.t = 0.0, 0.0, 0.0, 0

    def update(self, w, grad):
        self.t += 1
        grad = grad + self.weight_decay * w
        grad = grad if self.limit is None else np.clip(grad, -self.limit, self.limit)
        self.m = self.beta1 * self.m + (1 - self.beta1) * grad
        self.v = self.beta2 * self.v + (1 - self.beta2) * grad**2
        top, root = self.m / (1 - self.beta1**self.t), self.v
        root = root / (1 - self.beta2**self.t) if self.corrects else root
        self.most = np.maximum(self.most, root) if self.amsgrad else root
        return w - self.lr * top / (np.sqrt(self.most) + self.eps)


class CorrectedAverage:
    def __init__(self, lr=0.01, beta=0.9):
        self.lr, self.beta, self.v, self.t = lr, beta, 0.0, 0

    def update(self, w, grad):
        self.v, self.t = self.beta * self.v + (1 - self.beta) * grad, self.t + 1
        return w - self.lr * self.v / (1 - self.beta**self.t)


SET = {
    "momentum": ("SGD", lambda: Descent(), "momentum"),
    "Nesterov": ("SGD", lambda: Descent(nesterov=True), "nesterov"),
    "Nesterov's momentum": ("Momentum", lambda: Descent(nesterov=True), "nesterov"),
    "decay": ("SGD", lambda: Descent(momentum=0.0, weight_decay=0.01), "sgd"),
    "decaying rate": ("SGD", lambda: Descent(momentum=0.0, lr_decay=0.1), "sgd"),
    "momentum and decay": ("Momentum", lambda: Descent(weight_decay=0.01), "momentum"),
    "coupled decay": ("Adam", lambda: Moments(weight_decay=0.01), "adam"),
    "amsgrad": ("Adam", lambda: Moments(amsgrad=True), "adam"),
    "corrected average": ("Momentum", CorrectedAverage, "momentum"),
}


def said_to_be(report: Any) -> str | None:
    """Return the rule that a report says its subject is."""
    return {name: value for name, value, _ in report.facts}.get("rule")


@pytest.mark.parametrize(("name", "made", "rule"), SET.values(), ids=SET)
def test_settings_say_more_than_the_name(name: str, made: Any, rule: str) -> None:
    """SGD with a momentum is no plain descent, and what is more than the rule is switched off for its closed form."""
    report = run_suite(gradcheck.subject(made(), kind="optimizer", name=name), cases=None, max_examples=5)

    assert report.ok, report.findings
    assert said_to_be(report) == rule


WRONG_WITH = {
    "momentum": ("SGD", Descent(), {"wrong": 0.5}),
    "decay": ("Momentum", Descent(weight_decay=0.01), {"wrong": 0.5}),
    "coupled decay": ("Adam", Moments(weight_decay=0.01), {"corrects": False}),
    "amsgrad": ("Adam", Moments(amsgrad=True), {"corrects": False}),
}


@pytest.mark.parametrize(("name", "made", "flaw"), WRONG_WITH.values(), ids=WRONG_WITH)
def test_settings_excuse_no_mistake(name: str, made: Any, flaw: dict[str, Any]) -> None:
    """A momentum that is halved, and Adam without its correction, are found beside a decay or a variant as well."""
    thing = type("Wrong", (type(made),), flaw)
    wrong = thing.__new__(thing)
    wrong.__dict__.update(vars(made))
    report = run_suite(gradcheck.subject(wrong, kind="optimizer", name=name), cases=None, max_examples=5)

    assert "GC703" in {finding.code for finding in report.findings}


class Plain:
    """Gradient descent whose constructor is its own affair."""

    lr, weight_decay = 0.1, 0.0

    def update(self, w, grad):
        return w - self.lr * (grad + self.weight_decay * w)


class Alone(Plain):
    def __init__(self):
        self.lr = 0.1


class Renamed(Plain):
    def __init__(self, learning_rate):
        self.lr = learning_rate


class OtherWord(Plain):
    def __init__(self, lr=0.1, l2=0.01):
        self.lr, self.weight_decay = lr, l2


class KeywordOnly(Plain):
    def __init__(self, *, lr):
        self.lr = lr


class ReadOnly(Plain):
    def __init__(self, lr=0.1):
        self._lr = lr

    @property
    def lr(self):
        return self._lr


class Derived:
    def __init__(self, lr=0.1, momentum=0.9):
        self.lr, self.momentum, self.share, self.v = lr, momentum, lr * (1 - momentum), 0.0

    def update(self, w, grad):
        self.v = self.momentum * self.v + grad
        return w - self.share * self.v


class Hidden:
    """Holds neither what it was made with nor a rate that is read."""

    def __init__(self, scale=2.0):
        self.lr, self.step_of = 0.05 * scale, 0.05 * scale

    def update(self, w, grad):
        return w - self.step_of * grad


class Hardcoded(Plain):
    def __init__(self, lr=0.1):
        self.lr = lr

    def update(self, w, grad):
        return w - 0.1 * grad


MADE = [Alone, Renamed, OtherWord, KeywordOnly, ReadOnly, Derived]
MADE += [Alone(), Renamed(0.1), OtherWord(), KeywordOnly(lr=0.1), ReadOnly(), Derived(), Hidden()]


@pytest.mark.parametrize("thing", MADE, ids=lambda thing: getattr(thing, "__name__", f"{type(thing).__name__}()"))
def test_a_constructor_is_its_own_affair(thing: Any) -> None:
    """A setting is changed by keyword, as an attribute, or by making the object anew, as it can be, or not at all."""
    report = run_suite(gradcheck.subject(thing, kind="optimizer", name="mine"), cases=None, max_examples=5)

    assert report.ok, report.findings


@pytest.mark.parametrize("thing", [Hardcoded, Hardcoded()])
def test_a_rate_that_is_ignored_is_found(thing: Any) -> None:
    """A keyword that does nothing is a mistake, of the class and of an object that says what it was made with."""
    report = run_suite(gradcheck.subject(thing, kind="optimizer"), checks=["GC711"], cases=None, max_examples=5)

    assert [finding.code for finding in report.findings] == ["GC711"]

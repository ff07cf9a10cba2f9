"""Losses: what a right answer costs, a wrong one and an ignored one, what a name says, pieces that do not meet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sigmoid(s):
    return 0.5 * (1 + np.tanh(s / 2))


def entropy(s, y):
    shifted = s - s.max(axis=-1, keepdims=True)
    return np.mean(np.log(np.exp(shifted).sum(axis=-1)) - shifted[np.arange(len(y)), y])


def entropy_grad(s, y):
    return (softmax(s) - np.eye(s.shape[1])[y]) / len(y)


def twice(s, y):
    return entropy(softmax(s), y)


def twice_grad(s, y):
    p, g = softmax(s), entropy_grad(softmax(s), y)
    return p * (g - (g * p).sum(axis=-1, keepdims=True))


def of_scores(s, t):
    return np.mean(np.logaddexp(0, s) - s * t)


def of_scores_grad(s, t):
    return (sigmoid(s) - t) / s.size


def of_probabilities(p, t):
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))


def of_probabilities_grad(p, t):
    return (p - t) / (p * (1 - p)) / p.size


def off_zero(p, t):
    return -np.mean(t * np.log(p + 1e-7) + (1 - t) * np.log(1 - p + 1e-7))


def off_zero_grad(p, t):
    return ((1 - t) / (1 - p + 1e-7) - t / (p + 1e-7)) / p.size


def half(p, t):
    return -np.mean(t * np.log(p))


def half_grad(p, t):
    return -t / p / p.size


def half_of_scores(s, t):
    return np.mean(t * np.logaddexp(0, -s))


def half_of_scores_grad(s, t):
    return -t * sigmoid(-s) / s.size


class Padded:
    """The cross-entropy of the labels that count."""

    def __init__(self, ignore_index=-100):
        self.ignore_index = ignore_index

    def forward(self, s, y):
        counts, at = self.counts(y), np.where(y == self.ignore_index, 0, y)
        self.slope = (softmax(s) - np.eye(s.shape[1])[at]) * self.kept(y)[:, None] / counts
        shifted = s - s.max(axis=-1, keepdims=True)
        each = np.log(np.exp(shifted).sum(axis=-1)) - shifted[np.arange(len(y)), at]
        return np.sum(each * self.kept(y)) / counts

    def backward(self):
        return self.slope

    def kept(self, y):
        return y != self.ignore_index

    def counts(self, y):
        return max(1, np.sum(self.kept(y)))


class Diluted(Padded):
    def counts(self, y):
        return len(y)


class Counted(Padded):
    def kept(self, y):
        return np.ones(len(y), bool)


class Forgotten(Padded):
    """Right in its value alone."""

    def forward(self, s, y):
        value = super().forward(s, y)
        self.slope = (softmax(s) - np.eye(s.shape[1])[np.where(self.kept(y), y, 0)]) / self.counts(y)
        return value


def huber(p, t, delta=1.35):
    r = np.abs(p - t)
    return np.mean(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)))


def huber_grad(p, t, delta=1.35):
    return np.clip(p - t, -delta, delta) / p.size


def torn(p, t, delta=1.35):
    r = np.abs(p - t)
    return np.mean(np.where(r <= delta, r**2 / 2, delta * r - delta / 2))


BINARY: dict[str, Any] = {"targets": "binary"}


def weighed(s, y):
    return np.mean([entropy(s[i : i + 1], y[i : i + 1]) * (1 + y[i]) for i in range(len(y))])


def weighed_grad(s, y):
    return entropy_grad(s, y) * (1 + y)[:, None]


def overlap(p, t):
    both = (p * t).sum()
    return 1 - both / (both + 0.3 * (p * (1 - t)).sum() + 0.7 * ((1 - p) * t).sum() + 1e-6)


RIGHT: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("cross_entropy", entropy, entropy_grad, {}),
    ("cross_entropy", weighed, weighed_grad, {}),
    ("bce", of_scores, of_scores_grad, {}),
    ("BCEWithLogits", of_scores, of_scores_grad, BINARY),
    ("bce", of_probabilities, of_probabilities_grad, BINARY),
    ("bce", off_zero, off_zero_grad, BINARY),
    ("binary_cross_entropy", of_probabilities, of_probabilities_grad, {}),
    ("log_loss", lambda s, t: s.shape[-1] * of_scores(s, t), lambda s, t: s.shape[-1] * of_scores_grad(s, t), BINARY),
    ("tversky", overlap, None, BINARY),
    ("padded", Padded, None, {}),
    ("padded by a class", Padded(0), None, {}),
    ("huber", huber, huber_grad, {}),
]


@pytest.mark.parametrize(
    ("name", "value", "grad", "traits"), RIGHT, ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_right_loss_is_never_red(name: str, value: Any, grad: Any, traits: dict[str, Any]) -> None:
    """Of scores and of probabilities, declared and not, with a label that counts for nothing, in two pieces."""
    options = {} if grad is None else {"grad": grad}
    report = run_suite(gradcheck.subject(value, kind="loss", name=name, traits=traits, **options), max_examples=20)

    assert report.ok, report.findings


def times(factor, function):
    return lambda p, t: factor * function(p, t)


WRONG: list[tuple[str, Any, Any, dict[str, Any], str]] = [
    ("cross_entropy", times(1 / np.log(2), entropy), times(1 / np.log(2), entropy_grad), {}, "GC608"),
    ("CrossEntropyLoss", times(0.5, entropy), times(0.5, entropy_grad), {}, "GC608"),
    ("bce", half, half_grad, BINARY, "GC608"),
    ("bce_loss", half, half_grad, {}, "GC608"),
    ("mine", half_of_scores, half_of_scores_grad, {**BINARY, "likelihood": "sigmoid"}, "GC608"),
    ("mine", half_of_scores, half_of_scores_grad, BINARY, "GC618"),
    ("mine", half, half_grad, BINARY, "GC618"),
    ("mine", twice, twice_grad, {}, "GC615"),
    ("mine", Diluted, None, {}, "GC616"),
    ("mine", Counted(0), None, {}, "GC616"),
    ("mine", Forgotten, None, {}, "GC616"),
    ("mine", torn, huber_grad, {}, "GC617"),
]


def _called(part: Any) -> str:
    return part if isinstance(part, str) else getattr(part, "__name__", type(part).__name__)


@pytest.mark.parametrize(("name", "value", "grad", "traits", "code"), WRONG, ids=_called)
def test_a_value_that_is_wrong_with_its_gradient_is_found(
    name: str, value: Any, grad: Any, traits: dict[str, Any], code: str
) -> None:
    """Where the gradient is that of the value, only a law about what a loss is can see it."""
    options = {} if grad is None else {"grad": grad}
    declared = gradcheck.subject(value, kind="loss", name=name, traits=traits, **options)
    report = run_suite(declared, checks=[code], cases=None, max_examples=10)

    assert {finding.code for finding in report.findings} == {code}


def of_the_second(s, t):
    return np.mean(np.logaddexp(0, s[:, 1]) - s[:, 1] * t)


def of_the_second_grad(s, t):
    return np.stack([0 * t, (sigmoid(s[:, 1]) - t) / len(t)], axis=1)


def test_an_answer_for_a_row_is_not_one_for_each_score() -> None:
    """What one answer for two scores asks of them is not known: no law guesses."""
    example = np.random.default_rng(0).standard_normal((4, 2)), np.array([0.0, 1.0, 1.0, 0.0])
    declared = gradcheck.subject(of_the_second, *example, kind="loss", grad=of_the_second_grad, traits=BINARY)
    report = run_suite(declared, max_examples=20)

    assert report.ok, report.findings

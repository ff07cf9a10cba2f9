"""Losses: a law of the cross-entropy is asked of a cross-entropy, and a kink at the target has any slope between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(scores):
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def smooth(scores, labels, share):
    classes = scores.shape[-1]
    return (1 - share) * np.eye(classes)[labels] + share / classes


def entropy(scores, labels, share=0.0):
    return -(smooth(scores, labels, share) * log_softmax(scores)).sum() / len(scores)


def entropy_grad(scores, labels, share=0.0):
    return (softmax(scores) - smooth(scores, labels, share)) / len(scores)


def smoothed(scores, labels):
    return entropy(scores, labels, 0.1)


def smoothed_grad(scores, labels):
    return entropy_grad(scores, labels, 0.1)


def pinball(prediction, target):
    d = target - prediction
    return np.maximum(0.3 * d, -0.7 * d).mean()


def pinball_grad(prediction, target):
    return np.where(target > prediction, -0.3, 0.7) / prediction.size


def absolute(prediction, target):
    return np.abs(prediction - target).mean()


def absolute_grad(prediction, target):
    return np.where(prediction >= target, 1.0, -1.0) / prediction.size


def suite(value: Any, gradient: Any, **options: Any) -> gradcheck.SuiteReport:
    declared = gradcheck.subject(value, grad=gradient, kind="loss")
    return run_suite(declared, cases=None, max_examples=10, **options)


@pytest.mark.parametrize(
    ("value", "gradient"),
    [(smoothed, smoothed_grad), (entropy, entropy_grad), (pinball, pinball_grad), (absolute, absolute_grad)],
)
def test_right_losses_are_never_red(value: Any, gradient: Any) -> None:
    """Smoothed targets pull the right score down beyond their share; a kink at the target has a slope of its own."""
    report = suite(value, gradient)

    assert report.ok, report.findings


def test_a_cross_entropy_is_still_held_to_its_formula() -> None:
    """The value says what it is, so that a mistake in the gradient switches no law off."""
    report = suite(entropy, lambda s, y: -entropy_grad(s, y), checks=["GC612", "GC613"])

    assert {finding.code for finding in report.findings} == {"GC612", "GC613"}


def test_a_slope_beyond_both_sides_of_a_kink_is_wrong() -> None:
    """At the target only what lies between the slopes of the two sides is a subgradient."""
    report = suite(absolute, lambda p, t: np.where(p >= t, 2.0, -1.0) / p.size, checks=["GC602"])

    assert [finding.code for finding in report.findings] == ["GC602"]

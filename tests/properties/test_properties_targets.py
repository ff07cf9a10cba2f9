"""Targets of losses: an example of a call shows their shape, and what a suite does not draw is one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck


def square(prediction, target):
    return np.mean((prediction - target) ** 2)


def square_grad(prediction, target):
    return 2 * (prediction - target) / prediction.size


def normal(p, t):
    mean, log_variance = p.T
    return np.mean(log_variance + (t - mean) ** 2 * np.exp(-log_variance)) / 2


def normal_grad(p, t):
    mean, log_variance = p.T
    far = (mean - t) * np.exp(-log_variance)
    return np.stack([far, 0.5 * (1 - far * (mean - t))], axis=1) / len(p)


def of_column(p, t):
    return square(p[:, 0], t)


def of_column_grad(p, t):
    return square_grad(p[:, 0], t)[:, None]


NUMBERS = np.array([0.5, -1.0, 2.0, 0.3])


@pytest.mark.parametrize(("share", "right"), [(1.0, True), (0.5, False)])
@pytest.mark.parametrize(("value", "gradient", "width"), [(normal, normal_grad, 2), (of_column, of_column_grad, 1)])
def test_a_target_has_the_shape_that_the_example_shows(
    value: Any, gradient: Any, width: int, share: float, right: bool
) -> None:
    """One number per row is the target of a row, how wide the prediction may be."""
    x = np.random.default_rng(0).standard_normal((4, width))
    declared = gradcheck.subject(value, x, NUMBERS, grad=lambda p, t: share * gradient(p, t), kind="loss")
    report = run_suite(declared, cases=None, max_examples=6)

    assert report.ok is right, report.findings
    assert right or "GC101" in {finding.code for finding in report.findings}


def test_a_target_that_is_one_number_is_an_array_like_the_prediction() -> None:
    """It shows what the target is, not its shape."""
    declared = gradcheck.subject(square, NUMBERS[:, None], 0.5, grad=square_grad, kind="loss")

    assert run_suite(declared, cases=None, max_examples=4).ok


def triplet(anchor, near, far):
    return np.mean(np.maximum(0, square(anchor, near) - square(anchor, far) + 1))


def of_images(scores, labels):
    last = np.moveaxis(scores, 1, -1)
    return np.mean(np.log(np.exp(last).sum(axis=-1)) - np.take_along_axis(last, labels[..., None], -1)[..., 0])


@pytest.mark.parametrize(
    ("value", "inputs", "said"),
    [
        (triplet, (np.ones((4, 2)),) * 3, "'triplet' is not called with a prediction and a target: .*'far'"),
        (
            of_images,
            (np.ones((2, 3, 4, 5)), np.zeros((2, 4, 5), int)),
            r"'of_images' has labels of shape \(2, 4, 5\) for predictions of shape \(2, 3, 4, 5\)",
        ),
    ],
)
def test_an_example_that_a_suite_does_not_draw_is_refused(value: Any, inputs: tuple[Any, ...], said: str) -> None:
    """In one sentence, not by every law."""
    with pytest.raises(gradcheck.InvalidArgument, match=said):
        run_suite(gradcheck.subject(value, *inputs, kind="loss"), cases=None)

"""An empty batch that raises, or a matrix that has no inverse, is no failure, and hides none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.reference import conv2d_backward, conv2d_forward

import gradcheck
from gradcheck.report import Verdict

X = np.random.default_rng(0).normal(size=(5, 4))


def logsumexp(x):
    m = x.max()
    return m + np.log(np.exp(x - m).sum())


def logsumexp_grad(x):
    return np.exp(x - logsumexp(x))


def flat(x):
    return x.reshape(len(x), -1)


def search(subject: Any, *inputs: Any, **options: Any) -> gradcheck.SearchReport:
    return gradcheck.search(subject, *inputs, cases=None, max_examples=40, **options)


@pytest.mark.parametrize(
    ("function", "x", "options"),
    [
        (logsumexp, X, {"grad": logsumexp_grad}),
        (flat, np.ones((3, 2, 2)), {"vjp": lambda upstream, x: upstream.reshape(x.shape)}),
    ],
)
def test_an_empty_batch_that_raises_is_a_note(function: Any, x: Any, options: dict[str, Any]) -> None:
    """It says that there were 0 rows, stands after everything else, and fails nothing."""
    report = search(function, x, **options)

    assert report.ok, report.findings
    assert [(finding.code, finding.severity) for finding in report.findings] == [("GC117", Verdict.PASS)]
    assert "x had 0 rows" in report.findings[0].title


def test_an_empty_batch_does_not_hide_a_mistake() -> None:
    """The search goes on, and finds what is wrong for large inputs."""
    report = search(logsumexp, X, grad=lambda x: np.where(np.abs(x) > 20, 2.0, 1.0) * logsumexp_grad(x))

    assert [finding.code for finding in report.findings] == ["GC101", "GC117"]
    assert report.counterexample.startswith("x = tensor(")


def test_a_singular_matrix_is_refused() -> None:
    """Duplicate rows have no inverse: that is what the exception says."""
    a = np.eye(3) + 0.1 * np.random.default_rng(2).normal(size=(3, 3))
    report = search(lambda a: np.linalg.slogdet(a)[1], a, grad=lambda a: np.linalg.inv(a).T)

    assert report.ok, report.findings


def test_a_backward_that_raises_for_an_empty_batch_is_a_note() -> None:
    """Forward may take what backward does not."""
    pair = (lambda x: (2 * x, x), lambda upstream, x: 2 * upstream * (1 + 0 * x.max()))
    report = search(pair, X)

    assert report.ok, report.findings
    assert [finding.severity for finding in report.findings] == [Verdict.PASS]


def test_a_convolution_is_searched() -> None:
    """Four arguments, images, and batches of any size."""
    rng = np.random.default_rng(1)
    x, w, b = rng.normal(size=(2, 2, 4, 4)), rng.normal(size=(2, 2, 3, 3)), np.zeros(2)
    report = search((conv2d_forward, conv2d_backward), x, w, b)

    assert report.ok, report.findings

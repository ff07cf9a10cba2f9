"""The large workloads, in small: their gradients are right, held against an oracle of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import workloads
from workloads import WORKLOADS, Workload

ALL = pytest.mark.parametrize("workload", WORKLOADS, ids=lambda w: w.name)


def _along(workload: Workload, inputs: workloads.Arrays, direction: workloads.Arrays, upstream: np.ndarray) -> float:
    """Return the slope along `direction`, from differences of sixth order."""
    h = 1e-4

    def value(k: int) -> float:
        moved = [a + k * h * v for a, v in zip(inputs, direction, strict=True)]
        return float(np.sum(upstream * workload.out(*moved)))

    return sum(w * (value(k) - value(-k)) for k, w in {1: 45 / 60, 2: -9 / 60, 3: 1 / 60}.items()) / h


@ALL
def test_a_workload_is_right_along_every_kind_of_direction(workload: Workload) -> None:
    """Each input on its own, in three random directions: the claim agrees with sixth-order differences."""
    inputs = workload.inputs(60)
    upstream = workload.upstream(inputs)
    claimed = workload.backward(upstream, workload.forward(*inputs)[1])
    rng = np.random.default_rng(2)
    for which, gradient in enumerate(claimed):
        assert gradient.shape == inputs[which].shape
        for _ in range(3):
            direction = [rng.standard_normal(a.shape) * (k == which) for k, a in enumerate(inputs)]
            slope = _along(workload, inputs, direction, upstream)
            size = np.linalg.norm(gradient * direction[which])
            assert abs(np.sum(gradient * direction[which]) - slope) <= 1e-8 * (size + abs(slope))


@ALL
def test_a_workload_writes_into_nothing(workload: Workload) -> None:
    """Inputs and upstream stay as they were: buffers are reused, but only those of its own."""
    inputs = workload.inputs(60)
    upstream = workload.upstream(inputs)
    kept = [a.copy() for a in (*inputs, upstream)]
    workload.backward(upstream, workload.forward(*inputs)[1])
    assert all(np.array_equal(a, b) for a, b in zip(kept, (*inputs, upstream), strict=True))


@ALL
def test_a_workload_has_the_size_that_is_asked_for(workload: Workload) -> None:
    """At full size there are about a million numbers, or what the name says."""
    assert 0.8 * workload.full <= workloads.sizes(workload.inputs()) <= 1.6 * workload.full


def test_a_workload_that_is_spoiled_is_noticed() -> None:
    """The oracle of this file sees an error of one part in a million."""
    spoiled = replace(
        WORKLOADS[0], backward=lambda u, c: tuple((1 + 1e-6) * g for g in workloads.affine_backward(u, c))
    )
    with pytest.raises(AssertionError):
        test_a_workload_is_right_along_every_kind_of_direction(spoiled)

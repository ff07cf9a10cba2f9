"""The table of the reference's layers: both columns of every row compute the same; no time is asserted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import reference_layers_speed as speed


def _arrays(value: Any) -> list[Any]:
    """Return the arrays that a call returned: of a forward the output, of a backward the gradients."""
    parts = value if isinstance(value, tuple) else (value,)
    return [part for part in parts if isinstance(part, (np.ndarray, np.floating))]


@pytest.mark.parametrize("workload", speed.WORKLOADS, ids=lambda w: w.name)
def test_both_forms_compute_the_same(workload: speed.Workload) -> None:
    """Output or gradients agree to rounding; layers that keep their parameters' gradients return that of x."""
    ours, plain = (_arrays(call()) for call in workload.make(np.float64, np.float64))
    for found, expected in zip(ours, plain, strict=False):
        np.testing.assert_allclose(found, np.reshape(expected, np.shape(found)), rtol=1e-9, atol=1e-9)


def test_a_ratio_is_measured_in_both_precisions() -> None:
    """The smallest row is measured, as the table does it."""
    line = speed.table(1, speed.WORKLOADS[-1:]).splitlines()[-1]
    assert line.startswith("| softmax cross-entropy, 4096 x 100: backward |")
    assert all(float(cell) > 0 for cell in line.strip("| ").split(" | ")[1:])

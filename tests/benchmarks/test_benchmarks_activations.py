"""The table of activations, in small."""

from __future__ import annotations

import activations


def test_the_table_has_a_row_for_each_activation() -> None:
    """A-PRACTICE: saturation, dead units, mean shift, cost; ReLU is off centre, tanh is not, ELU between."""
    text = activations.table(rounds=1)
    shifts = {name: abs(activations.shares(name)[2]) for name in activations.NAMES}
    saturated = {name: activations.shares(name)[0] for name in activations.NAMES}

    assert all(f"| {name} |" in text for name in activations.NAMES)
    assert shifts["tanh"] < shifts["elu"] < shifts["relu"] < shifts["sigmoid"]
    assert saturated["leaky_relu"] == 0 < saturated["elu"] < saturated["tanh"] < saturated["relu"]


def test_the_cost_is_counted_in_calls_of_relu() -> None:
    """A-SIG-4: the cost of each activation is a ratio, that of ReLU 1."""
    costs = activations.costs(rounds=1, size=1000)

    assert costs["relu"] == 1.0
    assert set(costs) == set(activations.NAMES)
    assert all(cost > 0 for cost in costs.values())

"""The table that stands beside torch's and JAX's checkers: its rows are made, and what it divides is what it says."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the rows are modules of torch")
frameworks = pytest.importorskip("frameworks", reason="the script lies in benchmarks/")


def test_a_row_of_each_table_is_made() -> None:
    """A small module, and one as if it were large: verdict pass, ratios above zero."""
    made = frameworks.small()["MLP 3-5-2, 4 rows"]

    small, large = frameworks.small_row("s", made, 1), frameworks.large_row("l", made, 1)

    assert (small[:3], large[2]) == (["s", 44, "pass"], "pass")
    assert all(float(str(ratio)) > 0 for ratio in (*small[3:], large[-1]))


def test_the_peer_sees_every_parameter() -> None:
    """Torch's checker is asked about inputs and parameters, as ours is: a lost weight gradient fails there."""

    class Forgets(torch.nn.Linear):
        def forward(self, x: Any) -> Any:
            return torch.nn.functional.linear(x, self.weight.detach() + 0 * self.weight, self.bias)

    right, inputs, size = frameworks.of_torch((lambda: torch.nn.Linear(3, 2), ((4, 3),)))
    wrong, _, _ = frameworks.of_torch((lambda: Forgets(3, 2), ((4, 3),)))

    assert size == 20
    assert frameworks.theirs(right, inputs, fast=False)()
    assert not frameworks.theirs(wrong, inputs, fast=False)()


@pytest.mark.filterwarnings("ignore")
def test_a_function_of_jax_is_measured_in_both_modes() -> None:
    """Ours beside both."""
    pytest.importorskip("jax", reason="the rows are functions of JAX")
    function, shapes = frameworks.functions()["tanh(x w), 35 entries"]

    row: list[Any] = frameworks.jax_row("f", function, shapes, 1)
    ruled: list[Any] = frameworks.jax_row("r", *frameworks.with_rules()["softmax, 30 x 10"], 1, ruled=True)

    assert (row[1], ruled[1]) == ("pass", "pass")
    assert float(row[3]) > 0 < float(row[4])
    assert float(ruled[3]) > 0

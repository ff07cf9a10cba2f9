"""A sample of PyTorch's operator database, and the table that the whole of it makes."""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the database ships with torch")
pytest.importorskip("expecttest", reason="torch's database needs it")
op_db = pytest.importorskip("op_db", reason="the script lies in benchmarks/")

ASKED = argparse.Namespace(seed=0, samples=1, largest=1000, mode="projection", torch=False, device="cpu")
OPS = (
    *("atan2", "cumprod", "einsum", "fft_rfft", "gather", "index_add", "linalg_solve", "logsumexp", "matmul", "prod"),
    *("nn_functional_conv2d", "nn_functional_layer_norm", "nn_functional_dropout", "cumsum", "special_i0e", "where"),
)


@pytest.fixture(scope="module")
def database() -> Any:
    with warnings.catch_warnings(action="ignore"):  # those of the import
        return {op.formatted_name: op for op in op_db.ops()}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OPS)
def test_an_op_of_torch_passes_at_its_own_sample(name: str, database: Any) -> None:
    """No failure, no error, nothing undecided."""
    found = op_db.tally(database[name], ASKED)

    assert found.counts["pass"] == 1, found


@pytest.mark.filterwarnings("ignore")
def test_the_table_counts_and_explains(database: Any) -> None:
    """A known disagreement stands in its row with its reason, what passes is listed below."""
    asked = argparse.Namespace(**{**vars(ASKED), "torch": True})
    tallies = [op_db.tally(database[name], asked) for name in ("nn_functional_hardsigmoid", "exp")]

    text = op_db.report(tallies, asked, 0)

    assert "| nn_functional_hardsigmoid | 0 | 1 | 0 | 0 | 0 | GC101 inputs['x']; torch: pass |" in text
    assert op_db.LOOKED_INTO["nn_functional_hardsigmoid"] in text
    assert "(1 ops): exp." in text


def test_every_explanation_is_of_an_op(database: Any) -> None:
    """Nothing is explained that is not there."""
    assert set(op_db.LOOKED_INTO) <= set(database)

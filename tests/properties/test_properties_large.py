"""The law of large batches: who it is about, and the slips in the reference library that nothing else would tell."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from gallery.lawful import large
from gradcheck.properties import plan, run_law, run_suite
from gradcheck.reference import BatchNorm

import gradcheck
from gradcheck.mutation._active import Active, standing_in
from gradcheck.mutation._mutants import mutants_of
from gradcheck.mutation._sites import sites_of
from gradcheck.report import Status

BATCH_NORM = gradcheck.subject(BatchNorm, kind="normalization")
SLIPS = [
    (mutant, site)
    for number, site in enumerate(sites_of([BATCH_NORM]))
    if site.name == "BatchNorm.backward"
    for mutant in mutants_of(number, site, frozenset({"assignment"}))
    if " += " in mutant.what.partition(" for ")[2] and " = " in mutant.what.partition(" for ")[0]
]


@pytest.mark.parametrize(("slip", "site"), SLIPS, ids=lambda one: getattr(one, "what", None))
def test_a_sum_that_forgets_the_blocks_before_is_told_by_this_law(slip: Any, site: Any) -> None:
    """`=` for `+=` in the sums of batch normalization, which is right in the first block."""
    planned = plan(BATCH_NORM)
    others = ["GC101", "GC102", "GC104", "GC107", "GC108", "GC110", "GC207", "GC217"]

    with standing_in(site.function, Active(slip.call(site))):
        told = run_law(planned, "GC134")
        small = run_suite(BATCH_NORM, checks=others, max_examples=4)

    assert told.status is Status.FAILED
    assert "times" in told.findings[0].title
    assert set(small.counts) == {Status.PASSED}


def test_there_are_such_slips() -> None:
    """Both of its sums are tried."""
    assert [slip.what.partition(" = ")[0] for slip, _ in SLIPS] == ["sum_g", "sum_gx"]


@pytest.mark.parametrize("declaration", large.APART, ids=lambda one: one.name)
def test_who_makes_something_else_of_a_batch_twice_is_left_alone(declaration: Any) -> None:
    """The unbiased variance, and a loss over pairs, keep their laws; this is none of them."""
    report = run_suite(declaration, checks=["GC101", "GC110", "GC134"], max_examples=4)
    (told,) = (result for result in report.results if result.code == "GC134")

    assert told.status is Status.NOT_APPLICABLE
    assert Status.FAILED not in report.counts


@pytest.mark.parametrize("declaration", large.LAX, ids=lambda one: one.name)
@pytest.mark.parametrize("seed", range(2))
def test_few_digits_and_sums_are_no_violation(declaration: Any, seed: int) -> None:
    """Sums of 40,000 terms in float32, one after the other, are off by what float32 can do."""
    assert run_law(plan(declaration), "GC134", rng=seed).status is Status.PASSED


def test_a_table_of_each_example_with_each_does_not_fill_the_memory() -> None:
    """The batch is as large as 256 MiB allow: some thousand examples in place of 40,000."""
    by_table = next(one for one in large.LAX if one.name == "by_table")
    told, others = (run_law(plan(one), "GC134").statistics for one in (by_table, large.LAX[0]))

    assert 1_000 < int(dict(told)["examples in the large batch"]) < 8_000
    assert int(dict(others)["examples in the large batch"]) > 40_000
    assert not tracemalloc.is_tracing()

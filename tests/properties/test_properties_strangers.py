"""Implementations that nobody here wrote keep the laws, a few examples each; what they do not keep is listed."""

from __future__ import annotations

from typing import Any

import pytest
from gradcheck.properties import run_suite

from gradcheck.report import Status

pytest.importorskip("torch")
pytest.importorskip("jax")
pytest.importorskip("autograd")
pytest.importorskip("mygrad")

from gallery.strangers import known, of_jax, of_mygrad, of_scientific, of_torch

FINE = {Status.PASSED, Status.NOT_APPLICABLE, Status.EXPECTED_FAILURE, Status.UNEXPECTED_PASS, Status.VACUOUS}
"""With so few examples a known defect may not show, and a law may say nothing."""

COSTLY = ("GC101", "GC102", "GC112", "GC216", "GC217")
"""Checked against differences in `benchmarks/strangers.py`; here the exact laws are enough."""

QUICK = [
    *of_torch.activations(),
    *of_torch.initializers(),
    *of_torch.normalizations(),
    *of_scientific.preprocessors(),
    *of_scientific.specials(),
    *of_scientific.of_autograd(),
    *of_mygrad.activations(),
    *of_mygrad.of_layers(),
    *of_mygrad.of_losses(),
]


@pytest.mark.parametrize("declaration", QUICK, ids=lambda declaration: declaration.name)
def test_strangers_keep_the_laws(declaration: Any) -> None:
    """Each law that applies holds, or is listed as one that they break."""
    broken = {code: why for code, why in known.expected(declaration.name).items() if code not in COSTLY}
    report = run_suite(declaration, max_examples=3, exclude=COSTLY, expected_failures=broken)

    assert set(report.counts) <= FINE, report.findings
    assert report.ran >= 3


@pytest.mark.parametrize("name", ["relu", "silu"])
def test_jax_keeps_the_laws(name: str) -> None:
    """Tracing is slow, so that a few laws of a few functions stand for the whole table."""
    (declaration,) = (one for one in of_jax.activations() if one.name == f"jax.nn.{name}")
    report = run_suite(declaration, max_examples=2, checks=["GC104", "GC506", "GC510", "GC512", "GC514"])

    assert set(report.counts) == {Status.PASSED}, report.findings


def test_the_slope_of_torch_hardsigmoid_is_rounded_to_float32() -> None:
    """Eight digits are enough for a gradient check to call it wrong, and to be right about it."""
    name = "torch.nn.Hardsigmoid"
    (declaration,) = (one for one in of_torch.activations() if one.name == name)
    report = run_suite(declaration, checks=["GC101"], max_examples=10, expected_failures=known.expected(name))

    assert set(report.counts) == {Status.EXPECTED_FAILURE}

"""Only a backward that calculates is ever run with an edit in it, and diagnosis never changes a verdict."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck import Verdict
from gradcheck.diagnosis import CATALOGUE, edits, is_arithmetic
from gradcheck.pages import cause_page

SPACE = {"np": np, "helper": lambda x: x}
PURE = "def b(u, c):\n    x, y = c\n    return u * np.exp(x) * (1 - y.sum(axis=0))\n"


@pytest.mark.parametrize(
    "line",
    [
        "np.save('f', x)",
        "x.tofile('f')",
        "open('f', 'w')",
        "helper(x)",
        "__import__('os').remove('f')",
        "np.lib.format.open_memmap('f')",
        "(lambda: x)()",
        "getattr(np, 'save')('f', x)",
        "x.dump('f')",
    ],
)
def test_what_does_more_than_calculate_is_not_run(line: str) -> None:
    """Files, helpers whose source is not seen, lambdas, and whatever reaches a function by another way."""
    assert is_arithmetic(PURE, SPACE)
    assert not is_arithmetic(f"def b(u, c):\n    x, y = c\n    {line}\n    return u * x\n", SPACE)


@pytest.mark.parametrize("body", ["while True: pass", "global x", "import os", "with x: pass", "del c", "raise x"])
def test_what_is_no_plain_calculation_is_not_run(body: str) -> None:
    """Neither loops without an end nor names of the module."""
    assert not is_arithmetic(f"def b(u, c):\n    {body}\n    return u\n", SPACE)


def test_what_could_write_into_the_module_is_not_run() -> None:
    """An array of the module may be read or written under any name, so neither is tried; a number may be read."""
    source = "def b(u, c):\n    held = kept\n    held[0] = 1.0\n    return u * c\n"

    assert not is_arithmetic(source, {"kept": np.zeros(3)})
    assert is_arithmetic("def b(u, c):\n    return scale * u * c\n", {"scale": 2.0})


def test_a_module_that_was_shadowed_is_not_run() -> None:
    """What is called np must be NumPy."""
    assert not is_arithmetic(PURE, {"np": object()})


def test_edits_are_distinct_parse_and_differ_from_the_source() -> None:
    """Each is another program, and the source itself is not among them."""
    found = [edit.source for edit in edits(PURE)]

    assert len(found) == len(set(found)) > 10
    assert ast.unparse(ast.parse(PURE)) not in found
    assert all(ast.parse(source) for source in found)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_cause_has_a_page(name: str) -> None:
    """With how it happens, how it looks, the formula and the repair."""
    page = cause_page(name)

    assert page.startswith(f"# {name}: ")
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## How it happens",
        "## How it looks",
        "## The formula",
        "## Repair",
    ]
    assert "{" not in page


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1.0, 3.0, 1e-6, 1e6]))
def test_a_residual_without_structure_gets_no_name(seed: int, size: float) -> None:
    """A random linear map of the upstream, added to a right gradient, is described and not named."""
    rng = np.random.default_rng(seed)
    w, noise = rng.normal(size=(4, 3)), rng.normal(size=(6, 8)) * size
    x = rng.normal(size=(2, 4))

    def vjp(u: Any, x: Any) -> Any:
        spoilt = u @ w.T
        return spoilt + np.resize(noise.T @ np.resize(u, 6), spoilt.shape)

    report = gradcheck.check(lambda x: x @ w, x, vjp=vjp)
    finding = report.findings[0]

    assert report.verdict is Verdict.FAIL
    assert "gradcheck explain" not in "\n".join(finding.detail)


def test_a_small_budget_is_kept() -> None:
    """Diagnosis takes no more calls than `max_evals` leaves, and the failure stands."""
    x = np.random.default_rng(0).normal(size=(4, 3))
    for most in (40, 120, 200, 400):
        report = gradcheck.check(np.tanh, x, derivative=lambda x: 1 + np.tanh(x) ** 2, max_evals=most)
        assert report.cost.forward <= most
        assert report.verdict is not Verdict.PASS


def test_a_report_fits_a_screen_whatever_the_size() -> None:
    """At most 40 lines in a terminal of 100 columns, six entries wrong or 40,000, named or not."""
    rng = np.random.default_rng(0)
    for shape in ((2, 3), (200, 200)):
        for vjp in (lambda u, x: -u * np.cos(x), lambda u, x: u * np.cos(x) + 0.1 * u[::-1]):
            lines = str(gradcheck.check(np.sin, rng.normal(size=shape), vjp=vjp)).splitlines()
            assert sum(1 + (len(line) - 1) // 100 for line in lines) <= 40

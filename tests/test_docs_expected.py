"""What README and ``docs/ci.md`` show as an expected failure is one, of a subject such as theirs."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import reference
from gradcheck.report import Status

ROOT = Path(__file__).parent.parent
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/ci.md")}


class BatchNorm(reference.BatchNorm):
    """The variance of a batch has the divisor n - 1 in the running statistics, 0 for a batch of one."""

    def forward(self, x: Any) -> Any:
        out = super().forward(x)
        with np.errstate(all="ignore"):
            self.running_var = self.running_var * np.divide(len(x) - 1, len(x) - 1)
        return out


def shown(page: str) -> dict[str, str]:
    """Return the expected failures of `BatchNorm` that a page shows."""
    if page == "README.md":
        (text,) = re.findall(r"expected_failures=(\{.*?\})", PAGES[page])
        return dict(ast.literal_eval(text))
    table = tomllib.loads(re.findall(r"```toml\n(.*?)```", PAGES[page], re.DOTALL)[0])["tool"]["gradcheck"]
    (kind,) = (s["kind"] for s in table["subjects"] if isinstance(s, dict) and "BatchNorm" in s["target"])
    assert kind == "normalization"
    return dict(table["expected-failures"]["BatchNorm"])


@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_as_expected_fails(page: str) -> None:
    """With the mistake that the reason tells it is green, without it red, for its law holds."""
    for layer, ok, status in (
        (BatchNorm(3), True, Status.EXPECTED_FAILURE),
        (reference.BatchNorm(3), False, Status.UNEXPECTED_PASS),
    ):
        declared = gradcheck.subject(layer, kind="normalization", expected_failures=shown(page))
        report = gradcheck.run_suite(declared, checks=list(shown(page)), max_examples=5)
        assert (report.ok, report.results[0].status) == (ok, status)


def test_an_expectation_of_a_law_that_does_not_apply_says_so() -> None:
    """It has not passed, either."""
    layer = reference.LayerNorm(3)
    declared = gradcheck.subject(layer, kind="normalization", expected_failures={"GC205": "#41"})
    (result,) = gradcheck.run_suite(declared, checks=["GC205"]).results
    assert result.status is Status.UNEXPECTED_PASS
    assert result.findings[0].title.startswith("expected to fail (#41), but it does not apply: it keeps no running")

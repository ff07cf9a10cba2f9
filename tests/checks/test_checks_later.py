"""Diagnosis can be put off, and is then the same as at once; in a hurry, one wrong entry is enough."""

from __future__ import annotations

import numpy as np

import gradcheck
from gradcheck.checks.comparison._later import hurried, postponed


def _report() -> gradcheck.Report:
    x = np.random.default_rng(0).normal(size=(4, 3))
    return gradcheck.check(np.tanh, x, derivative=lambda x: 1 + np.tanh(x) ** 2)


def test_what_was_put_off_is_completed_to_the_same_finding() -> None:
    """The postponed one has no name; completed, it equals the one made at once."""
    at_once = _report().findings[0]
    with postponed() as later:
        put_off = _report().findings[0]

    assert "gradcheck explain" not in "".join(put_off.detail)
    assert later.completed(put_off) == at_once
    assert _report().findings[0] == at_once


def test_in_a_hurry_one_wrong_entry_is_enough() -> None:
    """The verdict and the code are the same; most of the calls are saved, and nothing is said about the others."""
    x, w = np.random.default_rng(0).normal(size=(2, 4, 3))

    def check() -> gradcheck.Report:
        return gradcheck.check(lambda x, w: x * w, x, w, vjp=lambda u, x, w: (u * w, 1.5 * u * x), mode="entries")

    thorough = check()
    with hurried():
        quick = check()

    assert quick.verdict is thorough.verdict is gradcheck.Verdict.FAIL
    assert [(f.code, f.path) for f in quick.findings] == [(f.code, f.path) for f in thorough.findings]
    assert thorough.findings[0].wrong == 12
    assert quick.findings[0].wrong == 1
    assert quick.cost.forward < thorough.cost.forward / 2
    assert all(
        c.verdict is not gradcheck.Verdict.PASS for c in quick.comparisons if c.input == quick.findings[0].path
    )

"""Diagnosis can be put off, and is then the same as at once."""

from __future__ import annotations

import numpy as np

import gradcheck
from gradcheck.checks._later import postponed


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

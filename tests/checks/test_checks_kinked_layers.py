"""Layers with kinks whose entries are looked at twice: first a few of them, then all."""

from __future__ import annotations

import numpy as np
import pytest
from gallery.correct import PANEL

import gradcheck
from gradcheck import Verdict

(CONVOLUTION,) = (member for member in PANEL if member.name == "convolution and relu")


@pytest.mark.parametrize("seed", [60261944, 60263174, 60272809, 60273629, 60274039])
def test_entries_that_were_judged_along_other_upstreams_before_are_kept_apart(seed: int) -> None:
    """What was noted along one upstream is not what every output shows; sums are taken of the latter alone."""
    subject, arguments, options = CONVOLUTION.call(*CONVOLUTION.draw(np.random.default_rng([seed, 1])))
    report = gradcheck.check(subject, *arguments, **options, rng=seed)
    assert report.verdict is not Verdict.FAIL

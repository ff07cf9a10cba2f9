"""The table of certificates, in small: errors ten times above the stated resolution do not go unseen."""

from __future__ import annotations

import certificate
import location
import pytest
from certificate import Trial
from gallery.correct import PANEL, Member

PLAIN = ("sine", "sum of squares", "softmax", "layer norm", "affine layer", "conv1d", "squared distances", "abs")


@pytest.mark.parametrize("member", [m for m in PANEL if m.name in PLAIN], ids=lambda m: m.name)
def test_an_error_ten_times_above_the_resolution_is_seen(member: Member) -> None:
    """One entry of every input, with the same seed and with another: never a pass without a kink."""
    trials = [t for t in certificate.trials_of(member, 4) if t.factor == 10]
    assert trials
    assert [t for t in trials if t.row in ("unseen", "crash")] == []


KEPT_BARELY = (
    *("exp below 0", "complementary error function", "sinc", "softplus, left tail", "bell"),
    *("Rosenbrock", "length, also at 0", "recurrent layer", "ratio of sums", "two tanh layers"),
)


@pytest.mark.parametrize("name", KEPT_BARELY)
def test_an_error_just_above_the_resolution_is_seen(name: str) -> None:
    """Entries that passed early, looks that a larger step bent away: nothing above what was stated passes."""
    member = next(m for m in PANEL if m.name == name)
    trials = [t for draw in (0, 1) for t in certificate.trials_of(member, draw)]
    assert trials
    assert [t for t in trials if t.row in ("unseen", "restated", "crash")] == []


def test_a_member_that_does_not_pass_has_no_certificate_to_test() -> None:
    """Where the check is inconclusive there is no stated resolution, and no trial."""
    assert certificate.trials_of(next(m for m in PANEL if m.name == "1e9 plus exp"), 0) == []


def _trial(**changes: object) -> Trial:
    usual = {"member": "m", "draw": 0, "path": "inputs['x']", "index": 3, "resolution": 1e-8, "factor": 2.0}
    return Trial(**{**usual, "seed": "same", "verdict": "pass", "kinked": False, "restated": 1e-8, **changes})


def test_a_pass_is_unseen_unless_the_second_report_takes_it_back() -> None:
    """Stated coarser the second time, it is restated; on a kink it is counted apart."""
    assert _trial().row == "unseen"
    assert _trial(restated=3e-8).row == "restated"
    assert _trial(kinked=True).row == "at a kink"
    assert _trial(verdict="fail").row == "fail"
    assert len(list(certificate.missed([_trial(), _trial(verdict="fail"), _trial(kinked=True)]))) == 1


@pytest.mark.parametrize("subject", location.SUBJECTS, ids=lambda s: s.name)
def test_a_thousandth_of_a_typical_entry_is_seen(subject: location.Subject) -> None:
    """Among three hundred entries, one of typical size off by 1e-3 of itself."""
    assert certificate.typical_entry(subject, 300, seed=1) == "fail"


def test_a_tiny_entry_among_few_is_seen() -> None:
    """Ten million times smaller than its nine neighbours, and a tenth too large."""
    assert certificate.tiny_entry(10, 0, 0.1) == "fail"

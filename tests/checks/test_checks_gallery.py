"""Every planted bug is caught, named and placed; every right gradient that peers refuse is passed."""

from __future__ import annotations

import numpy as np
import pytest
from gallery import formulas, layers, upstreams
from gallery.broken import GALLERY, SOUND, Planted, Sound

import gradcheck
from gradcheck import Report, Verdict

SMALL = [bug for bug in GALLERY if not bug.large]
SEEDS = (1, 2, 3)


def _check(item: Planted | Sound, seed: int = 0) -> Report:
    thing, inputs, options = item.make()
    return gradcheck.check(thing, *inputs, rng=seed, **options)


def _assert_caught(bug: Planted, report: Report) -> None:
    grave = [finding for finding in report.findings if finding.severity is bug.severity]
    assert {finding.code for finding in grave} - set(bug.also) == {bug.code}
    assert bug.path in [finding.path for finding in grave if finding.code == bug.code]
    if bug.index is not None:
        assert bug.index in [finding.index for finding in grave]
    assert report.verdict is bug.severity


@pytest.mark.parametrize("bug", GALLERY, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught_with_its_code_at_its_place(bug: Planted) -> None:
    """A wrong backward gets its own code, the path of the gradient that is wrong, and the entry if it is one."""
    _assert_caught(bug, _check(bug))


@pytest.mark.parametrize("bug", SMALL, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught_whatever_the_seed(bug: Planted) -> None:
    """The same for other random directions: nothing is caught by luck."""
    for seed in SEEDS:
        _assert_caught(bug, _check(bug, seed))


@pytest.mark.parametrize("sound", SOUND, ids=lambda sound: sound.name)
def test_a_right_gradient_passes_where_fixed_steps_fail(sound: Sound) -> None:
    """Kinks, huge and tiny scales, and sizes up to a million raise no alarm, at any seed."""
    for seed in (0,) if sound.large else (0, *SEEDS):
        report = _check(sound, seed)
        assert report.verdict is Verdict.PASS
        assert {finding.code for finding in report.findings} == ({sound.note} if sound.note else set())


@pytest.mark.parametrize("bug", [bug for bug in SMALL if bug.index is not None], ids=lambda bug: bug.name)
def test_a_single_wrong_entry_is_the_only_one_named(bug: Planted) -> None:
    """Where one entry is wrong, no right one is accused beside it."""
    accused = [f for f in _check(bug).findings if f.code == bug.code]
    assert [f.index for f in accused] == [bug.index]
    assert all(f.wrong in (1, None) for f in accused)


def test_the_right_versions_behind_the_planted_bugs_pass() -> None:
    """The layers that the mistakes were planted into are right: it is the mistake that is caught."""
    x = np.random.default_rng(0).normal(size=(5, 4))
    for thing in (upstreams.Affine(), layers._Gated(), formulas._normalization(0)[0], formulas._normalization(1)[0]):
        assert gradcheck.check(thing, x).verdict is Verdict.PASS


def test_the_gallery_is_large_and_its_names_are_its_own() -> None:
    """At least sixty mistakes, no name twice, and every family of gradient codes among them."""
    assert len(GALLERY) >= 60
    assert len({bug.name for bug in GALLERY}) == len(GALLERY)
    codes = {bug.code for bug in GALLERY}
    assert codes >= {f"GC1{k:02}" for k in (*range(1, 10), *range(11, 17))} | {"GC904"}

"""The table of wrong gradients, in small."""

from __future__ import annotations

import detection
import numpy as np
import pytest
from gallery.correct import PANEL, Member
from gallery.mutants import MUTANTS, Mutant

DECIDABLE = [member for member in PANEL if not member.noise_floor]
BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
SEED = 7_100_000


def _sightings(member: Member, mutant: Mutant) -> list[detection.Sighting]:
    return detection.sightings_of(member, SEED, mode="auto", mutants=[mutant])


def _of_all(mutant: Mutant) -> list[detection.Sighting]:
    return [s for member in DECIDABLE for s in _sightings(member, mutant)]


def test_a_relative_error_of_one_in_a_hundred_thousand_fails_everywhere() -> None:
    """Away from noise floors the gradient times 1 + 1e-5 is called wrong; on a kink it may lie in the hull's blur."""
    seen = _of_all(BY_NAME["times 1.00001"])
    assert len(seen) > 100
    assert [s for s in seen if s.row not in ("fail", "at a kink")] == []
    assert not any(s.verdict == "pass" for s in seen if "kinked" not in s.group)


@pytest.mark.parametrize("member", [m for m in PANEL if m.noise_floor], ids=lambda m: m.name)
def test_at_the_noise_floor_a_wrong_gradient_never_passes(member: Member) -> None:
    """What rounding hides is inconclusive or a failure; or a pass that says how little it can see."""
    seen = _sightings(member, BY_NAME["times 1.00001"])
    assert all(s.row in ("fail", "inconclusive", "below resolution") for s in seen)


@pytest.mark.parametrize("name", ["one entry zero", "times 1.000001"])
def test_no_wrong_gradient_passes_above_the_stated_resolution(name: str) -> None:
    """Structural mistakes and one part in a million: nothing passes without excuse."""
    assert list(detection.missed(_of_all(BY_NAME[name]))) == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_applies_to_every_convention(mutant: Mutant) -> None:
    """One member per convention is changed, in the shapes it had."""
    for convention in ("derivative", "grad", "vjp", "pair", "layer"):
        member = next(m for m in PANEL if m.convention == convention and m.name != "constant")
        inputs = member.draw(np.random.default_rng(0))
        upstream = np.full(np.shape(member.value(*inputs)), -1.25)
        right, wrong = (m.pull(upstream, *inputs) for m in (member, mutant.of(member)))
        assert [np.shape(g) for g in right] == [np.shape(g) for g in wrong]


def test_mutants_have_names_of_their_own() -> None:
    """Two rows of a table never share a name."""
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_a_change_is_measured_against_the_typical_entry() -> None:
    """Doubling a gradient of equal entries moves each by one."""
    member = Member("ones", "grad", np.sum, np.ones_like, lambda rng: (rng.standard_normal(4),))
    assert BY_NAME["times 2"].change(member, 1.0, (np.arange(4.0),)) == pytest.approx(1.0)
    assert BY_NAME["reversed"].change(member, 1.0, (np.arange(4.0),)) == 0.0


def test_what_cancels_in_float64_is_not_taken_for_float32() -> None:
    """Its jumps are far smaller beside it: an entry off by 1e-4 of itself is wrong, and no note excuses it."""
    member = next(member for member in PANEL if member.name == "sum of +-1e4")
    one = [mutant for mutant in MUTANTS if mutant.name == "one entry times 1.0001"]

    (seen,) = detection.sightings_of(member, 50_261_126, mode="auto", mutants=one)

    assert seen.verdict == "fail"

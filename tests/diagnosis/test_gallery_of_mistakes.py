"""Every mistake of the gallery is found at its leaf, and is called by its name or by no name."""

from __future__ import annotations

import warnings

import pytest
from gallery.mistakes import INPUTS, LATER, MISTAKES, Mistake, pair_of

import gradcheck
from gradcheck import Verdict
from gradcheck.diagnosis import CATALOGUE, STRICT, names_of

TRUE_BESIDES = frozenset({"nonlinear-upstream", "without-upstream", "slip"})
"""What may be said besides: a code of the examination that is true as well, or the edit that mends it."""


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a hypothesis that raises a failure."""
    monkeypatch.setenv(STRICT, "1")


def diagnosed(mistake: Mistake) -> tuple[bool, set[str]]:
    """Return whether the mistake was found where it is, and the names it was given there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = gradcheck.check(pair_of(mistake), *INPUTS[mistake.layer]())
    failing = [f for f in report.findings if f.severity is Verdict.FAIL]
    here = [f for f in failing if not mistake.path or f.path == f"inputs[{mistake.path!r}]"]
    return bool(here), {name for f in here for name in names_of(f)}


@pytest.mark.parametrize("mistake", [m for m in MISTAKES if not m.held_out], ids=lambda m: m.name)
def test_a_mistake_is_found_and_named(mistake: Mistake) -> None:
    """Found at its leaf; every name given is the right one, and there is one where the table has one."""
    found, names = diagnosed(mistake)

    assert found
    assert names <= {*mistake.causes, *TRUE_BESIDES}
    assert not mistake.causes or names


def test_the_gallery_is_as_large_as_it_says() -> None:
    """At least 150 mistakes in 20 layers, a fifth of them set aside, every cause of them in the catalogue."""
    assert len(MISTAKES) >= 150
    assert len({m.layer for m in MISTAKES}) >= 20
    assert sum(m.held_out for m in MISTAKES) >= len(MISTAKES) / 5
    assert {cause for m in MISTAKES for cause in m.causes} <= set(CATALOGUE)


def test_what_was_set_aside_is_found_and_hardly_ever_called_by_a_wrong_name() -> None:
    """All found; of every twenty names at most one is not in the table."""
    outcomes = [(m, *diagnosed(m)) for m in MISTAKES if m.held_out]
    wrong = [m.name for m, _, names in outcomes if m.causes and not names <= {*m.causes, *TRUE_BESIDES}]

    assert all(found for _, found, _ in outcomes)
    assert len(wrong) <= len(outcomes) / 20, wrong


@pytest.mark.parametrize("mistake", LATER[::4], ids=lambda m: m.name)
def test_what_was_written_later_is_found_and_never_called_by_a_wrong_name(mistake: Mistake) -> None:
    """Of the second set, which came after the hypotheses, some: found where they are, and no name is wrong."""
    found, names = diagnosed(mistake)

    assert found
    assert names <= {*mistake.causes, *TRUE_BESIDES}

"""Which pictures a suite brings along, by kind; a subject that cannot be called brings none."""

from __future__ import annotations

import numpy as np
import pytest
from gradcheck.properties import plan
from gradcheck.properties._pictures import pictures_of

import gradcheck
from gradcheck import reference


@pytest.mark.parametrize(
    ("thing", "kind", "part"),
    [
        (reference.relu, "activation", "curve"),
        (reference.he, "initializer", "layers"),
        (reference.Whitening, "preprocessor", "matrices"),
    ],
)
def test_each_kind_has_its_picture(thing: object, kind: str, part: str) -> None:
    """A curve, the layers of a net, covariances: one of them is filled, the others are not."""
    found = pictures_of(plan(thing, kind))
    assert found is not None

    assert {name for name in ("curve", "layers", "matrices") if getattr(found, name)} == {part}


def test_a_suite_carries_its_picture() -> None:
    """The report of `run_suite` has it, with the kinks that the suite relied on."""
    report = gradcheck.run_suite(reference.relu, "activation", checks=["GC502"])
    assert report.pictures is not None
    assert report.pictures.curve is not None

    assert report.pictures.curve.kinks == (0.0,)


def test_other_kinds_and_broken_subjects_have_none() -> None:
    """A loss has no picture; an activation that raises is left to the laws."""

    def broken(x: np.ndarray) -> np.ndarray:
        raise RuntimeError("no")

    assert pictures_of(plan(reference.mean_square, "loss")) is None
    assert pictures_of(plan(broken, "activation")) is None


def test_the_callers_random_numbers_stay_as_they_were() -> None:
    """An initializer that draws from NumPy's global state leaves it where it was."""
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    pictures_of(plan(gradcheck.subject(lambda fan_in, fan_out: np.random.randn(fan_in, fan_out), kind="initializer")))  # noqa: NPY002

    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002

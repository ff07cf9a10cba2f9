"""The reference library keeps the laws of its kinds, and every claim of its laws has a law."""

from __future__ import annotations

import pytest
from gradcheck.properties import laws, run_suite
from gradcheck.properties.catalogue import SUBJECTS

import gradcheck
from gradcheck import reference
from gradcheck.report import Status, Verdict

CLAIMS = """
    A-SIG-1 A-SIG-2 A-SIG-3 A-TANH-1 A-TANH-2 A-RELU-1 A-RELU-2 A-LRELU-1 A-PRELU-1 A-ELU-1
    P-CENTER P-NORM P-PCA P-WHITE P-TRAIN P-IMAGE
    W-ZERO W-SMALL W-BIG W-XAVIER W-RELU W-HE
    B-UNIT B-GRAD B-CONV B-IDENT B-TEST B-RUN B-WHERE B-FLOW G-CHECK
"""


@pytest.mark.parametrize("declaration", SUBJECTS, ids=lambda declaration: declaration.name)
def test_the_reference_keeps_its_laws(declaration: gradcheck.subjects.Declaration) -> None:
    """Every public reference passes the suite of its kind, or its check, with nothing vacuous or undecided."""
    if declaration.kind is None:
        assert gradcheck.check(declaration.thing, *declaration.inputs, **declaration.options).ok
        return
    report = run_suite(declaration, max_examples=6)

    assert report.verdict is Verdict.PASS, report.findings
    assert set(report.counts) <= {Status.PASSED, Status.NOT_APPLICABLE}, report.counts


def test_the_catalogue_is_complete() -> None:
    """Every function and class with traits is declared, and so are the parametric units."""
    names = {declaration.name for declaration in SUBJECTS}

    assert {"sigmoid", "tanh", "relu", "leaky_relu", "elu", "BatchNorm", "prelu", "maxout"} <= names
    assert {"Centering", "Normalizing", "PCA", "Whitening", "Whitening[zca]", "ImageCentering"} <= names
    assert {"zeros", "xavier", "he", "glorot_normal", "glorot_uniform"} <= names


def test_everything_public_is_declared() -> None:
    """Each public function and class of the reference is a subject, or the derivative of one."""
    public = {key for key in reference.__all__ if callable(getattr(reference, key))}
    declared = {name for declaration in SUBJECTS for name in _names_in(declaration)}
    beside = {f"{name}_{what}" for name in declared for what in ("grad", "second", "vjp")}

    assert public - declared - beside == set()


def _names_in(declaration: gradcheck.subjects.Declaration) -> set[str]:
    """Return the names of the functions and classes that a declaration is about."""
    parts = declaration.thing if isinstance(declaration.thing, tuple) else (declaration.thing,)
    bare = [getattr(part, "func", part) for part in (*parts, *_options_of(declaration))]
    names = {getattr(part, "__name__", type(part).__name__) for part in bare}
    return {declaration.name.split()[0], *names, *(name.removesuffix("_forward") for name in names)}


def _options_of(declaration: gradcheck.subjects.Declaration) -> list[object]:
    return [
        part for value in declaration.options.values() for part in (value if isinstance(value, tuple) else (value,))
    ]


def test_every_public_activation_is_a_subject() -> None:
    """Each function that the folder exports is checked: as a value, a derivative, or one half of a pair."""
    checked = {function for declaration in SUBJECTS for function in _functions(declaration)}
    home = gradcheck.reference.activations
    values = {name for name in home.__all__ if hasattr(home, f"{name}_forward")}  # the first result of a forward

    assert {getattr(home, name) for name in home.__all__ if name != "TRAITS" and name not in values} <= checked


def _functions(declaration: gradcheck.subjects.Declaration) -> list[object]:
    """Return the functions that a subject is made of, without the options that are bound to them."""
    options = declaration.options.values()
    parts = [declaration.thing, *options]
    flat = [part for each in parts for part in (each if isinstance(each, tuple) else (each,))]
    return [getattr(part, "func", part) for part in flat if callable(part)]


def test_claims_about_laws_are_covered() -> None:
    """Each claim that is a law has at least one law that makes it executable."""
    assert {claim for law in laws() for claim in law.claims} >= set(CLAIMS.split())

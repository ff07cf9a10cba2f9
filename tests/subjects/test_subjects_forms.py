"""How a function, a pair and a declaration are understood, what they are called, and how their inputs are named."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument, Traits
from gradcheck.subjects import KINDS, adapt, location_of, name_of

X = np.array([0.4, -0.8, 1.2])


def _affine(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    return x * w + b


def _affine_vjp(g: np.ndarray, x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    return g * w, g * x, g.copy()


# -- forms -----------------------------------------------------------------------------------------------------------

FORMS: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any], str]] = {
    "derivative": (np.sin, (X,), {"derivative": np.cos}, "elementwise"),
    "grad": (lambda x: np.sum(x**2), (X,), {"grad": lambda x: 2 * x}, "scalar"),
    "grad, two inputs": (lambda x, w: x @ w, (X, X + 1), {"grad": lambda x, w: (w, x)}, "scalar"),
    "vjp": (_affine, (X, X + 1, X - 1), {"vjp": _affine_vjp}, "vjp"),
    "vjp, list": (_affine, (X, X + 1, X - 1), {"vjp": lambda *a: list(_affine_vjp(*a))}, "vjp"),
    "vjp, dictionary": (
        _affine,
        (X, X + 1, X - 1),
        {"vjp": lambda g, x, w, b: {"db": g, "x": g * w, "grad_w": g * x}},
        "vjp",
    ),
    "pair": ((lambda x: (np.sin(x), x), lambda g, x: g * np.cos(x)), (X,), {}, "cache"),
    "pair, tuple of one": ((lambda x: (np.sin(x), x), lambda g, x: (g * np.cos(x),)), (X,), {}, "cache"),
    "several outputs": (
        lambda x: (np.sin(x), np.cos(x)),
        (X,),
        {"vjp": lambda g, x: g[0] * np.cos(x) - g[1] * np.sin(x)},
        "vjp",
    ),
    "a dictionary of outputs": (
        lambda x: {"s": np.sin(x), "c": np.cos(x)},
        (X,),
        {"vjp": lambda g, x: g["s"] * np.cos(x) - g["c"] * np.sin(x)},
        "vjp",
    ),
    "constants between": (
        lambda n, x, flag, w: x**n * w,
        (2, X, True, X + 2),
        {"vjp": lambda g, n, x, flag, w: (g * n * x ** (n - 1) * w, g * x**n)},
        "vjp",
    ),
    "a gradient per argument, constants included": (
        lambda n, x, w: x**n * w,
        (2, X, X + 2),
        {"vjp": lambda g, n, x, w: (None, g * n * x ** (n - 1) * w, g * x**n)},
        "vjp",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_understood_and_printed(form: str) -> None:
    """A right gradient passes in every form, and the report says how the subject was understood."""
    thing, inputs, options, word = FORMS[form]
    report = gradcheck.check(thing, *inputs, **options)
    assert report.ok
    assert word in report.convention


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_not_waved_through(form: str) -> None:
    """The same with every gradient returned larger by a tenth fails at every differentiable input."""
    thing, inputs, options, _ = FORMS[form]

    def larger(returned: Any) -> Any:
        if isinstance(returned, dict):
            return {key: 1.1 * value for key, value in returned.items()}
        if isinstance(returned, (tuple, list)):
            return type(returned)(value if value is None else 1.1 * value for value in returned)
        return 1.1 * returned

    def wrap(claim: Any) -> Any:
        return lambda *arguments: larger(claim(*arguments))

    wrong = {key: wrap(value) for key, value in options.items()}
    subject = (thing[0], wrap(thing[1])) if isinstance(thing, tuple) else thing
    report = gradcheck.check(subject, *inputs, **wrong)
    floating = [value for value in inputs if isinstance(value, np.ndarray)]
    assert [f.code for f in report.findings] == ["GC101"] * len(floating)


# -- names -----------------------------------------------------------------------------------------------------------


def test_inputs_carry_the_names_of_the_parameters() -> None:
    """A wrong gradient is reported under the name that the author gave the argument."""
    report = gradcheck.check(_affine, X, X + 1, X - 1, vjp=lambda g, x, w, b: (g * w, g * x, 2 * g))
    assert [f.path for f in report.findings] == ["inputs['b']"]


@pytest.mark.parametrize(
    ("function", "count", "names"),
    [
        (_affine, 3, ["x", "w", "b"]),
        (lambda *xs: sum(xs), 2, ["x0", "x1"]),
        (lambda a, *rest: a + sum(rest), 3, ["a", "x1", "x2"]),
        (lambda *xs: sum(xs), 1, ["x"]),
        (functools.partial(_affine, b=0.5), 2, ["x", "w"]),
    ],
)
def test_inputs_without_a_name_are_numbered(function: Any, count: int, names: list[str]) -> None:
    """Variadic functions and partials give names where they have them, numbers elsewhere."""
    points = [X + k for k in range(count)]
    subject = adapt(function, tuple(points), {"vjp": lambda g, *inputs: (g,) * count})
    assert [leaf.path for leaf in subject.leaves] == [f"inputs[{name!r}]" for name in names]


class _Callable:
    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.sin(x)


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (_affine, "_affine"),
        (np.sin, "sin"),
        ((_affine, _affine_vjp), "_affine"),
        (functools.partial(_affine, b=1.0), "_affine"),
        (_Callable(), "_Callable"),
        (_Callable, "_Callable"),
        (gradcheck.subject(np.sin, name="my sine"), "my sine"),
    ],
)
def test_a_thing_is_called_what_a_person_would_call_it(thing: Any, name: str) -> None:
    """Its own name, that of its class, or the one it was declared with."""
    assert name_of(thing) == name


def test_the_place_of_a_function_is_known() -> None:
    """File and line of the claim, so that a report can point there; a built-in has none."""
    assert location_of(_affine) == (__file__, _affine.__code__.co_firstlineno)
    assert location_of((_affine, _affine_vjp)) == (__file__, _affine_vjp.__code__.co_firstlineno)
    assert location_of(np.sin) is None


def test_a_finding_points_at_the_backward() -> None:
    """A wrong vjp is found at its own line."""

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        return 2 * g

    (finding,) = gradcheck.check(np.sin, X, vjp=vjp).findings
    assert finding.location == (__file__, vjp.__code__.co_firstlineno)


# -- declarations ----------------------------------------------------------------------------------------------------


def test_a_declaration_carries_inputs_and_options() -> None:
    """A declared subject can be checked as it is, at other inputs, or with other options."""
    declared = gradcheck.subject(np.sin, X, derivative=np.sin, name="sine")
    report = gradcheck.check(declared)
    assert (report.ok, report.findings[0].code) == (False, "GC101")
    assert gradcheck.check(declared, derivative=np.cos).ok
    where_sine_is_cosine = np.array([np.pi / 4])
    assert gradcheck.check(declared, where_sine_is_cosine).ok


def test_a_declaration_is_frozen_data() -> None:
    """It cannot be changed, and holds what was said."""
    declared = gradcheck.subject(
        np.tanh, kind="activation", traits={"odd": True}, expected_failures={"GC501": "known"}, derivative=np.cos
    )
    assert declared.kind == "activation"
    assert declared.traits == Traits(odd=True)
    assert dict(declared.expected_failures) == {"GC501": "known"}
    with pytest.raises(AttributeError):
        declared.kind = "layer"  # type: ignore[misc]


def test_every_kind_can_be_declared_and_no_other() -> None:
    """An unknown kind is refused with the list of kinds."""
    assert [gradcheck.subject(np.sin, kind=kind).kind for kind in KINDS] == list(KINDS)
    with pytest.raises(InvalidArgument, match=r"kind='activaton'.*activation"):
        gradcheck.subject(np.sin, kind="activaton")


def test_a_misspelt_trait_is_corrected() -> None:
    """The sentence suggests the trait that was meant."""
    with pytest.raises(InvalidArgument, match=r"'monoton'.*'monotone'"):
        gradcheck.subject(np.sin, traits={"monoton": True})

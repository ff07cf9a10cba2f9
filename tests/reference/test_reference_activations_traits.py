"""Traits of activations are facts: each is held against the function, and a wrong one is noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradcheck.reference import activations

from gradcheck import Traits

TRAITS: dict[str, dict[str, Any]] = activations.TRAITS

FINE = np.linspace(-8, 8, 16001)
"""Every kink, jump, extreme value and extreme slope lies in here."""
STEP = float(FINE[1] - FINE[0])
WIDE = np.sort(np.concatenate([np.linspace(-40, 40, 1601), np.geomspace(1e-300, 1e300, 61)]))
WIDE = np.sort(np.concatenate([WIDE, -WIDE]))
FAR = 1e7

Function = Callable[[Any], Any]


def steps(values: Any, least: float) -> list[float]:
    """Return where neighbours of the fine grid differ by more than `least`."""
    found = FINE[:-1][np.abs(np.diff(values)) > least] + STEP / 2
    return [float(x) for i, x in enumerate(found) if i == 0 or x - found[i - 1] > 2 * STEP]


def same_places(found: list[float], declared: tuple[float, ...]) -> bool:
    """Return whether both lists name the same points, to the step of the grid."""
    return len(found) == len(declared) and np.allclose(found, sorted(declared), rtol=0, atol=2 * STEP)


def jumps_of(f: Function) -> list[float]:
    """Return where the value jumps: slopes are below 2, so that it moves by less than 0.1 in a step."""
    return steps(f(FINE), 0.1)


def kinks_of(f: Function, slope: Function) -> list[float]:
    """Return where the slope jumps and the value does not: curvatures are below 3."""
    jumps = jumps_of(f)
    return [x for x in steps(slope(FINE), 0.03) if not any(abs(x - jump) < 3 * STEP for jump in jumps)]


def both_sides(slope: Function, kinks: list[float]) -> list[tuple[float, float]]:
    """Return the slopes left and right of each kink."""
    return [(float(slope(x - 2 * STEP)), float(slope(x + 2 * STEP))) for x in kinks]


def lines(f: Function, slope: Function) -> list[tuple[float, float]]:
    """Return slope and intercept far out on both sides."""
    return [(float(slope(x)), float(f(x) - slope(x) * x)) for x in (-FAR, FAR)]


def flat_sides(slope: Function) -> tuple[str, ...]:
    """Return the sides on which the slope is nearly 0 far out."""
    return tuple(side for side, x in (("left", -FAR), ("right", FAR)) if slope(x) < 1e-6)


def steepest(slope: Function) -> float:
    """Return the largest slope there is; a step before a kink it may still be that of a parabola."""
    return float(max(np.abs(slope(FINE)).max(), np.abs(slope(WIDE)).max()))


HOLDS: dict[str, Callable[[Function, Function, Any], bool]] = {
    "odd": lambda f, _, told: np.array_equal(f(-WIDE), -f(WIDE)) is told,
    "even": lambda f, _, told: np.array_equal(f(-WIDE), f(WIDE)) is told,
    "monotone": lambda f, _, told: bool((np.diff(f(WIDE)) >= -1e-16).all()) is told,
    "convex": lambda f, _, told: bool((np.diff(f(FINE), 2) >= -1e-14).all()) is told,
    "homogeneous": lambda f, _, told: bool(np.allclose(f(4 * WIDE), 4 * f(WIDE), rtol=1e-15, atol=0)) is told,
    "range": lambda f, _, told: np.allclose(extremes(f), told, rtol=0, atol=1e-6),
    "lipschitz": lambda _, slope, told: abs(steepest(slope) - told) < STEP,
    "smallest_slope": lambda _, slope, told: abs(slope(FINE).min() - told) < 1e-6,
    "value_at_zero": lambda f, _, told: abs(f(0.0) - told) < 1e-15,
    "kinks": lambda f, slope, told: same_places(kinks_of(f, slope), told),
    "kink_slopes": lambda f, slope, told: np.allclose(both_sides(slope, kinks_of(f, slope)), told, atol=3 * STEP),
    "jumps": lambda f, _, told: same_places(jumps_of(f), told),
    "asymptotes": lambda f, slope, told: np.allclose(lines(f, slope), told, rtol=0, atol=1e-6),
    "saturates": lambda _, slope, told: flat_sides(slope) == told,
}
"""Trait -> whether it is true of a function with that slope."""


def extremes(f: Function) -> tuple[float, float]:
    """Return the smallest and the largest value, those at infinity included."""
    values = np.concatenate([f(FINE), f(np.array([-np.inf, np.inf]))])
    return float(values.min()), float(values.max())


def other_side(told: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return what else could be said of saturation."""
    return [said for said in ((), ("left",), ("right",), ("left", "right")) if said != told]


def moved(told: Any) -> list[Any]:
    """Return `told` with each number, one at a time, a little larger and a little smaller."""
    flat = np.array(told, dtype=float)
    changed = []
    for index in np.ndindex(flat.shape):
        for shift in (0.05, -0.05):
            if np.isfinite(flat[index]):
                other = flat.copy()
                other[index] += shift
                changed.append(other)
    return changed


def other_places(told: tuple[float, ...]) -> list[tuple[float, ...]]:
    """Return `told` with one point more, and with one less."""
    return [(*told, 0.7), *([told[1:]] if told else [])]


WRONG: dict[str, Callable[[Any], list[Any]]] = {
    **dict.fromkeys(("odd", "even", "monotone", "convex", "homogeneous"), lambda told: [not told]),
    **dict.fromkeys(("range", "lipschitz", "smallest_slope", "value_at_zero", "kink_slopes", "asymptotes"), moved),
    **dict.fromkeys(("kinks", "jumps"), other_places),
    "saturates": other_side,
}
"""Trait -> what a mistaken author could have declared."""

DECLARED = [(name, trait) for name, facts in TRAITS.items() for trait in facts]


def functions(name: str) -> tuple[Function, Function]:
    """Return a unit and its slope."""
    return getattr(activations, name), getattr(activations, name + "_grad")


@pytest.mark.parametrize("name", TRAITS)
def test_declared_traits_hold(name: str) -> None:
    """Whatever is declared of a unit is true of it."""
    for trait, told in TRAITS[name].items():
        assert HOLDS[trait](*functions(name), told), f"{name}: {trait} is not {told}"


@pytest.mark.parametrize("name", TRAITS)
def test_a_wrong_trait_is_noticed(name: str) -> None:
    """Every trait of every unit, changed in any way that an author could get it wrong, is refused."""
    for trait, told in TRAITS[name].items():
        for wrong in WRONG[trait](told):
            assert not HOLDS[trait](*functions(name), wrong), f"{name}: {trait} could be {wrong} as well as {told}"


@pytest.mark.parametrize("name", TRAITS)
def test_every_unit_says_all_that_can_be_said(name: str) -> None:
    """The same traits are declared of each; slopes of kinks where there are kinks, and no bound where it jumps."""
    always = set(HOLDS) - {"kink_slopes", "jumps", "lipschitz", "smallest_slope"}
    sometimes = {"kink_slopes"} if TRAITS[name]["kinks"] else set()
    sometimes |= {"jumps"} if jumps_of(functions(name)[0]) else {"lipschitz"}
    never_flat = functions(name)[1](FINE).min() > 0.001 and not TRAITS[name]["saturates"]
    sometimes |= {"smallest_slope"} if never_flat else set()

    assert set(TRAITS[name]) == always | sometimes
    assert Traits.of(TRAITS[name]).monotone is TRAITS[name]["monotone"]

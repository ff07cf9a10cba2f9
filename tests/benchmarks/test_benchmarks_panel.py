"""The panel's gradients are right: held against an oracle that shares no code with gradcheck.

Smooth members are held against the complex step, which has no step error at all; the others, and those whose
functions do not take complex numbers, against sixth-order centred differences in extended precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gallery.correct import PANEL, Member

_STENCIL = {1: 45 / 60, 2: -9 / 60, 3: 1 / 60}
"""Sixth-order weights of f(x + k h) - f(x - k h)."""
_ENTRIES = 24
_ROUNDED = {"x times (x + 1e8 - 1e8)": 1e-6, "float32 inside": np.inf}
"""Relative error to allow where the forward itself has lost the digits, in any precision."""
_BY_DIFFERENCES = {"cosine", "length", "length at 1e-5", "float32 inside"}


def _weights(member: Member, inputs: tuple[Any, ...], rng: np.random.Generator) -> Any:
    out = member.value(*inputs)
    drawn = tuple(rng.standard_normal(np.shape(o)) for o in (out if isinstance(out, tuple) else (out,)))
    return drawn if isinstance(out, tuple) else drawn[0]


def _flat(outputs: Any) -> np.ndarray:
    several = outputs if isinstance(outputs, tuple) else (outputs,)
    return np.concatenate([np.ravel(o) for o in several])


def _moved(inputs: tuple[Any, ...], which: int, entry: int, by: Any, dtype: Any) -> list[Any]:
    moved = [a.astype(dtype) if a.dtype.kind == "f" else a for a in inputs]
    moved[which].flat[entry] += by
    return moved


def _complex_step(member: Member, inputs: tuple[Any, ...], upstream: Any, which: int, entry: int) -> float:
    tiny = 1e-20 * (abs(float(inputs[which].flat[entry])) or 1.0)
    out = _flat(member.value(*_moved(inputs, which, entry, 1j * tiny, complex)))
    return float(_flat(upstream) @ out.imag / tiny)


def _differences(member: Member, inputs: tuple[Any, ...], upstream: Any, which: int, entry: int) -> float:
    size = abs(inputs[which].flat[entry]) or float(np.median(np.abs(inputs[which]))) or 1.0
    h = np.longdouble(2.0**-16) * np.longdouble(2.0 ** round(np.log2(size)))

    def value(steps: float) -> Any:
        return _flat(member.value(*_moved(inputs, which, entry, steps * h, np.longdouble)))

    slopes = sum(w * (value(k) - value(-k)) for k, w in _STENCIL.items()) / h
    return float(_flat(upstream) @ slopes)


def _jittered(inputs: tuple[Any, ...], share: float, rng: np.random.Generator) -> tuple[Any, ...]:
    """Return generic inputs nearby, where nothing is tied."""

    def moved(a: np.ndarray) -> np.ndarray:
        typical = float(np.median(np.abs(a))) or float(np.max(np.abs(a))) or 1.0
        return a + share * np.where(a == 0, typical, np.abs(a)) * rng.uniform(-1, 1, a.shape)

    return tuple(moved(a) if a.dtype.kind == "f" else a for a in inputs)


def _disagreements(member: Member, inputs: tuple[Any, ...], upstream: Any, rng: np.random.Generator) -> list[str]:
    """Return the entries whose claim the oracle contradicts."""
    gradients = iter(g for g in member.pull(upstream, *inputs) if g is not None)
    wrong = []
    for which, array in enumerate(inputs):
        if array.dtype.kind != "f":
            continue
        gradient = np.asarray(next(gradients))
        assert gradient.shape == array.shape
        size = float(np.max(np.abs(gradient)))
        for entry in map(int, rng.permutation(array.size)[:_ENTRIES]):
            claimed = float(gradient.flat[entry])
            numeric, slack = _numeric(member, inputs, upstream, which, entry)
            slack = max(slack, _ROUNDED.get(member.name, 0.0))
            if not abs(claimed - numeric) <= slack * (abs(numeric) + 1e-3 * size):
                wrong.append(f"input {which}, entry {entry}: {claimed!r} instead of {numeric!r}")
    return wrong


def _numeric(member: Member, inputs: tuple[Any, ...], upstream: Any, which: int, entry: int) -> tuple[float, float]:
    """Return the derivative of one entry, and the relative error to allow for it."""
    if not member.kinked and member.name not in _BY_DIFFERENCES:
        try:
            return _complex_step(member, inputs, upstream, which, entry), 1e-9
        except TypeError:
            pass
    return _differences(member, inputs, upstream, which, entry), 1e-8


@pytest.mark.parametrize("member", PANEL, ids=lambda m: m.name)
def test_a_correct_member_is_correct(member: Member) -> None:
    """Every gradient of the panel agrees with the oracle; those with kinks at points beside the structured ones."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        inputs = member.draw(rng)
        if member.kinked:
            inputs = _jittered(inputs, 0.03, rng)
        assert not _disagreements(member, inputs, _weights(member, inputs, rng), rng)


@pytest.mark.parametrize("member", [m for m in PANEL if m.kinked], ids=lambda m: m.name)
def test_a_member_on_a_kink_claims_a_value_between_its_neighbours(member: Member) -> None:
    """At zeros, ties and integers, every entry lies in the range of the gradients at points close by."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        inputs = member.draw(rng)
        upstream = _weights(member, inputs, rng)
        claimed = member.pull(upstream, *inputs)
        around = [member.pull(upstream, *_jittered(inputs, 1e-7, rng)) for _ in range(96)]
        for claim, *near in zip(claimed, *around, strict=True):
            low, high = np.min(near, axis=0), np.max(near, axis=0)
            slack = 1e-5 * (np.abs(claim) + np.max(np.abs(claim)))
            assert np.all((low - slack <= claim) & (claim <= high + slack))


def test_the_panel_is_large_nasty_and_named() -> None:
    """A third has kinks, at least twenty-five are held out, every name is its own."""
    assert len(PANEL) >= 85
    assert len({member.name for member in PANEL}) == len(PANEL)
    assert sum(member.held_out for member in PANEL) >= 25
    assert sum(member.kinked for member in PANEL) >= 0.3 * len(PANEL)
    assert {member.convention for member in PANEL} == {"derivative", "grad", "vjp", "pair", "layer"}

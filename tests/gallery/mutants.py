"""Wrong gradients, made from right ones: mutations that apply to any member of the panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .correct import Member

Gradients = list[Any]


@dataclass(frozen=True)
class Mutant:
    """One mistake: in what is returned (``gradients``), or in how the upstream is used (``upstream``).

    A mistake in the upstream makes a function of the derivative= or grad= convention one with a vjp.
    """

    name: str
    gradients: Callable[[Gradients], Gradients] | None = None
    upstream: Callable[[np.ndarray], np.ndarray] | None = None

    def of(self, member: Member) -> Member:
        """Return `member` with this mistake."""
        if self.upstream is not None:
            return _through(member, self.upstream)
        return replace(member, backward=_after(member.backward, self.gradients))

    def change(self, member: Member, upstream: Any, inputs: tuple[Any, ...]) -> float:
        """Return by how much the worst entry moves, relative to the typical entry of its gradient."""
        right, wrong = (m.pull(upstream, *inputs) for m in (member, self.of(member)))
        pairs = [(r, w) for r, w in zip(right, wrong, strict=True) if r is not None]
        everything = max((float(np.max(np.abs(r), initial=0.0)) for r, _ in pairs), default=0.0)
        return max((_off(r, w, everything) for r, w in pairs), default=0.0)


def _off(right: Any, wrong: Any, everything: float) -> float:
    typical = float(np.sqrt(np.mean(np.square(right, dtype=float)))) or everything or 1.0
    return float(np.max(np.abs(np.asarray(wrong) - right), initial=0.0)) / typical


def _after(backward: Callable[..., Any], change: Callable[[Gradients], Gradients] | None) -> Callable[..., Any]:
    assert change is not None

    def wrong(*arguments: Any) -> Any:
        returned = backward(*arguments)
        if not isinstance(returned, (tuple, list)):
            return change([np.asarray(returned)])[0]
        known = iter(change([np.asarray(g) for g in returned if g is not None]))
        return [None if g is None else next(known) for g in returned]

    return wrong


def _through(member: Member, change: Callable[[np.ndarray], np.ndarray]) -> Member:
    def wrong(upstream: Any, *inputs: Any) -> Any:
        changed = tuple(map(change, upstream)) if isinstance(upstream, tuple) else change(np.asarray(upstream))
        return member.pull(changed, *inputs)

    convention = "layer" if member.convention == "layer" else "vjp"
    return replace(member, forward=member.value, backward=wrong, convention=convention)


def _each(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Gradients], Gradients]:
    return lambda gradients: [change(g) for g in gradients]


def _scaled(factor: float) -> Mutant:
    return Mutant(f"times {factor:.7g}", _each(lambda g: factor * g))


def _one_entry(change: Callable[[float], float]) -> Callable[[Gradients], Gradients]:
    """Change one entry of the largest gradient, always the same one whatever the values are."""

    def wrong(gradients: Gradients) -> Gradients:
        k = int(np.argmax([g.size for g in gradients]))
        changed = [np.array(g, dtype=float) for g in gradients]
        if changed[k].size:
            j = 7 * changed[k].size // 11
            changed[k].flat[j] = change(float(changed[k].flat[j]))
        return changed

    return wrong


def _first_is_zero(gradients: Gradients) -> Gradients:
    return [np.zeros_like(gradients[0]), *gradients[1:]]


def _last_is_zero(gradients: Gradients) -> Gradients:
    return [*gradients[:-1], np.zeros_like(gradients[-1])]


MUTANTS = (
    *(_scaled(1 + d) for d in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)),
    Mutant("sign flipped", _each(np.negative)),
    _scaled(2.0),
    Mutant("zero", _each(np.zeros_like)),
    Mutant("one entry times 1.1", _one_entry(lambda g: 1.1 * g)),
    Mutant("one entry times 1.0001", _one_entry(lambda g: 1.0001 * g)),
    Mutant("one entry zero", _one_entry(lambda _: 0.0)),
    Mutant("reversed", _each(lambda g: g.ravel()[::-1].reshape(g.shape))),
    Mutant("first input zero", _first_is_zero),
    Mutant("last input zero", _last_is_zero),
    Mutant("absolute value", _each(np.abs)),
    Mutant("clipped at half its largest", _each(lambda g: np.clip(g, -_half(g), _half(g)))),
    Mutant("plus a hundredth of its largest", _each(lambda g: g + 0.02 * _half(g))),
    Mutant("rounded to float32", _each(lambda g: g.astype(np.float32).astype(float))),
    Mutant("upstream without sign", upstream=np.abs),
    Mutant("upstream clipped to [-1, 1]", upstream=lambda u: np.clip(u, -1, 1)),
    Mutant("positive upstream only", upstream=lambda u: np.maximum(u, 0)),
    Mutant("upstream ignored", upstream=np.ones_like),
)


def _half(g: np.ndarray) -> float:
    return float(np.max(np.abs(g), initial=0.0)) / 2

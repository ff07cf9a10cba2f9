"""Update rules that are more than their closed form: schedules, limits of the gradient, norms over the weights."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck


class Descent:
    """Gradient descent whose rate changes with the steps."""

    def __init__(self, lr=0.1):
        self.lr, self.t = lr, 0

    def update(self, w, grad):
        self.t += 1
        return w - self.lr * self.rate() * grad


class Cosine(Descent):
    def __init__(self, lr=0.1, total=100):
        super().__init__(lr)
        self.total = total

    def rate(self):
        return 0.5 * (1 + np.cos(np.pi * min(self.t, self.total) / self.total))


class WarmDescent(Descent):
    def __init__(self, lr=0.1, warmup=10):
        super().__init__(lr)
        self.warmup = warmup

    def rate(self):
        return min(1.0, self.t / self.warmup)


class WarmCosine(Cosine):
    def __init__(self, lr=0.1, warmup=10, total=100):
        super().__init__(lr, total)
        self.warmup = warmup

    def rate(self):
        return min(1.0, self.t / self.warmup) * super().rate()


class OneCycle(Descent):
    """A rate that rises, and falls to nothing: a whole cycle of one step there is not."""

    def __init__(self, lr=0.1, total=1000):
        super().__init__(lr)
        self.total = total

    def rate(self):
        top = max(1, 3 * self.total // 10)
        return self.t / top if self.t <= top else max(0, self.total - self.t) / (self.total - top)


class Moments:
    """Adam, corrected for its start."""

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m, self.v, self.t = 0.0, 0.0, 0

    def update(self, w, grad):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * grad
        self.v = self.beta2 * self.v + (1 - self.beta2) * grad**2
        top, root = self.m / (1 - self.beta1**self.t), np.sqrt(self.v / (1 - self.beta2**self.t))
        return w - self.lr * self.rate(w) * top / (root + self.eps)

    def rate(self, w):
        return 1.0


class WarmMoments(Moments):
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, warmup=10):
        super().__init__(lr, beta1, beta2, eps)
        self.warmup = warmup

    def rate(self, w):
        return min(1.0, self.t / self.warmup)


class Noam(WarmMoments):
    def rate(self, w):
        return min(self.t**-0.5, self.t * self.warmup**-1.5)


class Lamb(Moments):
    def update(self, w, grad):
        step = super().update(w, grad) - w
        size, length = np.linalg.norm(w), np.linalg.norm(step)
        return w + (self.lr * size / length if size > 0 and length > 0 else 1.0) * step


class Adadelta:
    def __init__(self, lr=1.0, rho=0.9, eps=1e-6):
        self.lr, self.rho, self.eps, self.squares, self.steps = lr, rho, eps, 0.0, 0.0

    def update(self, w, grad):
        self.squares = self.rho * self.squares + (1 - self.rho) * grad**2
        step = np.sqrt(self.steps + self.eps) / np.sqrt(self.squares + self.eps) * grad
        self.steps = self.rho * self.steps + (1 - self.rho) * step**2
        return w - self.lr * step


class Rprop:
    def __init__(self, lr=0.01):
        self.lr, self.size, self.last = lr, None, 0.0

    def update(self, w, grad):
        self.size = np.full_like(w, self.lr) if self.size is None else self.size
        turn = grad * self.last
        self.size = np.clip(self.size * np.where(turn > 0, 1.2, np.where(turn < 0, 0.5, 1.0)), 1e-6, 50.0)
        self.last = np.where(turn < 0, 0.0, grad)
        return w - np.sign(self.last) * self.size


class SmoothRms:
    """A velocity of steps that are each divided by their past."""

    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum, self.v, self.squares = lr, momentum, 0.0, 0.0

    def update(self, w, grad):
        self.squares = 0.9 * self.squares + 0.1 * grad**2
        self.v = self.momentum * self.v + grad / (np.sqrt(self.squares) + 1e-8)
        return w - self.lr * self.v


class Belief(Moments):
    """Divides by how far a gradient is from what it was believed to be: nothing, where it is always the same."""

    def update(self, w, grad):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * grad
        self.v = self.beta2 * self.v + (1 - self.beta2) * (grad - self.m) ** 2
        root = np.sqrt(self.v / (1 - self.beta2**self.t))
        return w - self.lr * self.m / (1 - self.beta1**self.t) / (root + self.eps)


class Clipped:
    def __init__(self, lr=0.1, momentum=0.9, max_norm=1.0):
        self.lr, self.momentum, self.max_norm, self.v = lr, momentum, max_norm, 0.0

    def update(self, w, grad):
        self.v = self.momentum * self.v + self.limited(grad)
        return w - self.lr * self.v

    def limited(self, grad):
        return grad * min(1.0, self.max_norm / (np.linalg.norm(grad) + 1e-12))


class ClippedTogether:
    """Limits the norm of all the gradients of a dictionary."""

    def __init__(self, lr=0.1, max_norm=1.0):
        self.lr, self.max_norm = lr, max_norm

    def update(self, params, grads):
        length = np.sqrt(sum((grad**2).sum() for grad in grads.values()))
        for name, grad in grads.items():
            params[name] = params[name] - self.lr * grad * self.max_norm / max(length, self.max_norm)


RIGHT = [
    *((thing, name) for thing in (Cosine, WarmDescent, WarmCosine, OneCycle) for name in ("", "SGD")),
    *((thing, name) for thing in (WarmMoments, Noam) for name in ("", "Adam")),
    (Adadelta, ""),
    (Rprop, ""),
    (Belief, ""),
    *((SmoothRms, name) for name in ("", "RMSpropMomentum")),
    *((thing, name) for thing in (Clipped, ClippedTogether) for name in ("", "SGD")),
    (Clipped(), "Momentum"),
    (Lamb, "LAMB"),
]


def _called(part: Any) -> str:
    return part if isinstance(part, str) else getattr(part, "__name__", type(part).__name__)


@pytest.mark.parametrize(("thing", "name"), RIGHT, ids=_called)
def test_more_than_a_closed_form_is_no_mistake(thing: Any, name: str) -> None:
    """A rate that rises or ends, a limited gradient, steps that grow by design: none is red, whatever its name."""
    report = run_suite(gradcheck.subject(thing, kind="optimizer", name=name or None), cases=None, max_examples=10)

    assert report.ok, report.findings


def test_a_norm_over_all_the_weights_is_declared() -> None:
    """What scales a step by a norm is no rule of single weights, and says so."""
    declared = gradcheck.subject(Lamb(), kind="optimizer", name="layerwise", traits={"separable": False})

    assert run_suite(declared, cases=None, max_examples=10).ok


class Uncorrected(Moments):
    def update(self, w, grad):
        self.m = self.beta1 * self.m + (1 - self.beta1) * grad
        self.v = self.beta2 * self.v + (1 - self.beta2) * grad**2
        return w - self.lr * self.m / (np.sqrt(self.v) + self.eps)


class LeastSquare(Moments):
    least = np.inf

    def update(self, w, grad):
        self.t, self.m = self.t + 1, self.beta1 * self.m + (1 - self.beta1) * grad
        self.v = self.beta2 * self.v + (1 - self.beta2) * grad**2
        self.least = np.minimum(self.least, self.v)
        top, root = self.m / (1 - self.beta1**self.t), np.sqrt(self.least / (1 - self.beta2**self.t))
        return w - self.lr * top / (root + self.eps)


class Swapped(Moments):
    def __init__(self, lr=0.001, beta1=0.999, beta2=0.9, eps=1e-8):
        super().__init__(lr, beta1, beta2, eps)


class Swells:
    def __init__(self, lr=0.01, growth=1.1):
        self.lr, self.growth, self.v = lr, growth, 0.0

    def update(self, w, grad):
        self.v = self.growth * self.v + grad
        return w - self.lr * self.v


class SharedClip(Clipped):
    """Its velocity is one for all runs."""

    kept: ClassVar[dict[tuple[int, ...], Any]] = {}

    def update(self, w, grad):
        self.kept[w.shape] = v = self.momentum * self.kept.get(w.shape, 0.0) + self.limited(grad)
        return w - self.lr * v


WRONG: list[tuple[Any, str, str, dict[str, Any]]] = [
    (Uncorrected, "mine", "GC714", {"scale_invariant": True}),
    (Uncorrected, "Adam, fast", "GC714", {}),
    (LeastSquare, "AMSGrad of mine", "GC714", {}),
    (Swapped, "mine", "GC715", {}),
    (Swells, "mine", "GC715", {}),
    (SharedClip, "mine", "GC707", {}),
    (SharedClip, "mine", "GC707", {"separable": False}),
]


@pytest.mark.parametrize(("thing", "name", "code", "traits"), WRONG, ids=str)
def test_the_mistakes_beside_them_are_found(thing: Any, name: str, code: str, traits: dict[str, Any]) -> None:
    """No bias correction, betas in each other's place, a velocity that swells, a state that runs share."""
    declared = gradcheck.subject(thing, kind="optimizer", name=name, traits=traits)
    report = run_suite(declared, checks=[code], cases=None, max_examples=10)

    assert [finding.code for finding in report.findings] == [code]

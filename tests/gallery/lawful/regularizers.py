"""Penalties and projections: right ones, and one enemy per law."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck

from .kind import Enemy


def l2(w, strength):
    return 0.5 * strength * np.sum(w**2)


def l2_grad(w, strength):
    return strength * w


def l1(w, strength):
    return strength * np.sum(np.abs(w))


def l1_grad(w, strength):
    return strength * np.sign(w)


def elastic_net(w, strength, ratio=0.5):
    return strength * (ratio * np.sum(np.abs(w)) + 0.5 * (1 - ratio) * np.sum(w**2))


def elastic_net_grad(w, strength, ratio=0.5):
    return strength * (ratio * np.sign(w) + (1 - ratio) * w)


def frobenius(w):
    return np.sqrt(np.sum(w**2))


def frobenius_grad(w):
    size = np.sqrt(np.sum(w**2))
    return w / size if size else np.zeros_like(w)


class WeightDecay:
    """An object with a penalty and a gradient."""

    def __init__(self, strength=0.3):
        self.strength = strength

    def penalty(self, w):
        return self.strength * np.sum(w * w)

    def gradient(self, w):
        return 2 * self.strength * w


def max_norm(w, limit=1.0):
    size = np.sqrt(np.sum(w**2, axis=0, keepdims=True))
    return np.where(size > limit, w * (limit / np.where(size > 0, size, 1.0)), w)


def smooth_l1(w, strength):
    return strength * np.sum(np.sqrt(w**2 + 1e-6))


def smooth_l1_grad(w, strength):
    return strength * w / np.sqrt(w**2 + 1e-6)


def variation(w, strength):
    return strength * np.sum(np.diff(w, axis=-1) ** 2)


def variation_grad(w, strength):
    ends = [(0, 0)] * (w.ndim - 1)
    steps = np.diff(w, axis=-1)
    return 2 * strength * (np.pad(steps, [*ends, (1, 0)]) - np.pad(steps, [*ends, (0, 1)]))


def orthogonality(w, strength):
    return strength * np.sum((w.T @ w - np.eye(w.shape[1])) ** 2)


def orthogonality_grad(w, strength):
    return 4 * strength * w @ (w.T @ w - np.eye(w.shape[1]))


def nuclear(w, strength):
    return strength * np.linalg.svd(w, compute_uv=False).sum()


def nuclear_grad(w, strength):
    u, _, v = np.linalg.svd(w, full_matrices=False)
    return strength * u @ v


class BackwardAlone:
    """A forward that keeps the weights, and a backward that asks for nothing."""

    def __init__(self, strength=0.3):
        self.strength = strength

    def forward(self, w):
        self.w = w
        return self.strength * np.sum(w**2)

    def backward(self):
        return 2 * self.strength * self.w


class BackwardOfOne(BackwardAlone):
    """The same, with the upstream of a loss by default."""

    def backward(self, dout=1.0):
        return dout * 2 * self.strength * self.w


class BackwardOfUpstream(BackwardAlone):
    """The same, with an upstream."""

    def backward(self, dout):
        return dout * 2 * self.strength * self.w


class BackwardOfWeights(BackwardAlone):
    """The same, with the weights."""

    def backward(self, w):
        return 2 * self.strength * w


def clipped_weights(w, limit=0.1):
    return np.clip(w, -limit, limit)


def simplex(w):
    ordered = -np.sort(-w, axis=-1)
    excess = (np.cumsum(ordered, axis=-1) - 1) / np.arange(1, w.shape[-1] + 1)
    last = (ordered > excess).sum(axis=-1, keepdims=True) - 1
    return np.maximum(w - np.take_along_axis(excess, last, axis=-1), 0)


CONVEX = {"convex": True}


def towards_one(w, strength):
    return strength * np.sum((w - 1) ** 2)


def towards_one_grad(w, strength):
    return 2 * strength * (w - 1)


def activity(w, strength):
    return strength * np.sum(np.logaddexp(0, w))


def activity_grad(w, strength):
    return strength * 0.5 * (1 + np.tanh(w / 2))


RIGHT = [
    gradcheck.subject(towards_one, kind="regularizer", traits=CONVEX),
    gradcheck.subject(activity, kind="regularizer", traits=CONVEX),
    gradcheck.subject(l2, kind="regularizer", traits=CONVEX),
    gradcheck.subject(l1, kind="regularizer", traits=CONVEX),
    gradcheck.subject(elastic_net, kind="regularizer", traits=CONVEX),
    gradcheck.subject(frobenius, kind="regularizer", traits=CONVEX),
    gradcheck.subject(WeightDecay(), kind="regularizer", traits=CONVEX),
    gradcheck.subject(max_norm, kind="regularizer"),
    gradcheck.subject(smooth_l1, kind="regularizer", traits=CONVEX),
    gradcheck.subject(variation, kind="regularizer", traits=CONVEX),
    gradcheck.subject(orthogonality, kind="regularizer"),
    gradcheck.subject(nuclear, kind="regularizer", traits=CONVEX),
    gradcheck.subject(BackwardAlone, kind="regularizer", traits=CONVEX),
    gradcheck.subject(BackwardOfOne, kind="regularizer", traits=CONVEX),
    gradcheck.subject(BackwardOfUpstream, kind="regularizer", traits=CONVEX),
    gradcheck.subject(BackwardOfWeights, kind="regularizer", traits=CONVEX),
    gradcheck.subject(clipped_weights, kind="regularizer", traits={"separable": True}),
    gradcheck.subject(simplex, kind="regularizer"),
]


def penalty(code: str, flaw: str, thing: Any, grad: Any = None, **traits: Any) -> Enemy:
    return Enemy(code, flaw, "regularizer", thing, traits, {"grad": grad} if grad else {})


class HalfBackward(BackwardOfOne):
    """Half the gradient."""

    def backward(self, dout=1.0):
        return dout * self.strength * self.w


def into_weights(w, strength):
    w *= w
    return strength * np.sum(w)


def noisy(w, strength):
    return l2(w, strength) + np.random.default_rng().standard_normal()


class Keeps:
    """Keeps the first weights that it sees."""

    first: Any = None

    def penalty(self, w):
        return np.sum(w**2)

    def gradient(self, w):
        self.first = w if self.first is None else self.first
        return 2 * self.first


def raw_memory(w):
    return 2 * np.frombuffer(w.tobytes("A"), w.dtype).reshape(w.shape)


def rounded(w, strength):
    return strength * np.round(2 * w) / 2


def projection(code: str, flaw: str, thing: Any) -> Enemy:
    return Enemy(code, flaw, "regularizer", thing)


def rescaled(w, limit=1.0):
    return w * limit / np.maximum(np.linalg.norm(w, axis=0, keepdims=True), 1e-300)


def shrunk(w, limit=1.0):
    return 0.5 * max_norm(w, limit)


def squared_limit(w, limit=2.0):
    return max_norm(w, limit**2)


def clipped(w, limit=1.0):
    return np.clip(w, -limit, limit)


def clipped_at_twice(w, limit=1.0):
    return np.clip(w, -2 * limit, 2 * limit)


def doubled_beyond(w, limit=1.0):
    return np.where(np.abs(w) > limit, 2 * w, w)


def lets_go(w, strength=0.5):
    """Leave large weights alone, as a hard threshold does."""
    return np.where(np.abs(w) > strength, w, 0.0)


ENEMIES = [
    penalty("GC101", "no factor 2", lambda w: np.sum(w**2), lambda w: w),
    penalty("GC101", "no factor 2, after its forward", HalfBackward()),
    penalty("GC104", "a number for an array", lambda w: np.sum(w**2), lambda w: np.atleast_1d(2 * np.sum(w))),
    penalty("GC105", "squares in place", into_weights),
    penalty("GC106", "keeps the first weights", Keeps()),
    penalty("GC111", "draws noise", noisy),
    penalty("GC116", "reads raw memory", lambda w: np.sum(w**2), raw_memory),
    penalty("GC604", "square root of sizes", lambda w: np.sum(np.sqrt(np.abs(w))), convex=True),
    penalty("GC621", "has a constant", lambda w: np.sum(w**2) + 1e-6, degree=2.0),
    penalty("GC622", "half the gradient", lambda w: np.sum(w**2), lambda w: w),
    penalty("GC623", "sum of the weights", lambda w: np.sum(w)),
    penalty("GC623", "leans to one side", lambda w: np.sum(np.abs(w) + 0.1 * w)),
    penalty("GC623", "leans to one side of 0", lambda w: np.sum(w**2 + 0.1 * w)),
    penalty("GC623", "no gradient at 0", frobenius, lambda w: w / np.linalg.norm(w)),
    penalty("GC623", "a constant", lambda w: np.sum(w**2) + 1),
    penalty("GC624", "mean over the weights", lambda w: np.mean(w**2), separable=True),
    penalty("GC625", "strength squared", lambda w, strength: strength**2 * np.sum(w**2)),
    penalty("GC626", "sum of sizes", lambda w: np.sum(np.abs(w)), degree=2.0),
    penalty("GC627", "wrong sign", lambda w: np.sum(w**2), lambda w: -2 * w, separable=True),
    penalty(
        "GC628",
        "smooth near 0",
        lambda w: np.sum(np.sqrt(w**2 + 1e-2)),
        lambda w: w / np.sqrt(w**2 + 1e-2),
        sparse=True,
    ),
    penalty("GC629", "rounds", lambda w, strength: 0.5 * strength * np.sum(w**2), rounded, degree=2.0),
    Enemy("GC633", "a threshold that lets go", "regularizer", lets_go, {}),
    projection("GC630", "shrinks each time", shrunk),
    projection("GC631", "always to the limit", rescaled),
    projection("GC632", "limit squared", squared_limit),
    projection("GC633", "drives apart", doubled_beyond),
    projection("GC634", "clips the entries", clipped),
    Enemy("GC632", "clips at twice the limit", "regularizer", clipped_at_twice, {"separable": True}),
]

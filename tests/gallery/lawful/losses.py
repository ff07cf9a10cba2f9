"""Losses: right ones in every form, and one enemy per law."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck

from .kind import Enemy


def _log_softmax(s):
    shifted = s - s.max(axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


def _reduced(each, reduction):
    return each if reduction == "none" else getattr(np, reduction)(each)


def softmax_cross_entropy(prediction, target, *, reduction="mean"):
    each = -np.take_along_axis(_log_softmax(prediction), target[:, None], axis=-1)[:, 0]
    return _reduced(each, reduction)


def softmax_cross_entropy_grad(prediction, target, *, reduction="mean"):
    p = np.exp(_log_softmax(prediction))
    p[np.arange(len(p)), target] -= 1
    return p / len(p) if reduction == "mean" else p


def softmax_loss(x, y):
    """Return the loss and its gradient."""
    return softmax_cross_entropy(x, y), softmax_cross_entropy_grad(x, y)


def one_hot_cross_entropy(s, t):
    return -np.sum(t * _log_softmax(s)) / len(s)


def one_hot_cross_entropy_grad(s, t):
    return (np.exp(_log_softmax(s)) - t) / len(s)


def hinge(s, y, *, reduction="mean", margin=1.0):
    slack = np.maximum(0, s - np.take_along_axis(s, y[:, None], axis=1) + margin)
    slack[np.arange(len(s)), y] = 0
    return _reduced(slack.sum(axis=1), reduction)


def hinge_grad(s, y, *, reduction="mean", margin=1.0):
    on = (s - np.take_along_axis(s, y[:, None], axis=1) + margin > 0).astype(s.dtype)
    on[np.arange(len(s)), y] = 0
    on[np.arange(len(s)), y] = -on.sum(axis=1)
    return on / len(s) if reduction == "mean" else on


def mean_square(p, t, *, reduction="mean"):
    return _reduced((p - t) ** 2, reduction)


def mean_square_grad(p, t, *, reduction="mean"):
    return 2 * (p - t) / (p.size if reduction == "mean" else 1)


def binary_cross_entropy_with_logits(s, t, *, reduction="mean"):
    return _reduced(np.maximum(s, 0) - s * t + np.log1p(np.exp(-np.abs(s))), reduction)


def binary_cross_entropy_with_logits_grad(s, t, *, reduction="mean"):
    e = np.exp(-np.abs(s))
    p = np.where(s >= 0, 1, e) / (1 + e)
    return (p - t) / (s.size if reduction == "mean" else 1)


class CrossEntropy:
    """An object with forward and backward."""

    def forward(self, s, y):
        self.p, self.y = np.exp(_log_softmax(s)), y
        return softmax_cross_entropy(s, y, reduction="mean")

    def backward(self):
        d = self.p.copy()
        d[np.arange(len(d)), self.y] -= 1
        return d / len(d)


CONVEX = {"convex": True}
LOGITS = {"targets": "binary", "likelihood": "sigmoid", "convex": True}
RIGHT = [
    gradcheck.subject(softmax_cross_entropy, kind="loss", traits=CONVEX),
    gradcheck.subject(softmax_loss, kind="loss", traits=CONVEX),
    gradcheck.subject(one_hot_cross_entropy, kind="loss", traits={"targets": "one-hot", **CONVEX}),
    gradcheck.subject(hinge, kind="loss", traits={"margin": 1.0, **CONVEX}),
    gradcheck.subject(mean_square, kind="loss", traits=CONVEX),
    gradcheck.subject(binary_cross_entropy_with_logits, kind="loss", traits=LOGITS),
    gradcheck.subject(CrossEntropy(), kind="loss", traits=CONVEX),
]

LABELS = {"targets": "labels"}
SOFTMAX = {"targets": "labels", "likelihood": "softmax", "shift_invariant": True}


def loss(code: str, flaw: str, thing: Any, grad: Any = None, **traits: Any) -> Enemy:
    return Enemy(code, flaw, "loss", thing, {**LABELS, **traits}, {"grad": grad} if grad else {})


def cross_entropy(s, y):
    return softmax_cross_entropy(s, y)


def right_grad(s, y):
    return softmax_cross_entropy_grad(s, y)


def in_place(s, y):
    s -= s.max(axis=1, keepdims=True)
    return cross_entropy(s, y)


def noisy(s, y):
    return cross_entropy(s, y) + np.random.default_rng().standard_normal()


class Keeps:
    """Keeps the first labels that it sees."""

    first: Any = None

    def forward(self, s, y):
        self.p, self.first = np.exp(_log_softmax(s)), y if self.first is None else self.first
        return cross_entropy(s, y)

    def backward(self):
        target = np.resize(self.first, len(self.p))
        return (self.p - np.eye(self.p.shape[1])[target % self.p.shape[1]]) / len(self.p)


class Masks(Keeps):
    """Keeps the probabilities of the first call."""

    held: Any = None

    def forward(self, s, y):
        out = super().forward(s, y)
        self.held = self.p if self.held is None else self.held
        self.p = np.resize(self.held, self.p.shape)
        return out


def mean_in_one(p, t, *, reduction="mean"):
    return 2 * (p - t) / (len(p) if reduction == "mean" else 1)


def one_maximum(s, y):
    e = np.exp(s - s.max())
    return -np.mean(np.log(e[np.arange(len(s)), y] / e.sum(axis=1)))


def two_steps(s, y):
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(s)), y]))


def counts_itself(s, y):
    return np.mean(np.maximum(0, s - s[np.arange(len(s)), y][:, None] + 1).sum(axis=1))


def of_batch(s, y):
    p = np.exp(s - s.max())
    p /= p.sum()
    p[np.arange(len(s)), y] -= 1
    return p


def raw_memory(s, y):
    flat = np.frombuffer(np.asarray(s).tobytes("A"), s.dtype).reshape(s.shape)
    return right_grad(flat, y)


def broadcasting(p, t):
    return np.mean((p.reshape(-1) - t.reshape(-1, 1)) ** 2)


def not_convex(s, y):
    return np.mean((np.exp(_log_softmax(s))[np.arange(len(s)), y] - 1) ** 2)


def by_number(s, y):
    return np.mean(softmax_cross_entropy(s, y, reduction="none") * (1 + y))


REAL = {"targets": "real"}


def padded(s, y, ignore_index=-100):
    counts = y != ignore_index
    return np.sum(counts * -_log_softmax(s)[np.arange(len(s)), np.where(counts, y, 0)]) / len(s)


def torn(p, t):
    r = np.abs(p - t)
    return np.where(r <= 1, r**2 / 2, r).mean()


ENEMIES = [
    loss("GC101", "no subtraction", cross_entropy, lambda s, y: np.exp(_log_softmax(s)) / len(s)),
    loss("GC104", "summed over the batch", cross_entropy, lambda s, y: right_grad(s, y).sum(axis=0)),
    loss("GC105", "shifts in place", in_place),
    loss("GC106", "keeps the first probabilities", Masks()),
    loss("GC110", "weights by row", cross_entropy, lambda s, y: right_grad(s, y) * np.arange(1, len(s) + 1)[:, None]),
    loss("GC111", "draws noise", noisy),
    loss("GC116", "reads raw memory", cross_entropy, raw_memory),
    loss("GC601", "wrong sign", lambda s, y: -cross_entropy(s, y), likelihood="softmax"),
    loss("GC602", "broadcasts", broadcasting, minimum_at_target=True, **REAL),
    loss("GC603", "mean over examples in the gradient", mean_square, mean_in_one, **REAL),
    loss("GC604", "square behind a softmax", not_convex, convex=True),
    loss("GC605", "weights by class number", by_number, likelihood="softmax"),
    loss(
        "GC606", "square of the scores", lambda s, y: cross_entropy(s, y) + 1e-6 * np.mean(s**2), shift_invariant=True
    ),
    loss("GC607", "no subtraction", cross_entropy, lambda s, y: np.exp(_log_softmax(s)) / len(s), **SOFTMAX),
    loss("GC608", "logarithm to base 2", lambda s, y: cross_entropy(s, y) / np.log(2), likelihood="softmax"),
    loss("GC609", "the right class counts", counts_itself, margin=1.0),
    loss("GC610", "gradient not divided", cross_entropy, lambda s, y: right_grad(s, y) * len(s)),
    loss("GC611", "logarithm of a softmax", two_steps, likelihood="softmax"),
    loss("GC612", "gradient of the wrong sign", cross_entropy, lambda s, y: -right_grad(s, y), likelihood="softmax"),
    loss("GC613", "twice", cross_entropy, lambda s, y: 2 * right_grad(s, y), likelihood="softmax"),
    loss("GC615", "two softmaxes", lambda s, y: cross_entropy(np.exp(_log_softmax(s)), y), **SOFTMAX),
    loss("GC616", "divides by all", padded),
    loss("GC617", "no constant beyond delta", torn, minimum_at_target=True, **REAL),
    loss("GC618", "one half of it", lambda s, t: np.mean(t * np.logaddexp(0, -s)), targets="binary"),
    loss("GC614", "softmax over the batch", cross_entropy, of_batch),
]

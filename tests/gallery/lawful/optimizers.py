"""Update rules: right ones in both forms, and one enemy per law."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck

from .kind import Enemy


def sgd(w, grad, state=None, *, learning_rate=0.05):
    return w - learning_rate * grad, state


def momentum(w, grad, state=None, *, learning_rate=0.05, momentum=0.9):
    v = momentum * (np.zeros_like(w) if state is None else state) + grad
    return w - learning_rate * v, v


def nesterov(w, grad, state=None, *, learning_rate=0.05, momentum=0.9):
    v = momentum * (np.zeros_like(w) if state is None else state) + grad
    return w - learning_rate * (grad + momentum * v), v


def adagrad(w, grad, state=None, *, learning_rate=0.05, eps=1e-8):
    total = (0 if state is None else state) + grad**2
    return w - learning_rate * grad / (np.sqrt(total) + eps), total


def rmsprop(w, grad, state=None, *, learning_rate=0.05, decay=0.9, eps=1e-8):
    mean = decay * (0 if state is None else state) + (1 - decay) * grad**2
    return w - learning_rate * grad / (np.sqrt(mean) + eps), mean


def adam(w, grad, state=None, *, learning_rate=0.05, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v, t = (0.0 * w, 0.0 * w, 0) if state is None else state
    m, v, t = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2, t + 1
    top, root = m / (1 - beta1**t), np.sqrt(v / (1 - beta2**t))
    return w - learning_rate * top / (root + eps), (m, v, t)


def adamw(w, grad, state=None, *, learning_rate=0.05, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    new, state = adam(w, grad, state, learning_rate=learning_rate, beta1=beta1, beta2=beta2, eps=eps)
    return new - learning_rate * weight_decay * w, state


class Momentum:
    """Changes the weights in place, and keeps a velocity per array."""

    def __init__(self, lr=0.05, momentum=0.9):
        self.lr, self.momentum, self.velocity = lr, momentum, {}

    def update(self, w, grad):
        v = self.velocity.setdefault(id(w), np.zeros_like(w))
        v *= self.momentum
        v += grad
        w -= self.lr * v


class Sgd:
    """Works on dictionaries."""

    def __init__(self, lr=0.05):
        self.lr = lr

    def update(self, params, grads):
        for name in grads:
            params[name] = params[name] - self.lr * grads[name]


RULES = (sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw)
RIGHT = [
    *(gradcheck.subject(rule, kind="optimizer") for rule in RULES),
    gradcheck.subject(Momentum, kind="optimizer", traits={"rule": "momentum"}, name="momentum in place"),
    gradcheck.subject(Sgd(), kind="optimizer", traits={"rule": "sgd"}, name="dictionaries"),
]

SHARED: dict[str, Any] = {}


def optimizer(code: str, flaw: str, thing: Any, **traits: Any) -> Enemy:
    return Enemy(code, flaw, "optimizer", thing, traits)


def into_grad(w, grad, state=None, *, learning_rate=0.05):
    grad *= learning_rate
    return w - grad, state


def noisy(w, grad, state=None, *, learning_rate=0.05):
    return w - learning_rate * (grad + np.random.default_rng().standard_normal(np.shape(w))), state


def nothing_over_nothing(w, grad, state=None, *, learning_rate=0.05):
    total = (0 if state is None else state) + grad**2
    return w - learning_rate * grad / np.sqrt(total), total


def uphill(w, grad, state=None, *, learning_rate=0.05):
    return w + learning_rate * grad, state


def stale(w, grad, state=None, *, learning_rate=0.05, momentum=0.9):
    v = np.zeros_like(w) + grad if state is None else state
    return w - learning_rate * v, momentum * v + grad


def uncorrected(w, grad, state=None, *, learning_rate=0.05, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = (0.0 * w, 0.0 * w) if state is None else state
    m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
    return w - learning_rate * m / (np.sqrt(v) + eps), (m, v)


def no_root(w, grad, state=None, *, learning_rate=0.05, eps=1e-8):
    total = (0 if state is None else state) + grad**2
    return w - learning_rate * grad / (total + eps), total


def dies_out(w, grad, state=None, *, learning_rate=0.05):
    t = 1 if state is None else state + 1
    return w - learning_rate * grad * 0.5**t, t


def one_norm(w, grad, state=None, *, learning_rate=0.05, eps=1e-8):
    total = (0 if state is None else state) + np.mean(grad**2)
    return w - learning_rate * grad / (np.sqrt(total) + eps), total


class Elsewhere:
    """Counts its steps outside the state."""

    steps = 0


def counts_elsewhere(w, grad, state=None, *, learning_rate=0.05):
    Elsewhere.steps = 1 if state is None else Elsewhere.steps + 1
    return w - learning_rate * grad / Elsewhere.steps, True


def coupled(w, grad, state=None, *, learning_rate=0.05, weight_decay=0.01, eps=1e-8):
    return adagrad(w, grad + weight_decay * w, state, learning_rate=learning_rate, eps=eps)


def rate_twice(w, grad, state=None, *, learning_rate=0.05):
    return w - learning_rate**2 * grad, state


def narrows(w, grad, state=None, *, learning_rate=0.05):
    return (w - learning_rate * grad).astype(np.float32), state


def vector(w, grad, state=None, *, learning_rate=0.05):
    return np.atleast_1d(w) - learning_rate * grad, state


def clips(w, grad, state=None, *, learning_rate=0.05):
    return w - learning_rate * np.clip(grad, -5.0, 5.0), state


def forgets_squares(w, grad, state=None, *, learning_rate=0.05, eps=1e-8):
    total = grad**2 if state is None else 0.5 * state
    return w - learning_rate * grad / (np.sqrt(total) + eps), total


def betas_swapped(w, grad, state=None, *, learning_rate=0.05):
    return adam(w, grad, state, learning_rate=learning_rate, beta1=0.999, beta2=0.99)


class Borrows:
    """Its velocity is the first gradient itself, and not a copy."""

    def __init__(self, lr=0.05, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, None

    def update(self, w, grad):
        if self.v is None:
            self.v = grad
        else:
            self.v *= self.momentum
            self.v += grad
        return w - self.lr * self.v


def never_decays(w, grad, state=None, *, learning_rate=0.05, weight_decay=0.0):
    return sgd(w, grad, state, learning_rate=learning_rate)


def decay_grows(w, grad, state=None, *, learning_rate=0.05, weight_decay=0.0):
    return sgd(w, grad - weight_decay * w, state, learning_rate=learning_rate)


def adam_that_grows(w, grad, state=None, *, learning_rate=0.05, weight_decay=0.0):
    return adam(w, grad - weight_decay * w, state, learning_rate=learning_rate)


ENEMIES = [
    optimizer("GC105", "scales the gradient in place", into_grad),
    optimizer("GC111", "draws noise", noisy),
    optimizer("GC701", "0/0", nothing_over_nothing),
    optimizer("GC702", "uphill", uphill),
    optimizer("GC703", "uses the velocity before it is updated", stale, rule="momentum"),
    optimizer("GC704", "no bias correction", uncorrected, rule="adam"),
    optimizer("GC705", "no root", no_root, scale_invariant=True),
    optimizer("GC706", "steps die out", dies_out),
    optimizer("GC707", "one norm for all weights", one_norm),
    optimizer("GC708", "counts outside the state", counts_elsewhere),
    optimizer("GC709", "decay through the gradient", coupled, decoupled_decay=True),
    optimizer("GC710", "momentum for Nesterov", momentum, rule="nesterov"),
    optimizer("GC711", "rate squared", rate_twice),
    optimizer("GC712", "narrows to float32", narrows),
    optimizer("GC712", "makes a vector of a number", vector),
    optimizer("GC713", "clips the gradient", clips, rule="sgd"),
    optimizer("GC715", "betas in each other's place", betas_swapped),
    optimizer("GC714", "forgets its squares", forgets_squares, scale_invariant=True),
    optimizer("GC716", "keeps the array of the first gradient", Borrows),
    optimizer("GC717", "the decay is never read", never_decays),
    optimizer("GC717", "the decay has the wrong sign", decay_grows, rule="sgd"),
    optimizer("GC717", "the decay of Adam has the wrong sign", adam_that_grows),
]

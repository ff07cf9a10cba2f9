"""Normalizations of single examples: one that is right, over any part of an example, and enemies made from it."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck

from .kind import Enemy


class PerExample:
    """Normalize each example over groups of its channels: all of them, some, or single ones."""

    eps, groups, centered = 1e-5, 1, True

    def __init__(self, width):
        self.gamma, self.beta = np.ones(width), np.zeros(width)
        self.dgamma, self.dbeta = np.zeros(width), np.zeros(width)

    def forward(self, x):
        sets = self.to_sets(x)
        self.mean = self.mean_of(sets) if self.centered else 0.0
        self.std = np.sqrt(self.square_of(sets - self.mean) + self.eps)
        self.x_hat = (sets - self.mean) / self.std
        return self.to_shape(self.x_hat, x) * self.row(self.gamma, x) + self.row(self.beta, x)

    def backward(self, dout):
        positions = (0, *range(2, dout.ndim))
        self.dgamma = (dout * self.to_shape(self.x_hat, dout)).sum(positions)
        self.dbeta = dout.sum(positions)
        g = self.to_sets(dout * self.row(self.gamma, dout))
        return self.to_shape(self.of_input(g), dout)

    def row(self, value, x):
        return value.reshape(1, -1, *(1,) * (x.ndim - 2))

    def to_sets(self, x):
        return x.reshape(len(x), self.groups, -1)

    def to_shape(self, sets, x):
        return sets.reshape(x.shape)

    def mean_of(self, sets):
        return sets.mean(2, keepdims=True)

    def square_of(self, deviation):
        return (deviation**2).mean(2, keepdims=True)

    def of_input(self, g):
        through_mean = g.mean(2, keepdims=True) if self.centered else 0.0
        return (g - through_mean - self.x_hat * (g * self.x_hat).mean(2, keepdims=True)) / self.std


def made(name: str, **pieces: Any) -> Any:
    return type(name, (PerExample,), pieces)


OVER = {
    "features": ({}, {"normalizes": "features"}),
    "root mean square": ({"centered": False}, {"normalizes": "features", "centers": False}),
    "groups": ({"groups": 2}, {"normalizes": "groups", "groups": 2}),
    "instance": ({"groups": 4}, {"normalizes": "instance", "centers": True}),
}
"""What is normalized -> the pieces that make it so, and what is declared."""


def over(name: str) -> Any:
    pieces, traits = OVER[name]
    return gradcheck.subject(made("Right", **pieces)(4), kind="normalization", name=f"over {name}", traits=traits)


RIGHT: list[Any] = [over(name) for name in OVER]


def enemy(code: str, flaw: str, name: str, **wrong: Any) -> Enemy:
    pieces, traits = OVER[name]
    return Enemy(code, flaw, "normalization", made("Wrong", **pieces, **wrong)(4), traits)


def scattered(self, x):
    """Gather every second channel."""
    return np.swapaxes(x.reshape(len(x), -1, 2, *x.shape[2:]), 1, 2).reshape(len(x), 2, -1)


def gathered(self, sets, x):
    """Undo `scattered`."""
    parts = sets.reshape(len(x), 2, -1, *x.shape[2:])
    return np.swapaxes(parts, 1, 2).reshape(x.shape)


def as_constants(self, g):
    return g / self.std


def without_mean(self, g):
    return (g - self.x_hat * (g * self.x_hat).mean(2, keepdims=True)) / self.std


def without_variance(self, g):
    return (g - g.mean(2, keepdims=True)) / self.std


def plus_one(self, g):
    return PerExample.of_input(self, g) + 1


def of_all(self, deviation):
    return (deviation**2).mean(axis=(0, 2), keepdims=True)


def unbiased(self, deviation):
    return (deviation**2).sum(2, keepdims=True) / (deviation.shape[2] - 1)


ENEMIES = [
    enemy("GC201", "mean of all groups", "groups", mean_of=lambda self, s: s.mean((1, 2), keepdims=True)),
    enemy("GC202", "divisor n - 1", "features", square_of=unbiased),
    enemy("GC202", "removes the mean as well", "root mean square", square_of=lambda self, s: s.var(2, keepdims=True)),
    enemy("GC203", "mean square", "instance", centered=False),
    enemy("GC204", "no root", "root mean square", square_of=lambda self, s: (s**2).mean(2, keepdims=True) ** 2),
    enemy("GC207", "no path through the mean", "features", of_input=without_mean),
    enemy("GC207", "no path through the mean of a group", "groups", of_input=without_mean),
    enemy("GC207", "no path through the variance", "instance", of_input=without_variance),
    enemy(
        "GC207",
        "a path through no mean",
        "root mean square",
        of_input=lambda self, g: PerExample.of_input(self, g) + 1,
    ),
    enemy("GC210", "gamma the wrong way round", "groups", row=lambda self, v, x: PerExample.row(self, v[::-1], x)),
    *(enemy("GC218", f"constant statistics of {name}", name, of_input=as_constants) for name in OVER),
    enemy("GC219", "variance of the batch", "features", square_of=of_all),
    enemy("GC219", "variance of the images", "instance", square_of=of_all),
    enemy("GC220", "every second channel", "groups", to_sets=scattered, to_shape=gathered),
    enemy("GC220", "mean of the image", "instance", mean_of=lambda self, s: s.mean((1, 2), keepdims=True)),
]

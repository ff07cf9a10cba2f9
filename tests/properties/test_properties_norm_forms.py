"""Normalizations of other forms: groups that do not divide three, positions by themselves, gains that begin as 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gradcheck.properties import run_suite

import gradcheck


class GroupNorm:
    """Groups of channels; its first argument, a width, has a default that the groups divide."""

    def __init__(self, num_channels=8, num_groups=4, eps=1e-5):
        self.groups, self.eps = num_groups, eps
        self.gamma, self.beta = np.ones(num_channels), np.zeros(num_channels)

    def gathered(self, x):
        return x.reshape(len(x), self.groups, -1)

    def forward(self, x):
        sets, shape = self.gathered(x), (1, -1, *(1,) * (x.ndim - 2))
        self.s = np.sqrt(sets.var(2, keepdims=True) + self.eps)
        self.z = (sets - sets.mean(2, keepdims=True)) / self.s
        return self.gamma.reshape(shape) * self.z.reshape(x.shape) + self.beta.reshape(shape)

    def backward(self, dout):
        over, shape = (0, *range(2, dout.ndim)), (1, -1, *(1,) * (dout.ndim - 2))
        self.dgamma, self.dbeta = (dout * self.z.reshape(dout.shape)).sum(over), dout.sum(over)
        g = self.gathered(dout * self.gamma.reshape(shape))
        along = self.z * (g * self.z).mean(2, keepdims=True)
        return ((g - g.mean(2, keepdims=True) - along) / self.s).reshape(dout.shape)


class Averaged(GroupNorm):
    """A mean over the batch for the gain."""

    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma = self.dgamma / len(dout)
        return dx


class LayerNorm2d:
    """The channels of each position of an image."""

    def __init__(self, num_channels=6, eps=1e-6):
        self.weight, self.bias, self.eps = np.ones(num_channels), np.zeros(num_channels), eps

    def mean(self, x):
        return x.mean(1, keepdims=True)

    def forward(self, x):
        assert x.ndim == 4
        deviation = x - self.mean(x)
        self.s = np.sqrt((deviation**2).mean(1, keepdims=True) + self.eps)
        self.z = deviation / self.s
        return self.weight[:, None, None] * self.z + self.bias[:, None, None]

    def backward(self, dout):
        self.dweight, self.dbias = (dout * self.z).sum((0, 2, 3)), dout.sum((0, 2, 3))
        g = dout * self.weight[:, None, None]
        return (g - g.mean(1, keepdims=True) - self.z * (g * self.z).mean(1, keepdims=True)) / self.s


class OtherMean(LayerNorm2d):
    """The mean of another set than the variance."""

    def mean(self, x):
        return x.mean((2, 3), keepdims=True)


class AroundOne:
    """A root mean square whose gain is kept as what it is above 1."""

    def __init__(self, dim, eps=1e-6):
        self.weight, self.eps = np.zeros(dim), eps

    def forward(self, x):
        self.r = np.sqrt((x**2).mean(-1, keepdims=True) + self.eps)
        self.z = x / self.r
        return self.z * (1 + self.weight)

    def gain(self):
        return 1 + self.weight

    def backward(self, dout):
        self.dweight, g = (dout * self.z).sum(0), dout * self.gain()
        return (g - self.z * (g * self.z).mean(-1, keepdims=True)) / self.r


class ForgotOne(AroundOne):
    """Without the 1 on the way back."""

    def gain(self):
        return self.weight


class Closed(AroundOne):
    """A gain that begins as 0, as at the end of a residual branch."""

    def forward(self, x):
        return super().forward(x) - self.z

    def gain(self):
        return self.weight


def _codes(thing: Any, seed: int = 0) -> set[str]:
    report = run_suite(gradcheck.subject(thing, kind="normalization"), cases=None, max_examples=10, rng=seed)
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("thing", [GroupNorm, LayerNorm2d, AroundOne, Closed])
def test_right_normalizations_of_such_forms_keep_the_laws(thing: Any, seed: int) -> None:
    """A width that the groups divide, sets of one position, and what multiplies, are told by trial."""
    assert _codes(thing, seed) == set()


@pytest.mark.parametrize(
    ("thing", "codes"), [(Averaged, {"GC102"}), (OtherMean, {"GC201", "GC202"}), (ForgotOne, {"GC101", "GC207"})]
)
def test_their_mistakes_are_found(thing: Any, codes: set[str]) -> None:
    """No mistake in them is taken for a form."""
    assert codes <= _codes(thing)

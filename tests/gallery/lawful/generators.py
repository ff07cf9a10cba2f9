"""Enemies that reach for the generators of NumPy and Python that everybody shares, and friends that may."""

# ruff: noqa: NPY002

from __future__ import annotations

import random

import numpy as np

import gradcheck

from .kind import Enemy
from .layers import Dropout


def seeds_everybody(fan_in, fan_out, seed=0):
    np.random.seed(seed)
    return np.random.standard_normal((fan_in, fan_out))


def seeds_python(fan_in, fan_out):
    random.seed(0)
    return np.random.standard_normal((fan_in, fan_out))


def draws_beside(fan_in, fan_out, rng):
    return np.random.random() + rng.standard_normal((fan_in, fan_out))


def draws_from_everybody(fan_in, fan_out):
    return np.random.standard_normal((fan_in, fan_out)) * np.sqrt(1 / fan_in)


def puts_back(fan_in, fan_out, seed=0):
    kept = np.random.get_state()
    np.random.seed(seed)
    w = np.random.standard_normal((fan_in, fan_out)) * np.sqrt(1 / fan_in)
    np.random.set_state(kept)
    return w


class Centred:
    def fit(self, x):
        self.mean = x.mean(axis=0)
        return self

    def transform(self, x):
        np.random.seed(0)
        return x - self.mean


class OneMask(Dropout):
    def draw(self, x):
        np.random.seed(0)
        return (np.random.random(x.shape) >= self.rate) / (1 - self.rate)


class Masks(Dropout):
    def __init__(self, rate=0.3):
        self.rate, self.training = rate, True

    def draw(self, x):
        return (np.random.random(x.shape) >= self.rate) / (1 - self.rate)


class MasksOfOneSeed(Masks):
    def draw(self, x):
        mask = Masks.draw(self, x)
        np.random.seed(0)
        return mask


X = np.random.default_rng(0).standard_normal((4, 3))

ENEMIES = [
    Enemy("GC135", "np.random.seed inside", "initializer", seeds_everybody),
    Enemy("GC135", "random.seed inside", "initializer", seeds_python),
    Enemy("GC135", "seeds in transform", "preprocessor", Centred),
    Enemy("GC135", "one mask for ever", "layer", OneMask(), inputs=(X,)),
    Enemy("GC135", "seeds behind its draw", "layer", MasksOfOneSeed(), inputs=(X,)),
    Enemy("GC425", "draws from np.random, too", "initializer", draws_beside),
]

RIGHT = [
    gradcheck.subject(draws_from_everybody, kind="initializer"),
    gradcheck.subject(puts_back, kind="initializer"),
]

"""Steps that scale to an interval, shrink, or learn in pieces: right ones, and enemies made from them."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck

from .kind import Enemy


class MinMax:
    """Scale each feature to [-1, 1]."""

    def fit(self, x):
        self.low, self.high = self.ends(x)
        return self

    def ends(self, x):
        return x.min(0), x.max(0)

    def transform(self, x):
        extent = np.where(self.high > self.low, self.high - self.low, 1.0)
        return (2 * (x - self.low) / extent - 1).astype(x.dtype)


class Running:
    """Centre and scale, from counts, means and mean squares of deviations that can be merged."""

    def fit(self, x):
        self.count = 0
        return self.partial_fit(x)

    def partial_fit(self, x):
        return self.take(len(x), x.mean(0), x.var(0))

    def merge(self, other):
        return self.take(other.count, other.mean, other.var)

    def take(self, count, mean, var):
        seen = getattr(self, "count", 0)
        if not seen:
            self.count, self.mean, self.var = count, mean, var
            return self
        share = self.share(seen, count)
        apart = mean - self.mean
        self.var = (1 - share) * self.var + share * var + self.between(share, apart)
        self.mean = self.mean + share * apart
        self.count = seen + count
        return self

    def share(self, seen, count):
        return count / (seen + count)

    def between(self, share, apart):
        return share * (1 - share) * apart**2

    def transform(self, x):
        return ((x - self.mean) / np.where(self.var > 0, np.sqrt(self.var), 1.0)).astype(x.dtype)


class Shrinking:
    """Whiten, with variances pulled towards their mean."""

    share = 0.25

    def fit(self, x):
        self.mean = x.mean(0)
        d = x - self.mean
        values, vectors = np.linalg.eigh(d.T @ d / len(d))
        kept = values > 1e-10 * values.max(initial=0.0)
        values, vectors = values[kept], vectors[:, kept]
        self.matrix = vectors / np.sqrt(self.pulled(values, self.level(values, x.shape[1])))
        return self

    def level(self, values, width):
        return values.sum() / width

    def pulled(self, values, level):
        return (1 - self.share) * values + self.share * level

    def transform(self, x):
        return ((x - self.mean) @ self.matrix).astype(x.dtype)


class White(Shrinking):
    """Whiten exactly."""

    share = 0.0


def lower(self, x):
    """Take a new smallest value from whatever comes."""
    self.low = np.minimum(self.low, x.min(0))
    return MinMax.transform(self, x)


def winsorized(self, x):
    """Replace what is far below by the smallest of what comes with it."""
    z = Running.transform(self, x)
    return np.where(z < -3, z.min(0), z)


def of_all(self, x):
    return x.min() + 0 * x[0], x.max() + 0 * x[0]


def of_deviations(self, values, level):
    return (0.75 * values**0.5 + 0.25 * level**0.5) ** 2


def by_feature(self, x):
    """Divide each feature by its own deviation."""
    self.mean = x.mean(0)
    spread = x.std(0)
    self.matrix = np.diag(1 / np.where(spread > 0, spread, 1.0))
    return self


SHRUNK = {"shrinkage": 0.25, "decorrelates": False, "whitens": False, "scales": False, "centers": True}
WHITE = {"whitens": True, "decorrelates": True, "scales": True, "centers": True}


def right(thing: Any, **traits: Any) -> Any:
    return gradcheck.subject(thing, kind="preprocessor", traits=traits)


RIGHT: list[Any] = [right(MinMax), right(Running), right(Shrinking, **SHRUNK), right(White, **WHITE)]


def enemy(code: str, flaw: str, base: type, traits: dict[str, Any] | None = None, **wrong: Any) -> Enemy:
    return Enemy(code, flaw, "preprocessor", type("Wrong", (base,), wrong), traits or {})


INTERVAL = {"range": (-1.0, 1.0)}

ENEMIES = [
    enemy("GC304", "learns a smallest value from test data", MinMax, transform=lower),
    enemy("GC304", "the smallest of the test data for what is far below", Running, transform=winsorized),
    enemy(
        "GC315",
        "range of all features",
        MinMax,
        INTERVAL,
        ends=lambda self, x: (x.min() + 0 * x[0], x.max() + 0 * x[0]),
    ),
    enemy("GC315", "largest size", MinMax, INTERVAL, ends=lambda self, x: (-np.abs(x).max(0), np.abs(x).max(0))),
    enemy("GC316", "mean of what was kept", Shrinking, SHRUNK, level=lambda self, values, width: values.mean()),
    enemy("GC316", "half the share", Shrinking, SHRUNK, share=0.125),
    enemy(
        "GC316", "of deviations", Shrinking, SHRUNK, pulled=lambda self, v, m: (0.75 * v**0.5 + 0.25 * m**0.5) ** 2
    ),
    enemy("GC317", "mean of means", Running, share=lambda self, seen, count: 0.5),
    enemy("GC317", "only within chunks", Running, between=lambda self, share, apart: 0.0),
    enemy("GC318", "forgets the counts", Running, share=lambda self, seen, count: 0.5),
    enemy("GC318", "the last one wins", Running, merge=lambda self, other: setattr(self, "mean", other.mean)),
    enemy("GC319", "deviations of the features", White, WHITE, fit=by_feature),
]

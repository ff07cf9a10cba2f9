"""Every public function and class of the reference library, declared as a subject.

The traits are the reference's own data; this is the only place that imports it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .. import reference
from ..subjects import Declaration, subject

_RNG = np.random.default_rng(0)


def _activations() -> list[Declaration]:
    """Return each with its derivative, and once more with the second one, which is a check of its own."""
    home, x = reference.activations, 3 * _RNG.standard_normal((4, 6))
    subjects = []
    for name, traits in home.TRAITS.items():
        f, df, d2f = (getattr(home, name + order) for order in ("", "_grad", "_second"))
        twice = subject(f, x, name=f"{name}, second order", derivative=(df, d2f), order=2)
        subjects += [subject(f, kind="activation", name=name, traits=traits, derivative=df), twice]
    return subjects


def _pairs() -> list[Declaration]:
    """Return the activations that are not elementwise, along the last axis and along another."""
    home, x = reference.activations, 2 * _RNG.standard_normal((4, 3, 6))
    return [
        subject(
            (partial(getattr(home, f"{name}_forward"), axis=axis), getattr(home, f"{name}_backward")),
            x,
            kind="layer",
            name=f"{name}, axis {axis}",
        )
        for name in ("softmax", "softmin", "log_softmax", "logsumexp", "glu")
        for axis in (-1, 0)
    ]


def _initializers() -> list[Declaration]:
    home = reference.initializers
    return [
        subject(getattr(home, name), kind="initializer", name=name, traits=traits)
        for name, traits in home.TRAITS.items()
    ]


def _preprocessors() -> list[Declaration]:
    home = reference.preprocessing
    return [
        subject(_step(home, name), kind="preprocessor", name=name, traits=traits)
        for name, traits in home.TRAITS.items()
    ]


def _step(home: Any, name: str) -> Any:
    """Return the step; a name in brackets is the form to make it in."""
    name, _, form = name.removesuffix("]").partition("[")
    return getattr(home, name)(form) if form else getattr(home, name)()


def _normalizations() -> list[Declaration]:
    layer = reference.normalization.BatchNorm
    return [subject(layer, kind="normalization", traits=reference.normalization.TRAITS["BatchNorm"])]


def _layers() -> list[Declaration]:
    x, w, b = _RNG.standard_normal((4, 3)), _RNG.standard_normal((2, 3, 5)), _RNG.standard_normal((2, 5))
    prelu = (reference.prelu_forward, reference.prelu_backward)
    maxout = (reference.maxout_forward, reference.maxout_backward)
    return [
        subject(prelu, x, np.array(0.25), kind="layer", name="prelu"),
        subject(prelu, x, np.array([0.25, 0.0, 0.01]), kind="layer", name="prelu per channel"),
        subject(maxout, x, w[0], b[0], w[1], b[1], kind="layer", name="maxout"),
    ]


SUBJECTS: tuple[Declaration, ...] = (
    *_activations(),
    *_pairs(),
    *_layers(),
    *_normalizations(),
    *_preprocessors(),
    *_initializers(),
)
"""What ``gradcheck run gradcheck.reference`` checks."""

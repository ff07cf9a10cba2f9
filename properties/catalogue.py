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
    home = reference.activations
    return [
        subject(
            getattr(home, name),
            kind="activation",
            name=name,
            traits=traits,
            derivative=getattr(home, f"{name}_grad"),
        )
        for name, traits in home.TRAITS.items()
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


def _losses() -> list[Declaration]:
    labels = np.array([2, 0, 1, 1])
    scores, shares = _RNG.standard_normal((4, 3)), _RNG.dirichlet(np.ones(3), 4)
    examples: dict[str, tuple[Any, Any]] = {
        "softmax_cross_entropy": (scores, labels),
        "hinge": (scores, labels),
        "mean_square": (scores, shares),
        "binary_cross_entropy_with_logits": (scores, (shares > 0.3).astype(int)),
    }
    of_labels = [_loss(name, name, *example) for name, example in examples.items()]
    fixed = ("softmax_cross_entropy", "binary_cross_entropy_with_logits")
    return [*of_labels, *(_loss(name, f"{name} of probabilities", scores, target=shares) for name in fixed)]


def _loss(name: str, title: str, *inputs: Any, **fixed: Any) -> Declaration:
    """Declare a loss and its gradient by the prediction; a `target` that must stay what it is comes by keyword."""
    loss, grad = (partial(getattr(reference, f), **fixed) for f in (name, f"{name}_grad"))
    wrt = {"wrt": ["prediction"]} if len(inputs) > 1 else {}
    return subject(loss, *inputs, kind="loss", name=title, grad=grad, **wrt)


def _regularizers() -> list[Declaration]:
    w, names = _RNG.standard_normal((4, 3)), ("l1", "l2", "elastic_net")
    pairs = [(getattr(reference, name), getattr(reference, f"{name}_grad")) for name in names]
    penalties = [
        subject(partial(f, strength=0.1), w, kind="regularizer", grad=partial(df, strength=0.1)) for f, df in pairs
    ]
    limit = {"limit": 1.5}
    projection = partial(reference.max_norm, **limit)
    return [*penalties, subject(projection, w, kind="layer", vjp=partial(reference.max_norm_vjp, **limit))]


def _updates() -> list[Declaration]:
    names = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
    return [subject(getattr(reference, name), kind="optimizer") for name in names]


SUBJECTS: tuple[Declaration, ...] = (
    *_activations(),
    *_layers(),
    *_losses(),
    *_regularizers(),
    *_updates(),
    *_normalizations(),
    *_preprocessors(),
    *_initializers(),
)
"""What ``gradcheck run gradcheck.reference`` checks."""

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
    home, images = reference.normalization, _RNG.standard_normal((2, 4, 3, 2))
    table = images.reshape(6, 8)
    whole = [subject(getattr(home, name), kind="normalization", traits=home.TRAITS[name]) for name in _WHOLE]
    # Their statistics are neither over the batch nor over all of an example, or leave the mean alone.
    parts = [(home.RMSNorm(8), table), (home.GroupNorm(4, 2), images), (home.InstanceNorm(4), images)]
    bare = [(home.BatchNorm(4, affine=False), images), (home.LayerNorm(8, affine=False), table)]
    return [
        *whole,
        *(subject(layer, x, kind="layer") for layer, x in parts),
        *(subject(layer, x, kind="layer", name=f"{type(layer).__name__} without parameters") for layer, x in bare),
    ]


_WHOLE = ("BatchNorm", "LayerNorm")


def _layers() -> list[Declaration]:
    x, w, b = _RNG.standard_normal((4, 3)), _RNG.standard_normal((2, 3, 5)), _RNG.standard_normal((2, 5))
    prelu = (reference.prelu_forward, reference.prelu_backward)
    maxout = (reference.maxout_forward, reference.maxout_backward)
    return [
        subject(prelu, x, np.array(0.25), kind="layer", name="prelu"),
        subject(prelu, x, np.array([0.25, 0.0, 0.01]), kind="layer", name="prelu per channel"),
        subject(maxout, x, w[0], b[0], w[1], b[1], kind="layer", name="maxout"),
        *_pairs(),
        *_objects(),
    ]


def _pairs() -> list[Declaration]:
    x, images, w = (
        _RNG.standard_normal((4, 3)),
        _RNG.standard_normal((2, 4, 5, 4)),
        _RNG.standard_normal((6, 2, 3, 2)),
    )
    words, table, b = np.array([[2, 0], [2, 4]]), _RNG.standard_normal((5, 3)), _RNG.standard_normal(6)
    strided = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}
    overlapping = {"size": 3, "stride": 2, "padding": 1}
    examples: list[tuple[str, str, tuple[Any, ...], dict[str, Any]]] = [
        ("affine", "", (x, table[:3], b[:3]), {}),
        ("conv2d", "", (images, np.tile(w[:2], (1, 2, 1, 1)), b[:2]), {}),
        ("conv2d", " strided, padded, dilated, in groups", (images, w, b), strided),
        ("max_pool2d", "", (images,), {}),
        ("max_pool2d", " overlapping", (images,), overlapping),
        ("avg_pool2d", "", (images,), {}),
        ("avg_pool2d", " overlapping", (images,), overlapping),
        ("dropout", "", (x,), {"rate": 0.4, "rng": 0}),
        ("dropout", " at test time", (x,), {"training": False}),
        ("embedding", "", (words, table), {}),
    ]
    return [
        subject((partial(forward, **fixed), backward), *inputs, kind="layer", name=name + form)
        for name, form, inputs, fixed in examples
        for forward, backward in [_pair(name)]
    ]


def _pair(name: str) -> tuple[Any, Any]:
    return getattr(reference, f"{name}_forward"), getattr(reference, f"{name}_backward")


def _objects() -> list[Declaration]:
    x, w, b = _RNG.standard_normal((5, 3)), _RNG.standard_normal((3, 4)), _RNG.standard_normal(4)
    affine = reference.Layer(*_pair("affine"), w=w, b=b)
    last = reference.Layer(*_pair("affine"), w=w.T, b=b[:3])
    smooth, silent = reference.Activation(reference.tanh, reference.tanh_grad), reference.Dropout(0.4)
    silent.training = False  # in training every forward draws a new mask; the pair is checked with a fixed one
    net = reference.Sequential(affine, reference.BatchNorm(4), smooth, last)
    return [subject(layer, x, kind="layer") for layer in (affine, smooth, silent, net)]


def _ensembles() -> list[Declaration]:
    scores, (average, w) = _RNG.standard_normal((4, 2, 3)), _RNG.standard_normal((2, 4))
    return [
        subject(_ensemble, scores, kind="layer", name="average_probabilities of sigmoids", vjp=_ensemble_vjp),
        subject(partial(reference.polyak, step=4), average, w, kind="layer", vjp=_polyak_vjp),
    ]


def _ensemble(scores: Any) -> Any:
    """Return the mean of probabilities, which is what stretched scores remain."""
    return reference.average_probabilities(reference.sigmoid(scores))


def _ensemble_vjp(dout: Any, scores: Any) -> Any:
    return dout / len(scores) * reference.sigmoid_grad(scores)


def _polyak_vjp(dout: Any, average: Any, w: Any) -> Any:  # noqa: ARG001
    return 0.75 * dout, 0.25 * dout


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
    *_ensembles(),
    *_normalizations(),
    *_preprocessors(),
    *_initializers(),
)
"""What ``gradcheck run gradcheck.reference`` checks."""

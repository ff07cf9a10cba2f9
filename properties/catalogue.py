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
_FORMS = {"softmax": "plain", "softmin": None, "log_softmax": "log", "logsumexp": None, "glu": None}


def _activations() -> list[Declaration]:
    home = reference.activations
    return [
        subject(
            getattr(home, name),
            kind="activation",
            name=name,
            traits=traits,
            derivative=(getattr(home, f"{name}_grad"), getattr(home, f"{name}_second")),
        )
        for name, traits in home.TRAITS.items()
    ]


_SETTINGS: dict[str, tuple[dict[str, float], dict[str, Any]]] = {
    "elu": ({"alpha": 1.7}, {"range": (-1.7, np.inf), "kinks": (0.0,), "kink_slopes": ((1.7, 1.0),)}),
    "celu": ({"alpha": 1.7}, {"range": (-1.7, np.inf), "kinks": ()}),
    "softplus": ({"beta": 0.7}, {"range": (0.0, np.inf), "kinks": ()}),
    "threshold": ({"limit": -0.5, "value": 0.3}, {"range": (-0.5, np.inf), "kinks": (), "jumps": (-0.5,)}),
    "hard_tanh": (
        {"low": -0.5, "high": 2.0},
        {"range": (-0.5, 2.0), "kinks": (-0.5, 2.0), "kink_slopes": ((0.0, 1.0), (1.0, 0.0))},
    ),
}
"""Settings whose usual value hides where they belong, as a factor of 1 does, and what is true at another one."""


def _with_settings() -> list[Declaration]:
    home = reference.activations
    return [
        subject(
            partial(getattr(home, name), **settings),
            kind="activation",
            name=f"{name} of {', '.join(f'{key} {value:g}' for key, value in settings.items())}",
            traits=traits,
            derivative=tuple(partial(getattr(home, f"{name}_{what}"), **settings) for what in ("grad", "second")),
        )
        for name, (settings, traits) in _SETTINGS.items()
    ]


def _over_an_axis() -> list[Declaration]:
    """Return the activations that are not elementwise, along the last axis and along another."""
    home, x = reference.activations, 2 * _RNG.standard_normal((4, 3, 6))
    return [
        subject(
            (partial(getattr(home, f"{name}_forward"), axis=axis), getattr(home, f"{name}_backward")),
            x,
            kind="layer",
            name=f"{name}, axis {axis}",
            traits={"probabilities": form} if axis == -1 else {},
        )
        for name, form in _FORMS.items()
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
    shrunk = {"centers": True, "scales": False, "decorrelates": False, "whitens": False, "chunks": True}
    return [
        *(
            subject(_step(home, name), kind="preprocessor", name=name, traits=traits)
            for name, traits in home.TRAITS.items()
        ),
        *(
            subject(
                home.Whitening(form, shrinkage=0.3),
                kind="preprocessor",
                name=f"Whitening[{form}] with shrinkage",
                traits=shrunk | {"shrinkage": 0.3},
            )
            for form in ("pca", "zca")
        ),
    ]


def _step(home: Any, name: str) -> Any:
    """Return the step; a name in brackets is the form to make it in."""
    name, _, form = name.removesuffix("]").partition("[")
    return getattr(home, name)(form) if form else getattr(home, name)()


def _normalizations() -> list[Declaration]:
    home, images = reference.normalization, _RNG.standard_normal((2, 4, 3, 2))
    table = images.reshape(6, 8)
    groups = {"normalizes": "groups", "groups": 2}
    examples: list[tuple[str, Any, tuple[Any, ...], dict[str, Any]]] = [
        ("", home.BatchNorm, (), {}),
        ("", home.LayerNorm, (), {}),
        ("", home.RMSNorm, (), {}),
        ("", home.GroupNorm(4, 2), (), groups),
        ("", home.InstanceNorm(4), (), {}),
        (" without parameters", home.BatchNorm(4, affine=False), (images,), {}),
        (" without parameters", home.LayerNorm(8, affine=False), (table,), {}),
        (" without parameters", home.GroupNorm(4, 2, affine=False), (images,), groups),
    ]
    return [
        subject(thing, *inputs, kind="normalization", name=name + form, traits=home.TRAITS[name] | facts)
        for form, thing, inputs, facts in examples
        for name in [getattr(thing, "__name__", type(thing).__name__)]
    ]


def _layers() -> list[Declaration]:
    x, w, b = _RNG.standard_normal((4, 3)), _RNG.standard_normal((2, 3, 5)), _RNG.standard_normal((2, 5))
    prelu = (reference.prelu_forward, reference.prelu_backward)
    maxout = (reference.maxout_forward, reference.maxout_backward)
    return [
        subject(prelu, x, np.array(0.25), kind="layer", name="prelu"),
        subject(prelu, x, np.array([0.25, 0.0, 0.01]), kind="layer", name="prelu per channel"),
        subject(maxout, x, w[0], b[0], w[1], b[1], kind="layer", name="maxout", traits={"pieces": 2}),
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
    facts: dict[str, dict[str, Any]] = {"affine": {"linear": True}, "conv2d": {"linear": True, "translates": True}}
    facts |= {
        "dropout": {"drop_rate": 0.4},
        "max_pool2d": {"pools": "max"},
        "avg_pool2d": {"pools": "average", "linear": True},
    }
    examples: list[tuple[str, str, tuple[Any, ...], dict[str, Any]]] = [
        ("affine", "", (x, table[:3], b[:3]), {}),
        ("conv2d", "", (_RNG.standard_normal((2, 4, 8, 7)), np.tile(w[:2], (1, 2, 1, 1)), b[:2]), {}),
        ("conv2d", " strided, padded, dilated, in groups", (images, w, b), strided),
        ("max_pool2d", "", (images[:, :, :4],), {}),
        ("max_pool2d", " overlapping", (images,), overlapping),
        ("avg_pool2d", "", (images[:, :, :4],), {}),
        ("avg_pool2d", " overlapping", (images,), overlapping),
        ("dropout", "", (x,), {"rate": 0.4}),
        ("dropout", " with a fixed mask", (x,), {"rate": 0.4, "rng": 0}),
        ("dropout", " at test time", (x,), {"training": False}),
        ("embedding", "", (words, table), {}),
    ]
    return [
        subject(
            (partial(forward, **fixed), backward),
            *inputs,
            kind="layer",
            name=name + form,
            traits={} if form else facts.get(name),  # windows that overlap, or skip places, promise less
        )
        for name, form, inputs, fixed in examples
        for forward, backward in [_pair(name)]
    ]


def _pair(name: str) -> tuple[Any, Any]:
    return getattr(reference, f"{name}_forward"), getattr(reference, f"{name}_backward")


def _objects() -> list[Declaration]:
    x, w, b = _RNG.standard_normal((5, 3)), _RNG.standard_normal((3, 4)), _RNG.standard_normal(4)
    affine = reference.Layer(*_pair("affine"), w=w, b=b)
    last = reference.Layer(*_pair("affine"), w=w.T, b=b[:3])
    smooth, dropping = reference.Activation(reference.tanh, reference.tanh_grad), reference.Dropout(0.4)
    net = reference.Sequential(affine, reference.BatchNorm(4), smooth, last)
    layers = [subject(layer, x, kind="layer") for layer in (affine, smooth, net)]
    return [*layers, subject(dropping, x, kind="layer", traits={"drop_rate": 0.4})]


def _ensembles() -> list[Declaration]:
    scores, (average, w) = _RNG.standard_normal((4, 2, 3)), _RNG.standard_normal((2, 4))
    members = np.full((3, 4, 3), 1 / 3)
    return [
        subject(reference.average_probabilities, members, kind="layer", traits={"averages": True}),
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
    examples: list[tuple[str, str, Any, dict[str, Any]]] = [
        ("softmax_cross_entropy", "", labels, {"likelihood": "softmax"}),
        ("softmax_cross_entropy", " of probabilities", shares, {"likelihood": "softmax"}),
        ("hinge", "", labels, {"margin": 1.0}),
        ("mean_square", "", scores[::-1], {}),
        ("binary_cross_entropy_with_logits", "", (shares > 0.3).astype(float), {"likelihood": "sigmoid"}),
        ("binary_cross_entropy_with_logits", " of probabilities", shares, {"likelihood": "sigmoid"}),
    ]
    return [
        subject(
            getattr(reference, name),
            scores,
            target,
            kind="loss",
            name=name + form,
            traits={"convex": True, **traits},
            grad=getattr(reference, f"{name}_grad"),
        )
        for name, form, target, traits in examples
    ]


def _regularizers() -> list[Declaration]:
    w, names = _RNG.standard_normal((4, 3)), ("l1", "l2", "elastic_net")
    pairs = [(getattr(reference, name), getattr(reference, f"{name}_grad")) for name in names]
    penalties = [subject(f, w, 0.1, kind="regularizer", traits={"convex": True}, grad=df) for f, df in pairs]
    limited = partial(reference.max_norm, limit=1.5)
    by_gradient = subject(limited, w, kind="layer", vjp=partial(reference.max_norm_vjp, limit=1.5))
    return [*penalties, subject(reference.max_norm, w, 1.5, kind="regularizer"), by_gradient]


def _updates() -> list[Declaration]:
    names = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
    return [subject(getattr(reference, name), kind="optimizer") for name in names]


SUBJECTS: tuple[Declaration, ...] = (
    *_activations(),
    *_with_settings(),
    *_over_an_axis(),
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

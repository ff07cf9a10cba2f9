"""`pictures_of`: what there is to see of a subject: curves, layers, covariances, by its kind."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from ..pictures import covariances, curve, layers
from ..report import Pictures
from ._plan import Plan
from .adapters._seeded import global_seed


def pictures_of(chosen: Plan) -> Pictures | None:
    """Return the pictures of the subject of a plan; None where its kind has none, or it cannot be called so."""
    draw = _OF_KIND.get(chosen.kind)
    if draw is None:
        return None
    try:
        with global_seed(0), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return draw(chosen)
    except Exception:  # a law says what it raises
        return None


def _activation(chosen: Plan) -> Pictures:
    activation = chosen.adapted
    bends = (*(activation.traits.kinks or ()), *(activation.traits.jumps or ()))
    slope = activation.slope if activation.derivative is not None else None
    return Pictures(curve=curve(activation, slope, bends))


def _initializer(chosen: Plan) -> Pictures:
    return Pictures(layers=layers(chosen.adapted))


def _preprocessor(chosen: Plan) -> Pictures:
    subject, given = chosen.adapted, chosen.adapted.inputs
    table = np.array(given[0], dtype=np.float64) if given else None
    return Pictures(matrices=covariances(lambda x: subject.fit(x).transform(x), table))


_OF_KIND: dict[str, Callable[[Plan], Pictures]] = {
    "activation": _activation,
    "initializer": _initializer,
    "preprocessor": _preprocessor,
}
"""Kind -> what makes its pictures."""

"""The names under which people keep parameters, running statistics and modes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

SCALE = ("gamma", "weight", "scale", "g")
SHIFT = ("beta", "bias", "shift", "b")
MEAN = ("running_mean", "moving_mean", "run_mean", "mean_running", "mu_running", "running_mu")
VARIANCE = ("running_var", "moving_var", "moving_variance", "running_variance", "run_var")
EPS = ("eps", "epsilon", "_eps")
MOMENTUM = ("momentum", "_momentum", "decay")
WEIGHTS = ("W", "w", "weight", "weights", "kernel")
WIDTHS = (
    *("width", "dim", "dims", "din", "indim", "inputdim", "dmodel", "embeddim", "hiddendim", "d", "n", "c", "nin"),
    *(
        "features",
        "nfeatures",
        "numfeatures",
        "infeatures",
        "inputfeatures",
        "inputs",
        "ninputs",
        "inputsize",
        "fanin",
    ),
    *("channels", "nchannels", "numchannels", "inchannels", "hidden", "hiddensize", "units", "normalizedshape"),
)
"""What an argument goes by, without underscores, that says how many features there are."""

BOXES = ("params", "parameters", "buffers", "state", "bn_param", "bn_params")
"""Attributes that may hold a dictionary of the others."""


def find(thing: Any, names: Iterable[str]) -> str | None:
    """Return the name under which `thing` keeps one of `names`, or None."""
    return next((name for name in names if read(thing, name) is not None), None)


def read(thing: Any, name: str) -> Any:
    """Return the attribute `name`, or the entry of that name of a dictionary that `thing` keeps."""
    value = getattr(thing, name, None)
    if value is not None and not callable(value):
        return value
    return next((box[name] for box in _boxes(thing) if name in box), None)


def write(thing: Any, name: str, value: Any) -> None:
    """Set what `read` returns: an array in place, so that whoever else holds it sees the change."""
    held = read(thing, name)
    if isinstance(held, np.ndarray) and held.flags.writeable:
        held[...] = np.reshape(value, held.shape)
        return
    box = next((box for box in _boxes(thing) if name in box), None)
    if box is None:
        setattr(thing, name, value)
    else:
        box[name] = value


def _boxes(thing: Any) -> list[dict[str, Any]]:
    return [box for box in (getattr(thing, name, None) for name in BOXES) if isinstance(box, dict)]

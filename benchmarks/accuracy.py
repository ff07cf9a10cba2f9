"""How many units in the last place activations and their derivatives are off: ours, and those of the frameworks.

The truth is the definition in 1600 bits and more (`tests/gallery/activations.py`); derivatives of the frameworks are
those that their automatic differentiation gives. Points: all magnitudes of both signs, the neighbourhood of 0, and
where exponentials and Gaussians underflow. Where two terms of a derivative cancel, the larger one sets the unit.

    python benchmarks/accuracy.py --write docs/measurements/accuracy.md   # needs `pip install '.[peers]'`
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special
from _table import made_with, markdown, publish
from _wide import sixty_four_bits
from gallery import activations as oracle
from gradcheck.reference import activations

Array = np.ndarray
Contender = Callable[[str, int], Callable[[Array], Array] | None]
"""From the name of a unit and an order, 0 to 2, to a function; None where it has none."""

ORDERS = ("", "_grad", "_second")
TITLES = {np.float64: "float64", np.float32: "float32"}


def ours(name: str, order: int) -> Callable[[Array], Array]:
    """Return the reference."""
    return getattr(activations, name + ORDERS[order])


# -- torch -----------------------------------------------------------------------------------------------------------

_TORCH_NAMES = {
    **{name: name for name in ("relu", "leaky_relu", "elu", "celu", "selu", "softplus", "softsign", "silu", "mish")},
    **{name: name for name in ("relu6", "gelu", "tanhshrink", "softshrink", "hardshrink")},
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "log_sigmoid": "logsigmoid",
    "hard_sigmoid": "hardsigmoid",
    "hard_tanh": "hardtanh",
    "hard_swish": "hardswish",
    "rrelu": "rrelu",
    "gelu_tanh": "gelu",
    "threshold": "threshold",
}
_TORCH_OPTIONS: dict[str, dict[str, Any]] = {
    "gelu_tanh": {"approximate": "tanh"},
    "threshold": {"threshold": 1.0, "value": 0.0},
}


def torch(name: str, order: int) -> Callable[[Array], Array] | None:
    """Return torch's, differentiated by its autograd as often as asked."""
    if name not in _TORCH_NAMES:
        return None
    import torch
    from torch.nn import functional

    home = torch if name in ("sigmoid", "tanh") else functional
    function = getattr(home, _TORCH_NAMES[name])

    def call(x: Array) -> Array:
        point = torch.tensor(x, requires_grad=True)
        value = function(point, **_TORCH_OPTIONS.get(name, {}))
        for _ in range(order):
            (value,) = torch.autograd.grad(value.sum(), point, create_graph=True)
        return value.detach().numpy()

    return call


# -- jax -------------------------------------------------------------------------------------------------------------

_JAX_NAMES = {
    **{name: name for name in ("relu", "leaky_relu", "elu", "celu", "selu", "softplus", "silu", "mish", "relu6")},
    **{name: name for name in ("gelu", "squareplus", "sparse_plus", "sparse_sigmoid", "sigmoid", "log_sigmoid")},
    **{name: name for name in ("hard_sigmoid", "hard_tanh", "hard_swish", "tanh")},
    "softsign": "soft_sign",
    "gelu_tanh": "gelu",
}


def jax(name: str, order: int) -> Callable[[Array], Array] | None:
    """Return JAX's, differentiated by `jax.grad` as often as asked, in 64 bits where the input has them."""
    if name not in _JAX_NAMES:
        return None
    import jax

    function = getattr(jax.nn, _JAX_NAMES[name])
    if _JAX_NAMES[name] == "gelu":
        exact, plain = name == "gelu", function
        function = lambda x: plain(x, approximate=not exact)  # noqa: E731
    for _ in range(order):
        function = jax.grad(function)

    def call(x: Array) -> Array:
        with sixty_four_bits():
            return np.asarray(jax.vmap(function)(jax.numpy.asarray(x)))

    return call


# -- SciPy -----------------------------------------------------------------------------------------------------------

_SCIPY = {
    ("sigmoid", 0): scipy.special.expit,
    ("log_sigmoid", 0): scipy.special.log_expit,
    ("gelu", 0): lambda x: x * scipy.special.ndtr(x),
    ("softplus", 0): lambda x: -scipy.special.log_expit(-x),
    ("softplus", 1): scipy.special.expit,
}


def scipy_special(name: str, order: int) -> Callable[[Array], Array] | None:
    """Return what `scipy.special` has."""
    return _SCIPY.get((name, order))


CONTENDERS: dict[str, Contender] = {"gradcheck": ours, "torch": torch, "jax": jax, "SciPy": scipy_special}


def rows(points: Array, names: Sequence[str] = oracle.NAMES) -> Iterator[tuple[str, list[float | None]]]:
    """Yield the name of a function and the largest error of each contender, None where it has no such function."""
    for name in names:
        for order in range(3):
            known = oracle.truths(name, order, points)
            yield name + ORDERS[order], [_error(make(name, order), points, known) for make in CONTENDERS.values()]


def _error(function: Callable[[Array], Array] | None, points: Array, known: list[Any]) -> float | None:
    if function is None:
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            values = function(points)
        except RuntimeError as error:  # torch has no second derivative of a few
            if "not implemented" not in str(error):
                raise
            return None
    return oracle.furthest(values, points, known).ulps


def table(points: Array, names: Sequence[str] = oracle.NAMES) -> str:
    """Return the rows as a table, without those that nobody gets wrong."""
    found = list(rows(points, names))
    shown = [(name, errors) for name, errors in found if max(e for e in errors if e is not None) > 0.5]
    text = markdown(("function", *CONTENDERS), [[f"`{name}`", *map(told, errors)] for name, errors in shown])
    largest = max(errors[0] or 0.0 for _, errors in found)
    exact = len(found) - len(shown)
    return f"{text}\n\nLargest of ours: {largest:.2f}. {exact} more are rounded once, at most, by everybody."


def told(ulps: float | None) -> str:
    """Return an error as the table shows it."""
    if ulps is None:
        return "-"
    if np.isinf(ulps):
        return "not finite"
    return f"{ulps:.2f}" if ulps < 1000 else f"{ulps:.0e}"


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=1000, help="points a function")
    parser.add_argument("--only", nargs="*", default=oracle.NAMES, metavar="NAME", help="these units only")
    parser.add_argument("--write", type=Path, metavar="PATH", help="also write the tables to this file")
    asked = parser.parse_args()
    parts = [
        f"## Largest error of activations in units of the last place, {asked.points} points each",
        __doc__.split("\n\n")[1],
    ]
    for dtype, title in TITLES.items():
        parts += [f"### {title}", table(oracle.points(asked.points, dtype), asked.only)]
    publish("\n\n".join([*parts, made_with("mpmath", "torch", "jax")]), asked.write)


if __name__ == "__main__":
    main()

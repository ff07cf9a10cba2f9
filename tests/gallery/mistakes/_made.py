"""A mistake is one edit of a layer's readable source; made here, with where it must be found and what it is."""

from __future__ import annotations

import inspect
import linecache
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from . import later_images, later_units, losses, mixing, pointwise, windows

MODULES: tuple[ModuleType, ...] = (pointwise, mixing, windows, losses, later_units, later_images)


@dataclass(frozen=True, slots=True)
class Mistake:
    """``old`` in the source of ``layer`` was written as ``new``; ``path`` gets a wrong gradient, by ``causes``.

    Several causes are the same function here, and either may be named. ``held_out`` ones were written before the
    hypotheses were tuned, and have not been looked at since.
    """

    layer: str
    old: str
    new: str
    path: str
    causes: tuple[str, ...]
    held_out: bool = False

    @property
    def name(self) -> str:
        """What a test is called."""
        return f"{self.layer}: {self.old} -> {self.new or 'nothing'}"


def source_of(layer: str) -> tuple[str, str, ModuleType]:
    """Return the source of forward and backward of a layer, and the module they are from."""
    module = next(m for m in MODULES if hasattr(m, f"{layer}_forward"))
    forward, backward = (getattr(module, f"{layer}_{way}") for way in ("forward", "backward"))
    return textwrap.dedent(inspect.getsource(forward)), textwrap.dedent(inspect.getsource(backward)), module


def compiled(layer: str, backward: str) -> Callable[..., Any]:
    """Return the backward of a layer with `backward` as its source."""
    module = source_of(layer)[2]
    space = dict(vars(module))
    file = f"<mistake {hash(backward)}>"
    linecache.cache[file] = (len(backward), None, backward.splitlines(True), file)
    exec(compile(backward, file, "exec"), space)
    made: Callable[..., Any] = space[f"{layer}_backward"]
    return made


def pair_of(mistake: Mistake) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the right forward and the wrong backward."""
    _, backward, module = source_of(mistake.layer)
    assert mistake.old in backward, mistake.name
    wrong = backward.replace(mistake.old, mistake.new, 1)
    return getattr(module, f"{mistake.layer}_forward"), compiled(mistake.layer, wrong)


def _r(*shape: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


INPUTS: dict[str, Callable[[], tuple[Any, ...]]] = {
    **dict.fromkeys(
        ("relu", "leaky_relu", "sigmoid", "tanh", "softplus", "silu", "gelu", "elu"), lambda: (1.5 * _r(5, 4),)
    ),
    "affine": lambda: (_r(4, 4), _r(4, 4, seed=4), _r(4, seed=5)),
    "scale_shift": lambda: (_r(5, 3), _r(3, seed=4), _r(3, seed=5)),
    "softmax": lambda: (_r(3, 4),),
    "batch_norm": lambda: (_r(6, 3), _r(3, seed=4), _r(3, seed=5)),
    "layer_norm": lambda: (_r(3, 5),),
    "rms_norm": lambda: (_r(3, 5), _r(5, seed=4)),
    "residual": lambda: (_r(5, 3), 0.7 * _r(3, 3, seed=4)),
    "bilinear": lambda: (_r(4, 3), _r(3, 3, seed=4), _r(5, 3, seed=5)),
    "glu": lambda: (_r(5, 3), _r(5, 3, seed=4)),
    "conv1d": lambda: (_r(7), _r(3, seed=4)),
    "strided_conv": lambda: (_r(9), _r(3, seed=4)),
    "conv2d": lambda: (_r(5, 4), _r(3, 2, seed=4)),
    "max_pool": lambda: (_r(3, 6),),
    "avg_pool": lambda: (_r(6, 2),),
    "embedding": lambda: (_r(5, 3), np.array([0, 2, 2, 4, 2])),
    "rnn": lambda: (_r(4, 3), _r(3, seed=4), 0.6 * _r(3, 3, seed=5), 0.6 * _r(3, 3, seed=6)),
    "dropout": lambda: (_r(5, 4),),
    "gather": lambda: (_r(3, 5), np.array([2, 0, 3, 4, 1])),
    "cross_entropy": lambda: (_r(5, 4), np.array([0, 3, 1, 2, 3])),
    "mean_square": lambda: (_r(5, 3), _r(5, 3, seed=4)),
    "ridge": lambda: (_r(5, 3), _r(3, 3, seed=4)),
    "hinge": lambda: (2 * _r(12), np.sign(_r(12, seed=4)).astype(int)),
    "cosine": lambda: (_r(5), _r(5, seed=4)),
    "two_layer": lambda: (_r(5, 3), _r(3, 4, seed=4), _r(4, seed=5), _r(4, 2, seed=6), _r(2, seed=7)),
    "logistic_unit": lambda: (_r(6, 3), _r(3, seed=4), np.array(0.3)),
    "swiglu": lambda: (_r(5, 3), _r(5, 3, seed=4)),
    "hard_sigmoid": lambda: (3 * _r(6, 4),),
    "lstm_cell": lambda: (_r(4, 3), _r(4, 2, seed=4), _r(4, 2, seed=5), _r(3, 8, seed=6), _r(2, 8, seed=7)),
    "gru_cell": lambda: (_r(5, 3), _r(5, 3, seed=4), _r(3, 3, seed=5), _r(3, 3, seed=6)),
    "causal_weights": lambda: (_r(5, 5),),
    "heads": lambda: (_r(2, 4, 3), _r(2, 5, 3, seed=4), _r(2, 5, 2, seed=5)),
    "smoothed_loss": lambda: (_r(5, 4), np.array([0, 3, 1, 2, 3])),
    "logits_loss": lambda: (_r(8), np.array([0.0, 1, 1, 0, 1, 0, 0, 1])),
    "gaussian_kl": lambda: (_r(5, 3), _r(5, 3, seed=4)),
    "distance": lambda: (_r(5, 3), _r(5, 3, seed=4)),
    "logsumexp": lambda: (_r(4, 5),),
    "batch_norm2d": lambda: (_r(4, 3, 2, 3), _r(3, seed=4), _r(3, seed=5)),
    "instance_norm": lambda: (_r(2, 3, 2, 3),),
    "conv_images": lambda: (_r(2, 2, 5, 5), _r(3, 2, 3, 3, seed=4), _r(3, seed=5)),
    "max_pool2d": lambda: (_r(2, 2, 4, 4),),
    "global_pool": lambda: (_r(3, 4, 2, 3),),
    "nearest": lambda: (_r(2, 2, 2, 3),),
    "channel_bias": lambda: (_r(4, 3, 2, 2), _r(3, seed=4)),
    "layer_scale": lambda: (_r(5, 3), _r(3, seed=4)),
    "drop_path": lambda: (_r(7, 3), _r(7, 3, seed=4)),
}

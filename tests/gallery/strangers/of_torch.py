"""torch.nn's activations, initializers and normalizations, called on NumPy arrays; gradients by its own autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

import gradcheck

VERSION = torch.__version__
torch.set_num_threads(1)

MODULES: dict[str, Any] = {
    **{name: getattr(nn, name)() for name in ("ELU", "Hardshrink", "Hardsigmoid", "Hardtanh", "Hardswish")},
    **{name: getattr(nn, name)() for name in ("LeakyReLU", "LogSigmoid", "ReLU", "ReLU6", "SELU", "CELU", "GELU")},
    **{name: getattr(nn, name)() for name in ("Sigmoid", "SiLU", "Mish", "Softplus", "Softshrink", "Softsign")},
    **{name: getattr(nn, name)() for name in ("Tanh", "Tanhshrink")},
    "GELU tanh": nn.GELU(approximate="tanh"),
    "RReLU in evaluation": nn.RReLU().eval(),
    "Threshold": nn.Threshold(0.1, 20.0),
}
ROWS: dict[str, tuple[Any, dict[str, Any]]] = {
    "Softmax": (nn.Softmax(dim=-1), {"probabilities": "plain"}),
    "LogSoftmax": (nn.LogSoftmax(dim=-1), {"probabilities": "log"}),
    "Softmin": (nn.Softmin(dim=-1), {}),
    "GLU": (nn.GLU(), {}),
    "PReLU": (lambda x: nn.functional.prelu(x, torch.tensor([0.25], dtype=x.dtype)), {}),
}


def as_tensor(x: Any) -> torch.Tensor:
    return torch.from_numpy(np.array(x, order="C"))


def forward_of(module: Any) -> Any:
    return lambda x: module(as_tensor(x)).detach().numpy()


def vjp_of(module: Any) -> Any:
    def vjp(upstream: Any, x: Any) -> Any:
        leaf = as_tensor(x).requires_grad_()
        (gradient,) = torch.autograd.grad(module(leaf), leaf, as_tensor(upstream))
        return gradient.numpy()

    return vjp


def activations() -> list[Any]:
    elementwise = [
        gradcheck.subject(
            forward_of(module),
            kind="activation",
            name=f"torch.nn.{name}",
            derivative=lambda x, module=module: vjp_of(module)(np.ones_like(x), x),
        )
        for name, module in MODULES.items()
    ]
    x = np.random.default_rng(0).standard_normal((4, 6))
    rows = [
        gradcheck.subject(forward_of(m), x, kind="layer", name=f"torch.nn.{name}", traits=traits, vjp=vjp_of(m))
        for name, (m, traits) in ROWS.items()
    ]
    return [*elementwise, *rows]


def filled(fill: Any) -> Any:
    """Return an initializer f(fan_in, fan_out, rng); torch keeps a weight as (out, in)."""

    def initializer(fan_in: int, fan_out: int, rng: np.random.Generator) -> Any:
        source = torch.Generator().manual_seed(int(rng.integers(2**62)))
        return fill(torch.empty(fan_out, fan_in, dtype=torch.float64), source).numpy().T

    return initializer


def initializers() -> list[Any]:
    init = nn.init
    table: dict[str, tuple[Any, dict[str, Any]]] = {
        "xavier_uniform_": (
            lambda w, g: init.xavier_uniform_(w, generator=g),
            {"variance": lambda n, m: 2 / (n + m), "distribution": "uniform"},
        ),
        "xavier_normal_": (
            lambda w, g: init.xavier_normal_(w, generator=g),
            {"variance": lambda n, m: 2 / (n + m), "distribution": "normal"},
        ),
        "kaiming_uniform_": (
            lambda w, g: init.kaiming_uniform_(w, nonlinearity="relu", generator=g),
            {"variance": lambda n, m: 2 / n, "distribution": "uniform"},
        ),
        "kaiming_normal_": (
            lambda w, g: init.kaiming_normal_(w, nonlinearity="relu", generator=g),
            {"variance": lambda n, m: 2 / n, "distribution": "normal"},
        ),
        "kaiming_normal_ fan_out": (
            lambda w, g: init.kaiming_normal_(w, mode="fan_out", nonlinearity="linear", generator=g),
            {"variance": lambda n, m: 1 / m, "distribution": "normal"},
        ),
        "normal_": (lambda w, g: init.normal_(w, generator=g), {"variance": lambda n, m: 1.0}),
        "uniform_": (lambda w, g: init.uniform_(w, -1.0, 1.0, generator=g), {"variance": lambda n, m: 1 / 3}),
        "trunc_normal_": (lambda w, g: init.trunc_normal_(w, generator=g), {"bound": lambda n, m: 2.0}),
        "orthogonal_": (lambda w, g: init.orthogonal_(w, generator=g), {"orthogonal": 1.0}),
        "sparse_": (
            lambda w, g: init.sparse_(w.T, 0.5, generator=g).T,  # its columns are units where the weight is (in, out)
            {"sparsity": 0.5},
        ),
        "constant_": (lambda w, g: init.constant_(w, 0.3), {}),
        "ones_": (lambda w, g: init.ones_(w), {}),
        "zeros_": (lambda w, g: init.zeros_(w), {}),
        "eye_": (lambda w, g: init.eye_(w), {"identity": True}),
    }
    return [
        gradcheck.subject(filled(fill), kind="initializer", name=f"torch.nn.init.{name}", traits=traits)
        for name, (fill, traits) in table.items()
    ]


class Norm:
    """A torch normalization as an object with forward and backward; the parameters live here, as arrays."""

    def __init__(self, module: Any) -> None:
        self._module = module.double()
        held = dict(module.named_parameters())
        self.gamma = held["weight"].detach().numpy().copy() if "weight" in held else None
        self.beta = held["bias"].detach().numpy().copy() if "bias" in held else None
        self.dgamma = None if self.gamma is None else np.zeros_like(self.gamma)
        self.dbeta = None if self.beta is None else np.zeros_like(self.beta)
        for name in ("running_mean", "running_var"):
            if getattr(module, name, None) is not None:
                setattr(self, name, getattr(module, name).numpy().copy())
        self.training, self._graph = True, None
        if getattr(module, "eps", None):
            self.eps = module.eps

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_graph": None}

    def forward(self, x: Any) -> Any:
        module = self._module.train(self.training)
        with torch.no_grad():
            for name, value in (("weight", self.gamma), ("bias", self.beta)):
                if value is not None:
                    getattr(module, name).copy_(as_tensor(value))
            for name in ("running_mean", "running_var"):
                if hasattr(self, name):
                    getattr(module, name).copy_(as_tensor(getattr(self, name)))
        leaf = as_tensor(x).double().requires_grad_()
        out = module(leaf)
        for name in ("running_mean", "running_var"):
            if hasattr(self, name):
                setattr(self, name, getattr(module, name).numpy().copy())
        self._graph = (leaf, out)
        return out.detach().numpy().astype(np.asarray(x).dtype)

    def backward(self, upstream: Any) -> Any:
        leaf, out = self._graph
        kept = [("gamma", "weight"), ("beta", "bias")]
        here = [(mine, theirs) for mine, theirs in kept if getattr(self, mine) is not None]
        leaves = [leaf, *(getattr(self._module, theirs) for _, theirs in here)]
        dx, *rest = torch.autograd.grad(out, leaves, as_tensor(upstream).double(), retain_graph=True)
        for (mine, _), gradient in zip(here, rest, strict=True):
            setattr(self, f"d{mine}", gradient.numpy().copy())
        return dx.numpy().copy()


def normalizations() -> list[Any]:
    x, images = (
        np.random.default_rng(1).standard_normal((6, 4)),
        np.random.default_rng(2).standard_normal((3, 4, 2, 2)),
    )
    of_tables = {"BatchNorm1d": nn.BatchNorm1d(4), "LayerNorm": nn.LayerNorm(4), "RMSNorm": nn.RMSNorm(4)}
    of_images = {"BatchNorm2d": nn.BatchNorm2d(4), "GroupNorm": nn.GroupNorm(2, 4)}
    of_images |= {"InstanceNorm2d": nn.InstanceNorm2d(4, affine=True), "InstanceNorm2d bare": nn.InstanceNorm2d(4)}
    layers = {"BatchNorm2d as a layer": nn.BatchNorm2d(4), "LocalResponseNorm": nn.LocalResponseNorm(2)}
    rooms = (("normalization", x, of_tables), ("normalization", images, of_images), ("layer", images, layers))
    return [
        gradcheck.subject(Norm(module), example, kind=kind, name=f"torch.nn.{name}")
        for kind, example, modules in rooms
        for name, module in modules.items()
    ]

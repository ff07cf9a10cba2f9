"""Activations beside those of torch, JAX and SciPy, where these are good: an oracle that others wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special
from gradcheck.reference import activations
from numpy.typing import NDArray

X = np.concatenate([np.linspace(-9, 9, 97) + 1e-3, np.random.default_rng(0).standard_normal(64)])
"""Ordinary numbers, none of them at a kink."""

TORCH: dict[str, tuple[str, dict[str, Any]]] = {
    "log_sigmoid": ("logsigmoid", {}),
    "softsign": ("softsign", {}),
    "hard_sigmoid": ("hardsigmoid", {}),
    "hard_tanh": ("hardtanh", {}),
    "hard_swish": ("hardswish", {}),
    "relu": ("relu", {}),
    "relu6": ("relu6", {}),
    "leaky_relu": ("leaky_relu", {}),
    "rrelu": ("rrelu", {}),
    "elu": ("elu", {}),
    "celu": ("celu", {}),
    "selu": ("selu", {}),
    "softplus": ("softplus", {}),
    "threshold": ("threshold", {"threshold": 1.0, "value": 0.0}),
    "silu": ("silu", {}),
    "mish": ("mish", {}),
    "gelu": ("gelu", {}),
    "gelu_tanh": ("gelu", {"approximate": "tanh"}),
    "tanhshrink": ("tanhshrink", {}),
    "softshrink": ("softshrink", {}),
    "hardshrink": ("hardshrink", {}),
}
"""Our name -> its name in `torch.nn.functional`."""

JAX = {
    **{name: name for name in ("sigmoid", "log_sigmoid", "relu", "relu6", "leaky_relu", "elu", "celu", "selu")},
    **{name: name for name in ("softplus", "squareplus", "sparse_plus", "sparse_sigmoid", "silu", "mish", "gelu")},
    **{name: name for name in ("hard_sigmoid", "hard_tanh", "hard_swish", "tanh")},
    "softsign": "soft_sign",
    "gelu_tanh": "gelu",
}
"""Our name -> its name in `jax.nn`."""

SCIPY: dict[str, Callable[[Any], Any]] = {
    "sigmoid": scipy.special.expit,
    "log_sigmoid": scipy.special.log_expit,
    "gelu": lambda x: x * scipy.special.ndtr(x),
    "softplus_grad": scipy.special.expit,
}

PAIRS = ("softmax", "softmin", "log_softmax", "logsumexp", "glu")


def close(ours: Any, theirs: Any, rtol: float = 1e-10) -> None:
    """Raise where two arrays differ by more than the digits that the frameworks keep in the middle of the range."""
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-14)


@pytest.mark.parametrize("name", TORCH)
def test_torch_agrees_on_value_and_gradient(name: str) -> None:
    """Value and derivative are torch's, with the same defaults; past its threshold the softplus is x there."""
    torch = pytest.importorskip("torch", reason="compared where torch is installed, as in continuous integration")
    function, options = TORCH[name]
    x = torch.tensor(X, requires_grad=True)
    value = getattr(torch.nn.functional, function)(x, **options)
    (slope,) = torch.autograd.grad(value.sum(), x)

    close(getattr(activations, name)(X), value.detach().numpy())
    close(getattr(activations, name + "_grad")(X), slope.numpy(), rtol=1e-7)  # its hard sigmoid has 1/6 in float32


@pytest.mark.parametrize("name", TORCH)
def test_torch_agrees_on_what_lies_at_a_kink(name: str) -> None:
    """At a kink we take the same side as torch, and at a jump the same value."""
    torch = pytest.importorskip("torch", reason="compared where torch is installed, as in continuous integration")
    traits: dict[str, Any] = activations.TRAITS[name]
    places = np.array([*traits["kinks"], *traits.get("jumps", ())])
    function, options = TORCH[name]
    x = torch.tensor(places, requires_grad=True)
    value = getattr(torch.nn.functional, function)(x, **options)

    close(getattr(activations, name)(places), value.detach().numpy())
    if places.size:
        (slope,) = torch.autograd.grad(value.sum(), x)
        close(getattr(activations, name + "_grad")(places), slope.numpy(), rtol=1e-7)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", JAX)
def test_jax_agrees_on_value_and_gradient(name: str) -> None:
    """Value and derivative are JAX's, in float32, which it computes in unless told otherwise."""
    jax = pytest.importorskip("jax", reason="compared where jax is installed, as in continuous integration")
    function = getattr(jax.nn, JAX[name])
    if JAX[name] == "gelu":
        function = {"gelu": _exact_gelu, "gelu_tanh": jax.nn.gelu}[name]
    x = X.astype(np.float32)
    for suffix in ("", "_grad"):
        theirs = np.asarray(jax.vmap(function)(jax.numpy.asarray(x)))
        np.testing.assert_allclose(getattr(activations, name + suffix)(x), theirs, rtol=2e-5, atol=1e-5)
        function = jax.grad(function)


def _exact_gelu(x: Any) -> Any:
    import jax

    return jax.nn.gelu(x, approximate=False)


@pytest.mark.parametrize("name", SCIPY)
def test_scipy_agrees(name: str) -> None:
    """In the middle of the range the special functions are as good."""
    close(getattr(activations, name)(X), SCIPY[name](X))


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("name", PAIRS)
def test_torch_agrees_on_pairs(name: str, axis: int) -> None:
    """Output and gradient of what is not elementwise are torch's, along any axis."""
    torch = pytest.importorskip("torch", reason="compared where torch is installed, as in continuous integration")
    home = torch if name == "logsumexp" else torch.nn.functional
    x: NDArray[Any] = np.random.default_rng(0).standard_normal((4, 6, 2))
    point = torch.tensor(x, requires_grad=True)
    value = getattr(home, name)(point, axis)
    upstream = np.random.default_rng(1).standard_normal(tuple(value.shape))
    (gradient,) = torch.autograd.grad(value, point, torch.tensor(upstream))

    out, cache = getattr(activations, f"{name}_forward")(x, axis=axis)
    close(out, value.detach().numpy())
    close(getattr(activations, f"{name}_backward")(upstream, cache), gradient.numpy())

"""Normalizations of single examples: the definition, the derived backward, its laws, torch, edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradcheck.reference import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm
from gradcheck.reference._moments import rms_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

LAW = settings(deadline=None, max_examples=60)
EPS = np.finfo(float).eps
Make = Callable[..., Any]
LAYERS: dict[str, tuple[Make, tuple[int, ...]]] = {
    "LayerNorm": (lambda **o: LayerNorm(6, **o), (5, 6)),
    "LayerNorm of sequences": (lambda **o: LayerNorm(6, **o), (2, 3, 6)),
    "RMSNorm": (lambda **o: RMSNorm(6, **o), (5, 6)),
    "GroupNorm": (lambda **o: GroupNorm(4, 2, **o), (3, 4, 2, 3)),
    "GroupNorm of tables": (lambda **o: GroupNorm(6, 3, **o), (5, 6)),
    "GroupNorm in one group": (lambda **o: GroupNorm(4, **o), (3, 4, 2, 3)),
    "InstanceNorm": (lambda **o: InstanceNorm(4, **o), (3, 4, 2, 3)),
}
CENTERED = [name for name in LAYERS if name != "RMSNorm"]


def draw(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.float64]:
    """Return standard normal numbers."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def shaken(name: str, **options: Any) -> Any:
    """Return a layer with parameters that are neither 0 nor 1."""
    layer = LAYERS[name][0](**options)
    for k, key in enumerate(layer.params):
        layer.params[key] = 0.5 + draw((layer.width,), k)
    return layer


def parts(x: Any, name: str) -> Any:
    """Return `x` with what is normalized together on the last axis; shape (parts, entries)."""
    if name.startswith("GroupNorm"):
        groups = LAYERS[name][0]().groups
        return x.reshape(len(x) * groups, -1)
    return x.reshape(-1, x.shape[-1]) if name != "InstanceNorm" else x.reshape(x.shape[0] * x.shape[1], -1)


def beside(vector: Any, x: Any, name: str) -> Any:
    """Return a vector of parameters in the shape in which it broadcasts against `x`."""
    if name.startswith(("Layer", "RMS")):
        return vector
    return vector.reshape(-1, *(1,) * (x.ndim - 2))


def plain(x: Any, name: str, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    """Normalize as the definition says, with nothing clever, for real and complex input."""
    rows = parts(x, name)
    if name in CENTERED:
        rows = rows - rows.mean(axis=1, keepdims=True)
    x_hat = (rows / np.sqrt((rows * rows).mean(axis=1, keepdims=True) + eps)).reshape(x.shape)
    return beside(gamma, x, name) * x_hat + beside(beta, x, name)


def parameters(layer: Any) -> tuple[Any, Any]:
    """Return gamma and beta, 0 where there is none."""
    return layer.gamma, np.zeros(layer.width) if layer.beta is None else layer.beta


@pytest.mark.parametrize("name", LAYERS)
def test_forward_agrees_with_the_definition(name: str) -> None:
    """The output is the plain formula's."""
    layer, x = shaken(name), 3 + 2 * draw(LAYERS[name][1])
    np.testing.assert_allclose(layer.forward(x), plain(x, name, *parameters(layer)), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_agree_with_the_complex_step(name: str, complex_step: Any) -> None:
    """The gradients for input, scale and shift are those of the definition."""
    layer, x, upstream = shaken(name), draw(LAYERS[name][1]), draw(LAYERS[name][1], 1)
    layer.forward(x)
    dx = layer.backward(upstream)
    truths = complex_step(lambda *a: plain(a[0], name, *a[1:]), upstream, x, *parameters(layer))

    np.testing.assert_allclose(dx, truths[0], rtol=1e-11, atol=1e-13)
    for key, truth in zip(layer.grads, truths[1:], strict=False):
        np.testing.assert_allclose(layer.grads[key], truth, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", LAYERS)
@LAW
@given(log_scale=st.floats(-6, 6), offset=st.sampled_from([0.0, 1.0, 1e8]), seed=st.integers(0, 2**32))
def test_annihilation_laws(name: str, log_scale: float, offset: float, seed: int) -> None:
    """Dx is orthogonal to x-hat up to eps's share of the variance, and, with a mean, to the constant vector."""
    rng, shape = np.random.default_rng(seed), LAYERS[name][1]
    offset = offset if name in CENTERED else 0.0
    layer, x, upstream = shaken(name), offset + 10**log_scale * rng.standard_normal(shape), rng.standard_normal(shape)
    gamma, beta = parameters(layer)
    x_hat = parts((layer.forward(x) - beside(beta, x, name)) / beside(gamma, x, name), name)
    dx, h = parts(layer.backward(upstream), name), parts(upstream * beside(gamma, x, name), name)

    rows = parts(x - offset, name)
    variance = rows.var(axis=1) if name in CENTERED else (rows**2).mean(axis=1)
    s, n = np.sqrt(variance + layer.eps), rows.shape[1]
    beta_over_gamma = 1 + np.abs(beside(beta, x, name) / beside(gamma, x, name)).max()
    room = 200 * n * EPS * beta_over_gamma * np.abs(h).max() * n / s * (1 + np.abs(x_hat).max() ** 2)
    if name in CENTERED:
        assert (np.abs(dx.sum(axis=1)) <= room).all()
    leftover = layer.eps / s**3 * (h * x_hat).sum(axis=1)
    assert (np.abs((dx * x_hat).sum(axis=1) - leftover) <= room).all()


@pytest.mark.parametrize("name", LAYERS)
def test_examples_do_not_know_of_each_other(name: str) -> None:
    """The output and the gradient of one example are the same alone and in company."""
    x, upstream = draw(LAYERS[name][1]), draw(LAYERS[name][1], 1)
    together, alone = shaken(name), shaken(name)
    outs = together.forward(x), alone.forward(x[1:2])
    grads = together.backward(upstream), alone.backward(upstream[1:2])
    for whole, part in (outs, grads):
        np.testing.assert_allclose(whole[1:2], part, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", LAYERS)
def test_agrees_with_torch(name: str) -> None:
    """Output and all gradients are those of torch's functions, for the same parameters."""
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    functional, layer, x, upstream = (
        torch.nn.functional,
        shaken(name),
        draw(LAYERS[name][1]),
        draw(LAYERS[name][1], 1),
    )
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, *parameters(layer))]
    z, gamma, beta = leaves
    peers = {
        "LayerNorm": lambda: functional.layer_norm(z, (6,), gamma, beta),
        "RMSNorm": lambda: functional.rms_norm(z, (6,), gamma, eps=1e-5),
        "GroupNorm": lambda: functional.group_norm(z, layer.groups, gamma, beta),
        "InstanceNorm": lambda: functional.instance_norm(z, weight=gamma, bias=beta),
    }
    peer = peers[name.split()[0]]()
    peer.backward(torch.tensor(upstream))

    np.testing.assert_allclose(layer.forward(x), peer.detach().numpy(), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(layer.backward(upstream), z.grad.numpy(), rtol=1e-10, atol=1e-12)
    for key, leaf in zip(layer.grads, leaves[1:], strict=False):
        np.testing.assert_allclose(layer.grads[key], leaf.grad.numpy(), rtol=1e-11, atol=1e-12)


def test_groups_lead_from_layers_to_instances() -> None:
    """One group is layer normalization of all of an example; as many as channels is instance normalization."""
    x = draw((3, 4, 2, 5))
    whole = LayerNorm(40, affine=False).forward(x.reshape(3, 40)).reshape(x.shape)
    np.testing.assert_allclose(GroupNorm(4).forward(x), whole, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(GroupNorm(4, 4).forward(x), InstanceNorm(4).forward(x), rtol=1e-13, atol=1e-14)


# Edges


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e170, 1e300])
def test_no_spread_is_too_small_or_too_large_for_its_square(name: str, scale: float) -> None:
    """Where the variance overflows the example is still normalized; where it vanishes, eps rules."""
    layer, x = LAYERS[name][0](), draw(LAYERS[name][1])
    with np.errstate(all="raise"):
        out, dx = layer.forward(scale * x), layer.backward(draw(x.shape, 1))

    rows = parts(x, name)
    rows = rows - rows.mean(axis=1, keepdims=True) if name in CENTERED else rows
    rms = np.sqrt((rows**2).mean(axis=1, keepdims=True))
    spread = rms if scale > 1 else np.sqrt(layer.eps) / scale
    np.testing.assert_allclose(parts(out, name), rows / spread, rtol=1e-12)
    assert np.isfinite(dx).all()


@pytest.mark.parametrize("name", LAYERS)
def test_constant_and_empty_input_is_finite(name: str) -> None:
    """An example without spread comes out as beta, and no example as none."""
    layer, shape = shaken(name), LAYERS[name][1]
    value = 1e8 if name in CENTERED else 0.0
    with np.errstate(all="raise"):
        out, dx = layer.forward(np.full(shape, value)), layer.backward(np.ones(shape))
        assert layer.forward(np.empty((0, *shape[1:]))).shape == (0, *shape[1:])
        assert layer.backward(np.empty((0, *shape[1:]))).shape == (0, *shape[1:])

    np.testing.assert_array_equal(out, np.broadcast_to(beside(parameters(layer)[1], out, name), shape))
    assert np.isfinite(dx).all()


@pytest.mark.parametrize("name", LAYERS)
def test_float32_is_kept_and_computed_in_double_precision(name: str) -> None:
    """Float32 input gives the correctly rounded float32 output and gradient."""
    x = (1e3 + draw(LAYERS[name][1])).astype(np.float32)
    layer, double = shaken(name), shaken(name)
    found = layer.forward(x), layer.backward(np.ones_like(x))
    exact = double.forward(x.astype(float)), double.backward(np.ones(x.shape))

    for value, truth in zip(found, exact, strict=True):
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, truth.astype(np.float32))


@pytest.mark.parametrize("name", LAYERS)
def test_nan_stays_in_its_part(name: str) -> None:
    """An input that is no number spoils what it is normalized with, and nothing else."""
    x = draw(LAYERS[name][1])
    x.flat[0] = np.nan
    spoiled = np.isnan(parts(shaken(name).forward(x), name))
    np.testing.assert_array_equal(spoiled, np.arange(len(spoiled))[:, np.newaxis] == np.zeros(spoiled.shape))


@pytest.mark.parametrize("name", LAYERS)
def test_inputs_are_left_alone(name: str) -> None:
    """Neither pass writes into what it is given, no output shares its memory, and a list will do."""
    layer, x, upstream = shaken(name), draw(LAYERS[name][1]), draw(LAYERS[name][1], 1)
    for array in (x, upstream):
        array.setflags(write=False)
    out, dx = layer.forward(x), layer.backward(upstream)
    before = dx.copy()
    assert not np.shares_memory(out, x)
    assert not np.shares_memory(dx, upstream)
    np.testing.assert_array_equal(layer.forward(x.tolist()), out)
    layer.gamma[:] = 7
    np.testing.assert_array_equal(layer.backward(upstream), before)


@pytest.mark.parametrize("name", [*LAYERS, "BatchNorm"])
def test_without_parameters_it_is_the_layer_whose_gamma_is_one(name: str) -> None:
    """With `affine=False` there is nothing to learn, and the same comes out."""
    make, shape = (lambda **o: BatchNorm(4, **o), (5, 4)) if name == "BatchNorm" else LAYERS[name]
    bare, full, x = make(affine=False), make(), draw(shape)

    np.testing.assert_array_equal(bare.forward(x), full.forward(x))
    np.testing.assert_array_equal(bare.backward(x), full.backward(x))
    assert (bare.gamma, bare.dgamma, len(bare.params), len(bare.grads)) == (None, None, 0, 0)
    assert repr(bare).endswith("affine=False)")


def test_the_root_mean_square_does_not_notice_how_it_is_taken() -> None:
    """Between the plain and the careful way, at both ends of the range, nothing jumps."""
    x = draw((100, 1))
    for scale in (1e-139, 1e-141, 1e149, 1e151):
        assert rms_of(scale * x)[0] / scale == pytest.approx(np.sqrt((x**2).mean()), rel=1e-14)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LayerNorm(0), "width=0 must be at least 1"),
        (lambda: RMSNorm(3, eps=-1), "eps=-1 must be a finite number above 0"),
        (lambda: GroupNorm(4, 3), "groups=3 must divide the width, 4"),
        (lambda: LayerNorm(3).forward(np.ones((2, 4))), r"x has shape \(2, 4\); LayerNorm\(3, .* takes \(..., 3\)"),
        (
            lambda: GroupNorm(4, 2).forward(np.ones((2, 3))),
            r"GroupNorm\(4, groups=2, .* takes \(N, 4, ...\)",
        ),
        (lambda: InstanceNorm(3).forward(np.ones((2, 3))), r"takes \(N, 3, H, W\)"),
        (lambda: RMSNorm(3).forward(1j * np.ones((2, 3))), "x has dtype complex128; real numbers are needed"),
        (lambda: RMSNorm(3).backward(np.ones((2, 3))), r"RMSNorm\(3, .*call forward\(x\) first"),
    ],
)
def test_misuse_is_one_sentence(make: Callable[[], object], message: str) -> None:
    """A wrong argument is named with its value and the way out."""
    with pytest.raises(ValueError, match=message):
        make()

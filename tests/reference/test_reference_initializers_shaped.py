"""Initializers with a structure of their own, kernels, gains, and torch."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.stats
from gradcheck.reference import (
    constant,
    conv2d_forward,
    glorot_normal,
    he,
    he_uniform,
    identity,
    initializers,
    orthogonal,
    sparse,
    truncated_normal,
    xavier,
)
from hypothesis import given, settings
from hypothesis import strategies as st

LAW = settings(deadline=None, max_examples=40)
FALSE_ALARM = 1e-9
GAINS = initializers.GAINS


# Structures


@LAW
@given(st.integers(1, 12), st.integers(1, 12), st.floats(0.1, 5), st.integers(0, 2**32))
def test_orthogonal_weights_have_one_singular_value(fan_in: int, fan_out: int, gain: float, seed: int) -> None:
    """Every singular value is the gain: columns are orthonormal, or rows where there are fewer of them."""
    values = np.linalg.svd(orthogonal(fan_in, fan_out, gain=gain, rng=seed), compute_uv=False)
    np.testing.assert_allclose(values, gain, rtol=1e-13)


def test_orthogonal_weights_are_uniform_over_rotations() -> None:
    """The first entry of Haar matrices of size 3 is uniform on [-1, 1] (Archimedes); plain QR signs are not."""
    entries = [orthogonal(3, 3, rng=seed)[0, 0] for seed in range(2000)]
    assert scipy.stats.kstest(entries, scipy.stats.uniform(-1, 2).cdf).pvalue > FALSE_ALARM


def test_a_deep_orthogonal_net_keeps_every_length() -> None:
    """Through fifty linear layers the length of a signal stays, where independent entries scatter it."""
    rng, x = np.random.default_rng(0), np.random.default_rng(1).standard_normal(30)
    y = x
    for _ in range(50):
        y = y @ orthogonal(30, 30, rng=rng)
    assert np.linalg.norm(y) == pytest.approx(np.linalg.norm(x), rel=1e-12)


@pytest.mark.parametrize("bound", [0.01, 0.5, 2.0, 6.0])
def test_truncated_weights_have_the_variance_and_the_law_they_promise(bound: float) -> None:
    """The correction for what is cut off is exact, and the entries follow SciPy's truncated normal."""
    std = 0.3
    w = truncated_normal(300, 200, std=std, bound=bound, rng=0).ravel()
    law = scipy.stats.truncnorm(-bound, bound)
    scale = std / math.sqrt(
        float(mpmath.quad(lambda z: z * z * mpmath.npdf(z), [-bound, bound]))
        / float(mpmath.erf(bound / mpmath.sqrt(2)))
    )

    assert np.abs(w).max() <= bound * scale * (1 + 1e-12)
    assert scipy.stats.kstest(w / scale, law.cdf).pvalue > FALSE_ALARM
    assert abs(np.square(w).mean() / std**2 - 1) < 6.2 * math.sqrt(2 / w.size)


@LAW
@given(st.integers(1, 30), st.integers(1, 8), st.integers(1, 20), st.integers(0, 2**32))
def test_sparse_units_have_exactly_their_connections(fan_in: int, fan_out: int, connections: int, seed: int) -> None:
    """Each unit has as many incoming weights as asked for, or all of them."""
    w = sparse(fan_in, fan_out, connections=connections, rng=seed)
    assert (np.count_nonzero(w, axis=0) == min(connections, fan_in)).all()


def test_sparse_connections_fall_anywhere() -> None:
    """Every input is as likely as any other: counts over 4000 units agree with the binomial law."""
    counts = np.count_nonzero(sparse(50, 4000, connections=10, rng=0), axis=1)
    assert scipy.stats.chisquare(counts).pvalue > FALSE_ALARM
    w = sparse(400, 300, rng=1)
    # 15 normal entries a unit: the variance of an entry is estimated from 4500 of them.
    assert abs(np.square(w).mean() * 400 - 1) < 6.2 * math.sqrt(2 / 4500)


def test_the_identity_passes_the_input_on() -> None:
    """Dense, wide and tall; and a convolution with half of its kernel as padding."""
    x = np.random.default_rng(0).standard_normal((5, 3))
    np.testing.assert_array_equal(x @ identity(3, 3), x)
    np.testing.assert_array_equal(x @ identity(3, 5), np.pad(x, ((0, 0), (0, 2))))
    np.testing.assert_array_equal(x @ identity(3, 2), x[:, :2])
    images = np.random.default_rng(0).standard_normal((2, 3, 5, 6))
    out, _ = conv2d_forward(images, identity(3, 3, kernel=(3, 5)), np.zeros(3), padding=(1, 2))
    np.testing.assert_array_equal(out, images)


def test_slightly_positive_biases_lower_the_share_of_dead_units() -> None:
    """A-RELU-3: with the constant 0.01 fewer ReLUs are silent for a whole batch of small inputs."""
    x = 0.01 * np.random.default_rng(0).standard_normal((6, 20))
    z = x @ xavier(20, 2000, rng=0)
    dead = [(z + bias <= 0).all(axis=0).mean() for bias in (0.0, constant(1, 2000))]
    assert 2 * dead[1] < dead[0]


# Kernels


@pytest.mark.parametrize("shape", [(3, 5), (8, 4, 3, 3), (8, 2, 5), (6, 1, 2, 3, 4)], ids=str)
def test_fans_are_those_of_torch(shape: tuple[int, ...]) -> None:
    """For kernels of any dimension; torch's matrices are transposed."""
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    oracle = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape if len(shape) > 2 else shape[::-1]))
    assert initializers.fans(shape)[1:] == oracle


@pytest.mark.parametrize("name", [name for name in initializers.TRAITS if name not in ("identity", "orthogonal")])
def test_kernels_have_the_variance_of_their_fans(name: str) -> None:
    """The declared variance holds for convolutions too, at the fans that are counted for them."""
    w = getattr(initializers, name)(40, 60, kernel=(3, 2), rng=0)
    size = initializers.fans(w.shape)
    assert w.shape == (60, 40, 3, 2)
    assert (size.fan_in, size.fan_out) == (240, 360)
    expected = initializers.TRAITS[name]["variance"](240, 360)  # type: ignore[operator]
    effective = 60 * 15 if name == "sparse" else w.size
    assert abs(w.var() - expected) <= 6.2 * math.sqrt(2 / effective) * expected


def test_the_filters_of_an_orthogonal_convolution_are_orthogonal() -> None:
    """Each filter, all of its channels and positions, is one direction."""
    w = orthogonal(4, 6, kernel=(3, 3), gain=2.0, rng=0).reshape(6, -1)
    np.testing.assert_allclose(w @ w.T, 4 * np.eye(6), atol=1e-13)


def test_a_convolution_of_he_keeps_the_second_moment() -> None:
    """W-HE: with fans counted over the kernel, what a unit sums up has twice the mean square of a ReLU's output."""
    x = np.maximum(np.random.default_rng(0).standard_normal((8, 16, 12, 12)), 0)
    out, _ = conv2d_forward(x, he(16, 64, kernel=(3, 3), rng=0), np.zeros(64))
    assert np.square(out).mean() == pytest.approx(1.0, rel=0.2)


def test_the_mode_says_which_fan_counts() -> None:
    """With fan_out it is the gradient that keeps its size."""
    w = he(100, 900, mode="fan_out", rng=0)
    assert w.var() == pytest.approx(2 / 900, rel=6.2 * math.sqrt(2 / w.size))
    np.testing.assert_allclose(he(3, 4, gain=1.0, rng=0), xavier(3, 4, rng=0), rtol=1e-15)
    np.testing.assert_array_equal(glorot_normal(3, 4, gain=2.0, rng=0), 2 * glorot_normal(3, 4, rng=0))


@pytest.mark.parametrize("name", ["xavier", "kaiming"])
def test_standard_deviations_are_those_of_torch(name: str) -> None:
    """Both libraries estimate the same spread, for normal and uniform weights."""
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    generator, ours = torch.Generator().manual_seed(0), {"xavier": "glorot", "kaiming": "he"}[name]
    for law in ("normal", "uniform"):
        options = {} if name == "xavier" else {"nonlinearity": "relu"}
        peer = getattr(torch.nn.init, f"{name}_{law}_")(torch.empty(300, 500), generator=generator, **options)
        function = getattr(initializers, "he" if (ours, law) == ("he", "normal") else f"{ours}_{law}")
        w = function(500, 300, rng=0)
        assert w.std() == pytest.approx(float(peer.std()), rel=12 * math.sqrt(0.5 / w.size))
        if law == "uniform":
            assert np.abs(w).max() == pytest.approx(float(peer.abs().max()), rel=1e-3)


# Gains

SELU_SCALE, SELU_ALPHA = (
    mpmath.mpf("1.0507009873554804934193349852946"),
    mpmath.mpf("1.6732632423543772848170429916717"),
)
FUNCTIONS: dict[str, Any] = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, 0),
    "leaky_relu": lambda z: max(z, z / 100),
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "selu": lambda z: SELU_SCALE * (z if z > 0 else SELU_ALPHA * mpmath.expm1(z)),
    "gelu": lambda z: z * mpmath.ncdf(z),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "mish": lambda z: z * mpmath.tanh(mpmath.log1p(mpmath.exp(z))),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "softsign": lambda z: z / (1 + abs(z)),
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
}


def test_every_gain_has_its_function() -> None:
    """The table and its oracle name the same nonlinearities."""
    assert list(GAINS) == list(FUNCTIONS)


@pytest.mark.parametrize("name", GAINS)
def test_gains_restore_the_second_moment(name: str) -> None:
    """Each is one over the root of E f(z)^2 for a unit normal z, to the last digits."""
    f = FUNCTIONS[name]
    second = mpmath.quad(lambda z: f(z) ** 2 * mpmath.npdf(z), [-30, -10, -4, -1, 0, 1, 4, 10, 30])
    assert GAINS[name] == pytest.approx(float(1 / mpmath.sqrt(second)), rel=1e-13)


@pytest.mark.parametrize("name", ["linear", "relu", "leaky_relu"])
def test_exact_gains_are_those_of_torch(name: str) -> None:
    """Where the argument is exact, both tables agree."""
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    assert GAINS[name] == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-12)


# What they refuse


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: he(3, 4, kernel=(3, 0)), r"kernel=\(3, 0\) must hold numbers of at least 1"),
        (lambda: he(3, 4, kernel=()), r"kernel=\(\) must hold numbers"),
        (lambda: he(3, 4, mode="fan"), "mode='fan' is not a fan; the modes are 'fan_in' and 'fan_out'"),
        (lambda: he_uniform(3, 4, gain=-1), "gain=-1 must be a finite number above 0"),
        (lambda: truncated_normal(3, 4, bound=0), "bound=0 must be a finite number above 0"),
        (lambda: truncated_normal(3, 4, std=-1), "std=-1 must be a finite number above 0"),
        (lambda: sparse(3, 4, connections=0), "connections=0 must be at least 1: a unit without any is dead"),
        (lambda: constant(3, 4, value=math.inf), "value=inf must be finite"),
        (lambda: initializers.fans((3,)), r"shape=\(3,\) must hold at least two sizes, none below 1"),
    ],
)
def test_bad_options_get_a_sentence(call: Any, sentence: str) -> None:
    """Each names the option, its value, and what would be right."""
    with pytest.raises(ValueError, match=sentence):
        call()

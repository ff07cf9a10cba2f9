"""Update rules: closed forms, torch, invariants, and what they leave alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradcheck.reference import adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

LAW = settings(deadline=None, max_examples=60)
RULES: dict[str, Callable[..., Any]] = {
    rule.__name__: rule for rule in (sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw)
}
SCALED = ("adagrad", "rmsprop", "adam")
"""Rules whose steps do not know the size of the gradient."""

CURVATURES = np.array([1.0, 10.0, 0.1])


def draw(*shape: int, seed: int = 0) -> NDArray[np.float64]:
    """Return standard normal numbers."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def run(rule: Callable[..., Any], w: Any, gradients: Any, **options: Any) -> Any:
    """Return the weights after a step along each gradient: an array, or a function of the weights."""
    state = None
    for gradient in gradients:
        w, state = rule(w, gradient(w) if callable(gradient) else gradient, state, **options)
    return w


# Closed forms


def test_gradient_descent_on_a_quadratic_is_a_power() -> None:
    """U-SGD: the error after n steps is (1 - rate h)^n of the first."""
    w = run(sgd, np.ones(3), [lambda w: CURVATURES * w] * 7, learning_rate=0.05)
    np.testing.assert_allclose(w, (1 - 0.05 * CURVATURES) ** 7, rtol=1e-14)


@pytest.mark.parametrize("ahead", [False, True])
def test_momentum_sums_all_gradients(ahead: bool) -> None:
    """U-MOM, U-NEST: after n gradients, each has moved the weights by the geometric sum of what is left to it."""
    gradients, mu, rate = draw(6, 3), 0.8, 0.1
    left = np.arange(6, 0, -1) + ahead
    expected = -rate * ((1 - mu**left) / (1 - mu))[:, np.newaxis] * gradients
    found = run(nesterov if ahead else momentum, np.zeros(3), gradients, learning_rate=rate, momentum=mu)
    np.testing.assert_allclose(found, expected.sum(axis=0), rtol=1e-13)


def test_nesterov_is_momentum_with_the_gradient_taken_ahead() -> None:
    """U-NEST: in Sutskever's form, with the gradient at w + mu v, the point looked ahead to is the same."""
    mu, rate, steps = 0.9, 0.05, 12
    w, v = np.ones(3), np.zeros(3)
    for _ in range(steps):
        v = mu * v - rate * CURVATURES * (w + mu * v)
        w = w + v
    found = run(nesterov, np.ones(3), [lambda w: CURVATURES * w] * steps, learning_rate=rate, momentum=mu)
    np.testing.assert_allclose(found, w + mu * v, rtol=1e-12)


def test_adagrad_under_a_constant_gradient_slows_down_like_the_root() -> None:
    """U-ADAGRAD: step t has length rate / sqrt(t), whatever the gradient."""
    w = run(adagrad, np.zeros(2), [np.array([1e-3, -1e5])] * 9, learning_rate=0.5)
    np.testing.assert_allclose(w, 0.5 * (1 / np.sqrt(np.arange(1, 10))).sum() * np.array([-1, 1]), rtol=1e-6)


def test_rmsprop_is_the_weighted_mean_of_squares() -> None:
    """U-RMS: the root is that of (1 - rho) sum rho^k g^2."""
    gradients, rho, state, w = draw(6, 3), 0.7, None, np.zeros(3)
    for t, g in enumerate(gradients, 1):
        before = w
        w, state = rmsprop(w, g, state, learning_rate=0.1, rho=rho)
        mean = (0.3 * rho ** np.arange(t - 1, -1, -1)[:, np.newaxis] * gradients[:t] ** 2).sum(axis=0)
        np.testing.assert_allclose(w - before, -0.1 * g / (np.sqrt(mean) + 1e-8), rtol=1e-12)


@LAW
@given(st.floats(-100, 100), st.integers(0, 2**32))
def test_the_first_step_of_adam_has_the_length_of_the_rate(log_scale: float, seed: int) -> None:
    """U-ADAM: corrected for their start, both means are those of the one gradient there is."""
    g = 10**log_scale * np.random.default_rng(seed).standard_normal(4)
    w, _ = adam(np.zeros(4), g, learning_rate=0.1)
    np.testing.assert_allclose(w, -0.1 * g / (np.abs(g) + 1e-8), rtol=1e-14)


def test_adamw_is_adam_and_a_decay_in_proportion() -> None:
    """U-ADAM: without a decay it is Adam to the bit; the decay knows nothing of the gradients."""
    gradients, w = draw(5, 3), draw(3, seed=1)
    np.testing.assert_array_equal(run(adamw, w, gradients, weight_decay=0), run(adam, w, gradients))
    still = run(adamw, w, np.zeros((5, 3)), learning_rate=0.1, weight_decay=0.5)
    np.testing.assert_allclose(still, 0.95**5 * w, rtol=1e-14)


# Invariants


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("scale", [1e-250, 1e-3, 1e3, 1e250])
def test_the_size_of_the_gradient_does_not_count(name: str, scale: float) -> None:
    """U-ADAGRAD, U-RMS, U-ADAM: gradients c times as large give the same steps, also where squares overflow."""
    gradients = draw(8, 3)
    steps = [run(RULES[name], np.zeros(3), c * gradients, eps=c * 1e-8) for c in (1, scale)]
    np.testing.assert_allclose(steps[1], steps[0], rtol=1e-12)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_finds_the_minimum_of_a_quadratic(name: str) -> None:
    """A convex quadratic is solved, each direction at its own speed; rates that fall need more of it."""
    rate = {"adagrad": 1.0, "rmsprop": 0.01, "adam": 0.05, "adamw": 0.05}.get(name, 0.1)
    options = {"weight_decay": 0.0} if name == "adamw" else {}
    w = run(RULES[name], np.ones(3), [lambda w: CURVATURES * w] * 800, learning_rate=rate, **options)
    assert np.abs(w).max() < 2e-2


def test_nesterov_overshoots_less_than_momentum() -> None:
    """U-NEST: on a steep quadratic it oscillates less, since it sees the slope ahead."""
    steep = [lambda w: 10.0 * w] * 40
    paths = [run(rule, np.ones(1), steep, learning_rate=0.09)[0] for rule in (momentum, nesterov)]
    assert abs(paths[1]) < 0.1 * abs(paths[0])


def test_too_high_a_rate_explodes() -> None:
    """D-LR: beyond 2 / h, gradient descent moves away from the minimum."""
    assert abs(run(sgd, np.ones(1), [lambda w: 10.0 * w] * 50, learning_rate=0.21)[0]) > 100


# Against torch


@pytest.mark.parametrize("name", RULES)
def test_agrees_with_torch(name: str) -> None:
    """Twelve steps along the same gradients end where torch's end."""
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    optim = torch.optim
    peers: dict[str, Any] = {
        "sgd": lambda p: optim.SGD(p, lr=0.01),
        "momentum": lambda p: optim.SGD(p, lr=0.01, momentum=0.9),
        "nesterov": lambda p: optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
        "adagrad": lambda p: optim.Adagrad(p),
        "rmsprop": lambda p: optim.RMSprop(p),
        "adam": lambda p: optim.Adam(p),
        "adamw": lambda p: optim.AdamW(p),
    }
    w, gradients = draw(4, 3), draw(12, 4, 3)
    parameter = torch.nn.Parameter(torch.tensor(w))
    peer = peers[name]([parameter])
    for g in gradients:
        parameter.grad = torch.tensor(g)
        peer.step()

    np.testing.assert_allclose(run(RULES[name], w, gradients), parameter.detach().numpy(), rtol=1e-12)


# Purity


@pytest.mark.parametrize("name", RULES)
def test_steps_are_pure(name: str) -> None:
    """Nothing handed in changes, the same arguments give the same bits, and results share no memory with them."""
    w, gradients = draw(4, 3), draw(2, 4, 3)
    _, state = RULES[name](w, gradients[0])
    for array in (w, gradients, *(part for part in state or () if isinstance(part, np.ndarray))):
        array.setflags(write=False)
    first, again = (RULES[name](w, gradients[1], state) for _ in range(2))

    np.testing.assert_array_equal(first[0], again[0])
    assert not np.shares_memory(first[0], w)


@pytest.mark.parametrize("name", RULES)
def test_float32_stays_and_nan_goes_through(name: str) -> None:
    """Weights keep their precision; a gradient that is NaN ends in its own weight and nowhere else."""
    w, state = RULES[name](np.ones(3, np.float32), np.array([1.0, np.nan, 2.0], np.float32))
    assert w.dtype == np.float32
    assert np.isnan(w).tolist() == [False, True, False]
    assert all(part.dtype == np.float64 for part in state or () if isinstance(part, np.ndarray))


@pytest.mark.parametrize("name", RULES)
def test_a_gradient_of_zero_moves_nothing(name: str) -> None:
    """At a minimum every rule rests, apart from a decay that was asked for."""
    options = {"weight_decay": 0.0} if name == "adamw" else {}
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(run(RULES[name], np.ones(3), np.zeros((4, 3)), **options), 1)


@pytest.mark.parametrize("name", RULES)
def test_bad_arguments_get_a_sentence(name: str) -> None:
    """A gradient that would broadcast, a rate below 0, complex weights."""
    rule = RULES[name]
    with pytest.raises(ValueError, match=r"grad has shape \(1,\), w has shape \(3,\); they must agree"):
        rule(np.ones(3), np.ones(1))
    with pytest.raises(ValueError, match="learning_rate=-1 must be a finite number, at least 0"):
        rule(np.ones(3), np.ones(3), learning_rate=-1)
    with pytest.raises(ValueError, match="w has dtype complex128; real numbers are needed"):
        rule(1j * np.ones(3), np.ones(3))


def test_a_state_that_does_not_fit_gets_a_sentence() -> None:
    """The memory of one array, or of one rule, is not that of another."""
    _, state = adam(np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match=r"state belongs to weights of shape \(3,\), w has shape \(2,\)"):
        adam(np.ones(2), np.ones(2), state)
    with pytest.raises(ValueError, match="state is a Moments, but this rule keeps a Velocity"):
        momentum(np.ones(3), np.ones(3), state)
    with pytest.raises(ValueError, match="state is a Moments, but gradient descent remembers nothing"):
        sgd(np.ones(3), np.ones(3), state)
    with pytest.raises(ValueError, match=r"beta1=1 must lie in \[0, 1\)"):
        adam(np.ones(3), np.ones(3), beta1=1)

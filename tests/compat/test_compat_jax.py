"""`gradcheck.compat.jax.check_grads` beside JAX's own."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from gradcheck import InvalidArgument
from gradcheck.compat.jax import check_grads

jax = pytest.importorskip("jax", reason="JAX's checker is compared where JAX is installed")
jnp = jax.numpy


def _doubled() -> Any:
    """Return x^2 with a derivative that is twice too large."""
    square = jax.custom_jvp(lambda x: x**2)
    square.defjvp(lambda primals, tangents: (primals[0] ** 2, 4 * primals[0] * tangents[0]))
    return square


def test_what_passes_there_passes_here() -> None:
    """Both modes, second order, arrays and plain numbers."""
    from jax.test_util import check_grads as theirs

    theirs(jnp.sin, (0.5,), order=2)
    check_grads(jnp.sin, (0.5,), order=2)
    check_grads(lambda a, b: a @ b, (jnp.ones((2, 3)), jnp.ones((3, 2))), order=1, modes="rev")


def test_a_tolerance_that_grew_with_size_hides_nothing() -> None:
    """A derivative twice too large among ten thousand in float32."""
    from jax.test_util import check_grads as theirs

    x = jnp.asarray(np.random.default_rng(0).normal(size=10_000), dtype=jnp.float32)
    theirs(_doubled(), (x,), order=1, modes=("fwd",))
    with pytest.raises(AssertionError, match="GC101"):
        check_grads(_doubled(), (x,), order=1, modes=("rev",))


def test_every_parameter_of_jaxs_is_there_and_unknown_modes_are_refused() -> None:
    """Switching is one line of import."""
    from jax.test_util import check_grads as theirs

    assert list(inspect.signature(theirs).parameters) == list(inspect.signature(check_grads).parameters)
    with pytest.raises(InvalidArgument, match="modes='up'"):
        check_grads(jnp.sin, (0.5,), order=1, modes="up")
    check_grads(jnp.sin, (0.5,), order=1, modes="fwd,rev")


def _until_large(change: Any) -> Any:
    """Return a function with a loop of unknown length, through which there is no reverse mode."""
    return lambda x: jax.lax.while_loop(lambda c: c.sum() < 10, lambda c: change(c) / c, jnp.abs(x) + 1)


@pytest.mark.parametrize("order", [1, 2])
def test_forward_mode_is_compared_alone(order: int) -> None:
    """Where it is all there is; a tangent twice too large is found there, at second order, too."""
    x = {"a": jnp.array([0.5, -2.0]), "n": 2}
    check_grads(lambda x: {"y": _until_large(lambda c: c**3)(x["a"]), "n": 2}, (x,), order=order, modes=["fwd"])
    with pytest.raises(AssertionError, match="GC101"):
        check_grads(lambda x: _until_large(lambda c: c * _doubled()(c))(x["a"]), (x,), order=order, modes=["fwd"])


def test_a_tangent_whose_own_is_wrong_is_found_by_second_order() -> None:
    """In forward mode alone, as in both."""
    sine = jax.custom_jvp(jnp.sin)
    sine.defjvp(lambda p, t: (jnp.sin(p[0]), t[0] * jax.lax.stop_gradient(jnp.cos(p[0]))))

    check_grads(sine, (jnp.array([0.5, -2.0]),), order=1, modes=["fwd"])
    with pytest.raises(AssertionError):
        check_grads(sine, (jnp.array([0.5, -2.0]),), order=2, modes=["fwd"])


def test_arguments_without_a_tuple_are_refused() -> None:
    """An array is iterable, and its rows are no arguments."""
    with pytest.raises(InvalidArgument, match="check_grads takes a tuple of arguments"):
        check_grads(jnp.tanh, np.ones(3), 1)

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

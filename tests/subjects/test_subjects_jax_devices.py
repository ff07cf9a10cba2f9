"""JAX where it is: functions run on the device of their inputs, and products are in full where a GPU rounds them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

import gradcheck

jax = pytest.importorskip("jax", reason="subjects of JAX need JAX")
jnp = jax.numpy

ON_THE_SECOND = """
import jax, jax.numpy as jnp, gradcheck
second, seen = jax.devices()[1], set()
x = jax.device_put(jnp.linspace(0.5, 2.0, 6), second)

def function(x):
    if not isinstance(x, jax.core.Tracer):
        seen.update(x.devices())
    return jnp.sin(x) * 2

assert gradcheck.check(function, x).ok
assert seen == {second}, seen
"""


def test_a_function_is_called_where_its_input_is() -> None:
    """On the second of two devices, which a fresh process makes of one processor."""
    flags = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}

    subprocess.run([sys.executable, "-c", ON_THE_SECOND], env=flags, check=True, timeout=120)


@pytest.mark.parametrize("backend", ["cpu", "gpu"])
def test_products_of_float32_are_in_full_where_they_are_rounded_by_default(backend: str, monkeypatch: Any) -> None:
    """On a GPU, inside; on a processor nothing is switched, so that what is compiled outside serves inside."""
    seen = set()

    def function(x: Any) -> Any:
        seen.add(jax.config.jax_default_matmul_precision)
        return x @ x.T

    before = jax.config.jax_default_matmul_precision
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    assert gradcheck.check(function, jnp.eye(3) + 0.5).ok
    assert seen == {"highest" if backend == "gpu" else before}
    assert jax.config.jax_default_matmul_precision == before

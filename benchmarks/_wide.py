"""JAX with 64 bits, for as long as a checker runs: what is left switched on changes everything that runs later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def sixty_four_bits() -> Iterator[None]:
    """Have JAX keep float64 in every thread, those of its callbacks too, and leave its settings as they were."""
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)

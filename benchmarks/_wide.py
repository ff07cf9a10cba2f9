"""JAX with 64 bits, for as long as a checker runs: what is left switched on changes everything that runs later."""

from __future__ import annotations

from contextlib import AbstractContextManager


def sixty_four_bits() -> AbstractContextManager[None]:
    """Return the context in which JAX keeps float64, and which leaves its settings as they were."""
    import jax

    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64

    return enable_x64()

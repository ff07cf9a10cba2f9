"""What every test may use."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

# No test stores cases where it happens to run; those about storing name a folder of their own.
os.environ.setdefault("GRADCHECK_CASES", "off")
os.environ.pop("JAX_ENABLE_X64", None)  # a test says itself which width it wants

# No deadline: a slow machine is no failure. All else stays as the profile in force says (`ci` under CI).
settings.register_profile("no-deadline", parent=settings(), deadline=None)
settings.load_profile("no-deadline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names of tests that are others in every process: workers could not agree on what they share."""
    odd = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if odd:
        raise pytest.UsageError(f"{odd[0]} has an address in its name; give it ids")


def _wide_jax() -> bool | None:
    """Return whether JAX has 64 bits in this process, None as long as nobody imported it."""
    jax = sys.modules.get("jax")
    return None if jax is None else bool(jax.config.jax_enable_x64)


@pytest.fixture(autouse=True)
def _jax_stays_as_it_was() -> Iterator[None]:
    """No test leaves JAX with another width: what a later one sees would hang on the order they run in."""
    before = _wide_jax()
    yield
    assert _wide_jax() in (bool(before), None), "the test left `jax_enable_x64` changed"

"""Which tests the options leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..engine.config import Configuration

if TYPE_CHECKING:
    from ._parametrize import BoundCheck


def deselected(config: pytest.Config, items: list[pytest.Item], configuration: Configuration) -> set[pytest.Item]:
    """Return the tests that are not to run."""
    out: set[pytest.Item] = set()
    if config.getoption("gradcheck_only"):
        out |= {item for item in items if not checks(item)}
    if config.getoption("gradcheck_skip"):
        out |= {item for item in items if checks(item)}
    bound = {item: check for item in items if (check := bound_check(item)) is not None}
    if bound and (configuration["select"] or configuration["ignore"]):
        from ..engine._select import Selection

        chosen = Selection.configured(configuration).chosen
        out |= {item for item, check in bound.items() if check.code not in chosen}
    if config.getoption("gradcheck_replay"):
        out |= set(items) - {item for item, check in bound.items() if check.stored(configuration)}
    return out


def checks(item: pytest.Item) -> bool:
    """Say whether a test uses the fixture, the marker, `parametrize`, or comes from the configuration."""
    fixture = "gradcheck" in getattr(item, "fixturenames", ())
    return fixture or item.get_closest_marker("gradcheck") is not None or bound_check(item) is not None


def bound_check(item: pytest.Item) -> BoundCheck | None:
    """Return the law that a test holds against a subject, or None."""
    if (own := getattr(item, "check", None)) is not None and hasattr(own, "code"):
        return own  # type: ignore[no-any-return]
    given = getattr(getattr(item, "callspec", None), "params", {}).get("check")
    return given if hasattr(given, "code") and hasattr(given, "plan") else None

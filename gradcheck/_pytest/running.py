"""The test that is running, and what it was told about checks."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from ..engine.config import Configuration
    from ..report import Report, SuiteReport

item: pytest.Item | None = None
"""The test that is running, where the plugin is active."""

ATTRIBUTE = "_gradcheck_reports"
"""Where a test keeps the reports of its checks."""


def options() -> dict[str, Any]:
    """Return the options of the session, overridden by those of the markers, the nearest last."""
    if item is None:
        return {}
    merged = _session(item.config)
    for marker in reversed(list(item.iter_markers("gradcheck"))):
        _known(marker)
        merged |= marker.kwargs
    if "seed" in merged:
        merged["rng"] = merged.pop("seed")
    return merged


def _known(marker: pytest.Mark) -> None:
    """Refuse what no check takes: the marker is where it was written, not the call."""
    from .._errors import InvalidArgument
    from ..checks._options import seeded
    from ..subjects._keywords import OPTIONS, refuse_unknown_options

    if marker.args:
        given = ", ".join(map(repr, marker.args))
        raise InvalidArgument(
            f"pytest.mark.gradcheck({given}) takes options by name alone, such as rtol=1e-3 or seed=7"
        )
    if "seed" in marker.kwargs:
        seeded(marker.kwargs["seed"], "seed")
    refuse_unknown_options(marker.kwargs, (*OPTIONS, "seed", "max_examples"), "pytest.mark.gradcheck")


def _session(config: pytest.Config) -> dict[str, Any]:
    """Return what the session sets: what nobody asked for is left to the check."""
    found = _configured(config)
    names = {"max-examples": "max_examples", "max-evals": "max_evals", "seed": "seed"}
    return {name: found[key] for key, name in names.items() if found.origin(key) != "default"}


def _configured(config: pytest.Config) -> Configuration:
    from ..pytest_plugin import configuration

    return configuration(config)


def setting(key: str, default: Any = None) -> Any:
    """Return a setting of the session; `default` where no plugin is active."""
    return default if item is None else _configured(item.config)[key]


def cases() -> Any:
    """Return the folder of cases of the session, or of the project, or None."""
    from ..engine._check_one import store_of
    from ..engine._settings import Settings

    return store_of(Settings() if item is None else Settings.of(_configured(item.config)))


def replays() -> bool:
    """Say whether only stored cases are to be tried."""
    return item is not None and bool(item.config.getoption("gradcheck_replay", False))


def command(seed: object) -> str | None:
    """Return the command that repeats the running test."""
    if item is None:
        return None
    given = f" --gradcheck-seed {seed}" if isinstance(seed, int) else ""
    return f"pytest {shlex.quote(item.nodeid)}{given}"


def record(report: Report | SuiteReport) -> None:
    """Keep `report` for the end of the running test."""
    if item is not None:
        item.__dict__.setdefault(ATTRIBUTE, []).append(report)

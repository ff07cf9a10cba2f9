"""A stranger's project, in which nothing of this machine counts."""

from __future__ import annotations

import pytest

OURS = ("gradcheck.pytest_plugin", "xdist.plugin", "_hypothesis_pytestplugin")


@pytest.fixture
def stranger(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a folder for a project: no environment of a CI service, no plugin that happens to be installed."""
    from gradcheck.engine.config._ci import VARIABLES

    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "PYTEST_ADDOPTS", *VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", ",".join(OURS))
    return pytester

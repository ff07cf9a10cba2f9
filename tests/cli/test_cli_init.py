"""``gradcheck init``: what it writes, what it refuses, and how it exits."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main
from gradcheck.cli._guard import Exit

ACTS = "import numpy as np\ndef cube(x): return x**3\ndef cube_grad(x): return 3 * x**2\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with an activation, as the current directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acts.py").write_text(ACTS)
    return tmp_path


def init(*options: str) -> Result:
    return CliRunner().invoke(main, ["init", *options])


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()} - {"acts.py"}


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ([], {".github/workflows/gradcheck.yml"}),
        (["--ci", "none"], set()),
        (["--ci", "gitlab"], {".gitlab/gradcheck.yml", ".gitlab-ci.yml"}),
        (["--pre-commit"], {".github/workflows/gradcheck.yml", ".pre-commit-config.yaml"}),
    ],
)
def test_what_was_asked_for_is_written(project: Path, options: list[str], written: set[str]) -> None:
    """The table always, beside the files of the service and the hook."""
    done = init(*options)

    assert done.exit_code == Exit.PASSED, done.output
    assert files(project) == {"pyproject.toml", *written}
    assert all(f"wrote {name}" in done.output for name in files(project))
    assert 'subjects = ["acts.py"]' in (project / "pyproject.toml").read_text()


def test_a_dry_run_writes_nothing(project: Path) -> None:
    """It prints the changes as a diff that could be applied."""
    done = init("--dry-run", "--pre-commit", "acts.py:cube")

    assert (done.exit_code, files(project)) == (Exit.PASSED, set())
    assert '+subjects = ["acts.py:cube"]' in done.stdout
    assert done.stdout.count("--- /dev/null") == 3


def test_what_is_there_is_refused_before_anything_is_written(project: Path) -> None:
    """Exit code 2 and one sentence; --force replaces."""
    workflow = project / ".github/workflows/gradcheck.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("edited")
    refused = init()

    assert refused.exit_code == Exit.USAGE
    assert "--force" in refused.stderr
    assert files(project) == {".github/workflows/gradcheck.yml"}
    assert init("--force").exit_code == Exit.PASSED
    assert workflow.read_text() != "edited"
    assert init().exit_code == Exit.USAGE


def test_an_empty_project_is_told_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table has an empty list to fill."""
    monkeypatch.chdir(tmp_path)

    assert "list your subjects there" in init("--ci", "none").stdout


def test_somebodys_pipeline_gets_advice(project: Path) -> None:
    """The lines to include are printed."""
    (project / ".gitlab-ci.yml").write_text("stages: [test]\n")

    assert "local: .gitlab/gradcheck.yml" in init("--ci", "gitlab").stdout


def test_wrong_use_is_two(project: Path) -> None:
    """A service that is not known."""
    assert init("--ci", "jenkins").exit_code == Exit.USAGE

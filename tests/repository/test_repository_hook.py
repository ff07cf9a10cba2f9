"""The hooks for pre-commit: their file is a manifest, and a commit of a broken layer is stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parent.parent.parent
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))}


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def _run(folder: Path, hooks: Path) -> subprocess.CompletedProcess[str]:
    """Run the hook of the repository `hooks` on `folder`, with a `gradcheck` on the path that is this one."""
    tools = folder.parent / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "gradcheck").write_text(f'#!/bin/sh\nexec {sys.executable} -m gradcheck "$@" -c GC101 -n 3 layers.py\n')
    (tools / "gradcheck").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "PRE_COMMIT_HOME": str(folder.parent / "cache"),
    }
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "gradcheck", "--all-files", "--verbose"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """Make a repository that has our manifest and nothing else."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    shutil.copy(MANIFEST, folder)
    _git(folder, "init", "-q")
    _git(folder, "add", ".")
    _git(folder, "commit", "-qm", "hooks")
    return folder


@pytest.mark.parametrize(("project", "code"), [("broken", 1), ("sound", 0)])
def test_a_commit_is_stopped_where_a_gradient_is_wrong(
    request: pytest.FixtureRequest, hooks: Path, project: str, code: int
) -> None:
    """pre-commit itself runs the hook, and shows the finding on one line."""
    pytest.importorskip("pre_commit")
    folder: Path = request.getfixturevalue(project)
    _git(folder, "init", "-q")
    _git(folder, "add", ".")
    done = _run(folder, hooks)

    assert done.returncode == code, done.stdout + done.stderr
    assert ("error GC101 double" in done.stdout) == (project == "broken")
    assert "gradients and laws" in done.stdout


def test_the_manifest_is_one() -> None:
    """pre-commit accepts it."""
    pytest.importorskip("pre_commit")
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)]

    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_both_hooks_run_the_same_once() -> None:
    """One uses the project's environment, the other one of its own; neither is called file by file."""
    assert {name: hook["language"] for name, hook in HOOKS.items()} == {
        "gradcheck": "system",
        "gradcheck-isolated": "python",
    }
    assert {hook["entry"] for hook in HOOKS.values()} == {"gradcheck run --quiet"}
    assert not any(hook["pass_filenames"] for hook in HOOKS.values())

"""The action for GitHub: its steps run as the scripts that they are, and its file keeps to GitHub's schema."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parent.parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
CHOSEN = {"targets": "layers.py", "arguments": "-c GC101 -n 3 --seed 1"}


def _filled(text: str, inputs: dict[str, str]) -> str:
    """Return a value of the file as GitHub fills it in."""
    known = {f"inputs.{name}": value for name, value in inputs.items()} | {"github.action_path": str(ROOT)}
    return re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda found: known[found[1]], text)


def run_step(name: str, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub's runner does, with the variables that it sets."""
    step = STEPS[name]
    given = {key: value.get("default", "") for key, value in ACTION["inputs"].items()} | inputs
    script = folder / ".step.sh"
    script.write_text(step["run"])
    theirs = {key: _filled(value, given) for key, value in step["env"].items()}
    github = {f"GITHUB_{key}": str(folder / f".{key.lower()}") for key in ("STEP_SUMMARY", "OUTPUT")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ours = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(folder), "PATH": path}
    source = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": source, **github, **ours, **theirs}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]  # GitHub's `shell: bash`
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_broken_layer_is_red_and_told_everywhere(broken: Path) -> None:
    """Exit code 1; annotation at file and line, summary, outputs, and a report of every sort in the folder."""
    done = run_step("check", broken, **CHOSEN)
    commands = [line for line in done.stdout.split("\n") if line.startswith("::error ")]
    reports = broken / "gradcheck-report"

    assert done.returncode == 1
    assert len(commands) == 1
    assert "file=layers.py,line=" in commands[0]
    assert "GC101" in commands[0]
    assert "error[GC101]" in done.stdout
    assert (broken / ".step_summary").read_text().startswith("## gradcheck: ❌")
    assert (broken / ".output").read_text() == "exit-code=1\nreports=gradcheck-report\n"
    assert {file.name for file in reports.iterdir()} == {"report.html", "report.json", "junit.xml", "results.sarif"}
    assert json.loads((reports / "report.json").read_text())["verdict"] == "fail"
    assert ET.parse(reports / "junit.xml").getroot().attrib["failures"] == "1"


def test_a_sound_project_is_green(sound: Path) -> None:
    """Exit code 0, no annotation, and a summary all the same."""
    done = run_step("check", sound, **CHOSEN)

    assert done.returncode == 0, done.stderr
    assert "::error" not in done.stdout
    assert (sound / ".output").read_text().startswith("exit-code=0\n")
    assert "✅" in (sound / ".step_summary").read_text()


def test_a_wrong_target_says_so(sound: Path) -> None:
    """Exit code 2 goes through, and no report is made up."""
    done = run_step("check", sound, targets="nowhere.py")

    assert done.returncode == 2
    assert "nowhere.py" in done.stderr
    assert (sound / ".output").read_text().startswith("exit-code=2\n")
    assert not (sound / ".step_summary").exists()


def test_inputs_cannot_act(sound: Path) -> None:
    """What stands in an input is a word, not a command."""
    run_step("check", sound, targets="layers.py; touch hacked", arguments="$(touch hacked) `touch hacked`")

    assert not (sound / "hacked").exists()
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize(
    ("install", "packages"), [("", [str(ROOT)]), ("gradcheck torch", ["gradcheck", "torch"])], ids=["own", "named"]
)
def test_what_is_installed(sound: Path, monkeypatch: pytest.MonkeyPatch, install: str, packages: list[str]) -> None:
    """The action's own gradcheck, or what was asked for; a stand-in for Python writes down what pip is told."""
    tools = sound / "tools"
    tools.mkdir()
    (tools / "python").write_text('#!/bin/sh\nprintf "%s\\n" "$@" > told\n')
    (tools / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tools / "python"))
    done = run_step("install", sound, install=install)

    assert done.returncode == 0, done.stderr
    told = (sound / "told").read_text().split("\n")[:-1]
    assert told[:3] == ["-m", "pip", "install"]
    assert [word for word in told[3:] if not word.startswith("--")] == packages


def test_the_file_keeps_to_the_schema_of_actions() -> None:
    """As a tool that knows GitHub's schema sees it; every input has words and a default."""
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert all(value["description"] and "default" in value for value in ACTION["inputs"].values())

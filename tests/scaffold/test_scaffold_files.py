"""Files for continuous integration: sound, with commands that exist, and never in the way of what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from gradcheck import InvalidArgument
from gradcheck.cli import main
from gradcheck.scaffold import SERVICES, planned
from gradcheck.scaffold._files import advice, pre_commit


def texts(root: Path) -> dict[str, str]:
    """Return every file that can be written, by its path."""
    (root / "a.py").touch()
    edits = [edit for service in SERVICES for edit in planned(root, ["a.py"], service=service, hook=True)]
    return {edit.path.relative_to(root).as_posix(): edit.after for edit in edits}


def test_every_file_is_yaml(tmp_path: Path) -> None:
    """As a reader of YAML takes it, with the jobs and steps that are meant."""
    yaml = pytest.importorskip("yaml", reason="a reader of YAML")
    read = {name: yaml.safe_load(text) for name, text in texts(tmp_path).items() if not name.endswith(".toml")}

    workflow = read[".github/workflows/gradcheck.yml"]
    assert workflow["permissions"] == {"contents": "read"}
    assert all({"uses", "run"} & step.keys() for step in workflow["jobs"]["check"]["steps"])
    assert read[".gitlab-ci.yml"]["include"] == [{"local": ".gitlab/gradcheck.yml"}]
    assert read[".gitlab/gradcheck.yml"]["gradcheck"]["artifacts"]["when"] == "always"
    assert read[".pre-commit-config.yaml"]["repos"][0]["hooks"][0]["id"] == "gradcheck"


def test_every_command_exists_with_its_options(tmp_path: Path) -> None:
    """What the files call can be called: command, options and formats."""
    folded = [re.sub(r">-\n\s*|\n\s*(?=--)", " ", text) for text in texts(tmp_path).values()]
    lines = [found for text in folded for found in re.findall(r"(?:run:|-|entry:) +(gradcheck \w.*)", text)]

    assert len(lines) >= 4
    for line in lines:
        _, name, *arguments = shlex.split(line)
        command = main.commands[name]
        assert isinstance(command, click.Command)
        command.make_context(name, arguments)


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({}, "gradcheck"),
        ({"requirements.txt": ""}, "gradcheck -r requirements.txt"),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, "gradcheck -e ."),
        ({"setup.py": ""}, "gradcheck -e ."),
    ],
)
def test_the_project_is_installed_as_it_says(tmp_path: Path, files: dict[str, str], what: str) -> None:
    """A package, a list of requirements, or nothing of the kind."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert f"pip install {what}\n" in texts(tmp_path)[".github/workflows/gradcheck.yml"]


@pytest.mark.parametrize(
    ("service", "file"), [("github", ".github/workflows/gradcheck.yml"), ("gitlab", ".gitlab/gradcheck.yml")]
)
def test_a_file_that_is_there_is_refused(tmp_path: Path, service: str, file: str) -> None:
    """Unless it is the same already, or is to be replaced."""
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text("edited")
    with pytest.raises(InvalidArgument, match="exists already"):
        planned(tmp_path, service=service)
    edit = next(e for e in planned(tmp_path, service=service, force=True) if e.path == tmp_path / file)
    edit.apply()

    assert planned(tmp_path, service=service)
    assert "gradcheck run" in (tmp_path / file).read_text()


def test_somebodys_pipeline_is_left_alone(tmp_path: Path) -> None:
    """What to write into it is told."""
    (tmp_path / ".gitlab-ci.yml").write_text("stages: [test]\n")
    paths = [edit.path.name for edit in planned(tmp_path, service="gitlab")]

    assert paths == ["pyproject.toml", "gradcheck.yml"]
    assert "local: .gitlab/gradcheck.yml" in str(advice(tmp_path))
    (tmp_path / ".gitlab-ci.yml").write_text("include:\n  - local: .gitlab/gradcheck.yml\n")
    assert advice(tmp_path) is None


RUFF = "repos:\n{i}- repo: https://x/y\n{i}  rev: v1\n{i}  hooks:\n{i}    - id: ruff # linter\n"


@pytest.mark.parametrize("indent", ["", "  ", "    "])
def test_a_hook_is_appended_to_the_list(tmp_path: Path, indent: str) -> None:
    """In the indent of the list; the other hooks stay."""
    yaml = pytest.importorskip("yaml", reason="a reader of YAML")
    (tmp_path / ".pre-commit-config.yaml").write_text("# ours\nci: {}\n" + RUFF.format(i=indent))
    after = yaml.safe_load(pre_commit(tmp_path).after)

    assert [hook["id"] for repo in after["repos"] for hook in repo["hooks"]] == ["ruff", "gradcheck"]
    assert after["ci"] == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (RUFF.format(i="") + "ci:\n  skip: []\n", "by hand"),
        ("repos: []\n", "by hand"),
        ("", "by hand"),
        (RUFF.format(i="").replace("ruff", "gradcheck"), "already"),
    ],
)
def test_a_list_that_cannot_be_appended_to_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the lines to add by hand; a second hook of ours is refused too."""
    (tmp_path / ".pre-commit-config.yaml").write_text(text)

    with pytest.raises(InvalidArgument, match=said):
        pre_commit(tmp_path)

"""`docs/command-line.md` says what there is: every command, every option, every exit code, and nothing else."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gradcheck.cli import main
from gradcheck.cli._guard import Exit
from gradcheck.engine.config import KEYS
from gradcheck.report import Sort

PAGE = (Path(__file__).parent.parent / "docs" / "command-line.md").read_text(encoding="utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", PAGE, re.MULTILINE))


def _commands(group: click.Group, *above: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, *above, name)
        else:
            yield " ".join([*above, name]), command


COMMANDS = dict(_commands(main))


def _options(command: click.Command) -> set[str]:
    known = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    return {name for option in known for name in (*option.opts, *option.secondary_opts)}


def _named(text: str) -> set[str]:
    """Return the options that a text names in backticks."""
    return {
        name for code in re.findall(r"`([^`\n]+)`", text) for name in re.findall(r"(?<![\w-])--?[a-z][\w-]*", code)
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_documented(name: str) -> None:
    """In the section of the command, in backticks, by each of its names."""
    section = SECTIONS.get(f"`gradcheck {name}`")

    assert section is not None, f"docs/command-line.md has no section for gradcheck {name}"
    assert _options(COMMANDS[name]) - _named(section) == set()


@pytest.mark.parametrize("title", [title for title in SECTIONS if title.startswith("`gradcheck ")])
def test_nothing_is_documented_that_there_is_not(title: str) -> None:
    """A command that was removed, an option that was renamed."""
    command = COMMANDS[title.strip("`").removeprefix("gradcheck ")]
    tables = "\n".join(line for line in SECTIONS[title].split("\n") if not line.startswith("$"))

    assert _named(tables) <= _options(command) | {"-q", "--subject"}


@pytest.mark.parametrize("line", re.findall(r"^\$ gradcheck (.+)$", PAGE, re.MULTILINE))
def test_every_example_can_be_typed(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands there: the command exists, and takes these options and arguments."""
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line)
    for word in words:
        if word.endswith(".json"):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).write_text("{}")
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]

    command.make_context("gradcheck", words)


def test_every_exit_code_is_documented() -> None:
    """With its number; every command has a row that says what its codes mean."""
    rows = re.findall(r"^\| (\d+) \| ", SECTIONS["Exit codes"], re.MULTILINE)
    told = set(re.findall(r"`([a-z ]+)`(?=[,` |])", SECTIONS["Exit codes"].split("| command |")[1]))

    assert [int(row) for row in rows] == [int(code) for code in Exit]
    assert set(COMMANDS) <= told


def test_every_setting_is_documented() -> None:
    """The table of the settings has an option for each key that has one."""
    settings = {p.name for p in COMMANDS["config show"].params if p.name and p.name.startswith("of_")}

    assert settings
    assert {f"of_{key.name.replace('-', '_')}" for key in KEYS} >= settings
    assert _options(COMMANDS["config show"]) - {"--format"} <= _named(SECTIONS["Settings"])


def test_every_sort_of_change_is_documented() -> None:
    """In the words of the report, in its order."""
    told = re.findall(r"^\| ([a-z ]+) \| ", SECTIONS["`gradcheck compare`"], re.MULTILINE)

    assert [word for word in told if word in {str(sort) for sort in Sort}] == [str(sort) for sort in Sort]


def test_the_limits_of_wear_are_those_of_the_code() -> None:
    """What the table says in words."""
    from gradcheck.report import Limits

    assert Limits() == Limits(least=0.1, closer=2.0, coarser=10.0, calls=1.5, slower=2.0)

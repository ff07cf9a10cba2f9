"""The command that runs everything: each of its commands exists, and the index lists each table."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("every_table", ROOT / "benchmarks" / "all.py")
assert spec is not None
assert spec.loader is not None
every = importlib.util.module_from_spec(spec)
import sys  # noqa: E402

sys.modules["every_table"] = every
spec.loader.exec_module(every)


def _options_of(script: Path) -> set[str]:
    """Return the options that a script declares, those of `with_common_options` included."""
    text = script.read_text(encoding="utf-8")
    texts = [text, (script.parent / "_table.py").read_text(encoding="utf-8")] if "with_common" in text else [text]
    calls = (node for t in texts for node in ast.walk(ast.parse(t)) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if getattr(call.func, "attr", "") == "add_argument" and isinstance(call.args[0], ast.Constant)
    }


@pytest.mark.parametrize("table", every.TABLES, ids=lambda t: t.file)
def test_a_command_names_a_script_and_options_that_exist(table: object) -> None:
    """In full and quickly, every option of the command is one that the script declares."""
    for quick in (False, True):
        command = table.command(Path("somewhere"), quick=quick)
        assert Path(command[1]).exists()
        assert {part for part in command[2:] if part.startswith("--")} <= _options_of(Path(command[1]))


def test_every_table_of_the_folder_is_in_the_index_that_the_readme_shows() -> None:
    """What is in the folder was written by a command of the list, and the list in the README is the current one."""
    folder = ROOT / "docs" / "measurements"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert {p.name for p in folder.glob("*.md")} - {"README.md"} <= {t.file for t in every.TABLES}
    assert every.with_index(readme) == readme


def test_the_index_is_renewed_between_its_marks_only() -> None:
    """What stands around the list stays."""
    text = f"before\n{every._BEGIN}\nold\n{every._END}\nafter\n"
    renewed = every.with_index(text)
    assert renewed.startswith("before\n")
    assert renewed.endswith("\nafter\n")
    assert "old" not in renewed
    assert every.with_index(renewed) == renewed


def test_no_two_tables_share_a_file() -> None:
    """A later one would overwrite an earlier one."""
    assert len({table.file for table in every.TABLES}) == len(every.TABLES)

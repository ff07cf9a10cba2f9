"""``gradcheck explain`` and ``gradcheck list``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcheck.cli import main
from gradcheck.pages import page


def test_a_page_is_printed_as_it_is() -> None:
    """Where nobody watches, the Markdown itself; small letters will do."""
    result = CliRunner().invoke(main, ["explain", "gc101"])

    assert result.exit_code == 0
    assert result.output == page("GC101").rstrip() + "\n"


def test_a_terminal_gets_it_formatted() -> None:
    """Formatted and colored where that is wanted, with the same words."""
    result = CliRunner().invoke(main, ["explain", "GC101", "--color", "always"])

    assert "\x1b[" in result.output
    assert "```" not in result.output
    assert "batch normalization" in result.output


def test_a_law_explains_itself() -> None:
    """A law's page is its own docstring, with the kinds that it is a law of."""
    result = CliRunner().invoke(main, ["explain", "GC502"])

    assert result.output.startswith("# GC502: ")
    assert "activation" in result.output


def test_without_a_code_all_are_listed() -> None:
    """One line per code, sorted."""
    lines = CliRunner().invoke(main, ["explain"]).output.strip().split("\n")
    found = [line.split()[0] for line in lines]

    assert found == sorted(found)
    assert {"GC101", "GC502", "GC907"} <= set(found)


@pytest.mark.parametrize("family", ["GC2", "gc2xx", "GC21"])
def test_a_family_is_listed(family: str) -> None:
    """What --checks takes, explain knows too."""
    lines = CliRunner().invoke(main, ["explain", family]).output.strip().split("\n")

    assert len(lines) >= 5
    assert all(line.startswith(family.upper().removesuffix("XX")) and len(line.split()) > 2 for line in lines)


@pytest.mark.parametrize(("code", "near"), [("GC1O1", "GC101"), ("GC5021", "GC502"), ("bogus", "lists them all")])
def test_an_unknown_code_suggests_the_nearest(code: str, near: str) -> None:
    """Exit code 2, and a way out."""
    result = CliRunner().invoke(main, ["explain", code])

    assert result.exit_code == 2
    assert near in result.output
    assert f"code={code!r}" in result.output


@pytest.fixture
def subjects(tmp_path: Path) -> str:
    """Write a file with a subject of a kind, and one without."""
    file = tmp_path / "subjects.py"
    file.write_text(
        "import numpy as np, gradcheck\n"
        "A = gradcheck.subject(np.tanh, kind='activation')\n"
        "B = gradcheck.subject(np.sin, np.ones(3), derivative=np.cos)\n"
    )
    return str(file)


def test_list_says_what_would_run(subjects: str) -> None:
    """Subject, kind, number of laws and target; the laws and the reasons with -v."""
    short, long = (CliRunner().invoke(main, ["list", subjects, *more]).output for more in ([], ["-v"]))

    assert "tanh" in short
    assert "gradients only" in short
    assert short.rstrip().endswith("2 subjects")
    assert "GC510  NaN goes through" in long
    assert "does not apply: " in long


def test_list_is_data_too(subjects: str) -> None:
    """--json gives the same as data."""
    rows = json.loads(CliRunner().invoke(main, ["list", subjects, "--json"]).output)

    assert [(row["subject"], row["kind"]) for row in rows] == [("tanh", "activation"), ("sin", None)]
    assert "GC502" in rows[0]["laws"]
    assert all(isinstance(reason, str) for reason in rows[0]["not applicable"].values())

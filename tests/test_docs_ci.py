"""``docs/ci.md`` says what there is: every key, every variable, every option of pytest; its example is valid."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gradcheck import pytest_plugin
from gradcheck.engine import configured
from gradcheck.engine.config import KEYS
from gradcheck.engine.config._effective import _variable
from gradcheck.engine.config._source import _FORMS

PAGE = (Path(__file__).parent.parent / "docs" / "ci.md").read_text(encoding="utf-8")


def rows(section: str) -> dict[str, str]:
    """Return the first column of the table of a section -> its row."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    found = re.findall(r"^\| `(\S+?)[ `].*$", text, re.MULTILINE)
    return dict(zip(found, re.findall(r"^\| `.*$", text, re.MULTILINE), strict=True))


def test_every_key_has_a_row() -> None:
    """Those of the table and those of a subject, with their variables and defaults; no other is promised."""
    told = rows("Settings")

    assert list(told) == [key.name for key in KEYS]
    assert list(rows("Subjects")) == list(_FORMS)
    for key in KEYS:
        assert (f"`{_variable(key)}`" in told[key.name]) == key.variable
        if key.default not in (None, (), {}):
            assert str(key.default).lower() in told[key.name]


def test_every_option_of_pytest_has_a_row() -> None:
    """Options that are added without a word here fail this test."""

    class Parser(list[str]):
        def getgroup(self, *_: str) -> Parser:
            return self

        def addoption(self, name: str, **_: object) -> None:
            self.append(name)

    pytest_plugin.pytest_addoption(added := Parser())  # type: ignore[arg-type]

    assert sorted(rows("Under pytest")) == sorted(added)


def test_the_example_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read without complaint, and declares what it says."""
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert tomllib.loads(text)
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").write_text(text)
    found = configured(environment={"GRADCHECK_PROFILE": "nightly"})

    assert len(found.subjects) == 6
    assert (found["max-examples"], found["jobs"], found["min-checks"]) == (5000, "auto", 30)
    assert found.expected["BatchNorm"]

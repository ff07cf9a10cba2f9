"""What a TARGET of the command line means."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcheck import TargetError
from gradcheck.engine._target import parse


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a directory with a file and a folder."""
    (tmp_path / "layers.py").touch()
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pkg.mod", ("pkg.mod", None, None, None)),
        ("pkg.mod:BatchNorm", ("pkg.mod", None, None, "BatchNorm")),
        ("pkg.mod:Outer.inner", ("pkg.mod", None, None, "Outer.inner")),
        ("layers.py", (None, "layers.py", None, None)),
        ("./layers.py", (None, "layers.py", None, None)),
        ("layers.py:bn", (None, "layers.py", None, "bn")),
        ("layers.py::bn", (None, "layers.py", None, "bn")),
        ("layers.py:a name with spaces", (None, "layers.py", None, "a name with spaces")),
        ("folder", (None, None, "folder", None)),
    ],
)
def test_each_form_is_understood(here: Path, text: str, expected: tuple[str | None, ...]) -> None:
    """Modules, files and folders, with and without a name."""
    target = parse(text)
    file, folder = (None if path is None else path.as_posix() for path in (target.file, target.folder))

    assert (target.module, file, folder, target.name) == expected


@pytest.mark.parametrize("text", ["missing/file.py", "./missing.py", "missing.py", "no such thing", "", "a:", "a..b"])
def test_what_names_nothing_is_refused(here: Path, text: str) -> None:
    """A file that does not exist, and text that could be no module."""
    with pytest.raises(TargetError):
        parse(text)

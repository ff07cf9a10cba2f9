"""The table is appended, and whatever else stands in the file stays as it is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import InvalidArgument
from gradcheck.engine.config import configured
from gradcheck.scaffold import planned
from gradcheck.scaffold._pyproject import _others, pyproject, table


def written(root: Path, text: str | None, *subjects: str, force: bool = False) -> str:
    """Return the file after the edit of one that holds `text`."""
    if text is not None:
        (root / "pyproject.toml").write_bytes(text.encode())
    edit = pyproject(root, subjects, force=force)
    edit.apply()
    return (root / "pyproject.toml").read_bytes().decode()


def test_the_table_is_one_that_the_reader_takes(tmp_path: Path) -> None:
    """A file that was not there, with the subjects that were named."""
    written(tmp_path, None, "pkg.layers:relu", 'odd "name".py')
    read = configured(file=tmp_path / "pyproject.toml", environment={})

    assert [source.target for source in read.subjects] == ["pkg.layers:relu", 'odd "name".py']


def test_its_comments_are_settings_too(tmp_path: Path) -> None:
    """What is proposed in a comment works once the comment sign is gone."""
    lines = table(["a.py"]).replace("# min", "min").replace("# fail", "fail")
    (tmp_path / "pyproject.toml").write_text(lines)
    read = configured(file=tmp_path / "pyproject.toml", environment={})

    assert (read["min-checks"], read["fail-on"]) == (30, ("inconclusive",))


BLOCKS = st.sampled_from(
    [
        "[project]\nname = 'x'\n",
        "[tool.ruff]\nline-length = 3 # [tool.gradcheck]\n",
        "[[tool.x]]\na = 1\n",
        "\n",
        "# c\n",
    ]
)


@given(st.lists(BLOCKS, unique=True, max_size=4), st.booleans(), st.integers(0, 4))
def test_everything_else_stays(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[str], crlf: bool, at: int
) -> None:
    """Byte for byte where it is appended; as data where a table of ours stood in the middle and is replaced."""
    root, plain = tmp_path_factory.mktemp("p"), "".join(blocks)
    plain = plain.replace("\n", "\r\n") if crlf else plain
    after = written(root, plain)

    assert after.startswith(plain.rstrip())
    assert ("\r\n" in after) == ("\r\n" in plain)
    held = "".join(
        [*blocks[:at], "[tool.gradcheck]\nseed = 3\n[tool.gradcheck.profiles.ci]\nseed = 4\n", *blocks[at:]]
    )
    replaced = written(root, held, force=True)
    assert _others(tomllib.loads(replaced)) == _others(tomllib.loads(held))
    assert replaced.count("[tool.gradcheck]") == 1 + sum("# [tool" in block for block in blocks)
    assert "seed" not in replaced


def test_a_table_that_is_there_is_refused(tmp_path: Path) -> None:
    """Unless it is to be replaced; the file is not touched."""
    text = "[tool.gradcheck]\nseed = 3\n"
    with pytest.raises(InvalidArgument, match="--force"):
        written(tmp_path, text)

    assert (tmp_path / "pyproject.toml").read_text() == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool", "is no TOML"),
        ("[tool]\ngradcheck = {seed = 3}\n", "edit it by hand"),
        ('tool.gradcheck.seed = 3\n[project]\nname = "x"\n', "edit it by hand"),
        ("tool = {ruff = {}}\n", "edit it by hand"),
    ],
)
def test_what_cannot_be_edited_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A damaged file, and forms of a table that cannot be cut out."""
    with pytest.raises(InvalidArgument, match=said):
        written(tmp_path, text, force=True)

    assert (tmp_path / "pyproject.toml").read_text() == text


def test_files_that_declare_something_are_listed(tmp_path: Path) -> None:
    """A function beside its derivative, a declaration; no tests, and nothing is imported."""
    for name, text in {
        "src/acts.py": "def relu(x): ...\ndef relu_grad(x): ...\nraise SystemExit",
        "src/subjects.py": "import gradcheck\nS = gradcheck.subject",
        "src/other.py": "x = 3",
        "tests/test_a.py": "import gradcheck\nS = gradcheck.subject",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (edit,) = planned(tmp_path, service=None)

    assert tomllib.loads(edit.after)["tool"]["gradcheck"]["subjects"] == ["src/acts.py", "src/subjects.py"]


def test_many_files_are_their_folder(tmp_path: Path) -> None:
    """A list of a hundred files is no configuration."""
    (tmp_path / "src").mkdir()
    for number in range(30):
        (tmp_path / "src" / f"m{number}.py").write_text("def f(x): ...\ndef f_grad(x): ...")
    (edit,) = planned(tmp_path, service=None)

    assert tomllib.loads(edit.after)["tool"]["gradcheck"]["subjects"] == ["src"]

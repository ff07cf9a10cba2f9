"""What cannot be meant is answered in one sentence: argument, value, way out; exit code 2, no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import gradcheck
from gradcheck.cli import main
from gradcheck.cli._guard import Exit
from gradcheck.renderers import FORMATS, render

ACTS = "import numpy as np\ndef cube(x): return x**3\ndef cube_grad(x): return 3 * x**2\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with an activation and a report, as the current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "acts.py").write_text(ACTS)
    report = gradcheck.run_suite(gradcheck.subject(abs, kind="activation"), checks=["GC502"], max_examples=5)
    (tmp_path / "report.json").write_text(render(report, "json"))
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


LISTED = ", ".join(FORMATS)
MISUSE = [
    (["acts.py"], ["No such command 'acts.py'", "to check it: gradcheck run acts.py"]),
    (["acts.py:cube"], ["to check it: gradcheck run acts.py:cube"]),
    (["rum", "acts.py"], ["No such command 'rum'", "did you mean 'run'?"]),
    (["xyz"], ["the commands are", "doctor"]),
    (["run", "acts.py", "--report", "htm=x"], ["report='htm=x'", "did you mean 'html'?", LISTED]),
    (["run", "acts.py", "--report", "pdf=x"], ["report='pdf=x'", "'pdf' is no output format", LISTED]),
    (["report", "merge", "report.json", "--report", "jsn=x"], ["report='jsn=x'", "did you mean 'json'?"]),
    (["run", "acts.py", "-c", "foo"], ["--select='foo' is no code", "gradcheck explain"]),
    (["run", "acts.py", "-c", "gc50l"], ["--select='gc50l'", "did you mean GC501?"]),
    (["run", "acts.py", "-c", ""], ["--select='' names nothing; leave it out"]),
    (["run", "acts.py", "--ignore", " , "], ["--ignore=' , ' names nothing"]),
    (["fuzz", "acts.py", "-c", ""], ["--select='' names nothing"]),
    (["run", "math:sin"], ["target='math:sin'", "gradcheck.subject(sin, kind=...)", "one of activation"]),
    (["run", "math:pi"], ["target='math:pi' is of type float", "name a function"]),
    (["plot", "report.json", "-o", "x.jpg"], ["--output=x.jpg", ".svg or .png, or a folder"]),
    (
        ["report", "merge", "report.json", "-o", "x.foo"],
        ["output-file=x.foo", "'.foo'", ".json, .html", "--output-format"],
    ),
    (["init", "nope.py"], ["target='nope.py' is no file or folder here"]),
    (["init", "there/nope.py"], ["target='there/nope.py' names a file that does not exist"]),
    (["init", "nope.layers:relu"], ["target='nope.layers:relu' names the module 'nope', which is neither here nor"]),
]


@pytest.mark.parametrize(("arguments", "said"), MISUSE, ids=[" ".join(arguments) for arguments, _ in MISUSE])
def test_misuse_is_one_sentence(project: Path, arguments: list[str], said: list[str]) -> None:
    """Nothing is run, and nothing is written."""
    before = sorted(project.rglob("*"))
    done = call(*arguments)

    assert done.exit_code == Exit.USAGE, done.output
    assert [words for words in said if words not in done.stderr] == []
    assert "Traceback" not in done.output
    assert "-->" not in done.output
    assert sorted(path for path in project.rglob("*") if "__pycache__" not in path.parts) == before


@pytest.mark.parametrize("target", ["acts.py", "acts", "acts:cube", ".", "numpy:tanh"])
def test_a_target_that_is_there_is_written(project: Path, target: str) -> None:
    """A file, a module beside it or installed, a name in it, a folder."""
    assert call("init", "--ci", "none", target).exit_code == Exit.PASSED
    assert f'subjects = ["{target}"]' in (project / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('["foo"]', 'fail-on = [\'foo\'] must be a list of words, each one of "inconclusive", "vacuous"'),
        ('"vacuous"', 'fail-on = \'vacuous\' must be a list of words, each one of "inconclusive", "vacuous"'),
    ],
)
def test_a_word_that_fail_on_does_not_know(project: Path, value: str, said: str) -> None:
    """The sentence asks for any of the words, and not for all of them."""
    (project / "pyproject.toml").write_text(f"[tool.gradcheck]\nfail-on = {value}\n")
    done = call("config", "show")
    assert done.exit_code == Exit.USAGE
    assert f"pyproject.toml:2: {said}" in done.stderr


@pytest.mark.parametrize("name", ["x.txt", "x", "x.log", "x.json", "x.HTML"])
def test_a_merged_report_takes_its_format_from_the_name(project: Path, name: str) -> None:
    """Text where the name has no ending, or that of a text."""
    assert call("report", "merge", "report.json", "-o", name).exit_code == Exit.PASSED
    assert (project / name).read_text().startswith({"x.json": "{", "x.HTML": "<!doctype"}.get(name, ""))


def test_pictures_go_into_a_folder_with_a_dot_in_its_name(project: Path) -> None:
    """If it is there: then it is no misspelt ending."""
    (project / "v1.2").mkdir()
    assert call("plot", "report.json", "-o", "v1.2").exit_code == Exit.PASSED
    assert list((project / "v1.2").glob("*.svg"))


def test_a_run_writes_the_format_that_its_file_is_named_after(project: Path) -> None:
    """A page is a page, and no text that is called one."""
    call("run", "acts.py", "-c", "GC502", "-n", "5", "--in-process", "-q", "-o", "page.html")
    assert (project / "page.html").read_text().startswith("<!doctype")

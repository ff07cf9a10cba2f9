"""``gradcheck infer``: what can be read off a subject, and a test file that runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main

LAYERS = """
import numpy as np

def softsign(x):
    return x / (1 + np.abs(x))

def softsign_grad(x):
    return 1 / (1 + np.abs(x)) ** 2

NAMELESS = [lambda x: x]
"""


@pytest.fixture
def layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a module with an activation, in the current directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_layers.py").write_text(LAYERS)
    return tmp_path / "my_layers.py"


def infer(*words: str) -> Result:
    return CliRunner().invoke(main, ["infer", *words])


def test_a_test_file_is_proposed_and_runs(layers: Path) -> None:
    """What was inferred is printed as inferred and declared in the file, which pytest collects and passes."""
    told = infer("my_layers.py", "-o", "test_laws.py")
    text = (layers.parent / "test_laws.py").read_text()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_laws.py", "-k", "GC501 or GC502"],
        capture_output=True,
        text=True,
        cwd=layers.parent,
        check=False,
    )

    assert told.exit_code == 0, told.output
    assert "softsign: activation" in told.output
    assert "inferred" in told.output
    assert "from my_layers import softsign" in text
    assert '"odd": True' in text
    assert "2 passed" in done.stdout, done.stdout


@pytest.mark.parametrize(("folder", "path"), [("", ""), ("src/", "PYTHONPATH=src ")])
def test_it_says_how_the_file_is_run_and_what_is_not_in_it(layers: Path, folder: str, path: str) -> None:
    """Plain `pytest` puts only the folder of the tests on the path; a class is left out, and said."""
    (layers.parent / folder).mkdir(exist_ok=True)
    (layers.parent / folder / "more.py").write_text(
        LAYERS + "class Double:\n    def forward(self, x): return 2 * x\n    def backward(self, g): return 2 * g\n"
    )
    told = infer(f"{folder}more.py", "-o", "tests/test_laws.py")

    assert f"run it with `{path}python -m pytest tests/test_laws.py`" in told.output
    assert f"left out: {folder}more.py:Double; name what you mean (`gradcheck infer" in told.output


def test_without_a_file_it_is_printed(layers: Path) -> None:
    """The text on standard output is the file and nothing else."""
    shown = infer("my_layers.py:softsign")

    compile(shown.stdout, "test_laws.py", "exec")
    assert "SUBJECTS = [" in shown.stdout


def test_a_public_name_is_imported_from_its_package() -> None:
    """The test imports what users import, not where it happens to be defined."""
    assert "from gradcheck.reference import BatchNorm\n" in infer("gradcheck.reference:BatchNorm").stdout


def test_a_file_is_not_overwritten_without_force(layers: Path) -> None:
    """What somebody edited stays."""
    (layers.parent / "test_laws.py").write_text("edited")
    refused = infer("my_layers.py", "-o", "test_laws.py")

    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert (layers.parent / "test_laws.py").read_text() == "edited"
    assert infer("my_layers.py", "-o", "test_laws.py", "--force").exit_code == 0


def test_a_file_that_cannot_be_written_is_named_below_its_text(layers: Path) -> None:
    """A folder that is a file is answered with a sentence, and what was proposed is there all the same."""
    told = infer("my_layers.py:softsign", "-o", "my_layers.py/laws.py")

    assert told.exit_code == 2
    assert "output-file=my_layers.py/laws.py cannot be written" in told.output
    assert "SUBJECTS = [" in told.output


def test_what_has_no_name_cannot_be_imported(layers: Path) -> None:
    """A declared lambda is answered with a sentence."""
    layers.write_text("import gradcheck\nS = [gradcheck.subject(lambda x: x, kind='activation', name='id')]\n")
    told = infer("my_layers.py")

    assert told.exit_code == 2
    assert "no name to import it by" in told.output


def test_a_class_that_wants_arguments_is_no_internal_error(layers: Path) -> None:
    """Listed, inferred or run, it is one sentence that says how to declare it."""
    text = "class Scaler:\n    def __init__(self, k): ...\n    def fit(self, x): ...\n    transform = fit\n"
    layers.write_text(text)
    for command in ("list", "infer", "run"):
        result = CliRunner().invoke(main, [command, "my_layers.py:Scaler"])

        assert result.exit_code == 2
        assert "'Scaler' takes k, and a suite calls Scaler(); declare an instance" in result.output
        assert "internal error" not in result.output

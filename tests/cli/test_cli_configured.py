"""``gradcheck run``, ``list`` and ``config show`` in a project with ``[tool.gradcheck]``."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main
from gradcheck.cli._guard import Exit

LAYERS = """
import numpy as np
class BatchNorm:
    def __init__(self, d=3, eps=1e-5):
        self.gamma, self.beta, self.eps = np.ones(d), np.zeros(d), eps
    def forward(self, x):
        self.mean, self.var = x.mean(0), x.var(0)
        self.xhat = (x - self.mean) / np.sqrt(self.var + self.eps)
        return self.gamma * self.xhat + self.beta
    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xhat).sum(0), dout.sum(0)
        dxhat = dout * self.gamma
        return (dxhat - self.xhat * (dxhat * self.xhat).mean(0)) / np.sqrt(self.var + self.eps)
def relu(x):
    return np.maximum(x, 0)
def relu_grad(x):
    return (x > 0).astype(x.dtype)
def scale_forward(x, w): return x * w, (x, w)
def scale_backward(dout, cache): return dout * cache[1], dout * cache[0]
def helper_forward(x): return x
"""
TABLE = """
[tool.gradcheck]
max-examples = 3
select = ["GC101", "GC502"]
subjects = [
    { target = "layers_of_stranger:BatchNorm", inputs = [{ shape = [5, 3] }] },
    { target = "layers_of_stranger:relu", kind = "activation", traits = { monotone = true } },
]
"""
Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Invoke]:
    """Call the command line in a stranger's project, in one process."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("layers_of_stranger.py").write_text(LAYERS)
    Path("pyproject.toml").write_text(TABLE)

    def invoke(command: str, *arguments: str) -> Result:
        where = ["--no-isolation"] if command == "run" else []
        return CliRunner().invoke(main, [*command.split(), *where, *arguments])

    yield invoke
    for name in [name for name in sys.modules if "layers_of_stranger" in name]:
        del sys.modules[name]


def test_without_a_target_the_configured_subjects_run(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """One red, one green; code, file and line of the backward in the text, the XML, the annotation and the page."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    result = invoke("run", "--report", "junit=j.xml", "--report", "html=r.html")

    assert result.exit_code == Exit.FAILED
    assert "error[GC101]: the gradient of BatchNorm with respect to inputs['x'] is wrong" in result.stdout
    assert "--> layers_of_stranger.py:10 in BatchNorm.backward" in result.stdout
    assert "pass  relu" in result.stdout
    assert "::error file=layers_of_stranger.py,line=10,title=gradcheck GC101 BatchNorm::" in result.stdout
    assert all("GC101" in Path(name).read_text() for name in ("j.xml", "r.html", "summary.md"))
    assert "reproduce: gradcheck run BatchNorm --seed 0 -n 3" in result.stdout


def test_annotations_are_for_people_who_read_logs(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not among data, not where nobody wants them."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert json.loads(invoke("run", "--output-format", "json").stdout)["verdict"] == "fail"
    assert "::error" not in invoke("run", "--annotations", "never").stdout


def test_a_configured_name_is_a_target(invoke: Invoke) -> None:
    """With everything that is declared of it; an option is stronger than the file."""
    assert invoke("run", "relu").exit_code == Exit.PASSED
    assert invoke("run", "BatchNorm").exit_code == Exit.FAILED
    assert invoke("run", "BatchNorm", "--select", "GC502").exit_code == Exit.NOTHING


@pytest.mark.parametrize(
    ("text", "arguments", "code", "says"),
    [
        (TABLE, [], Exit.FAILED, "GC101"),
        (TABLE.replace("BatchNorm", "nothing"), [], Exit.USAGE, "pyproject.toml:5: subjects[0]: target="),
        (TABLE.replace("GC502", "GC5O2"), [], Exit.USAGE, "pyproject.toml:4: select='GC5O2' is no code"),
        (TABLE, ["-c", "BAD"], Exit.USAGE, "--select='BAD' is no code and no family of codes"),
        (TABLE, ["relu", "--ignore", "G"], Exit.USAGE, "--ignore='G' is no code"),
        (TABLE, ["relu", "--min-checks", "7"], Exit.FAILED, "min-checks = 7 (--min-checks) asks"),
        (TABLE.replace("max-examples", "min-checks = 700\nmax-examples"), [], Exit.FAILED, "= 700 (pyproject.toml:"),
        (TABLE.replace("max-examples", "min-checks = 700\nmax-examples"), ["relu"], Exit.PASSED, "pass"),
        (TABLE.replace("max-examples", "max-exmples"), [], Exit.USAGE, "did you mean 'max-examples'"),
        (
            "[tool.gradcheck]",
            [],
            Exit.USAGE,
            "no TARGET is given, and [tool.gradcheck] of pyproject.toml declares no",
        ),
        (TABLE, ["--config", "no.toml"], Exit.USAGE, "config='no.toml' cannot be read: No such file"),
        (TABLE, ["--profile", "nigthly"], Exit.USAGE, "did you mean 'nightly'"),
        (TABLE + "[tool.gradcheck.expected-failures.relu]\nGC5O2 = 'x'\n", [], Exit.USAGE, "unknown code 'GC5O2'"),
        (TABLE + "[tool.gradcheck.expected-failures.rleu]\nGC502 = 'x'\n", [], Exit.USAGE, "did you mean 'relu'"),
        (TABLE + "[tool.gradcheck.expected-failures.relu]\nGC502 = 'x'\n", ["relu"], Exit.FAILED, "but it passed"),
        (
            TABLE + "[tool.gradcheck.expected-failures.BatchNorm]\nGC101 = 'x'\n",
            [],
            Exit.PASSED,
            "expected failure 1",
        ),
    ],
)
def test_exit_codes_and_sentences(invoke: Invoke, text: str, arguments: list[str], code: Exit, says: str) -> None:
    """What is wrong in the file, or on the command line, is two, and one sentence that says where."""
    Path("pyproject.toml").write_text(text)
    result = invoke("run", *arguments)

    assert result.exit_code == code, result.output
    assert says in result.output
    assert "Traceback" not in result.output


def test_what_is_left_out_is_said(invoke: Invoke) -> None:
    """A class that nobody built, a pair that nobody declared; where they are named, they are checked."""
    result = invoke("run", "layers_of_stranger.py", "--output-format", "json")
    listed = invoke("list", "layers_of_stranger.py")
    said = "not checked: layers_of_stranger.py:BatchNorm, layers_of_stranger.py:scale_forward; name what you mean"

    assert said in result.stderr
    assert said in listed.stderr
    assert any(name == "left out" for name, _ in json.loads(result.stdout)["header"])
    assert "not checked" not in invoke("run", "layers_of_stranger.py:BatchNorm").stderr
    assert "not checked" not in invoke("run").stderr


def test_the_configured_subjects_are_listed(invoke: Invoke) -> None:
    """`list` without a target says what `run` would check."""
    rows = json.loads(invoke("list", "--json").stdout)

    assert [(row["subject"], row["kind"], row["target"]) for row in rows] == [
        ("BatchNorm", None, "BatchNorm"),
        ("relu", "activation", "relu"),
    ]


def test_every_setting_is_shown_with_its_origin(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """As text and as data; what is wrong is said here as well."""
    monkeypatch.setenv("GRADCHECK_TIMEOUT", "9")
    text = invoke("config show", "--seed", "4").stdout
    data = json.loads(invoke("config show", "--format", "json").stdout)
    lines = [line.split() for line in text.split("\n")]

    assert ["seed", "4", "--seed"] in lines
    assert ["max-examples", "3", "pyproject.toml:3"] in lines
    assert ["timeout", "9", "environment", "GRADCHECK_TIMEOUT"] in lines
    assert data["settings"]["select"] == {"value": ["GC101", "GC502"], "origin": "pyproject.toml:4"}
    assert data["settings"]["subjects"]["value"] == ["BatchNorm", "relu"]
    assert data["file"].endswith("pyproject.toml")
    wrong = invoke("config show", "--report", "htm=x")
    assert (wrong.exit_code, "did you mean 'html'" in wrong.output) == (Exit.USAGE, True)


def test_expected_failures_are_rewritten(invoke: Invoke) -> None:
    """What fails is written with its reason; the next run is green."""
    Path("pyproject.toml").write_text(
        TABLE.replace("layers_of_stranger:relu", "layers_of_stranger:helper_forward")
        + '[tool.gradcheck.expected-failures.helper_forward]  # of old\nGC502 = "never was"\n'
    )
    first = invoke("run", "--update-expected", "see #41")
    table = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["gradcheck"]

    assert "1 expected failure added, 1 removed" in first.stderr
    assert table["expected-failures"] == {"helper_forward": {}, "BatchNorm": {"GC101": "see #41"}}
    Path("pyproject.toml").write_text(
        TABLE.replace("kind = ", "name = 'r', kind = ").replace("max-", "seed = 1\nmax-")
    )
    Path("layers_of_stranger.py").write_text(LAYERS.replace("np.maximum(x, 0)", "-x"))
    for name in [name for name in sys.modules if "layers_of_stranger" in name]:
        del sys.modules[name]
    invoke("run", "r", "--update-expected", "it falls (#42)")
    again = invoke("run", "r")
    assert tomllib.loads(Path("pyproject.toml").read_text())["tool"]["gradcheck"]["expected-failures"]["r"]["GC502"]
    assert (again.exit_code, "expected failure 2" in again.stdout) == (Exit.PASSED, True)

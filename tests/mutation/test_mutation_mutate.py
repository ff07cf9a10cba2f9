"""``gradcheck mutate`` from end to end: our suite and somebody's tests as the judge."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcheck.cli import main
from gradcheck.mutation import Settings, mutate
from gradcheck.renderers._mutation import render_mutation
from gradcheck.report import Fate, Mutation, MutationReport

LAYERS = (Path(__file__).parent / "some_layers.py").read_text(encoding="utf-8")
BARE = LAYERS.partition("X = np")[0].replace("import gradcheck\n", "")
TESTS = """
import numpy as np
from layers import affine_backward
x, w, dout = np.ones((2, 3)), np.eye(3)[:, :2], np.array([[1.0, 2.0], [3.0, 5.0]])
dx, dw = affine_backward(dout, (x, w))
assert np.array_equal(dx, dout @ w.T)
assert dw.shape == w.shape
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "layers.py").write_text(BARE)
    (tmp_path / "bare.py").write_text("def backward(dout, cache): return dout\n")
    (tmp_path / "check.py").write_text(TESTS)
    return tmp_path


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["mutate", *arguments])


def by_tests(*arguments: str) -> Result:
    return invoke("layers.py", "--tests", f"{sys.executable} check.py", *arguments)


def test_tests_that_see_one_gradient_let_the_mistakes_in_the_other_live(project: Path) -> None:
    """Signs: that of dx is killed, that of dw survives, and of what is never called it is said."""
    before = {path.name: path.read_bytes() for path in project.iterdir()}
    result = by_tests("--operators", "negated", "--format", "json")
    told = json.loads(result.stdout)
    fates = {(m["function"], m["what"]): (m["fate"], m["note"]) for m in told["mutations"]}

    assert result.exit_code == 1
    assert fates["affine_backward", "gradient 1 negated"] == ("killed", None)
    assert fates["affine_backward", "gradient 2 negated"] == ("survived", None)
    assert fates["square_grad", "gradient 1 negated"] == ("survived", "the tests never call it")
    assert told["score"] == 100 / len(fates)
    assert {path.name: path.read_bytes() for path in project.iterdir() if path.is_file()} == before


def test_survivors_are_diffs_that_can_be_applied(project: Path) -> None:
    """The text of a report goes to `patch`, or is one line each; the exit code follows the threshold."""
    result = by_tests("--operators", "axis,reduction", "--threshold", "0")
    first = result.stdout.index("--- a/layers.py")

    assert result.exit_code == 0
    assert "-        self.dgamma = (dout * self.x).sum(axis=0)\n" in result.stdout
    assert "+        self.dgamma = (dout * self.x).sum(axis=1)\n" in result.stdout
    assert "+        self.dgamma = (dout * self.x).mean(axis=0)\n" in result.stdout
    done = subprocess.run(
        ["git", "apply", "--stat", "-"], input=result.stdout[first:], text=True, capture_output=True
    )
    assert "layers.py" in done.stdout, done.stderr


def test_a_file_that_tests_load_by_its_path_is_met_as_well(project: Path) -> None:
    """spec_from_file_location, as many tests do it, from a script that is itself run by another."""
    (project / "check.py").write_text(
        "import importlib.util as u, numpy as np\ns = u.spec_from_file_location('anything', 'layers.py')\n"
        "m = u.module_from_spec(s); s.loader.exec_module(m)\nassert m.square_grad(3.0) == 6\n"
    )
    told = json.loads(by_tests("--operators", "doubled,zeroed", "--format", "json").stdout)
    assert {m["fate"] for m in told["mutations"] if m["function"] == "square_grad"} == {"killed"}


def test_a_backward_that_stands_in_a_test_file_of_pytest_is_met(project: Path) -> None:
    """Pytest rewrites such files with a loader of its own; the mistake gets in all the same."""
    (project / "test_mine.py").write_text(
        "def half_backward(dout, cache): return dout / 2\ndef test_half(): assert half_backward(3.0, None) == 1.5\n"
    )
    tests = f"{sys.executable} -m pytest -q -p no:cacheprovider test_mine.py"
    told = json.loads(invoke("test_mine.py", "--tests", tests, "--operators", "negated", "--format", "json").stdout)
    assert [m["fate"] for m in told["mutations"]] == ["killed"]


def test_a_mistake_that_hangs_is_killed_by_the_clock(project: Path) -> None:
    """Tests that never end with a mistake in them do not hold up the rest."""
    (project / "check.py").write_text("from layers import square_grad\nwhile square_grad(3.0) != 6: pass\n")
    told = json.loads(by_tests("--operators", "negated", "--timeout", "1.5", "--format", "json").stdout)
    assert [m["fate"] for m in told["mutations"] if m["function"] == "square_grad"] == ["timeout"]


def test_our_suite_judges_what_is_declared(project: Path) -> None:
    """Every sign in every backward is killed; what can make no difference is equivalent, and not in the score."""
    same = LAYERS.replace("return 2 * x\n", "y = x\n    return 2 * x\n")
    (project / "layers.py").write_text(same)
    report = mutate("layers.py", Settings(operators=("negated", "name"), most=400, examples=5))
    fates = {(m.function, m.what): m.fate for m in report.mutations}

    assert fates["square_grad", "y for x"] is Fate.EQUIVALENT
    assert {fate for (_, what), fate in fates.items() if "negated" in what} == {Fate.KILLED}
    assert report.score == 100
    assert report.counts[Fate.RAISES] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bare.py"], "declares nothing to check"),
        (["layers.py", "--tests", "no-such-program"], "there is no such program here"),
        (["layers.py", "--tests", "'"], "is no command line"),
        (["layers.py", "--tests", f"{sys.executable} -c pass"], "never import"),
        (["layers.py", "--tests", f"{sys.executable} -c 1/0"], "exit code 1 on the right code"),
        (["layers.py", "--tests", f"{sys.executable} -c exit(1)"], "(they print nothing)"),
        (["layers.py", "--tests", "x", "--operators", "sing"], "did you mean 'sign'"),
        (["nowhere.py"], "no file or folder here"),
        (["json", "--tests", "x"], "declares nothing"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(project: Path, arguments: list[str], said: str) -> None:
    """Exit code 2, one line, no traceback."""
    result = invoke(*arguments)

    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


WRONG = [
    ("return 2 * x", "return 3 * x", "`square` fails GC101"),
    ("(dout * self.x).sum(axis=0)", "(dout * self.x).mean(axis=0)", "`Scale` fails GC101"),
    ("return x * x", "return np.float64(1) * x * x", "`square` fails GC512"),
    ("return x * x", "raise OSError('gone')", "`square` fails GC101, GC104, GC105 and "),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[said for *_, said in WRONG])
def test_right_code_that_our_suite_refuses_is_no_ground_for_mistakes(
    project: Path, old: str, new: str, said: str
) -> None:
    """Whatever law is broken already is to be mended first; one sentence, and no score."""
    (project / "layers.py").write_text(LAYERS.replace(old, new))
    result = invoke("layers.py", "-n", "2", "--max-mutants", "200")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_what_is_expected_to_fail_is_no_obstacle(project: Path) -> None:
    """A law that is broken for a reason, as declared, judges nothing; the others do."""
    declared = 'kind="activation", expected_failures={"GC512": "float64 all along"})'
    odd = LAYERS.replace("return x * x", "return np.float64(1) * x * x").replace('kind="activation")', declared)
    (project / "layers.py").write_text(odd)
    told = json.loads(invoke("layers.py:square", "-n", "5", "--operators", "negated", "--format", "json").stdout)

    assert [m["fate"] for m in told["mutations"]] == ["killed"]


@pytest.mark.parametrize("judge", ["tests", "suite"])
def test_several_processes_come_to_what_one_comes_to(project: Path, judge: str) -> None:
    """Mistakes are judged side by side, and reported in their order, each with the same fate."""
    if judge == "suite":
        (project / "layers.py").write_text(LAYERS)
    options = ["--operators", "negated", "-n", "2", "--format", "json"]
    ask = by_tests if judge == "tests" else lambda *words: invoke("layers.py", *words)
    alone, together = (json.loads(ask(*options, "--jobs", jobs).stdout) for jobs in ("1", "2"))

    assert len(alone["mutations"]) > 3
    assert {m["fate"] for m in alone["mutations"]} >= {"killed"}
    assert together["mutations"] == alone["mutations"]
    assert together["score"] == alone["score"]


def test_a_report_tells_the_score_and_escapes_what_it_shows() -> None:
    """Names come from users' code; a report without any judged mistake has no score."""
    odd = Mutation("f\x1b[31m", "a.py", 3, "sign", "x for -x", Fate.SURVIVED, diff="--- a\n+\x1b")
    killed = Mutation("f", "a.py", 3, "sign", "x for -x", Fate.KILLED, "GC101")
    text = render_mutation(MutationReport("a.py", "pytest", (odd, killed, killed)))

    assert "score 66.7 %" in text
    assert "\x1b" not in text
    assert "no score" in render_mutation(MutationReport("a.py", "pytest"))
    assert json.loads(render_mutation(MutationReport("a.py", "pytest", (odd,)), "json"))["counts"]["survived"] == 1

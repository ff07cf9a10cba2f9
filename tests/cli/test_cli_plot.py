"""``gradcheck plot``: from a report, a stored case and a target to one file per picture."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import gradcheck
from gradcheck.cli import main
from gradcheck.renderers import render
from gradcheck.report import RunReport, SuiteReport


def plot(*arguments: str | Path) -> int:
    """Run the command, and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["plot", *map(str, arguments)])
    return int(ended.value.code or 0)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Write the report of a wrong gradient and of an activation into a file."""
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    wrong = gradcheck.check(np.sin, x, derivative=lambda x: np.cos(x) + 0.1)
    suites = (
        SuiteReport("../../sin", "", check=wrong),
        gradcheck.run_suite(np.tanh, "activation", checks=["GC502"], max_examples=2),
    )
    file = tmp_path / "r.json"
    file.write_text(render(RunReport(suites), "json"))
    return file


def test_each_picture_is_a_file(report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Named after subject and sort, in the folder that was asked for and nowhere else, and each well-formed."""
    assert plot(report, "-o", tmp_path / "out") == 0
    files = sorted((tmp_path / "out").iterdir())

    assert [file.name for file in files] == [
        "run-matrix.svg",
        "sin-field.svg",
        "sin-scatter.svg",
        "sin-steps.svg",
        "tanh-curve.svg",
    ]
    assert {ET.parse(file).getroot().tag.rpartition("}")[2] for file in files} == {"svg"}
    assert capsys.readouterr().out.count("wrote ") == 5


def test_one_picture_goes_into_one_file(report: Path, tmp_path: Path) -> None:
    """Sort and subject choose; the name of the file says the format."""
    assert plot(report, "-p", "curve", "-s", "tanh", "-o", tmp_path / "c.svg") == 0
    assert (tmp_path / "c.svg").read_text().startswith("<svg")


def test_pictures_are_listed_without_being_written(
    report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line each, and no file."""
    monkeypatch.chdir(tmp_path)

    assert plot(report, "--list") == 0
    assert len(capsys.readouterr().out.strip().split("\n")) == 5
    assert [file.name for file in tmp_path.iterdir()] == ["r.json"]


def test_a_target_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What can be run can be drawn, without a report in between."""
    (tmp_path / "mine.py").write_text(
        "import numpy as np\n\ndef bump(x):\n    return x * x\n\ndef bump_grad(x):\n    return 2 * x\n"
    )

    assert plot(tmp_path / "mine.py:bump", "-p", "curve", "-n", "2", "-o", tmp_path / "b.svg") == 0
    assert (tmp_path / "b.svg").exists()


def test_the_lectures_figure_is_one_command(tmp_path: Path) -> None:
    """W-FIGURE: two initializers side by side, each with tanh and with ReLU, ten layers deep."""
    sources = [f"gradcheck.reference:{name}" for name in ("small_random", "xavier")]

    assert plot(*sources, "-p", "initializations", "-n", "1", "-o", tmp_path / "figure.svg") == 0
    words = [
        node.text for node in ET.parse(tmp_path / "figure.svg").getroot().iter("{http://www.w3.org/2000/svg}text")
    ]
    assert [word.split(", from")[0] for word in words if word and ", from" in word] == [
        "small_random, tanh",
        "small_random, ReLU",
        "xavier, tanh",
        "xavier, ReLU",
    ]
    assert words.count("10") == 4


def test_a_stored_case_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case is run again, drawn, and kept, whether it is named by its identifier or by its file."""
    (tmp_path / "lay.py").write_text(
        "import gradcheck\n\ndef bad(x):\n    return x * x\n\ndef bad_grad(x):\n    return 3 * x\n\n"
        "SUBJECT = gradcheck.subject(bad, kind='activation')\n"
    )
    cases = tmp_path / ".gradcheck" / "cases"
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADCHECK_CASES", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    import lay

    suite = gradcheck.run_suite(lay.SUBJECT, checks=["GC101"], max_examples=5, cases=cases)
    case = suite.results[0].case
    assert case is not None

    for source in (case, cases / f"{case}.json"):
        assert plot(source, "-p", "field", "-o", tmp_path / "f.svg") == 0
    assert (cases / f"{case}.json").exists()
    sys.modules.pop("lay")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-s", "nobody"), "no picture is left of these: "),
        (("-o", "one.svg"), "is one file for 5 pictures"),
        (("-p", "nonsense"), "is not one of"),
    ],
)
def test_a_wrong_call_is_a_sentence(
    report: Path, arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody of that name, many pictures for one file, no such sort: exit code 2, and the way out."""
    assert plot(report, *arguments) == 2
    assert said in capsys.readouterr().err


def test_names_of_subjects_steer_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither where nothing is left of them nor in the list: line ends, escapes and marks are spelled out."""
    name = "nul\x00esc\x1b[31m\nnext\u202e\u2028"
    wrong = gradcheck.check(np.sin, np.linspace(-1, 1, 6), derivative=lambda x: np.cos(x) + 0.1)
    (tmp_path / "r.json").write_text(render(RunReport((SuiteReport(name, "", check=wrong),)), "json"))

    for arguments in (("-s", "nobody"), ("--list",)):
        plot(tmp_path / "r.json", *arguments)
        out, err = capsys.readouterr()
        assert not {"\x00", "\x1b", "\u202e", "\u2028"} & set(out + err)


def test_png_is_drawn_by_an_extra(report: Path, tmp_path: Path) -> None:
    """With CairoSVG a PNG comes out, twice as large as the drawing."""
    pytest.importorskip("cairosvg", exc_type=ImportError)

    assert plot(report, "-p", "steps", "-o", tmp_path / "s.png") == 0
    data = (tmp_path / "s.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20]) == 2 * (340 + 20)


def test_without_the_extra_one_sentence_says_how_to_get_it(
    report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, the command that installs it, and no file."""
    monkeypatch.setitem(sys.modules, "cairosvg", None)

    assert plot(report, "-p", "steps", "-o", tmp_path / "s.png") == 2
    assert "pip install 'gradcheck[plot]'" in capsys.readouterr().err
    assert not (tmp_path / "s.png").exists()

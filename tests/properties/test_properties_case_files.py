"""Cases on the disk: many writers, writers that are killed, and files that are not what they say."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import _case_files as files
from gradcheck.properties import load_case, plan, run_law
from gradcheck.properties._data import Frozen, decoded, described, encoded
from gradcheck.properties._last import about_to_try, keep_in, last_of, nothing_to_try
from gradcheck.properties._store import Store, Stored
from gradcheck.properties.strategies import Drawn
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck.report import Status

CASE = Stored("f", "activation", "GC501", (("x", Drawn((3, 2), seed=4)), ("mode", "left")), 7, None, None, "x = ...")


def many(folder: str, writer: int) -> None:
    """Write, forget and write again, as one of ten."""
    store = Store(Path(folder))
    for k in range(10):
        store.remember(Stored("f", "", "GC501", CASE.drawn, line=f"{writer} {k}"))
        store.remember(Stored("f", "", "GC501", CASE.drawn, line=f"shared {k}"))
        gone = Stored("f", "", "GC501", CASE.drawn, line=f"repaired {k}", home=Path(folder))
        store.remember(gone)
        gone.forget()


WRITER = "import runpy, sys; runpy.run_path(sys.argv[1])['many'](sys.argv[2], int(sys.argv[3]))"


def test_ten_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """Every case is there and whole, the shared ones once, the repaired ones not, and nothing else lies about."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    command = [sys.executable, "-c", WRITER, __file__, str(tmp_path)]
    writers = [subprocess.Popen([*command, str(k)], env={**os.environ, "PYTHONPATH": path}) for k in range(10)]
    for writer in writers:
        writer.wait()
    lines = [case.line for case in Store(tmp_path).readable()]

    assert [writer.returncode for writer in writers] == [0] * 10
    assert len(lines) == len(set(lines))
    assert {f"{w} {k}" for w in range(10) for k in range(10)} | {f"shared {k}" for k in range(10)} <= set(lines)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".npz"}
    assert len(list(tmp_path.glob("*.npz"))) == len(list(tmp_path.glob("*.json")))


def test_what_a_killed_writer_left_is_cleared_away(tmp_path: Path) -> None:
    """Half a file, and numbers whose case was never written, go with the next case."""
    for left in (".GC501-1.json.x2", ".GC501-1.npz.abc", "GC501-00000000.npz"):
        (tmp_path / left).write_text("half")
    (tmp_path / "README.md").write_text("our corpus")
    name = Store(tmp_path).remember(CASE)

    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.json", f"{name}.npz", "README.md"}


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([".json", ".npz"]), st.floats(0, 1), st.binary(max_size=3))
def test_a_damaged_case_is_refused_or_whole(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, place: float, change: bytes
) -> None:
    """Cut or changed anywhere, it is what it was, or refused in one sentence; never another exception."""
    folder = tmp_path_factory.mktemp("cases")
    path = folder / f"{Store(folder).remember(CASE)}{suffix}"
    content = path.read_bytes()
    at = int(place * len(content))
    path.write_bytes(content[:at] + change + (content[at + len(change) :] if change else b""))
    drawn, refused = (), ""
    try:
        drawn = load_case(path.with_suffix(".json")).stored.drawn
    except gradcheck.InvalidArgument as error:
        refused = str(error)
    assert bool(drawn) != bool(refused)
    assert "\n" not in refused


def hostile(path: Path, **change: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2, "drawn": "from the future"},
        {"version": "1"},
        {"line": "x" * files.LARGEST_TEXT},
        {"drawn": [["x", {"is": "Drawn", "shape": {"is": "tuple", "items": [10**9, 10**9]}}]]},
        {"drawn": [["x", {"is": "Frozen", "dtype": "O", "shape": [1], "bytes": ""}]]},
        {"drawn": {"x": 1}},
        {"target": 3},
        {"subject": None},
    ],
    ids=["future", "text version", "oversized", "huge", "objects", "no list", "target", "subject"],
)
def test_a_case_that_is_not_ours_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """Future, oversized, or with another thing in a field: one sentence; a run leaves it alone."""
    path = tmp_path / f"{Store(tmp_path).remember(CASE)}.json"
    hostile(path, **change)
    with pytest.raises(gradcheck.InvalidArgument, match=r"^case="):
        load_case(path)

    assert Store(tmp_path).find("f", "activation", "GC501") == []
    assert path.exists()


@pytest.mark.parametrize("case", [None, 3])
def test_what_names_no_case_is_refused(case: Any) -> None:
    """By its name, in a sentence, as an empty environment variable leads to."""
    with pytest.raises(gradcheck.InvalidArgument, match=rf"^case={case} must be the identifier of a case"):
        load_case(case)


def test_numbers_that_claim_to_be_many_are_refused(tmp_path: Path) -> None:
    """A header of a few bytes cannot make us allocate a petabyte."""
    name = Store(tmp_path).remember(CASE)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**14,)})
    with zipfile.ZipFile(tmp_path / f"{name}.npz", "w") as inside:
        inside.writestr("a0.npy", header.getvalue())
    with pytest.raises(gradcheck.InvalidArgument, match="cannot be read"):
        load_case(str(name), cases=tmp_path)


@pytest.mark.parametrize("target", ["posix:kill", "os:_exit", "subprocess:call", "builtins:exec", "antigravity:x"])
def test_a_case_runs_no_code_of_its_choice(tmp_path: Path, target: str) -> None:
    """What a case is of cannot be a function of Python's own that does something to the machine."""
    path = tmp_path / f"{Store(tmp_path).remember(CASE)}.json"
    hostile(path, target=target, kind="initializer")
    with pytest.raises(gradcheck.InvalidArgument, match="Python's own and no subject"):
        load_case(path).run()


SHIFT = [0.25]


def shifted(x: Any) -> Any:
    """Return a tanh that is odd only once it is repaired."""
    return np.tanh(x) + SHIFT[0]


ODD = gradcheck.subject(shifted, kind="activation", traits={"odd": True})


def test_a_failure_is_stored_before_it_is_shrunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it shrinks, a run has lost nothing; the next one shrinks anew, and leaves one case."""

    class Killed(BaseException):
        pass

    from gradcheck.properties import _run

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(_run, "tidied", killed)
        with pytest.raises(Killed):
            run_law(plan(ODD), "GC501", cases=tmp_path)
    (first,) = Store(tmp_path).readable()
    result = run_law(plan(ODD), "GC501", cases=tmp_path)
    (last,) = Store(tmp_path).readable()

    assert (first.smallest, last.smallest, last.id) == (False, True, result.case)
    assert "digits=1" in last.line


def test_a_search_stores_before_it_shrinks_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for `gradcheck.search`; what it cannot find again is reported all the same."""
    from gradcheck.properties.search import _hunt

    def slope(x: Any) -> Any:
        return np.where(np.abs(x) > 1, 0.0, 1 - np.tanh(x) ** 2)

    start, options = np.linspace(-0.5, 0.5, 4).reshape(2, 2), {"derivative": slope, "cases": tmp_path}
    with monkeypatch.context() as patch:
        patch.setattr(_hunt, "tidied", lambda *_: None)
        patch.setattr(_hunt.Hunt, "remember", lambda self: None)
        gradcheck.search(np.tanh, start, **options)
    (begun,) = Store(tmp_path).readable()
    report = gradcheck.search(np.tanh, start, max_examples=1, **options)

    assert not begun.smallest
    assert not report.ok
    assert [case.smallest for case in Store(tmp_path).readable()] == [True]


def test_cases_stay_on_request(tmp_path: Path) -> None:
    """A corpus that is committed is not emptied by what is repaired; it is tried all the same."""
    run_law(plan(ODD), "GC501", cases=tmp_path)
    SHIFT[0] = 0.0
    try:
        kept = run_law(plan(ODD), "GC501", cases=Store(tmp_path, keep=True), only_stored=True)
        count = len(list(tmp_path.glob("*.json")))
        run_law(plan(ODD), "GC501", cases=tmp_path, only_stored=True)
    finally:
        SHIFT[0] = 0.25

    assert (kept.status, kept.examples, count) == (Status.PASSED, 1, 1)
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_were_frozen_are_stored_again(tmp_path: Path) -> None:
    """A case whose line gives other numbers by now is written with its numbers."""
    frozen = Frozen("x", np.arange(6.0).reshape(2, 3), "dense", "strided")
    for again in (
        decoded(*encoded((("x", frozen),))),
        decoded(json.loads(json.dumps(described((("x", frozen),)))), None),
    ):
        ((_, value),) = again
        np.testing.assert_array_equal(value.array, frozen.array)
        assert (value.line, value.layout) == ("x", "strided")


def test_what_is_about_to_be_tried_is_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example over the one before; nothing once the subject came back; a torn file is no example."""
    from gradcheck.properties import _last

    monkeypatch.setattr(_last, "_open", {})
    keep_in(tmp_path / "last.json")
    long = tuple((f"x{k}", Drawn((3, k))) for k in range(1, 9))
    about_to_try(CASE, long)
    about_to_try(CASE, CASE.drawn)
    found = last_of(tmp_path / "last.json")

    assert found is not None
    assert (found.subject, found.code, found.seed, found.drawn) == ("f", "GC501", 7, CASE.drawn)
    assert found.line.startswith("x = tensor(shape=(3, 2), seed=4)")
    nothing_to_try()
    assert last_of(tmp_path / "last.json") is None
    assert last_of(tmp_path / "no such file") is None


def test_the_project_says_where_cases_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``cases`` and ``keep-cases`` of the table count wherever a case is stored or loaded."""
    from gradcheck.properties._store import store_for

    monkeypatch.delenv("GRADCHECK_CASES", raising=False)
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text('[tool.gradcheck]\ncases = "corpus"\nkeep-cases = true\n')
    assert store_for("auto") == Store(tmp_path / "corpus", keep=True)
    pyproject.write_text('[tool.gradcheck]\ncases = "off"\n')
    assert store_for("auto") is None
    pyproject.write_text("[tool]\ngradcheck = { seed = 3 }\n")
    assert store_for("auto") == Store(tmp_path / ".gradcheck" / "cases")
    pyproject.write_text("[tool.gradcheck")
    assert store_for("auto") is None
    assert store_for("off") is None


SLOPE = [2.0]


def same(x: Any) -> Any:
    """Return x itself."""
    return 1.0 * x


def steep(x: Any) -> Any:
    """Return the slope of x, which is right once it is repaired."""
    return SLOPE[0] * np.ones_like(x)


STEEP = gradcheck.subject(same, np.linspace(0.5, 2.0, 4), derivative=steep, name="steep")


def test_a_check_that_fails_is_a_case_too(tmp_path: Path) -> None:
    """The inputs are stored with their numbers, replay anywhere, and are forgotten once the gradient is right."""
    from gradcheck.engine import Collected, Settings, run

    def check() -> Any:
        return run([Collected(STEEP, "here")], Settings(cases=str(tmp_path))).suites[0].check

    name = check().case
    case = load_case(name, cases=tmp_path)

    assert name.startswith("GC-")
    assert "np.array([0.5, 1.0, 1.5, 2.0])" in case.stored.line
    assert case.run().findings[0].code == "GC101"
    with pytest.raises(gradcheck.InvalidArgument, match=r"pass what gradcheck\.subject returned"):
        case.run(np.positive)
    SLOPE[0] = 1.0
    try:
        assert case.run(STEEP, keep=True).ok
        assert check().case is None
    finally:
        SLOPE[0] = 2.0
    assert list(tmp_path.iterdir()) == []


def test_inputs_that_are_no_data_are_not_stored(tmp_path: Path) -> None:
    """An object among the inputs is nobody's data; the report is as it would be."""
    from gradcheck.properties._checked import kept

    odd = gradcheck.subject(np.positive, object(), derivative=steep, name="odd")
    report = gradcheck.check(STEEP.thing, *STEEP.inputs, derivative=steep)

    assert kept(odd, report, Store(tmp_path)).case is None
    assert kept(odd, report, None) is report


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By its name and the way out; the search goes on."""
    in_the_way = tmp_path / "cases"
    in_the_way.write_text("no folder")
    assert [Store(in_the_way).remember(CASE) for _ in range(2)] == [None, None]
    (told,) = caplog.messages
    assert str(in_the_way) in told
    assert "name another folder" in told

"""Stored cases: data that replays first, heals itself, and is refused where it is not what it should be."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import LoadedCase, load_case, plan, run_law, run_suite
from gradcheck.properties import _store as stores
from gradcheck.properties._data import Frozen, Unstorable, decoded, encoded
from gradcheck.properties.strategies import Drawn, Made, labels, simplex, spd, tensors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck.report import Status, Verdict


def shifted(x):
    return np.tanh(x) + SHIFT[0]


def relu(x):
    return np.maximum(x, 0)


def slope(x):
    return SLOPE[0] * (x > 0)


SHIFT, SLOPE = [0.25], [2.0]
ODD = gradcheck.subject(shifted, kind="activation", traits={"odd": True})


@pytest.fixture(autouse=True)
def mistakes():
    """Put the two mistakes back before every test."""
    SHIFT[0], SLOPE[0] = 0.25, 2.0


def failing(folder: Path) -> Any:
    return run_law(plan(ODD), "GC501", cases=folder)


def test_a_failure_is_stored_and_tried_first(tmp_path: Path) -> None:
    """The next run needs one example, and so does a person who loads the case."""
    first, second = failing(tmp_path), failing(tmp_path)
    case = load_case(first.case, cases=tmp_path)

    assert first.case == second.case == case.id
    assert second.examples == 1
    assert case.run().findings[0].code == "GC501"
    assert "shape=(2, 1)" in repr(case)


def test_a_repaired_case_is_forgotten_unless_it_is_kept(tmp_path: Path) -> None:
    """What fails no more is deleted, and a law passes as ever."""
    name = failing(tmp_path).case
    SHIFT[0] = 0.0
    assert load_case(name, cases=tmp_path).run(keep=True).ok
    assert list(tmp_path.glob("*.json"))

    assert failing(tmp_path).status is Status.PASSED
    assert list(tmp_path.iterdir()) == []


def test_a_search_stores_and_replays(tmp_path: Path) -> None:
    """The second search finds at once what the first one found, until it is repaired."""
    first = gradcheck.search(relu, np.ones((4, 3)), derivative=slope, cases=tmp_path)
    again = gradcheck.search(relu, np.ones((4, 3)), derivative=slope, cases=tmp_path)
    declared = gradcheck.subject(relu, np.ones((4, 3)), derivative=slope)
    loaded = load_case(first.case or "", cases=tmp_path)
    assert f"stored: gradcheck.load_case('{first.case}').run()" in str(first)

    assert first.counterexample == again.counterexample
    assert loaded.run(declared).verdict is Verdict.FAIL
    SLOPE[0] = 1.0
    assert loaded.run(declared).ok
    assert list(tmp_path.iterdir()) == []


def test_expected_failures_are_pinned(tmp_path: Path) -> None:
    """The example that shows an expected failure is stored with its reason, and one that fails no more is stale."""

    def suite():
        return run_suite(ODD, checks=["GC501"], expected_failures={"GC501": "shifted (#41)"}, cases=tmp_path)

    first, second = suite(), suite()
    SHIFT[0] = 0.0
    stale = suite()

    assert [r.results[0].status for r in (first, second)] == [Status.EXPECTED_FAILURE] * 2
    assert second.results[0].examples == 1
    assert stale.results[0].status is Status.UNEXPECTED_PASS
    assert stale.verdict is Verdict.FAIL


def test_an_expectation_of_what_does_not_apply_is_stale() -> None:
    """A code that is not even tried cannot be known to fail."""
    report = run_suite(np.tanh, "activation", checks=["GC504"], expected_failures={"GC504": "too steep"})

    assert report.verdict is Verdict.FAIL
    assert "too steep), but it does not apply" in report.results[0].findings[0].title


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_needed(reason: str) -> None:
    """In a year nobody knows why; so it is asked for now, wherever it is written."""
    with pytest.raises(gradcheck.InvalidArgument, match="gives no reason"):
        gradcheck.subject(np.tanh, kind="activation", expected_failures={"GC501": reason})
    with pytest.raises(gradcheck.InvalidArgument, match="gives no reason"):
        run_suite(np.tanh, "activation", expected_failures={"GC501": reason})
    with pytest.raises(gradcheck.InvalidArgument, match="gives no reason"):
        gradcheck.parametrize([ODD], expected_failures={"GC501": reason})


def test_a_suite_that_shrinks_fails() -> None:
    """Fewer checks than asked for are a finding that says how many ran."""
    report = run_suite(np.tanh, "activation", checks=["GC501"], min_checks=5)

    assert report.verdict is Verdict.FAIL
    assert "1 checks ran, but min_checks=5" in report.findings[0].title
    assert run_suite(np.tanh, "activation", checks=["GC501"], min_checks=1).ok


def test_drawn_values_survive() -> None:
    """Whatever strategies draw is the same after it was written and read, and so are tuples and numbers."""

    @settings(max_examples=50, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.tuples(tensors(), spd(2), simplex((2, 3)), labels((3,), 2)))
    def holds(drawn):
        values = tuple(enumerate([*drawn, (1, 2.5, ("a", None)), float("inf"), True, -0.0]))
        data, arrays = encoded(tuple((str(k), v) for k, v in values))
        again = decoded(json.loads(json.dumps(data)), arrays)
        assert repr(again) == repr(tuple((str(k), v) for k, v in values))

    holds()


def test_stored_numbers_count_where_the_line_gives_others() -> None:
    """Random streams may change with NumPy; the numbers that failed do not."""
    data, arrays = encoded((("x", Drawn((2, 1))),))
    arrays = {name: array + 1 for name, array in arrays.items()}
    ((_, value),) = decoded(data, arrays)

    assert isinstance(value, Frozen)
    np.testing.assert_array_equal(value.array, Drawn((2, 1)).array + 1)
    assert (value.shape, value.dtype, repr(value)) == ((2, 1), "float64", "tensor(shape=(2, 1))")


def test_what_is_no_data_is_not_stored() -> None:
    """Functions and generators are not written."""
    with pytest.raises(Unstorable):
        encoded((("f", np.random.default_rng(0)),))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 2}, "written by another release"),
        ({"format": "else"}, "no gradcheck case"),
        ({"seed": "0"}, "cannot be read"),
        ({"drawn": [["x", {"is": "object"}]]}, "cannot be read"),
        ({"drawn": [["x", {"is": "Made", "builder": "eval", "arguments": [], "array": "a0"}]]}, "cannot be read"),
    ],
)
def test_a_case_that_is_something_else_is_refused(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    """Another version, another format, a damaged field: one sentence, and the file stays."""
    name = failing(tmp_path).case
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(gradcheck.InvalidArgument, match=sentence):
        load_case(path)

    assert failing(tmp_path).status is Status.FAILED
    assert path.exists()


def test_a_path_that_leads_nowhere_is_named_as_it_was_given(tmp_path: Path) -> None:
    """The files beside it are not offered as cases: a report is none."""
    (tmp_path / "report.json").write_text("{}")
    with pytest.raises(gradcheck.InvalidArgument, match=r"case='.*nope\.json' is not there") as refused:
        load_case(tmp_path / "nope.json")

    assert "report" not in str(refused.value)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a stored case was executed",))


def test_no_case_is_executed(tmp_path: Path) -> None:
    """Pickled objects among the numbers are refused, and so are more numbers than a case may have."""
    name = failing(tmp_path).case
    numbers = tmp_path / f"{name}.npz"
    np.savez(numbers, a0=np.array([Bomb()], dtype=object))
    with pytest.raises(gradcheck.InvalidArgument, match="cannot be read"):
        load_case(str(name), cases=tmp_path)
    assert pickle  # what would have run it
    with zipfile.ZipFile(numbers, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a0.npy", bytes(3 * stores.LARGEST))
    with pytest.raises(gradcheck.InvalidArgument, match="more than a case may have"):
        load_case(str(name), cases=tmp_path)


def test_a_folder_of_cases_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest makes room, and a case that is too large is not stored."""
    monkeypatch.setattr(stores, "MOST", 3)
    store = stores.Store(tmp_path)
    for k in range(5):
        assert store.remember(stores.Stored("f", "", "GC501", line=str(k)))
    assert len(list(tmp_path.glob("*.json"))) == len(list(tmp_path.glob("*.npz"))) == 3
    monkeypatch.setattr(stores, "LARGEST", 8)
    assert store.remember(stores.Stored("f", "", "GC501", (("x", Drawn((2, 1))),))) is None


def test_where_cases_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a project that uses the tool, from any folder of it; elsewhere nowhere; the environment decides."""
    monkeypatch.delenv(stores.VARIABLE, raising=False)
    inner = tmp_path / "src" / "package"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert stores.store_for("auto") is None
    (tmp_path / "pyproject.toml").write_text("[tool.gradcheck]\n")
    assert stores.store_for("auto") == stores.Store(tmp_path / ".gradcheck" / "cases")
    (tmp_path / "src" / ".gradcheck").mkdir()
    assert stores.store_for("auto") == stores.Store(tmp_path / "src" / ".gradcheck" / "cases")
    monkeypatch.setenv(stores.VARIABLE, "off")
    assert stores.store_for("auto") is None
    monkeypatch.setenv(stores.VARIABLE, str(tmp_path))
    assert stores.store_for("auto") == stores.Store(tmp_path)
    assert stores.store_for(None) is None


def test_an_unknown_case_names_those_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped name is answered with the names; without a folder the way out is said."""
    name = failing(tmp_path).case
    with pytest.raises(gradcheck.InvalidArgument, match=f"there are {name}"):
        load_case("GC501-00000000", cases=tmp_path)
    monkeypatch.setenv(stores.VARIABLE, "off")
    with pytest.raises(gradcheck.InvalidArgument, match="there is none here"):
        load_case("GC501-00000000")


def test_a_subject_without_a_name_has_to_be_handed_in(tmp_path: Path) -> None:
    """A function inside a function cannot be imported."""
    declared = gradcheck.subject(lambda x: np.tanh(x) + 1, kind="activation", traits={"odd": True})
    case = load_case(run_law(plan(declared), "GC501", cases=tmp_path).case or "", cases=tmp_path)

    assert isinstance(case, LoadedCase)
    with pytest.raises(gradcheck.InvalidArgument, match="no name to import it by"):
        case.run()
    assert case.run(declared).verdict is Verdict.FAIL


def test_special_matrices_are_rebuilt_from_their_line() -> None:
    """A builder that nobody knows is no builder."""
    assert Made("spd_matrix", (("n", 2), ("seed", 0))).array.shape == (2, 2)

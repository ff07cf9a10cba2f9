"""Laws, kinds and suites of other packages: the page that explains them runs, and mistakes are told."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import Case, _extend, _registry, add_kind, add_law, expect, law, laws, run_suite
from gradcheck.properties.strategies import batches, choice

import gradcheck
from gradcheck.report import Status
from gradcheck.subjects import _traits

PAGE = Path(__file__).parents[2] / "docs" / "extending.md"


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch):
    """Forget afterwards what a test adds."""
    laws()
    monkeypatch.setattr(_registry, "_LAWS", dict(_registry._LAWS))
    monkeypatch.setattr(_traits, "NEW_KINDS", _traits.NEW_KINDS)
    before = dict(_traits.NEW_KINDS)
    yield
    _traits.NEW_KINDS.clear()
    _traits.NEW_KINDS.update(before)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_worked_example_works(capsys: pytest.CaptureFixture[str]) -> None:
    """Every line of the page runs, and the failing kernel is shown with its smallest input."""
    code = "\n".join(blocks("python"))
    exec(compile(code, str(PAGE), "exec"), {"__name__": "worked_example"})

    shown = capsys.readouterr().out
    assert "error[KERNEL-1]" in shown
    assert "smallest failing input" in shown
    assert law("KERNEL-2").hint == "The usual mistake is a distance in place of its square."


def test_an_entry_point_makes_laws_known_to_every_face(tmp_path: Path) -> None:
    """An installed package is found by the command line without an import."""
    package = tmp_path / "kernels"
    package.mkdir()
    (package / "__init__.py").touch()
    first, *_ = blocks("python")
    (package / "laws.py").write_text(first)
    info = tmp_path / "kernels-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: kernels\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[gradcheck.suites]\nkernels = kernels.laws\n")
    (tmp_path / "mine.py").write_text(
        "import gradcheck\nSUBJECTS = [gradcheck.subject(lambda x, y: float(x @ y), kind='kernel', name='linear')]\n"
    )
    shown = [
        subprocess.run(
            [sys.executable, "-m", "gradcheck", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        ).stdout
        for words in (["explain", "KERNEL-1"], ["run", "mine.py", "-c", "KERNEL", "--in-process", "-n", "5"])
    ]

    assert "length scale" in shown[0]
    assert "ran 2 · passed 2" in shown[1]


def test_a_broken_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says which entry point cannot be loaded."""
    from importlib.metadata import EntryPoint

    point = EntryPoint("kernels", "no_such_package.laws", _extend.GROUP)
    monkeypatch.setattr(_extend, "entry_points", lambda group: [point])
    with pytest.raises(gradcheck.InvalidArgument, match=r"'kernels'.*no_such_package"):
        _extend.load_entry_points()


def test_what_is_drawn_follows_the_annotation() -> None:
    """Arrays come as arrays, choices as they are, an argument without a strategy is the case."""
    seen = []

    @add_law("MINE-1", "told", kind="activation")
    def told(f, x: batches(3), a: choice((2.0, 3.0)), case, other: Case):
        """Remember what came.

        The usual mistake is none.
        """
        seen.append((type(x), x.shape[1], a in (2.0, 3.0), case is other))

    result = run_suite(np.tanh, "activation", checks=["MINE-1"], max_examples=5, cases=None).results[0]

    assert result.status is Status.PASSED
    assert set(seen) == {(np.ndarray, 3, True, True)}


def test_an_assert_is_a_failure_of_the_law_and_not_a_crash() -> None:
    """Its message is what people read; an assert inside the subject stays a crash."""

    @add_law("MINE-2", "small", kind="activation")
    def small(f, x: batches(1)):
        """Values are small.

        The usual mistake is a factor.
        """
        assert np.abs(f(x)).max() < 0.5, "a value is large"

    def picky(x):
        assert x.shape == (0, 0)
        return x

    large, crash = (
        run_suite(gradcheck.subject(f, kind="activation"), checks=["MINE"], cases=None).findings[0]
        for f in (np.tanh, picky)
    )

    assert (large.code, "a value is large" in large.title) == ("MINE-2", True)
    assert crash.code == "GC907"


@pytest.mark.parametrize(
    ("code", "options", "sentence"),
    [
        ("GC999", {"kind": "activation"}, "gradcheck's own"),
        ("mine", {"kind": "activation"}, "capital letters and a number"),
        ("MINE-3", {"kind": "kernels"}, "add_kind makes it one"),
        ("MINE-3", {"kind": "activation", "traits": ["ood"]}, "is not a trait"),
    ],
)
def test_a_law_that_cannot_be_is_refused(code: str, options: dict, sentence: str) -> None:
    """Code, kind and traits are looked at when the law is added."""
    with pytest.raises(gradcheck.InvalidArgument, match=sentence):

        @add_law(code, "title", **options)
        def check(f, x: batches(2)):
            """Say something."""


def test_a_law_without_a_docstring_is_refused() -> None:
    """It is what people read when it fails."""
    with pytest.raises(gradcheck.InvalidArgument, match="no docstring"):

        @add_law("MINE-3", "title", kind="activation")
        def check(f):
            expect(f(np.zeros(1)), "f").finite()


def without_subject():
    """Take nothing."""


def of_a_type(f, x: int):
    """Say int where a strategy stands."""


def of_no_name(f, x: tensorz()):  # noqa: F821
    """Name a strategy that is not there."""


@pytest.mark.parametrize(
    ("check", "said"),
    [(without_subject, "takes no argument"), (of_a_type, "x: int .* no strategy"), (of_no_name, "'tensorz'")],
)
def test_a_law_that_no_subject_can_obey_is_refused(check: Any, said: str) -> None:
    """The mistake is the law's, and no subject is blamed for it."""
    with pytest.raises(gradcheck.InvalidArgument, match=said):
        add_law("OURS-77", "never", kind="activation")(check)


def test_a_code_is_taken_once() -> None:
    """Another function cannot have it; the same one, imported again, can."""

    def check(f):
        """Say something."""

    def other(f):
        """Say something else."""

    add_law("MINE-4", "title", kind="activation")(check)
    add_law("MINE-4", "title", kind="activation")(check)
    with pytest.raises(gradcheck.InvalidArgument, match="is taken by 'title'"):
        add_law("MINE-4", "title", kind="activation")(other)


def test_a_kind_is_added_once() -> None:
    """The built-in kinds cannot be replaced."""
    with pytest.raises(gradcheck.InvalidArgument, match="is a kind already"):
        add_kind("layer", lambda declaration: (declaration, ()))

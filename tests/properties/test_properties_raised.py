"""What a subject raises where an adapter tries how it is called is told by its own type, message and place."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pytest
from gradcheck.properties.adapters._trial import own, told, tried
from scipy.sparse import csr_matrix

import gradcheck
from gradcheck.engine import Settings, collect
from gradcheck.engine import run as engine_run


def broken(*_: Any, **__: Any) -> Any:
    raise KeyError("boom")


class Broken:
    """Everything that an adapter could call."""

    def __init__(self, rate: float = 0.1) -> None:
        self.rate = rate

    def forward(self, x: Any, target: Any = None) -> Any:
        return broken(x, target)

    def update(self, w: Any, grad: Any) -> Any:
        return broken(w, grad)

    def backward(self, dout: Any = 1.0) -> Any:
        return dout


class Unmade(Broken):
    def __init__(self) -> None:
        raise TypeError("boom")


def one_argument(prediction: np.ndarray) -> float:
    return float(prediction.sum())


@pytest.mark.parametrize(
    ("thing", "kind"),
    [(broken, "loss"), (Broken(), "loss"), (broken, "optimizer"), (Broken(), "optimizer"), (Broken(), "layer")],
)
def test_the_sentence_names_what_was_raised_and_where(thing: Any, kind: str) -> None:
    """And it is raised from that, so that Python shows its traceback, too."""
    with pytest.raises(
        gradcheck.InvalidArgument, match=r"raised KeyError: 'boom' \(\S+\.py:\d+ in broken\)"
    ) as error:
        gradcheck.run_suite(thing, kind)
    assert isinstance(error.value.__cause__, KeyError)


@pytest.mark.parametrize("kind", ["optimizer", "layer"])
def test_what_a_constructor_raises_is_its_own(kind: str) -> None:
    """A TypeError of its own is not taken for a wrong number of arguments."""
    with pytest.raises(gradcheck.InvalidArgument, match=r"Unmade\(.*\) raised TypeError: boom \(\S+\.py") as told:
        gradcheck.run_suite(Unmade, kind)
    assert isinstance(told.value.__cause__, TypeError)


@pytest.mark.parametrize("kind", ["loss", "optimizer"])
def test_what_is_called_otherwise_is_told_so(kind: str) -> None:
    """A function of one argument raised nothing: it was called in a way that it does not have."""
    with pytest.raises(gradcheck.InvalidArgument, match="took n"):
        gradcheck.run_suite(one_argument, kind)


def test_a_run_shows_the_lines_of_the_subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding stands where the exception was raised, with its traceback, and the other subjects go on."""
    monkeypatch.chdir(tmp_path)
    text = "import gradcheck\n\ndef mine(p, t):\n    return p - missing\n\nS = gradcheck.subject(mine, kind='loss')\n"
    (tmp_path / "losses.py").write_text(text)
    (suite,) = engine_run(collect(["losses.py"]), Settings()).suites
    (finding,) = suite.results[0].findings

    assert "raised NameError: name 'missing' is not defined (losses.py:4 in mine)" in finding.title
    assert (finding.code, Path(finding.location[0]).name, finding.location[1]) == ("GC907", "losses.py", 4)
    assert any("return p - missing" in line for line in finding.detail)


def test_a_law_stands_at_the_line_that_raised() -> None:
    """And not at the head of the class."""
    report = gradcheck.run_suite(gradcheck.subject(Broken(), np.ones((4, 3)), kind="layer"), checks=["GC101"])
    (finding,) = report.results[0].findings
    line = broken.__code__.co_firstlineno + 1
    assert (finding.code, finding.location) == ("GC907", (__file__, line))


def test_an_error_at_the_call_is_not_the_things_own() -> None:
    """Only what was raised further inside is."""
    _, at_the_call = tried(one_argument)
    _, inside = tried(broken)
    assert own([None, at_the_call]) is None
    assert own([at_the_call, inside]) is inside
    assert told(inside).startswith("KeyError: 'boom' (test_properties_raised.py:")


class Wants(Broken):
    def __init__(self, a: int, b: int, *, c: int) -> None:
        """Take three arguments, and have every method that a kind could ask for."""

    fit = transform = __call__ = broken


@pytest.mark.parametrize("kind", gradcheck.subjects.KINDS)
def test_a_class_that_wants_other_arguments_is_refused_in_a_sentence(kind: str) -> None:
    """It says what the constructor takes, and how to declare it instead; so do a list and a run of the target."""
    with pytest.raises(gradcheck.InvalidArgument, match=r"'Wants' takes a, b and c, and a suite calls W") as told:
        gradcheck.run_suite(Wants, kind)
    assert "declare an instance, such as Wants(a=..., b=..., c=...)" in str(told.value)


def step(**methods: Any) -> type:
    return type("Step", (), methods)


def fit(self: Any, x: Any) -> Any:
    return self


def nothing(*_: Any) -> None:
    """Forget to return."""


ONE_SENTENCE = [
    (step(fit=lambda s, x, y: s, transform=fit), "preprocessor", r"'Step' cannot be called as .* argument: 'y'$"),
    (step(fit=fit), "preprocessor", "which has fit.x. and transform.x. or is a function"),
    (step(fit=fit, transform=nothing), "preprocessor", "'Step' returned nothing; an array of numbers is asked of"),
    (step(fit=fit, transform=lambda s, x: csr_matrix(x)), "preprocessor", "returned a csr_matrix; an array"),
    (lambda x, y: x, "preprocessor", "cannot be called as a preprocessor"),
    (lambda x, y: x, "activation", "cannot be called as an activation, f.x. of one array"),
    (nothing, "activation", "returned nothing"),
    (lambda a, b, c, d: a, "initializer", "cannot be called as an initializer"),
    (nothing, "initializer", "returned nothing"),
    (lambda: 0.0, "regularizer", "cannot be called as a regularizer"),
    (nothing, "regularizer", "returned nothing"),
    ((nothing, nothing, nothing), "layer", "a tuple of 3, and a pair is two functions"),
]


@pytest.mark.parametrize(("thing", "kind", "sentence"), ONE_SENTENCE)
def test_what_cannot_be_called_as_its_kind_is_one_sentence(thing: Any, kind: str, sentence: str) -> None:
    """No law is held, so that none repeats what Python says of the call."""
    with pytest.raises(gradcheck.InvalidArgument, match=sentence):
        gradcheck.run_suite(thing, kind)


@pytest.mark.parametrize(
    ("given", "kind", "sentence"),
    [
        ("abc", "preprocessor", "inputs.0.='abc' of 'Step' must be an array of numbers"),
        (np.array([["a", 1]], object), "layer", "must be an array of numbers"),
        (np.arange(5.0), "preprocessor", "must have 2 axes or more"),
        (np.arange(5.0), "normalization", "must have 2 axes or more"),
    ],
)
def test_an_example_input_that_is_none_is_refused(given: Any, kind: str, sentence: str) -> None:
    """Before anything is called with it, and in one line."""
    with pytest.raises(gradcheck.InvalidArgument, match=sentence) as told:
        gradcheck.run_suite(gradcheck.subject(step(fit=fit, transform=lambda s, x: x), given, kind=kind))
    assert "\n" not in str(told.value)


def test_what_raises_inside_is_told_by_the_laws() -> None:
    """A list of numbers is taken, and an exception of the subject's own is a finding of each law that met it."""
    listed = gradcheck.run_suite(step(fit=fit, transform=lambda s, x: x.tolist()), "preprocessor", max_examples=2)
    raised = gradcheck.run_suite(lambda x: broken(x), "activation", checks=["GC514"])

    assert listed.ok
    assert [finding.code for finding in raised.results[0].findings] == ["GC907"]


class Locked:
    """Right in every kind, and holds what cannot be copied."""

    def __init__(self) -> None:
        self.lock = Lock()

    def update(self, w: Any, grad: Any) -> Any:
        return w - 0.1 * grad

    def forward(self, x: Any, target: Any = 0.0) -> Any:
        self.x = x - target
        return (self.x**2).sum()

    def backward(self) -> Any:
        return 2 * self.x

    def fit(self, x: Any) -> Any:
        return self

    def transform(self, x: Any) -> Any:
        return x

    def __call__(self, shape: Any, rng: Any = None) -> Any:
        return np.random.default_rng(rng).standard_normal(shape)


@pytest.mark.parametrize("kind", sorted(set(gradcheck.subjects.KINDS) - {"normalization"}))
def test_an_object_that_cannot_be_copied_is_told_so_in_a_sentence(kind: str) -> None:
    """A suite calls copies of it, each as fresh as the object itself."""
    with pytest.raises(gradcheck.InvalidArgument, match=r"'Locked' cannot be copied \(TypeError: .*__deepcopy__$"):
        gradcheck.run_suite(gradcheck.subject(Locked(), np.ones((3, 2)), kind=kind))


def test_an_optimizer_that_is_declared_by_its_class_need_not_be_copied() -> None:
    """Each run makes one."""
    assert gradcheck.run_suite(Locked, "optimizer", checks=["GC702"]).ok


class OfDictionary:
    def __call__(self, weights: dict[str, Any]) -> float:
        return sum((w**2).sum() for w in weights.values())


class Abstract:
    def __call__(self, w: Any) -> float:
        raise NotImplementedError


@pytest.mark.parametrize(("thing", "raised"), [(OfDictionary, "AttributeError"), (Abstract, "NotImplementedError")])
def test_a_penalty_that_raises_for_ordinary_weights_is_one_sentence(thing: Any, raised: str) -> None:
    """One that takes a dictionary, or is not written yet: no law could say more."""
    with pytest.raises(
        gradcheck.InvalidArgument, match=rf"raised {raised}.* \(\S+ in __call__\) for weights of"
    ) as told:
        gradcheck.run_suite(thing, "regularizer")
    assert "a regularizer is f(w) of one array" in str(told.value)

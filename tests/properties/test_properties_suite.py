"""The engine: statuses, determinism, exceptions, expected failures, and what a report says."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from gradcheck.properties import law, laws, plan, run_law, run_suite
from gradcheck.reference import BatchNorm
from scipy.special import expit
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

import gradcheck
from gradcheck.report import Finding, Report, Status, Verdict


def relu(x):
    return np.maximum(x, 0)


def shifted(x):
    return np.tanh(x) + 0.25


def status_of(report: gradcheck.SuiteReport, code: str) -> Status:
    return next(result.status for result in report.results if result.code == code)


SIGMOID = gradcheck.subject(
    expit,
    kind="activation",
    traits={"range": (0, 1), "lipschitz": 0.25, "kinks": (), "value_at_zero": 0.5, "saturates": ("left", "right")},
    derivative=lambda x: expit(x) * (1 - expit(x)),
)
TANH = gradcheck.subject(
    np.tanh,
    kind="activation",
    traits={"odd": True, "monotone": True, "range": (-1, 1), "lipschitz": 1.0, "value_at_zero": 0.0},
    derivative=lambda x: 1 - np.tanh(x) ** 2,
)
SINGLE = {"GC312": "the sample variance of one example is 0/0"}
RIGHT = [
    SIGMOID,
    TANH,
    gradcheck.subject(StandardScaler(), kind="preprocessor"),
    gradcheck.subject(StandardScaler(), load_digits().data, kind="preprocessor", name="StandardScaler[digits]"),
    gradcheck.subject(PCA(), kind="preprocessor"),
    gradcheck.subject(PCA(whiten=True), kind="preprocessor", name="PCA[whiten]", expected_failures=SINGLE),
    gradcheck.subject(
        PCA(whiten=True),
        load_digits().data,
        kind="preprocessor",
        name="PCA[whiten, digits]",
        expected_failures=SINGLE,
    ),
]


@pytest.mark.parametrize("declaration", RIGHT, ids=lambda declaration: declaration.name)
def test_right_subjects_pass(declaration: Any) -> None:
    """Well-known right code keeps every law that applies to it."""
    report = run_suite(declaration, max_examples=15)

    assert report.verdict is Verdict.PASS, report.findings
    assert report.ran >= 9


def test_every_law_explains_itself() -> None:
    """A law has a title, a docstring of several paragraphs, a hint and a kind."""
    for one in laws():
        assert one.explanation.count("\n\n") >= 1, one.code
        assert one.hint.endswith("."), one.code
        assert one.kinds, one.code


def test_laws_of_a_kind_are_sorted() -> None:
    """The registry is in the order of the codes."""
    codes = [one.code for one in laws("activation")]

    assert codes == sorted(codes)
    assert "GC501" in codes
    assert "GC201" not in codes


def test_an_unknown_law_suggests_the_nearest() -> None:
    """A mistyped code is answered with the right one."""
    with pytest.raises(gradcheck.InvalidArgument, match="did you mean GC501"):
        law("GC5O1")


def test_a_plan_says_what_does_not_apply_and_why() -> None:
    """Every law of the kind is either planned, or skipped with a reason."""
    chosen = plan(relu, "activation")

    assert {one.code for one in chosen.laws} | {one.code for one, _ in chosen.skipped} == {
        one.code for one in laws("activation")
    }
    assert all(reason for _, reason in chosen.skipped)
    assert ("homogeneous", "yes", "inferred") in chosen.facts


def test_declared_facts_come_before_inferred_ones() -> None:
    """What the author says stands, and is marked as declared."""
    chosen = plan(gradcheck.subject(relu, kind="activation", traits={"odd": True}))

    assert ("odd", "yes", "declared") in chosen.facts
    assert run_law(chosen, "GC501").status is Status.FAILED


def test_a_failure_names_numbers_and_one_pasteable_line() -> None:
    """The finding carries index, value, target and bound; the counterexample is the smallest one."""
    result = run_law(plan(gradcheck.subject(shifted, kind="activation", traits={"odd": True})), "GC501")
    (finding,) = result.findings

    assert result.counterexample == "x = tensor(shape=(2, 1), digits=1)\n# x = np.array([[0.1], [-0.1]])"
    assert finding.code == "GC501"
    assert None not in (finding.index, finding.analytic, finding.numeric, finding.bound, finding.hint)
    assert "structures" in dict(result.statistics)


def test_the_same_seed_gives_the_same_report() -> None:
    """Two runs with one seed agree in everything but the time."""
    first, second = (run_suite(shifted, "activation", rng=3, checks=["GC5"], max_examples=20) for _ in range(2))

    assert _without_time(first) == _without_time(second)


def test_another_process_gives_the_same_report() -> None:
    """Neither the hash seed nor what is imported changes what is drawn."""
    code = (
        "import json, numpy as np, {extra}\n"
        "from gradcheck.properties import run_law, plan\n"
        "for name in ('GC502', 'GC513'):\n"
        "    result = run_law(plan(np.tanh, 'activation'), name, rng=5)\n"
        "    print(result.examples, result.statistics)\n"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", code.format(extra=extra)], capture_output=True, text=True, check=True
        ).stdout
        for extra in ("math", "sqlite3")
    ]

    assert texts[0] == texts[1]
    assert "dense" in texts[0]


def test_an_exception_of_the_subject_is_a_finding() -> None:
    """What the subject raises is shown with its last frames, and the other laws go on."""

    def fragile(x):
        if np.abs(x).max(initial=0) > 5:
            raise KeyError("no such column")
        return np.tanh(x)

    report = run_suite(fragile, "activation")
    crash = next(finding for finding in report.findings if finding.code == "GC907")

    assert "KeyError: 'no such column'" in crash.title
    assert any("in fragile" in line for line in crash.detail)
    assert status_of(report, "GC505") is Status.NOT_APPLICABLE
    assert report.counts.get(Status.PASSED, 0) > 0


def test_an_interrupt_is_not_swallowed() -> None:
    """Control-C ends the run."""

    def interrupted(x):
        raise KeyboardInterrupt

    chosen = plan(gradcheck.subject(np.tanh, kind="activation"))
    broken = gradcheck.properties.Plan(
        chosen.declaration,
        chosen.kind,
        type("Fake", (), {"repeat": lambda self, case: interrupted(None)})(),
        chosen.laws,
        chosen.skipped,
        chosen.facts,
    )
    with pytest.raises(KeyboardInterrupt):
        run_law(broken, "GC105")


def test_an_expected_failure_counts_as_such() -> None:
    """A failure that was announced, with its reason, does not fail the suite; it is not shrunk either."""
    declared = gradcheck.subject(shifted, kind="activation", traits={"odd": True})
    report = run_suite(declared, checks=["GC501"], expected_failures={"GC501": "shifted on purpose"})

    assert report.ok
    assert status_of(report, "GC501") is Status.EXPECTED_FAILURE
    assert report.results[0].reason == "shifted on purpose"


def test_an_unexpected_pass_fails() -> None:
    """A stale announcement is reported."""
    report = run_suite(TANH, checks=["GC501"], expected_failures={"GC501": "not true"})

    assert status_of(report, "GC501") is Status.UNEXPECTED_PASS
    assert report.verdict is Verdict.FAIL


@pytest.mark.parametrize("argument", ["expected_failures", "checks", "exclude"])
def test_an_unknown_code_is_refused(argument: str) -> None:
    """A code that no law has is answered with the nearest one."""
    value: Any = {"GC50I": "why"} if argument == "expected_failures" else ["GC50I"]
    with pytest.raises(gradcheck.InvalidArgument, match=f"{argument} names the unknown code 'GC50I'; did you mean"):
        run_suite(np.tanh, "activation", **{argument: value})


def test_families_select_laws() -> None:
    """A family stands for its codes, and codes can be left out."""
    report = run_suite(np.tanh, "activation", checks=["GC5xx"], exclude=["GC501"])

    assert {result.code[:3] for result in report.results} == {"GC5"}
    assert "GC501" not in {result.code for result in report.results}


def test_progress_hears_of_every_law() -> None:
    """The callback gets code, title and status after each law."""
    heard: list[tuple[str, str, Status]] = []
    report = run_suite(np.tanh, "activation", checks=["GC5"], progress=lambda *news: heard.append(news))

    assert heard == [(result.code, result.title, result.status) for result in report.results]


def test_a_law_that_nothing_could_break_is_vacuous() -> None:
    """A search whose examples all say nothing is not a pass."""
    normalizer = type("Flat", (), {"fit": lambda self, x: self, "transform": lambda self, x: x[:, :0]})
    declared = gradcheck.subject(normalizer, kind="preprocessor", traits={"centers": True})
    result = run_law(plan(declared), "GC309")

    assert result.status is Status.VACUOUS
    assert "no example could have violated" in (result.reason or "")


def test_inconclusive_examples_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where most examples cannot be decided the law is inconclusive, and says why."""
    doubt = Report("f", "activation", (Finding("GC903", "the floor is too high", Verdict.INCONCLUSIVE),))
    monkeypatch.setattr("gradcheck.checks.check", lambda *inputs, **options: doubt)
    result = run_law(plan(TANH), "GC101")

    assert result.status is Status.INCONCLUSIVE
    assert "the floor is too high" in (result.reason or "")


def test_findings_of_a_check_keep_their_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradient law hands on what the check found."""
    wrong = Report("f", "activation", (Finding("GC101", "wrong at x[0]", index=(0,)),))
    monkeypatch.setattr("gradcheck.checks.check", lambda *inputs, **options: wrong)
    result = run_law(plan(TANH), "GC101")

    assert result.status is Status.FAILED
    assert result.findings == wrong.findings


def test_declared_inputs_get_a_check_of_their_own() -> None:
    """The report of a subject with example inputs carries the gradient check at these."""
    declared = gradcheck.subject(
        np.tanh, np.linspace(-1, 1, 5), kind="activation", derivative=lambda x: 1 - np.tanh(x) ** 2
    )
    report = run_suite(declared, checks=["GC101"])

    assert report.check is not None
    assert report.check.ok


def test_a_flaky_failure_is_a_failure() -> None:
    """A subject that fails now and then is reported, not retried until it passes."""
    calls = iter(range(10**9))
    result = run_law(plan(lambda x: x + (next(calls) % 7 == 5), "activation"), "GC111")

    assert result.status is Status.FAILED


def test_the_report_is_data() -> None:
    """A report can be written as JSON and says how to repeat itself."""
    report = run_suite(shifted, "activation", checks=["GC501", "GC502"], rng=2)
    data = json.loads(report.to_json())

    assert data["kind"] == "activation"
    assert report.reproduce == "gradcheck.run_suite(shifted, kind='activation', rng=2)"
    assert report.location is not None


@pytest.mark.parametrize(
    "declared",
    [
        gradcheck.subject(shifted, kind="activation", traits={"odd": True}),
        gradcheck.subject(shifted, kind="activation", derivative=np.cos),
        gradcheck.subject(lambda x: np.tanh(x) + 0.25, kind="activation"),
        gradcheck.subject(BatchNorm(3), kind="normalization"),
    ],
    ids=["traits", "options", "lambda", "instance"],
)
def test_a_call_is_printed_only_where_it_says_everything(declared: Any) -> None:
    """A call without the declared facts would be another one, and perhaps green."""
    report = run_suite(declared, checks=["GC111"], rng=2, max_examples=3)

    assert report.reproduce == "gradcheck.run_suite of the same declaration, with rng=2, max_examples=3"


def test_the_convention_of_the_momentum_is_said() -> None:
    """Two are in use, and a layer with the other one obeys the same law: the report says which it found."""
    report = run_suite(gradcheck.subject(BatchNorm(3), kind="normalization"), checks=["GC206"], max_examples=3)
    (value,) = (value for trait, value, _ in report.facts if trait == "momentum")

    assert value == "0.1 (the weight of the new batch)"


def test_the_callers_layer_comes_back_untouched() -> None:
    """A suite works on copies of an instance, and leaves the global random state alone."""
    layer = BatchNorm(3)
    before = {name: np.copy(value) for name, value in vars(layer).items() if isinstance(value, np.ndarray)}
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    run_suite(layer, "normalization", max_examples=5, checks=["GC2"])

    for name, value in before.items():
        np.testing.assert_array_equal(getattr(layer, name), value)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_global_randomness_is_seeded_and_put_back() -> None:
    """An initializer that draws from NumPy's global generator is reproducible, and the caller's state is kept."""
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    report = run_suite(lambda shape: np.random.randn(*shape) / np.sqrt(shape[0]), "initializer")  # noqa: NPY002

    assert report.ok
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    assert ("called as", "f(shape), np.random seeded", "inferred") in report.facts


def test_statistics_state_rate_and_power() -> None:
    """A law about randomness prints its sample size, false-alarm rate and power."""
    result = run_law(plan(_xavier), "GC402")
    facts = dict(result.statistics)

    assert facts["false-alarm rate"] == "1e-09"
    assert facts["power"] == "would see a 2.9% error of the variance with probability 0.999"
    assert result.examples == 1


@pytest.mark.parametrize(
    ("thing", "kind"),
    [
        (StandardScaler(), "preprocessor"),
        (lambda fan_in, fan_out: np.zeros((fan_in, fan_out)), "initializer"),
        (np.tanh, "activation"),
        (type("L", (), {"forward": abs, "backward": abs})(), "layer"),
    ],
    ids=["step", "initializer", "ufunc", "layer"],
)
def test_the_kind_is_told_from_the_methods(thing: Any, kind: str) -> None:
    """Nobody has to say what fit and transform, fan_in, or forward and backward already say."""
    assert plan(thing).kind == kind


def _misspelt(*_: Any) -> Any:
    raise ValueError("no such\nthing")


@pytest.mark.parametrize(
    ("thing", "kind", "sentence"),
    [
        (lambda x: x, None, "kind=.*, one of activation"),
        (3, "activation", "an activation is a function of one array"),
        (3, "preprocessor", "fit and transform"),
        (3, "initializer", "f\\(fan_in, fan_out\\)"),
        (3, "normalization", "forward and backward"),
        (type("N", (), {"forward": abs, "backward": abs})(), "normalization", "width of 'N' cannot be read"),
        (np.tanh, "activations", "is not a kind of subject"),
        (type("L", (), {"forward": lambda _, x: x * np.ones(5)})(), "layer", "'L' raised ValueError: oper.*example"),
        (type("L", (), {"forward": lambda _, x: x[:0]})(), "layer", "'L' returned nothing for a batch"),
        (type("L", (), {"forward": _misspelt})(), "layer", "'L' raised ValueError: no such thing .* on a batch"),
    ],
)
def test_what_cannot_be_told_is_asked_for(thing: Any, kind: str | None, sentence: str) -> None:
    """One sentence says what is missing."""
    with pytest.raises(gradcheck.InvalidArgument, match=sentence):
        plan(thing, kind)


def _xavier(fan_in, fan_out, *, rng):
    return rng.standard_normal((fan_in, fan_out)) / np.sqrt(fan_in)


def _without_time(report: gradcheck.SuiteReport) -> dict[str, Any]:
    data = report.to_dict()
    del data["cost"]
    for result in data["results"]:
        del result["seconds"]
    return data

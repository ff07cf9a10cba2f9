"""Reports made by hand: one of each sort that a reader meets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gradcheck.report import (
    Comparison,
    Cost,
    Curve,
    Entry,
    Field,
    Finding,
    LawResult,
    Layers,
    Matrix,
    Pictures,
    Readable,
    Report,
    RunReport,
    Status,
    StepError,
    SuiteReport,
    Verdict,
)

COST = Cost(20, 3, 0.0123)
SCHEME = "fourth-order central differences in float64"
STEPS = tuple(StepError(10.0**-k, 0.51234567, max(10.0 ** (-4 * k), 10.0 ** (k - 16))) for k in range(1, 10))
ENTRIES = tuple(
    Entry("inputs['x']", (row, column), -3.4407 + row, -2.10749 + row - 1.3 / (column + 1), 1e-10)
    for row in range(4)
    for column in range(3)
)
FIELD = Field(
    (4, 3),
    (4, 3),
    (1, 1),
    tuple(entry.analytic for entry in ENTRIES),
    tuple(entry.numeric for entry in ENTRIES),
    tuple(entry.analytic - entry.numeric for entry in ENTRIES),
    (1e-10,) * 12,
)
SOURCE = ("    def backward(self, dout):", "        dxhat = dout * self.gamma", "        return dxhat / self.std")
PICTURES = Pictures(
    Curve((-2.0, -1.0, 1.0, 2.0), (0.0, 0.0, 1.0, 2.0), (0.0, 0.0, 1.0, 1.0), (0.0,)),
    (Layers("tanh", -1.0, 1.0, ((1, 5, 1), (0, 7, 0)), (0.5, 1e-5), (0, 0)),),
    (Matrix("before", 2, 2, (4.0, 1.0, 1.0, 2.0)), Matrix("after", 2, 2, (1.0, 1e-9, 1e-9, 1.0))),
)
WRONG = Finding(
    "GC101",
    "the backward pass is wrong for the input x",
    path="inputs['x']",
    index=(0, 2),
    analytic=-3.4407,
    numeric=-2.10749,
    bound=1e-10,
    cause="the residual is constant along axis 0: the path through the batch mean is missing",
    hint="subtract dxhat.mean(axis=0)",
    entries=ENTRIES,
    wrong=12,
    compared=12,
    steps=STEPS,
    location=("mypkg/layers.py", 14),
    source=SOURCE,
    field=FIELD,
)
RIGHT_PAIR = Comparison("outputs[0]", "inputs['x']", Verdict.PASS, "central", 9, resolution=2.1e-9)


def _failing() -> Report:
    pairs = (
        Comparison("outputs[0]", "inputs['x']", Verdict.FAIL, "central", 12, (0, 2), -3.4407, -2.10749, 1e-10),
        Comparison("outputs[0]", "params['gamma']", Verdict.PASS, "central", 3, resolution=2e-9),
    )
    return Report("BatchNorm", "an object with forward and backward", (WRONG,), pairs, COST, 0, "entries", SCHEME)


def _passing() -> Report:
    convention = "as an elementwise function with derivative="
    return Report("relu", convention, (), (RIGHT_PAIR,), COST, 0, "projection", SCHEME)


def _inconclusive() -> Report:
    finding = Finding(
        "GC903",
        "the forward pass rounds to float32, so differences cannot decide",
        Verdict.INCONCLUSIVE,
        bound=4e-3,
        hint="let the dtype follow the input",
    )
    return Report("Embedding", "an object with forward and backward", (finding,), (), COST, None)


def _noted() -> Report:
    note = Finding("GC901", "`relu` has a kink at x[0, 3]; 1 lies between the slopes 0 and 1", Verdict.PASS)
    return replace(_passing(), findings=(note,))


def _large() -> Report:
    entry = Entry("params['W']", (777_777,), 1.25, 0.625, 1e-9)
    first = replace(
        WRONG, code="GC102", path="params['W']", index=(777_777,), entries=(entry,), wrong=1, compared=10**6
    )
    first = replace(
        first, title="the backward pass is wrong for the parameter W", cause=None, detail=("evidence",) * 50
    )
    others = tuple(replace(WRONG, code="GC105", title=f"finding number {k}", steps=()) for k in range(60))
    return Report("Linear", "an object with forward and backward", (first, *others), (), COST)


def _laws() -> tuple[LawResult, ...]:
    falls = Finding("GC502", "f falls from 0.25 to 0.125 between -1 and 2", hint="look at the negative branch")
    return (
        LawResult("GC501", "odd", Status.PASSED, examples=50),
        LawResult(
            "GC502",
            "monotone",
            Status.FAILED,
            (falls,),
            41,
            0.2,
            counterexample="x = array([-1.,  2.])",
            statistics=(("structures", "dense 38, sorted 3"), ("false-alarm rate", "1e-9")),
        ),
        LawResult("GC503", "stays in its range", Status.INCONCLUSIVE, reason="30 of 50 examples could not decide"),
        LawResult("GC504", "Lipschitz", Status.EXPECTED_FAILURE, reason="see #41"),
        LawResult("GC505", "value at zero", Status.UNEXPECTED_PASS, reason="see #42"),
        LawResult("GC508", "smallest slope", Status.NOT_APPLICABLE, reason="trait `smallest_slope` is not declared"),
        LawResult("GC510", "NaN goes through", Status.VACUOUS, reason="no NaN was drawn"),
    )


def _suite() -> SuiteReport:
    facts = (("kinks", "(0.0,)", "inferred"), ("odd", "True", "declared"))
    return SuiteReport(
        "swish",
        "activation",
        _laws(),
        COST,
        0,
        facts,
        replace(_passing(), subject="swish"),
        ("mypkg/activations.py", 3),
        "gradcheck run mypkg.activations:swish --seed 0",
        PICTURES,
    )


def _good_suite() -> SuiteReport:
    laws = (LawResult("GC501", "odd", Status.PASSED, examples=50), LawResult("GC510", "NaN", Status.PASSED))
    return SuiteReport("tanh", "activation", laws, COST, 0, check=_passing())


def _layer() -> SuiteReport:
    reproduce = "gradcheck run mypkg.layers:BatchNorm --seed 0"
    return SuiteReport("BatchNorm", "normalization", cost=COST, check=_failing(), reproduce=reproduce)


HEADER = (("gradcheck", "0.1.0"), ("numpy", "2.3.4"))

SAMPLES: dict[str, Readable] = {
    "check-fail": _failing(),
    "check-pass": _passing(),
    "check-inconclusive": _inconclusive(),
    "check-kink": _noted(),
    "check-large": _large(),
    "suite-fail": _suite(),
    "suite-pass": _good_suite(),
    "run-fail": RunReport((_good_suite(), _suite(), _layer()), HEADER, 1.234),
    "run-pass": RunReport((_good_suite(),), HEADER, 0.5),
    "run-interrupted": RunReport((_good_suite(),), HEADER, 0.5, complete=False),
    "run-empty": RunReport((), HEADER, 0.0),
}


@pytest.fixture(params=sorted(SAMPLES))
def sample(request: pytest.FixtureRequest) -> tuple[str, Readable]:
    """Every sample with its name, one by one."""
    return request.param, SAMPLES[request.param]


@pytest.fixture
def samples() -> dict[str, Readable]:
    """All the samples, by name."""
    return SAMPLES

"""Search: what the examples show a call to look like, bugs that only some inputs show, shrinking, crashes."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from gallery.conditional import LAYERS, SECOND_CALL, TROUBLES, planted
from gradcheck.properties.search._axes import find_sides
from gradcheck.properties.search._call import Target, refused
from gradcheck.properties.search._examine import Outcome
from gradcheck.properties.search._jump import find_jump
from gradcheck.properties.strategies import label_vector, simplex_points, spd_matrix, tensor
from gradcheck.reference import BatchNorm

import gradcheck
from gradcheck.report import Verdict

RNG = np.random.default_rng(3)


def relu(x):
    return np.maximum(x, 0)


def relu_grad(x):
    return 1.0 * (x > 0)


def wrong_at_zero(x):
    return np.where(x == 0, 2.0, x > 0)


def search(subject, *inputs, **options):
    return gradcheck.search(subject, *inputs, **{"cases": None, **options})


def sides(function, *arguments):
    found = find_sides(arguments, lambda given: function(*given))
    return {frozenset(side.places) for side in found}


@pytest.mark.parametrize(
    ("function", "shapes", "expected"),
    [
        (lambda x: x, [(4, 3)], [{(0, 0)}, {(0, 1)}]),
        (lambda x, w, b: x @ w + b, [(4, 3), (3, 5), (5,)], [{(0, 0)}, {(0, 1), (1, 0)}, {(1, 1), (2, 0)}]),
        (lambda x, w, b: x @ w + b, [(3, 3), (3, 3), (3,)], [{(0, 0)}, {(0, 1), (1, 0)}, {(1, 1), (2, 0)}]),
        (lambda x, y: x * y, [(4, 3), (4, 3)], [{(0, 0), (1, 0)}, {(0, 1), (1, 1)}]),
        (lambda x: x @ np.ones((3, 2)), [(4, 3)], [{(0, 0)}]),
        (
            lambda q, k, v: q @ k.T @ v,
            [(4, 3), (5, 3), (5, 2)],
            [{(0, 0)}, {(0, 1), (1, 1)}, {(1, 0), (2, 0)}, {(2, 1)}],
        ),
    ],
)
def test_sides_that_belong_together_are_found(function, shapes, expected) -> None:
    """The batch is free, widths are tied to the parameters, and equal sizes confuse nothing."""
    assert sides(function, *(RNG.normal(size=shape) for shape in shapes)) == set(map(frozenset, expected))


def test_an_index_that_leaves_rows_out_ties_them() -> None:
    """More rows than labels run without an error, fewer do not: both belong together."""
    found = sides(lambda p, t: p[np.arange(len(t)), t], RNG.normal(size=(4, 3)), np.array([0, 2, 1, 1]))

    assert frozenset({(0, 0), (1, 0)}) in found
    assert frozenset({(0, 1)}) in found


@pytest.mark.parametrize(
    ("function", "slope", "example", "role"),
    [
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2, RNG.normal(size=(3, 2)), "real"),
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2, np.ones((3, 2)), "real"),
        (np.log, lambda x: 1 / x, np.ones((3, 2)), "positive"),
        (np.arctanh, lambda x: 1 / (1 - x**2), np.full((3, 1), 0.5), "ball"),
        (lambda p: np.log(p / (1 - p)), lambda p: 1 / (p * (1 - p)), np.full((3, 1), 0.5), "unit"),
    ],
)
def test_a_right_gradient_passes_where_the_function_lives(function, slope, example, role) -> None:
    """Inputs are drawn from the domain that the examples and a few trial calls show."""
    report = search(function, example, derivative=slope, max_examples=10)

    assert (report.facts[-1][1], report.verdict) == (role, Verdict.PASS), report.findings


def test_special_inputs_are_recognized() -> None:
    """Rows that sum to 1 and positive definite matrices stay what they are."""
    entropy = search(
        lambda p: -(p * np.log(p)).sum(), simplex_points((3, 4)), grad=lambda p: -np.log(p) - 1, max_examples=10
    )
    logdet = search(
        lambda a: np.linalg.slogdet(a)[1], spd_matrix(3), grad=lambda a: np.linalg.inv(a).T, max_examples=10
    )

    assert entropy.facts[-1][1] == "simplex"
    assert logdet.facts[-1][1] == "spd"
    assert entropy.ok, entropy.findings
    assert logdet.ok, logdet.findings


@pytest.mark.parametrize(
    ("layer", "trouble"),
    [
        ("tanh", "saturated"),
        ("cross entropy", "batch of one"),
        ("attention", "width one"),
        ("convolution", "strided input"),
        ("tanh", "second call, another batch"),
    ],
)
def test_a_bug_that_only_some_inputs_show_is_found_and_shrunk(layer: str, trouble: str) -> None:
    """The default search finds it, and ends at the smallest shape that shows it; one draw does not."""
    pair, arguments = LAYERS[layer]
    bug = next(one for one in (*TROUBLES, SECOND_CALL) if one.name == trouble)
    report = search(planted(pair, bug), *arguments)

    assert gradcheck.check(planted(pair, bug), *arguments).ok
    assert report.verdict is Verdict.FAIL
    assert report.found_after is not None
    assert f"shape={bug.smallest}" in (report.counterexample or "")


@pytest.mark.parametrize("layer", ["affine", "cross entropy"])
def test_a_right_layer_passes(layer: str) -> None:
    """Nothing that the search draws makes a right gradient look wrong."""
    pair, arguments = LAYERS[layer]
    report = search(pair, *arguments, max_examples=25, rng=5)

    assert report.verdict is Verdict.PASS, report.findings


def test_the_counterexample_can_be_pasted() -> None:
    """The line gives the array at which the gradient is wrong, in round numbers."""
    report = search(relu, RNG.normal(size=(4, 3)), derivative=wrong_at_zero)
    namespace = {"tensor": tensor, "label_vector": label_vector}
    exec(str(report.counterexample), namespace)

    assert not gradcheck.check(relu, namespace["x"], derivative=wrong_at_zero).ok
    assert namespace["x"].shape == (2, 1)


def test_the_report_reads_like_any_other() -> None:
    """It is printed, written as data and read again; it names what it inferred and how to repeat it."""
    from gradcheck.renderers._revive import revive

    report = search(relu, RNG.normal(size=(4, 3)), derivative=wrong_at_zero)
    again = revive(
        json.dumps({"format": "gradcheck-report", "version": 1, "type": "SearchReport", **report.to_dict()})
    )

    assert "error[GC101]" in str(report)
    assert "smallest failing input" in str(report)
    assert "x.shape[0]=batch" in str(report)
    assert again.findings[0].code == report.findings[0].code
    with pytest.raises(TypeError, match="no truth value"):
        bool(report)


def test_a_class_is_made_for_every_width() -> None:
    """The class of a layer is called with the width of what was drawn."""
    report = search(BatchNorm, RNG.normal(size=(4, 3)), max_examples=15)

    assert report.ok, report.findings
    assert any(name == "x.shape[1]" for name, _, _ in report.facts)


def test_a_crash_is_a_finding_with_its_traceback() -> None:
    """What nobody thought of is reported with the last frames, a batch of one under the code that it has."""

    def fragile(x):
        if len(x) == 1:
            return {}["no such key"]
        return np.tanh(x)

    report = search(fragile, RNG.normal(size=(4, 3)), derivative=lambda x: 1 - np.tanh(x) ** 2, max_examples=30)

    assert report.findings[0].code == "GC117"
    assert "KeyError" in report.findings[0].title
    assert any("in fragile" in line for line in report.findings[0].detail)


def test_a_refusal_is_no_crash() -> None:
    """An exception that the subject raises in so many words says that it does not take such input; it is counted."""

    def picky(x):
        if len(x) < 2:
            raise ValueError("a batch has at least two examples")
        return np.tanh(x)

    report = search(picky, RNG.normal(size=(4, 3)), derivative=lambda x: 1 - np.tanh(x) ** 2, max_examples=20)

    assert report.ok
    assert ("x.shape[0] = 1", "refused (ValueError: a batch has at least two examples)", "inferred") in report.facts


def test_numpys_own_complaints_are_no_refusal() -> None:
    """Only a raise or an assert of the subject is one."""
    with pytest.raises(ValueError, match="zero-size") as caught:
        np.zeros(0).max()
    assert not refused(caught.value)


def test_an_exception_at_the_example_inputs_is_raised() -> None:
    """There is nothing to start from then."""

    def broken(x):
        raise KeyError("missing")

    with pytest.raises(KeyError, match="missing"):
        search(broken, np.ones(3), derivative=np.cos)


def test_an_empty_batch_has_empty_gradients() -> None:
    """A mean over no examples gives a gradient that is not a number."""

    def forward(x, w):
        return x @ w, (x, w)

    def backward(dout, cache):
        x, w = cache
        return dout @ w.T, (x.T @ dout) if len(x) else np.full_like(w, np.nan)

    report = search((forward, backward), RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), max_examples=60)

    assert report.findings[0].code == "GC117"
    assert "no examples" in report.findings[0].title


def test_a_gradient_that_jumps_at_one_point_is_wrong() -> None:
    """A derivative has no removable discontinuity; a kink is none."""
    x = np.array([[0.0, 1.0], [-1.0, 0.5]])
    wrong = Target.of(np.tanh, {"derivative": lambda x: np.where((x == 0).any(), 3.0, 1 - np.tanh(x) ** 2)})
    kinked = Target.of(relu, {"derivative": relu_grad})

    assert find_jump(wrong, (x,), "tanh", 0.0)[0].code == "GC101"
    assert find_jump(kinked, (x,), "relu", 0.0) == ()


def test_a_tie_of_many_is_no_jump() -> None:
    """The entry that is chosen at the tie may be one that loses on both sides of it."""

    def winner(x):
        return (np.arange(x.size).reshape(x.shape) == x.argmax()) * 1.0

    ties = np.zeros((3, 4))
    assert all(
        find_jump(Target.of(np.max, {"grad": lambda x, k=k: np.roll(winner(np.roll(x, k)), -k)}), (ties,), "max", 0.0)
        == ()
        for k in range(12)
    )


def test_vacuous_searches_say_so() -> None:
    """A function that ignores its input has shown nothing."""
    report = search(lambda x: 0 * x + 1.0, np.ones((3, 2)), derivative=lambda x: 0 * x, max_examples=10)

    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.findings[0].code == "GC905"


def test_the_arguments_and_the_random_state_come_back() -> None:
    """The caller's arrays, layer and generator are as they were."""
    layer, x = BatchNorm(3), RNG.normal(size=(4, 3))
    held = {name: np.copy(v) for name, v in vars(layer).items() if isinstance(v, np.ndarray)}
    before, state = x.copy(), np.random.get_state()[1].tolist()  # noqa: NPY002
    search(layer, x, max_examples=10)

    np.testing.assert_array_equal(x, before)
    assert type(layer) is BatchNorm
    assert all((getattr(layer, name) == value).all() for name, value in held.items())
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002


def test_another_process_finds_the_same() -> None:
    """One seed gives one report, whatever is imported and however strings are hashed."""
    code = (
        "import {extra}\nimport numpy as np, gradcheck\n"
        "r = gradcheck.search(np.tanh, np.ones((4, 3)), derivative=lambda x: 1 - (x < 9) * np.tanh(x) ** 2,"
        " rng=4, cases=None, max_examples=25)\n"
        "print(r.verdict, r.examples, r.found_after, r.counterexample, r.statistics)"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", code.format(extra=extra)],
            capture_output=True,
            text=True,
            check=True,
            env={**__import__("os").environ, "PYTHONHASHSEED": seed},
        ).stdout
        for extra, seed in (("math", "1"), ("sklearn.datasets", "2"))
    ]

    assert texts[0] == texts[1]


def test_inputs_must_be_given() -> None:
    """A search starts from the arguments of one call."""
    with pytest.raises(gradcheck.InvalidArgument, match="example_inputs=\\(\\)"):
        gradcheck.search(np.tanh, derivative=np.cos)


def test_an_outcome_is_data() -> None:
    """Codes and cost are there without a report."""
    assert Outcome().codes == frozenset()
    assert Outcome().cost.forward == 0


def test_the_smallest_failure_is_told_in_full() -> None:
    """On the way there one wrong entry is enough; in the end all are counted, and the mistake has its name."""

    def slope(x):  # wrong for numbers of more than two digits, so that none is rounder than the smallest
        return (1 + np.any(x != np.round(x, 2))) * (1 - np.tanh(x) ** 2)

    finding = search(np.tanh, np.ones((3, 4)), derivative=slope).findings[0]
    assert finding.wrong == finding.compared == 2
    assert "2" in str(finding.cause)


class MeanSquare:
    """A loss of its own: its backward takes no upstream."""

    def forward(self, z):
        self.z = z
        return float((z**2).mean())

    def backward(self):
        return 2 * self.z / self.z.size


class FlatMeanSquare(MeanSquare):
    """It reads a view in the order of memory."""

    def backward(self):
        return 2 * self.z.ravel(order="K").reshape(self.z.shape) / self.z.size


@pytest.mark.parametrize(("loss", "ok"), [(MeanSquare, True), (FlatMeanSquare, False)])
@pytest.mark.parametrize("made", [True, False])
def test_a_loss_whose_backward_takes_no_upstream_is_called_so(loss: type, ok: bool, made: bool) -> None:
    """By whatever stands around an example as well: another batch before, inputs that are views."""
    report = search(loss() if made else loss, np.random.default_rng(0).normal(size=(4, 3)), max_examples=30)
    assert report.ok is ok
    assert not any("raised" in finding.title for finding in report.findings)

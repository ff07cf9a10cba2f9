"""Low precision: the formula in float64, GC112 in the inputs' own dtype, and what cannot be seen is said."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from gallery.correct import PANEL, Member
from gallery.precision import PLANTED, off_by

import gradcheck
from gradcheck import Finding, InvalidArgument, Report, Verdict

ml_dtypes = pytest.importorskip("ml_dtypes")
DTYPES: dict[str, Any] = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
X = np.random.default_rng(0).normal(size=(4, 5))
LARGEST_SQUARE = {"float16": 90.0}
"""Format -> the inputs whose squares, a few of them added up, it can hold."""


def _tanh_slope(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 - np.tanh(x) ** 2)


class Layer:
    """tanh(x W + b) in one dtype."""

    def __init__(self, dtype: Any) -> None:
        self.W = np.random.default_rng(1).normal(size=(5, 3)).astype(dtype)
        self.b = np.zeros(3, dtype)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x, self.y = x, np.tanh(x @ self.W + self.b)
        return self.y

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dout = dout * (1 - self.y**2)
        self.dW, self.db = self.x.T @ dout, dout.sum(0)
        return np.asarray(dout @ self.W.T)


class SingleOnly(Layer):
    """Refuses everything but float32."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        if x.dtype != np.float32:
            raise TypeError("expected Float but found Double")
        return super().forward(x)


def _grave(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.severity is not Verdict.PASS]


# -- the upcast protocol ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DTYPES)
def test_the_formula_is_checked_with_the_guarantees_of_float64(name: str) -> None:
    """Inputs in low precision pass with a resolution that only float64 has."""
    x = X.astype(DTYPES[name])
    for report in (
        gradcheck.check(np.tanh, x, derivative=_tanh_slope),
        gradcheck.check(Layer(DTYPES[name]), x),
        gradcheck.check((lambda x: (np.exp(x), np.exp(x)), lambda dout, e: dout * e), x),
        gradcheck.check(lambda x: (x * x).sum(), x, grad=lambda x: 2 * x),
    ):
        assert report.ok
        assert (report.resolution or 1) < 1e-5


@pytest.mark.parametrize("name", DTYPES)
def test_a_wrong_formula_fails_as_in_float64(name: str) -> None:
    """An error of a millionth is found although the inputs carry three digits."""
    report = gradcheck.check(np.tanh, X.astype(DTYPES[name]), derivative=lambda x: (1 + 1e-5) * _tanh_slope(x))
    assert "GC101" in [finding.code for finding in _grave(report)]


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "float8_e5m2", "float4_e2m1fn"])
def test_eight_bits_and_less_are_refused_in_one_sentence(dtype: str) -> None:
    """A format of three digits cannot carry a gradient, and the message says what can."""
    with pytest.raises(InvalidArgument, match=rf"inputs\['x'\] has dtype {dtype}.*pass bfloat16 or wider"):
        gradcheck.check(np.tanh, X.astype(getattr(ml_dtypes, dtype)), derivative=_tanh_slope)


# -- GC112 -----------------------------------------------------------------------------------------------------------


def _draws(member: Member, name: str) -> Iterator[tuple[Any, ...]]:
    for seed in range(3):
        with np.errstate(all="ignore"):
            inputs = member.draw(np.random.default_rng([seed, 17]))
            floating = [isinstance(a, np.ndarray) and a.dtype.kind == "f" for a in inputs]
            low = tuple(a.astype(DTYPES[name]) if f else a for a, f in zip(inputs, floating, strict=True))
        sizes = [np.abs(a.astype(float)).max(initial=0) for a, f in zip(low, floating, strict=True) if f]
        if max(sizes, default=0) < LARGEST_SQUARE.get(name, np.inf):
            yield low


def _knows(member: Member, inputs: tuple[Any, ...]) -> bool:
    """Whether NumPy has what the member needs in this dtype: einsum has no bfloat16, linear algebra no float16."""
    try:
        member.pull(np.ones_like(member.value(*inputs)), *inputs)
    except TypeError:
        return False
    return True


@pytest.mark.parametrize("member", [m for m in PANEL if not m.noise_floor], ids=lambda member: member.name)
def test_no_right_gradient_fails_in_low_precision(member: Member) -> None:
    """Three draws of every right gradient, in three formats: no failure, whatever the rounding."""
    for name in DTYPES:
        for seed, inputs in enumerate(_draws(member, name)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the members' own overflows
                if not _knows(member, inputs):
                    continue
                subject, arguments, options = member.call(*inputs)
                report = gradcheck.check(subject, *arguments, rng=seed, **options)
            assert report.verdict is not Verdict.FAIL, (name, seed, [f.title for f in _grave(report)])


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("bug", PLANTED)
def test_a_bug_that_only_low_precision_shows_is_caught(bug: str, name: str) -> None:
    """Cancellation, overflow, a stalled sum, a lost eps, a wrong branch: GC112 and nothing else, for every seed."""
    for seed in range(4):
        forward, inputs, options = PLANTED[bug](DTYPES[name], np.random.default_rng(seed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = gradcheck.check(forward, *inputs, rng=seed, **options)
        assert [finding.code for finding in _grave(report)] == ["GC112"], (seed, str(report))


@pytest.mark.parametrize(
    ("name", "factor"), [("float32", 1.0001), ("float32", 1.01), ("float16", 1.05), ("bfloat16", 1.1)]
)
@pytest.mark.parametrize("function", off_by(1))
def test_a_common_factor_in_low_precision_is_caught(function: str, name: str, factor: float) -> None:
    """A gradient off by a hundredth in float32, and by a tenth in bfloat16."""
    for seed in range(6):
        forward, inputs, options = off_by(factor)[function](DTYPES[name], np.random.default_rng(seed))
        report = gradcheck.check(forward, *inputs, rng=seed, **options)
        assert [finding.code for finding in _grave(report)] == ["GC112"], (seed, str(report))


def test_a_constant_rounded_to_float16_shows_in_float32() -> None:
    """0.1 as float16 is off by 2e-4, a thousand times more than float32 excuses."""
    x = X.astype(np.float32)
    report = gradcheck.check(
        lambda x: x * x.dtype.type(0.1),
        x,
        derivative=lambda x: np.full_like(x, 0.1 if x.dtype == float else np.float16(0.1)),
    )
    assert [finding.code for finding in _grave(report)] == ["GC112"]


def test_values_out_of_range_are_noted_and_not_blamed() -> None:
    """1e-8 is no number of float16: the formula passes, and the note says that the rest was not compared."""
    x = (1e-4 * X).astype(np.float16)
    report = gradcheck.check(lambda x: x**3, x, derivative=lambda x: 3 * x**2)

    assert report.ok
    assert any("leave the range of float16" in finding.title for finding in report.findings)


def test_the_finding_says_what_is_instead_of_what() -> None:
    """Path, index, both values, the place in the source, and where to look."""
    forward, inputs, options = PLANTED["wrong in the branch for low precision"](np.float32, np.random.default_rng(0))
    (finding,) = _grave(gradcheck.check(forward, *inputs, **options))

    assert (finding.path, finding.severity) == ("inputs['x']", Verdict.FAIL)
    assert f"is {finding.analytic:.6g} instead of {finding.numeric:.6g}" in finding.title
    assert finding.location is not None
    assert "cancellation, overflow or a constant of the wrong dtype" in (finding.hint or "")


# -- subjects that have no float64 -----------------------------------------------------------------------------------

Forward = Callable[[np.ndarray], np.ndarray]

SINGLE_INSIDE: dict[str, Forward] = {
    "computes in float32, returns float64": lambda x: np.sin(x.astype(np.float32)).astype(float),
    "casts its input to float32": lambda x: np.sin(x.astype(np.float32).astype(float)),
    "returns float32": lambda x: np.sin(x).astype(np.float32),
}
SIXTEEN_INSIDE: dict[str, Forward] = {
    "computes in float16, returns float64": lambda x: np.sin(x.astype(np.float16)).astype(float),
    "computes in bfloat16": lambda x: np.sin(x.astype(ml_dtypes.bfloat16)).astype(float),
    "casts its input to float16": lambda x: np.sin(x.astype(np.float16).astype(float)),
    "casts its input to bfloat16": lambda x: np.sin(x.astype(ml_dtypes.bfloat16).astype(float)),
    "returns float16": lambda x: np.sin(x).astype(np.float16),
    "returns bfloat16": lambda x: np.sin(x).astype(ml_dtypes.bfloat16),
}


@pytest.mark.parametrize("mode", ["auto", "entries"])
@pytest.mark.parametrize("how", SINGLE_INSIDE)
def test_float32_inside_is_judged_in_float32_and_said(how: str, mode: str) -> None:
    """A right gradient passes with the note GC903, one that is off by two per cent fails."""
    for seed in range(4):
        x = np.random.default_rng(seed).normal(size=7)
        right = gradcheck.check(SINGLE_INSIDE[how], x, derivative=np.cos, mode=mode, rng=seed)
        wrong = gradcheck.check(SINGLE_INSIDE[how], x, derivative=lambda x: 1.02 * np.cos(x), mode=mode, rng=seed)

        assert (right.verdict, [f.code for f in right.findings]) == (Verdict.PASS, ["GC903"])
        assert "only errors above 0.002 of an entry can be seen" in right.findings[0].title
        assert (wrong.verdict, [f.code for f in wrong.findings]) == (Verdict.FAIL, ["GC101", "GC903"])


@pytest.mark.parametrize("as_layer", [False, True])
@pytest.mark.parametrize("how", SIXTEEN_INSIDE)
def test_of_sixteen_bits_no_differences_are_taken(how: str, as_layer: bool) -> None:
    """Inconclusive, whatever the gradient; the report says why, and what was compared without differences."""
    forward = SIXTEEN_INSIDE[how]
    for slope in (np.cos, np.sin):
        if as_layer:
            report = gradcheck.check(lambda x, f=forward: f(x), X, vjp=lambda u, x, d=slope: u.astype(float) * d(x))
        else:
            report = gradcheck.check(forward, X, derivative=slope)
        (finding,) = _grave(report)

        assert (report.verdict, finding.code, report.comparisons) == (Verdict.INCONCLUSIVE, "GC903", ())
        assert "none were taken" in finding.title
        assert "linearity in the upstream" in finding.detail[0]


def test_health_needs_no_differences() -> None:
    """A backward that clips its upstream is found in a subject that returns sixteen bits."""
    report = gradcheck.check(
        lambda x: np.sin(x).astype(np.float16), X, vjp=lambda u, x: np.maximum(u.astype(float), 0) * np.cos(x)
    )
    assert [finding.code for finding in report.findings] == ["GC108", "GC903"]


def test_a_step_function_is_no_rounding() -> None:
    """A quantizer with the slope of the identity stays wrong: its values lie on a grid, not in a format."""
    x = np.random.default_rng(0).uniform(0.1, 3, 12)
    report = gradcheck.check(lambda x: np.round(x * 64) / 64, x, derivative=np.ones_like)
    assert report.verdict is Verdict.FAIL


def test_a_constant_is_no_rounding() -> None:
    """A forward that does not move at all has the slope 0, and any other is wrong."""
    report = gradcheck.check(lambda x: np.full_like(x, 1 / 3), X, derivative=np.ones_like)
    assert report.verdict is Verdict.FAIL


def test_a_large_constant_is_no_rounding_either() -> None:
    """What float64 itself swallows is said to be noise, not a cast."""
    report = gradcheck.check(lambda x: 1e12 + np.sin(x), X, derivative=np.cos)
    assert "rounding hides" in report.findings[0].title


@pytest.mark.parametrize("seed", range(4))
def test_a_subject_that_refuses_float64_is_judged_in_float32(seed: int) -> None:
    """It says so, quotes the refusal, and still finds an error of two per cent in one parameter."""
    x = X.astype(np.float32)
    right = gradcheck.check(SingleOnly(np.float32), x, rng=seed)

    class Wrong(SingleOnly):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.dW = np.float32(1.02) * self.dW
            return dx

    wrong = gradcheck.check(Wrong(np.float32), x, rng=seed)
    assert (right.verdict, [f.code for f in right.findings]) == (Verdict.PASS, ["GC903"])
    assert "works in float32 only" in right.findings[0].title
    assert "expected Float but found Double" in right.findings[0].detail[0]
    assert [f.path for f in _grave(wrong)] == ["params['W']"]


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_a_subject_of_sixteen_bits_only_is_not_differenced(dtype: Any) -> None:
    """It is inconclusive, with the refusal in the report."""

    def only_sixteen(x: np.ndarray) -> np.ndarray:
        if x.dtype.itemsize != 2:
            raise TypeError("sixteen bits, please")
        return np.tanh(x)

    report = gradcheck.check(only_sixteen, X.astype(dtype), derivative=_tanh_slope)
    assert [finding.code for finding in report.findings] == ["GC903"]
    assert "sixteen bits, please" in report.findings[0].title


def test_what_fails_in_its_own_precision_too_is_raised_as_it_was() -> None:
    """An error that is no refusal of float64 reaches the caller unchanged."""

    def broken(x: np.ndarray) -> np.ndarray:
        raise RuntimeError(f"no {x.dtype}")

    with pytest.raises(RuntimeError, match="no float64"):
        gradcheck.check(broken, X.astype(np.float32), derivative=np.cos)


# -- a coarse backward -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "seen"), [("float32", "2e-05"), ("float16", "0.02"), ("bfloat16", "0.1")])
def test_a_backward_that_rounds_is_not_called_wrong(name: str, seen: str) -> None:
    """What it loses is said (GC903); a factor of two is still wrong."""
    dtype = DTYPES[name]
    for seed in range(4):
        x, w = (np.random.default_rng(seed).normal(size=shape) for shape in ((4, 5), (5, 3)))

        def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray, factor: float = 1.0) -> Any:
            inner = (u * np.cos(x @ w)).astype(dtype)
            return (inner @ w.T.astype(dtype)).astype(dtype), factor * (x.T.astype(dtype) @ inner).astype(dtype)

        right = gradcheck.check(lambda x, w: np.sin(x @ w), x, w, vjp=vjp, rng=seed)
        wrong = gradcheck.check(lambda x, w: np.sin(x @ w), x, w, vjp=lambda *a: vjp(*a, factor=2.0), rng=seed)
        assert right.verdict is not Verdict.FAIL, str(right)
        assert f"only errors above {seen} of an entry can be seen" in right.findings[-1].title
        assert "inputs['w']" in [f.path for f in _grave(wrong)]


SQUARE = (lambda x: x * x, lambda x: 2 * x)
AFFINE = (lambda x: 303 * x - 1, lambda x: np.full_like(x, 303.0))


@pytest.mark.parametrize("factor", [1.0, 1.0001])
@pytest.mark.parametrize("size", [10, 60])
def test_a_derivative_kept_in_float32_is_not_called_wrong(size: int, factor: float) -> None:
    """The upstream has all digits, so the gradient has as well: the derivative shows beside upstreams of +-1."""

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y = np.tanh(x)
        return y, (1 - y * y).astype(np.float32)

    def backward(upstream: np.ndarray, kept: Any) -> np.ndarray:
        return np.asarray(upstream * kept * factor)

    x = np.random.default_rng(1).normal(size=size)
    reports = [gradcheck.check((forward, backward), x, rng=seed) for seed in range(4)]

    assert {report.verdict for report in reports} == {Verdict.PASS if factor == 1.0 else Verdict.FAIL}
    assert {f.code for report in reports for f in report.findings} == {"GC903" if factor == 1.0 else "GC101"}


def test_a_constant_rounded_to_float32_is_no_derivative_kept_in_it() -> None:
    """It is the same everywhere, and right nowhere."""
    x, third = np.random.default_rng(1).normal(size=20), float(np.float32(1 / 3))
    reports = [
        gradcheck.check(
            lambda x: np.where(x > 0, x / 3, 0), x, derivative=lambda x: np.where(x > 0, third, 0), rng=seed
        )
        for seed in range(4)
    ]
    assert Verdict.FAIL in {report.verdict for report in reports}
    assert "GC903" not in {finding.code for report in reports for finding in report.findings}


@pytest.mark.parametrize(("f", "slope"), [SQUARE, AFFINE], ids=["2x", "303"])
def test_few_digits_by_nature_loosen_nothing(f: Forward, slope: Forward) -> None:
    """Slopes that have few digits because x has, or anyway: the check keeps its resolution, and notes nothing."""
    x = np.arange(1, 9) / 8 + 1 / 64
    report = gradcheck.check(f, x, derivative=slope)

    assert (report.ok, report.findings) == (True, ())
    assert (report.resolution or 1) < 1e-6


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_weights_that_are_read_from_outside_keep_their_digits(dtype: str) -> None:
    """They are no inputs, so that nobody widens them; what their own sum rounds to is undecided, and no mistake."""

    def softmax(x: np.ndarray) -> np.ndarray:
        e = np.exp(x - x.max(-1, keepdims=True))
        return np.asarray(e / e.sum(-1, keepdims=True))

    for seed in range(6):
        rng = np.random.default_rng(seed)
        x, w = rng.normal(size=(8, 5)).astype(dtype), (rng.random(5) + 0.3).astype(dtype)

        def loss(x: np.ndarray, w: np.ndarray = w) -> Any:
            return -(np.log(softmax(x)) * w).sum(-1)

        def vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray = w, factor: float = 1.0) -> np.ndarray:
            return np.asarray(u[:, None] * factor * (softmax(x) * w.sum() - w))

        assert gradcheck.check(loss, x, vjp=vjp, rng=seed).verdict is not Verdict.FAIL
        wrong = gradcheck.check(loss, x, vjp=lambda u, x, vjp=vjp: vjp(u, x, factor=1.05), rng=seed)
        assert wrong.verdict is Verdict.FAIL

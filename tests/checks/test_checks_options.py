"""What each option of `check` means, held to the letter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import gradcheck
from gradcheck import GradientError, Report, Verdict

X = np.linspace(-1.3, 1.1, 6)


def _product_with_wrong_w() -> dict[str, Any]:
    """Return the gradient of x * w, right for x and doubled for w."""
    return {"vjp": lambda g, x, w: (g * w, 2 * g * x)}


def _timeless(report: Report) -> dict[str, Any]:
    data = report.to_dict()
    data["cost"].pop("seconds")
    return data


# -- mode ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["projection", "entries"])
def test_the_mode_asked_for_is_the_mode_used(mode: str) -> None:
    """A report says which way the comparison went."""
    report = gradcheck.check(lambda x: np.tanh(x).sum(), X, grad=lambda x: 1 - np.tanh(x) ** 2, mode=mode)
    assert (report.verdict, report.mode) == (Verdict.PASS, mode)


def test_entries_mode_compares_every_entry() -> None:
    """In entries mode each comparison counts all entries and names the worst of them."""
    report = gradcheck.check(lambda x: np.tanh(x).sum(), X, grad=lambda x: 1 - np.tanh(x) ** 2, mode="entries")
    (compared,) = report.comparisons
    assert (compared.input, compared.entries) == ("inputs['x']", X.size)
    assert compared.analytic == pytest.approx(compared.numeric, rel=1e-7)


def test_projection_mode_fails_no_gradient_without_an_entry_that_fails() -> None:
    """A wrong gradient is pinned to an entry in projection mode, too."""
    report = gradcheck.check(np.sin, np.tile(X, 200), vjp=lambda g, x: 1.01 * g * np.cos(x), mode="projection")
    (finding,) = [f for f in report.findings if f.severity is Verdict.FAIL]
    assert finding.index is not None
    assert finding.analytic == pytest.approx(1.01 * finding.numeric, rel=1e-6)


# -- upstream --------------------------------------------------------------------------------------------------------


def _second_output_wrong(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    return g * np.cos(x) * np.array([1.0, 1.5, 1.0])


@pytest.mark.parametrize(("upstream", "verdict"), [([1.0, 0.0, -2.0], "pass"), ([1.0, 0.5, -2.0], "fail")])
def test_a_given_upstream_is_the_only_one_compared(upstream: list[float], verdict: str) -> None:
    """An error of an output that the upstream does not weigh is nobody's business."""
    report = gradcheck.check(np.sin, X[:3], vjp=_second_output_wrong, upstream=np.array(upstream))
    assert report.verdict == verdict
    assert ("upstream", "given") in report.settings


def test_an_upstream_for_several_outputs_is_one_array_each() -> None:
    """Two outputs take two upstreams, and the second one counts."""

    def vjp(upstreams: Any, x: np.ndarray) -> np.ndarray:
        return upstreams[0] * np.cos(x) + 3 * upstreams[1] * np.sin(x)

    def both(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.sin(x), np.cos(x)

    ones, zeros = np.ones(6), np.zeros(6)
    assert gradcheck.check(both, X, vjp=vjp, upstream=(ones, zeros)).ok
    assert not gradcheck.check(both, X, vjp=vjp, upstream=(zeros, ones)).ok


def test_an_upstream_for_outputs_by_name_is_a_dictionary() -> None:
    """As the function returns them and `vjp` receives them, in any order; the wrong one counts where it weighs."""

    def vjp(upstream: Any, x: np.ndarray) -> np.ndarray:
        return 2 * x * upstream["a"] + 4 * x**2 * upstream["b"]

    def powers(x: np.ndarray) -> dict[str, np.ndarray]:
        return {"a": x**2, "b": x**3}

    ones, zeros = np.ones(6), np.zeros(6)
    assert gradcheck.check(powers, X, vjp=vjp, upstream={"b": zeros, "a": ones}).ok
    assert not gradcheck.check(powers, X, vjp=vjp, upstream={"a": zeros, "b": ones}).ok
    with pytest.raises(gradcheck.InvalidArgument, match="has the keys 'a', 'c', but the outputs are 'a', 'b'"):
        gradcheck.check(powers, X, vjp=vjp, upstream={"a": ones, "c": ones})


# -- wrt -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrt", ["x", 0, ["x"], "inputs['x']", (0,)])
def test_wrt_leaves_the_other_inputs_alone(wrt: Any) -> None:
    """The wrong gradient of w goes unseen if only x is asked for, by name, position or path."""
    report = gradcheck.check(lambda x, w: x * w, X, X + 2, wrt=wrt, **_product_with_wrong_w())
    assert report.verdict is Verdict.PASS
    assert [c.input for c in report.comparisons] == ["inputs['x']"]


@pytest.mark.parametrize("wrt", [None, "w", 1, ["w", "x"]])
def test_wrt_finds_what_it_names(wrt: Any) -> None:
    """The wrong gradient of w is seen as soon as w is asked for."""
    report = gradcheck.check(lambda x, w: x * w, X, X + 2, wrt=wrt, **_product_with_wrong_w())
    assert [f.path for f in report.findings if f.severity is Verdict.FAIL] == ["inputs['w']"]


# -- rtol, atol ------------------------------------------------------------------------------------------------------


@given(
    off=st.floats(-1e-1, 1e-1),
    rtol=st.none() | st.floats(0, 1e-1),
    atol=st.none() | st.floats(0, 1e-1),
    at=st.integers(0, 5),
    form=st.sampled_from(["derivative", "vjp", "grad"]),
)
@example(off=1e-3, rtol=1e-2, atol=None, at=0, form="derivative")
@example(off=1e-3, rtol=None, atol=1e-9, at=5, form="vjp")
@example(off=-2e-2, rtol=1e-2, atol=0.0, at=3, form="grad")
def test_tolerances_mean_what_they_say(
    off: float, rtol: float | None, atol: float | None, at: int, form: str
) -> None:
    """An entry passes exactly if |analytic - numeric| <= atol + rtol |numeric|, and one entry decides."""
    assume(rtol is not None or atol is not None)
    truth = float(np.cos(X[at]))
    allowed = (atol or 0.0) + (rtol or 0.0) * abs(truth)
    assume(abs(abs(off) - allowed) > 1e-7)
    assume(allowed > 1e-7)
    slope = np.cos(X)
    slope[at] += off
    claims = {"derivative": lambda x: slope, "grad": lambda x: slope, "vjp": lambda g, x: g * slope}
    function = (lambda x: np.sin(x).sum()) if form == "grad" else np.sin
    report = gradcheck.check(function, X, rtol=rtol, atol=atol, **{form: claims[form]})
    assert report.verdict == ("pass" if abs(off) <= allowed else "fail")


def test_a_tolerance_excuses_what_the_derived_bound_would_not() -> None:
    """One per cent off fails by default and passes if the caller allows two."""
    wrong = {"derivative": lambda x: 1.01 * np.cos(x)}
    assert not gradcheck.check(np.sin, X, **wrong).ok
    report = gradcheck.check(np.sin, X, rtol=0.02, **wrong)
    assert report.ok
    assert ("rtol", "0.02") in report.settings


# -- kinks -----------------------------------------------------------------------------------------------------------

ZERO = np.array([-1.0, 0.0, 2.0])


@pytest.mark.parametrize(
    ("kinks", "slope", "verdict", "codes"),
    [
        ("subgradient", 0.0, "pass", {"GC901"}),
        ("subgradient", 0.5, "pass", {"GC901"}),
        ("subgradient", 1.0, "pass", {"GC901"}),
        ("subgradient", 2.0, "fail", {"GC101"}),
        ("subgradient", -0.5, "fail", {"GC101"}),
        ("ignore", 0.5, "pass", {"GC901"}),
        ("ignore", 2.0, "pass", {"GC901"}),
        ("error", 0.5, "fail", {"GC901"}),
    ],
)
@pytest.mark.parametrize("form", ["derivative", "vjp"])
def test_the_policy_at_a_kink(form: str, kinks: str, slope: float, verdict: str, codes: set[str]) -> None:
    """``subgradient`` accepts the hull, ``ignore`` anything, ``error`` nothing."""

    def derivative(x: np.ndarray) -> np.ndarray:
        return np.where(x == 0, slope, (x > 0) * 1.0)

    claim = {"derivative": derivative, "vjp": lambda g, x: g * derivative(x)}[form]
    report = gradcheck.check(lambda x: np.maximum(x, 0), ZERO, kinks=kinks, **{form: claim})
    assert (report.verdict, {f.code for f in report.findings}) == (verdict, codes)


@pytest.mark.parametrize("kinks", ["subgradient", "error", "ignore"])
def test_no_policy_excuses_an_error_beside_the_kink(kinks: str) -> None:
    """At smooth points a wrong slope stays wrong."""
    report = gradcheck.check(
        lambda x: np.maximum(x, 0), np.array([-1.0, 2.0]), derivative=lambda x: (x > 0) * 1.5, kinks=kinks
    )
    assert [(f.code, f.index) for f in report.findings] == [("GC101", (1,))]


# -- max_evals -------------------------------------------------------------------------------------------------------


class _Affine:
    def __init__(self) -> None:
        self.W = np.linspace(-1, 1, 12).reshape(4, 3)
        self.dW = np.zeros_like(self.W)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.W

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW = self.x.T @ dout
        return dout @ self.W.T


@given(most=st.integers(1, 60), which=st.sampled_from(["function", "kinked", "layer"]))
def test_a_budget_is_kept_and_makes_no_failure(most: int, which: str) -> None:
    """No more forward calls than allowed; a right gradient is then passed or undecided, never failed."""
    calls = 0

    def counted(x: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        return np.maximum(x, 0) if which == "kinked" else np.sin(x)

    if which == "layer":
        report = gradcheck.check(_Affine(), X[:4].reshape(1, 4), max_evals=most)
        calls = report.cost.forward
    elif which == "kinked":
        report = gradcheck.check(counted, ZERO, vjp=lambda g, x: g * (x > 0), max_evals=most)
    else:
        report = gradcheck.check(counted, X, vjp=lambda g, x: g * np.cos(x), max_evals=most)
    assert calls == report.cost.forward
    assert calls <= most
    assert report.verdict is not Verdict.FAIL
    assert report.ok or "GC906" in {f.code for f in report.findings}


def test_a_generous_budget_changes_nothing() -> None:
    """With calls to spare the report is the one without a budget, but for the setting."""
    free = _timeless(gradcheck.check(np.sin, X, derivative=np.cos))
    bound = _timeless(gradcheck.check(np.sin, X, derivative=np.cos, max_evals=1000))
    assert free | {"settings": None} == bound | {"settings": None}
    assert bound["settings"] == [["max_evals", "1000"]]


# -- rng -------------------------------------------------------------------------------------------------------------


def _recorded(rng: Any) -> tuple[Report, list[np.ndarray]]:
    seen: list[np.ndarray] = []

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        seen.append(g.copy())
        return g * np.cos(x)

    return gradcheck.check(np.sin, X, vjp=vjp, rng=rng), seen


@given(seed=st.integers(0, 2**63))
def test_a_seed_is_reported_and_repeats_the_check(seed: int) -> None:
    """The same seed draws the same upstreams and gives the same report; a generator of that seed draws them, too."""
    (one, first), (two, second), (three, third) = map(_recorded, (seed, seed, np.random.default_rng(seed)))
    assert one.seed == seed
    assert _timeless(one) == _timeless(two)
    for others in (second, third):
        assert all(np.array_equal(a, b) for a, b in zip(first, others, strict=True))
    assert three.seed is None


def test_seeds_differ() -> None:
    """Another seed looks in other directions."""
    assert not np.array_equal(_recorded(0)[1][1], _recorded(1)[1][1])


def test_without_a_seed_one_is_drawn_and_reported() -> None:
    """``rng=None`` draws a seed that repeats the check."""
    report, drawn = _recorded(None)
    assert isinstance(report.seed, int)
    _, again = _recorded(report.seed)
    assert all(np.array_equal(a, b) for a, b in zip(drawn, again, strict=True))
    assert gradcheck.check(np.sin, X, derivative=np.cos, rng=None).seed != report.seed


def test_the_seed_is_printed() -> None:
    """A failure shown to a person names the seed that repeats it."""
    report = gradcheck.check(np.sin, X, derivative=np.sin, rng=4321)
    assert "4321" in str(report)


def test_a_given_generator_moves_on() -> None:
    """The caller's generator is used, not copied: the next check sees other directions."""
    generator = np.random.default_rng(0)
    (_, first), (_, second) = _recorded(generator), _recorded(generator)
    assert not np.array_equal(first[1], second[1])


# -- the verdict as an exception -------------------------------------------------------------------------------------


def test_assert_gradients_returns_the_report_of_a_pass() -> None:
    """A pass is handed back."""
    assert gradcheck.assert_gradients(np.sin, X, derivative=np.cos).verdict is Verdict.PASS


def test_assert_gradients_raises_an_assertion_that_carries_the_report() -> None:
    """A failure is an AssertionError with the report in it and the report's text on it."""
    with pytest.raises(AssertionError) as caught:
        gradcheck.assert_gradients(np.sin, X, derivative=np.sin)
    assert isinstance(caught.value, GradientError)
    assert caught.value.report.verdict is Verdict.FAIL
    assert "GC101" in str(caught.value)


def test_assert_gradients_refuses_what_is_undecided() -> None:
    """An inconclusive check is no assurance, so it raises."""
    with pytest.raises(GradientError) as caught:
        gradcheck.assert_gradients(np.sin, X, derivative=np.cos, max_evals=2)
    assert caught.value.report.verdict is Verdict.INCONCLUSIVE


# -- what a pass states ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["projection", "entries"])
def test_a_pass_states_a_resolution_that_is_honest(mode: str) -> None:
    """An error of one entry of ten times the stated resolution is seen."""
    claim = np.cos(X)
    stated = gradcheck.check(lambda x: np.sin(x).sum(), X, grad=lambda x: claim, mode=mode).resolution
    assert stated is not None
    assert 0 < stated < 1e-4
    typical = math.sqrt(float(np.mean(claim**2)))
    for at in range(X.size):
        wrong = claim.copy()
        wrong[at] += 10 * stated * typical
        assert not gradcheck.check(lambda x: np.sin(x).sum(), X, grad=lambda x, w=wrong: w, mode=mode).ok

"""Forward mode: what a jvp is called with, what is named when it is wrong, and when two modes disagree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcheck
from gradcheck import InvalidArgument, Report, Verdict

X = np.array([0.4, -0.8, 1.2])
W = np.array([[0.3, -1.1], [0.7, 0.2], [-0.5, 0.9]])


def _slope(x: np.ndarray) -> np.ndarray:
    return 1 - np.tanh(x) ** 2


def _product(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return x @ w


def _jvp(tangents: Any, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return tangents[0] @ w + x @ tangents[1]


def _vjp(u: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return w @ u, np.outer(x, u)


def _codes(report: Report) -> list[str]:
    return [finding.code for finding in report.findings]


# -- how it is called ------------------------------------------------------------------------------------------------


def test_one_input_gets_its_tangent_alone() -> None:
    """With one floating-point input the tangent is an array, whatever integers stand beside it."""
    seen: list[Any] = []

    def jvp(tangent: Any, x: np.ndarray, k: int) -> np.ndarray:
        seen.append(tangent)
        return tangent * _slope(x)

    assert gradcheck.check(lambda x, k: np.tanh(x), X, 3, jvp=jvp).ok
    assert all(isinstance(tangent, np.ndarray) and tangent.shape == X.shape for tangent in seen)


def test_several_inputs_get_a_tuple_and_wrt_leaves_zeros() -> None:
    """There is one tangent per floating-point input, zero for those that ``wrt`` leaves out."""
    seen: list[Any] = []

    def jvp(tangents: Any, x: np.ndarray, w: np.ndarray) -> np.ndarray:
        seen.append(tangents)
        return _jvp(tangents, x, w)

    assert gradcheck.check(_product, X, W, jvp=jvp, wrt="w").ok
    assert all(isinstance(tangents, tuple) and not tangents[0].any() for tangents in seen)


@pytest.mark.parametrize("mode", ["auto", "projection", "entries"])
def test_a_right_jvp_passes_in_every_mode(mode: str) -> None:
    """Along random tangents or entry by entry, the verdict is the same, and states its resolution."""
    report = gradcheck.check(_product, X, W, jvp=_jvp, mode=mode)
    assert report.verdict is Verdict.PASS
    assert report.resolution is not None
    assert report.resolution < 1e-5


def test_the_calls_of_the_jvp_are_counted() -> None:
    """The cost counts what was called, forward and jvp apart."""
    calls = [0, 0]

    def forward(x: np.ndarray) -> np.ndarray:
        calls[0] += 1
        return np.tanh(x)

    def jvp(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        calls[1] += 1
        return 1.1 * t * _slope(x)

    report = gradcheck.check(forward, X, jvp=jvp)
    assert [report.cost.forward, report.cost.backward] == calls


REFUSED = {
    "no function": (lambda: gradcheck.check(np.tanh, X, jvp=3), ("jvp", "int", "function")),
    "upstream with jvp alone": (
        lambda: gradcheck.check(np.tanh, X, jvp=lambda t, x: t, upstream=X),
        ("upstream=", "jvp=", "vjp="),
    ),
    "order two of a jvp alone": (
        lambda: gradcheck.check(np.tanh, X, jvp=lambda t, x: t * _slope(x), order=2),
        ("order=2", "jvp=", "vjp="),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_meaning_is_refused_in_a_sentence(name: str) -> None:
    """The sentence names the argument and the way out."""
    call, words = REFUSED[name]
    with pytest.raises(InvalidArgument) as caught:
        call()
    assert all(word in str(caught.value) for word in words)


def test_a_layer_takes_no_jvp() -> None:
    """A layer's parameters are no arguments, so a jvp of it is refused."""

    class Identity:
        def forward(self, x: np.ndarray) -> np.ndarray:
            return x.copy()

        def backward(self, dout: np.ndarray) -> np.ndarray:
            return dout

    with pytest.raises(InvalidArgument, match="layer"):
        gradcheck.check(Identity(), X, jvp=lambda t, x: t)


def test_an_error_inside_the_jvp_is_raised() -> None:
    """A user's own exception is never swallowed."""

    def jvp(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        gradcheck.check(np.tanh, X, jvp=jvp)


# -- what is named ---------------------------------------------------------------------------------------------------


def test_the_wrong_output_and_the_entry_of_the_input_are_named() -> None:
    """A wrong term of one output shows that output, and the entry whose tangent takes part."""

    def jvp(tangents: Any, x: np.ndarray, w: np.ndarray) -> np.ndarray:
        out = _jvp(tangents, x, w)
        out[1] += 0.01 * tangents[1][2, 1]
        return out

    (finding,) = gradcheck.check(_product, X, W, jvp=jvp).findings
    assert (finding.code, finding.path, finding.index, finding.wrong) == ("GC101", "inputs['w']", (2, 1), 1)
    (entry,) = finding.entries
    assert (entry.output, entry.output_index) == ("outputs[0]", (1,))
    assert "outputs[0][1]" in finding.title


def test_one_wrong_entry_among_many_is_found_by_halving() -> None:
    """A hundred thousand inputs cost a few dozen tangents, not one each."""
    weights = np.ones(100_000)
    weights[777] = 1.2
    x = np.random.default_rng(0).normal(size=weights.size)
    report = gradcheck.check(np.tanh, x, jvp=lambda t, x: t * _slope(x) * weights)
    (finding,) = report.findings
    assert (finding.path, finding.index) == ("inputs['x']", (777,))
    assert report.cost.backward < 200


@given(off=st.floats(-1e-1, 1e-1), rtol=st.floats(0, 1e-1))
def test_tolerances_mean_for_a_jvp_what_they_say(off: float, rtol: float) -> None:
    """An entry passes exactly if |analytic - numeric| <= rtol |numeric|."""
    if abs(abs(off) - rtol) < 1e-6:
        return
    report = gradcheck.check(np.tanh, X, jvp=lambda t, x: (1 + off) * t * _slope(x), rtol=rtol)
    assert report.ok == (abs(off) <= rtol)


def test_kinks_can_be_refused() -> None:
    """With ``kinks="error"`` a tangent at a kink is a failure, by default it passes and is noted."""
    at_zero = np.array([0.0, 1.0])
    options = {"jvp": lambda t, x: t * (x > 0)}
    assert gradcheck.check(lambda x: np.maximum(x, 0), at_zero, **options).ok
    assert not gradcheck.check(lambda x: np.maximum(x, 0), at_zero, **options, kinks="error").ok


# -- two modes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [1e-10, 1e-8, 1e-4, -2.0])
@pytest.mark.parametrize("seed", range(5))
def test_modes_that_differ_by_more_than_rounding_are_told_apart(error: float, seed: int) -> None:
    """A factor of 1 + 1e-10 between them is GC113, with both numbers."""
    wrong = {"jvp": lambda t, x, w: (1 + error) * _jvp(t, x, w), "vjp": _vjp}
    report = gradcheck.check(_product, X, W, **wrong, rng=seed)
    found = [f for f in report.findings if f.code == "GC113"]
    assert {f.path for f in found} == {"inputs['x']", "inputs['w']"}
    assert all(f.severity is Verdict.FAIL and "<u, jvp(v)>" in f.title and "<vjp(u), v>" in f.title for f in found)


@pytest.mark.parametrize(("wrong", "convicted"), [("jvp", "the jvp"), ("vjp", "the vjp")])
def test_differences_say_which_mode_is_wrong(wrong: str, convicted: str) -> None:
    """The finding names the mode that differences convict."""
    factor = {wrong: 1.01}
    options = {
        "jvp": lambda t, x: factor.get("jvp", 1.0) * t * _slope(x),
        "vjp": lambda u, x: factor.get("vjp", 1.0) * u * _slope(x),
    }
    (found,) = [f for f in gradcheck.check(np.tanh, X, **options).findings if f.code == "GC113"]
    assert any(line == f"differences convict {convicted}" for line in found.detail)


def test_a_difference_too_small_for_differences_convicts_neither() -> None:
    """Where differences cannot see it, the finding says so."""
    options = {"jvp": lambda t, x: (1 + 1e-11) * t * _slope(x), "vjp": lambda u, x: u * _slope(x)}
    (found,) = gradcheck.check(np.tanh, X, **options).findings
    assert any("neither" in line for line in found.detail)


def test_modes_that_agree_say_how_far() -> None:
    """A pass carries a comparison without differences."""
    report = gradcheck.check(_product, X, W, jvp=_jvp, vjp=_vjp)
    agreed = [c for c in report.comparisons if "no differences" in c.method]
    assert [c.input for c in agreed] == ["inputs['x']", "inputs['w']"]
    assert all(c.resolution is not None and c.resolution < 1e-11 for c in agreed)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("scale", [1e-8, 1.0, 30.0, 100.0])
def test_two_formulas_of_one_slope_are_no_disagreement(scale: float, seed: int) -> None:
    """Rounding of either formula, in saturation too, is measured and granted."""
    x = scale * np.random.default_rng(seed).normal(size=5)

    def sigmoid(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    options = {
        "jvp": lambda t, x: t * sigmoid(x) * (1 - sigmoid(x)),
        "vjp": lambda u, x: u * np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))) ** 2,
    }
    assert "GC113" not in _codes(gradcheck.check(sigmoid, x, **options, rng=seed))


@pytest.mark.parametrize("seed", range(10))
def test_two_subgradients_are_no_disagreement(seed: int) -> None:
    """At a kink one mode may choose the left slope and the other the right one."""
    options = {"jvp": lambda t, x: t * np.where(x >= 0, 1, -1), "vjp": lambda u, x: u * np.sign(x)}
    report = gradcheck.check(np.abs, np.array([0.0, 1.0, -2.0]), **options, rng=seed)
    assert report.verdict is Verdict.PASS
    assert set(_codes(report)) == {"GC901"}


# -- what only some calls show ---------------------------------------------------------------------------------------


def _overwriting(tangents: Any, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    out = np.zeros((len(x), w.shape[1]))
    if tangents[0].any():
        out = tangents[0] @ w
    if tangents[1].any():
        out = x @ tangents[1]
    return out


@pytest.mark.parametrize("n", [3, 200])
@pytest.mark.parametrize("beside", [False, True])
def test_shares_that_overwrite_one_another_fail(n: int, beside: bool) -> None:
    """A jvp that is right while one input moves, and forgets the others' share when all do, is not linear."""
    rng = np.random.default_rng(n)
    inputs = rng.normal(size=(n, 4)), rng.normal(size=(4, n))
    claim = {"vjp": lambda u, x, w: (u @ w.T, x.T @ u)} if beside else {}
    assert _codes(gradcheck.check(_product, *inputs, jvp=_overwriting, **claim)) == ["GC108"]
    assert gradcheck.check(_product, *inputs, jvp=_jvp, **claim).ok


@pytest.mark.parametrize("n", [6, 30_000])
@pytest.mark.parametrize("beside", [False, True])
def test_a_jvp_that_lives_on_the_latest_forward_is_stale(n: int, beside: bool) -> None:
    """What the jvp needs is in its arguments; the latest forward was at another point."""
    cache: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray) -> np.ndarray:
        cache["x"] = x.copy()
        return x**2

    claim = {"vjp": lambda u, x: 2 * x * u} if beside else {}
    report = gradcheck.check(
        forward, np.random.default_rng(0).normal(size=n), jvp=lambda t, x: 2 * cache["x"] * t, **claim
    )
    assert _codes(report) == ["GC106"]


@pytest.mark.parametrize("n", [6, 30_000])
def test_a_jvp_that_keeps_its_first_point_fails(n: int) -> None:
    """A cache that is filled once would look right if the point itself came first."""
    cache: dict[str, np.ndarray] = {}

    def jvp(t: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.asarray(2 * cache.setdefault("x", x.copy()) * t)

    assert "GC101" in _codes(gradcheck.check(np.square, np.random.default_rng(0).normal(size=n), jvp=jvp))


@pytest.mark.parametrize("most", [5.0, 100.0, 1e5])
def test_a_jvp_that_clips_its_tangent_fails(most: float) -> None:
    """However far out the clip is, a tangent that is large enough shows it."""
    x = np.random.default_rng(0).normal(size=(4, 3))
    assert _codes(gradcheck.check(np.square, x, jvp=lambda t, x: 2 * x * np.clip(t, -most, most))) == ["GC108"]


def test_a_jvp_that_reads_memory_is_wrong_for_a_view() -> None:
    """Memory order is not index order where the tangent is a strided view."""
    x = np.random.default_rng(0).normal(size=(4, 3))
    report = gradcheck.check(np.square, x, jvp=lambda t, x: 2 * x * np.ravel(t, "K").reshape(x.shape))
    assert _codes(report) == ["GC116"]


def test_a_wrong_complex_jvp_alone_fails() -> None:
    """Tangents have one convention only, so there is no other to try before the jvp is called wrong."""
    z = np.random.default_rng(0).normal(size=5) + 1j
    assert _codes(gradcheck.check(np.exp, z, jvp=lambda t, z: t * np.conj(np.exp(z)))) == ["GC101"] * 2
    assert gradcheck.check(np.exp, z, jvp=lambda t, z: t * np.exp(z)).ok

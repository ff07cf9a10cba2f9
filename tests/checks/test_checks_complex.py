"""Complex numbers: the convention, what a report calls them, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument, Report, Verdict

Z = np.array([0.4 - 0.3j, -0.8 + 1.1j, 1.2 + 0.5j])


def _energy(z: np.ndarray) -> Any:
    return np.sum(np.abs(z) ** 2)


def _wrong(report: Report) -> list[Any]:
    return [f for f in report.findings if f.severity is Verdict.FAIL]


def test_the_convention_is_said() -> None:
    """A report about complex numbers says what their gradient is, one about real numbers does not."""
    assert "dL/dx + i dL/dy" in gradcheck.check(_energy, Z, grad=lambda z: 2 * z).convention
    assert "dL/dx" not in gradcheck.check(_energy, Z.real.copy(), grad=lambda z: 2 * z).convention


def test_a_part_of_an_entry_is_named_by_path_and_index() -> None:
    """The imaginary part of one entry is wrong: ``inputs['z'].imag[1]``, with its two numbers."""

    def grad(z: np.ndarray) -> np.ndarray:
        return 2 * z + 0.01j * (np.arange(3) == 1)

    (finding,) = gradcheck.check(_energy, Z, grad=grad).findings
    assert (finding.path, finding.index) == ("inputs['z'].imag", (1,))
    assert finding.analytic == pytest.approx(2.21)
    assert finding.numeric == pytest.approx(2.2)


CONJUGATES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "a loss": (_energy, Z, {"grad": lambda z: 2 * z.conj()}),
    "a derivative": (lambda z: np.exp(z), Z, {"derivative": lambda z: np.exp(z).conj()}),
    "a vjp": (lambda z: np.exp(z), Z, {"vjp": lambda u, z: u * np.exp(z)}),
    "a real input": (
        lambda x: np.exp(1j * x),
        Z.real.copy(),
        {"vjp": lambda u, x: (u * 1j * np.exp(1j * x)).real},
    ),
}


@pytest.mark.parametrize("name", CONJUGATES)
def test_the_other_convention_is_recognized(name: str) -> None:
    """A claim that is right in JAX's convention fails with that as its cause."""
    function, x, options = CONJUGATES[name]
    wrong = _wrong(gradcheck.check(function, x, **options))
    assert wrong
    assert all("conjugate" in f.cause and "JAX" in f.cause for f in wrong)


def test_another_mistake_is_not_called_a_conjugate() -> None:
    """The cause is only said where the conjugate passes the whole check."""
    wrong = _wrong(gradcheck.check(_energy, Z, grad=lambda z: 2.1 * z.conj()))
    assert wrong
    assert all("JAX" not in (f.cause or "") for f in wrong)


def test_a_real_gradient_of_a_complex_input_is_told() -> None:
    """Its imaginary part is missing; where that is truly zero, it is right."""
    (wrong,) = _wrong(gradcheck.check(_energy, Z, grad=lambda z: 2 * z.real))
    assert "imaginary part is missing" in wrong.cause
    assert gradcheck.check(lambda z: np.sum(z.real**2), Z, grad=lambda z: 2 * z.real).ok


def test_a_function_that_is_not_holomorphic_has_no_derivative() -> None:
    """conj(z) z fails with the Cauchy-Riemann equations as its cause."""
    report = gradcheck.check(lambda z: z.conj() * z + 0j, Z, derivative=lambda z: 2 * z.conj())
    assert all("not holomorphic" in f.cause for f in _wrong(report))
    assert _wrong(report)


REFUSED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "grad= of a complex value": (
        lambda: gradcheck.check(lambda z: np.sum(z), Z, grad=np.ones_like),
        ("grad=", "complex128", "vjp="),
    ),
    "derivative= with real values": (
        lambda: gradcheck.check(np.abs, Z, derivative=lambda z: z),
        ("derivative=", "holomorphic", "vjp="),
    ),
    "an infinite entry": (lambda: gradcheck.check(np.exp, Z * np.inf, derivative=np.exp), ("inputs[", "[0]")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_ambiguous_is_refused_in_a_sentence(name: str) -> None:
    """The sentence names the option and the way out."""
    call, words = REFUSED[name]
    with pytest.raises(InvalidArgument) as caught, np.errstate(all="ignore"):
        call()
    assert all(word in str(caught.value) for word in words)


def test_a_complex_gradient_of_a_real_input_needs_no_imaginary_part() -> None:
    """GC104 where there is one; a remark in the convention where it is zero."""

    def forward(x: np.ndarray) -> np.ndarray:
        return x * (1 + 2j)

    def right(u: np.ndarray, x: np.ndarray) -> np.ndarray:
        return (u * (1 - 2j)).real

    x = Z.real.copy()
    report = gradcheck.check(forward, x, vjp=lambda u, x: right(u, x) + 0j)
    assert report.ok
    assert "without an imaginary part" in report.convention
    (finding,) = gradcheck.check(forward, x, vjp=lambda u, x: u * (1 - 2j)).findings
    assert (finding.code, finding.path) == ("GC104", "inputs['x']")


def test_writing_into_a_complex_input_is_seen() -> None:
    """A forward that scales its complex input in place is GC105, and the caller's array is untouched."""

    def forward(z: np.ndarray) -> np.ndarray:
        z *= 2
        return z**2

    z = Z.copy()
    report = gradcheck.check(forward, z, derivative=lambda z: 8 * z)
    assert "GC105" in [f.code for f in report.findings]
    assert np.array_equal(z, Z)


def test_an_upstream_of_a_complex_output_is_complex() -> None:
    """The caller's upstream arrives as it was given."""
    seen: list[Any] = []

    def vjp(u: np.ndarray, z: np.ndarray) -> np.ndarray:
        seen.append(u.copy())
        return u * np.exp(z).conj()

    assert gradcheck.check(lambda z: np.exp(z), Z, vjp=vjp, upstream=Z).ok
    assert any(np.array_equal(u, Z) for u in seen)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("seed", range(10))
def test_right_gradients_pass_in_both_precisions(dtype: Any, seed: int) -> None:
    """The formula is judged in double precision, and the gradient in single against it."""
    rng = np.random.default_rng(seed)
    z = (rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))).astype(dtype)
    w = (rng.normal(size=(4, 2)) + 1j * rng.normal(size=(4, 2))).astype(dtype)

    def vjp(u: np.ndarray, z: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return u @ w.conj().T, z.conj().T @ u

    assert gradcheck.check(lambda z, w: z @ w, z, w, vjp=vjp, rng=seed).ok
    assert not gradcheck.check(lambda z, w: z @ w, z, w, vjp=lambda *a: (vjp(*a)[0], 1j * vjp(*a)[1]), rng=seed).ok


@pytest.mark.parametrize("turn", [1, 1j, np.exp(0.7j)])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_verdict_turns_and_scales_with_the_input(turn: complex, scale: float) -> None:
    """Real numbers in complex arrays are not judged by the size of their zero imaginary parts."""
    z = scale * turn * np.array([1.0, -2.0, 0.5])
    assert gradcheck.check(lambda z: z**3, z, derivative=lambda z: 3 * z**2).ok
    assert not gradcheck.check(lambda z: z**3, z, derivative=lambda z: (3 + 1e-5j) * z**2).ok

"""HIPS autograd's functions as subjects, and its checker's signature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck.compat.autograd import AUTOGRAD, check_grads

pytest.importorskip("autograd", reason="its functions are checked where autograd is installed")
import autograd.numpy as anp
import autograd.test_util
from autograd.extend import defvjp, primitive


@primitive
def square(x: Any) -> Any:
    return x**2


defvjp(square, lambda ans, x: lambda upstream: upstream * 3 * x)


def test_functions_of_several_arrays_and_outputs_pass() -> None:
    """Arguments by name, outputs in a tuple."""
    x = np.random.default_rng(0).normal(size=(3, 2))

    report = gradcheck.check(AUTOGRAD(lambda x, w: (anp.tanh(x @ w), anp.sum(x))), x, x.T)

    assert report.ok, str(report)
    assert {compared.input for compared in report.comparisons} == {"inputs['x']", "inputs['w']"}
    assert report.convention.startswith("autograd function")


def test_a_wrong_rule_is_found() -> None:
    """Alone, and below another function; tiny gradients are no exception, as they are to autograd's own checker."""
    x = np.array([0.5, -2.0])

    assert not gradcheck.check(AUTOGRAD(square), x).ok
    with pytest.raises(gradcheck.GradientError):
        check_grads(lambda x: 1e-9 * square(x), order=1)(x)
    check_grads(lambda x, y: anp.sin(x) * y, argnum=0)(x, x)


def test_it_is_called_as_autograds_own_is() -> None:
    """Arguments by name go to the function, `argnum` says which is checked, and `combo_check` can be made of it."""
    x = np.array([0.5, -2.0])

    for checker in (autograd.test_util.check_grads, check_grads):
        checker(lambda x, p=2: x**p, modes=["rev"])(x, p=3)
        checker(lambda x, y, p: x * y**p, argnum=1, modes=["fwd", "rev"], order=1)(x, x, p=3)
        with pytest.raises(AssertionError):
            checker(lambda x, p=2: square(x) * p, modes=["rev"])(x, p=3)
    with pytest.raises(gradcheck.InvalidArgument, match="modes="):
        check_grads(anp.tanh, modes=["reverse"])


Z = np.array([0.4 - 0.3j, -0.8 + 1.1j, 1.2 + 0.5j])
OF_COMPLEX_NUMBERS: dict[str, Any] = {
    "the modulus": anp.abs,
    "its square": lambda z: anp.sum(anp.abs(z) ** 2),
    "holomorphic": lambda z: z * anp.exp(z),
    "a transform": lambda z: z * anp.fft.fft(z),
    "of real numbers": lambda z: anp.exp(1j * anp.real(z)),
}


def _ruled(rule: Any) -> Any:
    """Return z |z|^2 with this rule, of the upstream and z."""
    cube = primitive(lambda z: z * np.abs(z) ** 2)
    defvjp(cube, lambda _, z: lambda upstream: rule(upstream, z))
    return cube


def _right(upstream: Any, z: Any) -> Any:
    return 2 * upstream * np.abs(z) ** 2 + np.conj(upstream * z**2)


@pytest.mark.parametrize("name", OF_COMPLEX_NUMBERS)
@pytest.mark.parametrize("order", [1, 2])
def test_complex_gradients_are_read_as_autograd_means_them(name: str, order: int) -> None:
    """Holomorphic and not, dL/dx - i dL/dy, as its own checker reads them, and of second order as well."""
    autograd.test_util.check_grads(OF_COMPLEX_NUMBERS[name], modes=["rev"], order=order)(Z)

    report = gradcheck.check(AUTOGRAD(OF_COMPLEX_NUMBERS[name]), Z, order=order)

    assert report.ok, str(report)
    check_grads(OF_COMPLEX_NUMBERS[name], order=order)(Z)


@pytest.mark.parametrize("order", [1, 2])
def test_a_conjugate_that_autograd_does_not_mean_is_found(order: int) -> None:
    """A rule in PyTorch's convention fails, and is told so; in autograd's own it passes."""
    right = _ruled(_right)
    wrong = _ruled(lambda upstream, z: np.conj(_right(np.conj(upstream), z)))

    check_grads(right, order=1)(Z)
    with pytest.raises(gradcheck.GradientError) as raised:
        check_grads(wrong, order=order)(Z)

    causes = [f.cause for f in raised.value.report.findings if f.code == "GC101"]
    assert causes
    assert all("conjugate" in cause and "PyTorch's convention" in cause for cause in causes)


def _doubled_in_place(upstream: Any, x: Any) -> Any:
    upstream *= 2
    return upstream * x


OF_MEMORY: dict[str, Any] = {
    "writes into the upstream": (_doubled_in_place, "GC105"),
    "reads memory instead of the array": (
        lambda u, x: np.lib.stride_tricks.as_strided(u, x.shape, x.strides) * 2 * x,
        "GC116",
    ),
}


@pytest.mark.parametrize("shape", [(4, 5), (300, 100)])
@pytest.mark.parametrize("mistake", OF_MEMORY)
def test_mistakes_with_memory_are_found(mistake: str, shape: tuple[int, ...]) -> None:
    """A rule is handed what is strided, and what it writes into its upstream shows, as in NumPy."""
    rule, code = OF_MEMORY[mistake]
    squared = primitive(lambda x: x**2)
    defvjp(squared, lambda ans, x: lambda upstream: rule(upstream, x))

    report = gradcheck.check(AUTOGRAD(squared), np.random.default_rng(0).normal(size=shape))

    assert code in [finding.code for finding in report.findings]


@pytest.mark.parametrize("rows", [4, 300])
def test_what_a_rule_writes_into_its_inputs_shows(rows: int) -> None:
    """Into labels, which have no gradient, as into x; work on copies is no finding."""
    x, labels = np.random.default_rng(0).normal(size=(rows, 100)), np.arange(rows) % 5

    def found(spoil: Any) -> list[tuple[str, str | None]]:
        picked = primitive(lambda x, y: x[np.arange(len(x)), y])

        def rule(ans: Any, x: Any, y: Any) -> Any:
            def pull(upstream: Any) -> Any:
                gradient = np.zeros_like(x)
                gradient[np.arange(len(x)), y] = upstream
                spoil(x, y)
                return gradient

            return pull

        defvjp(picked, rule, None)
        report = gradcheck.check(AUTOGRAD(lambda x, y: picked(x, y)), x, labels)
        return [(finding.code, finding.path) for finding in report.findings]

    assert found(lambda x, y: y.fill(0)) == [("GC105", "inputs['y']")]
    assert found(lambda x, y: x.fill(0)) == [("GC105", "inputs['x']")]
    assert not found(lambda x, y: (x.copy().fill(0), y.copy().fill(0)))


def test_what_a_complex_rule_writes_into_its_upstream_shows() -> None:
    """Its upstream is handed over as the conjugate, in memory of its own."""
    squared = primitive(lambda z: z**2)
    defvjp(squared, lambda ans, z: lambda upstream: _doubled_in_place(upstream, z))

    assert "GC105" in [finding.code for finding in gradcheck.check(AUTOGRAD(squared), Z).findings]

"""JAX: rules are asked in part, as training asks, and the value that they return is that of the function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import GradientError, Verdict
from gradcheck.compat.jax import check_grads

jax = pytest.importorskip("jax", reason="subjects of JAX need jax")
jnp = jax.numpy


def _drawn(*shape: int, seed: int = 0, dtype: Any = np.float32) -> Any:
    drawn = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    return jnp.asarray(drawn) if dtype in (np.float32, np.complex64) else drawn


def _failed(report: Any) -> list[str]:
    assert report.verdict is not Verdict.INCONCLUSIVE
    return [f"{f.code} {f.title}" for f in report.findings if f.severity is Verdict.FAIL]


# -- the value -------------------------------------------------------------------------------------------------------


def _by_vjp(forward: Callable[[Any], Any]) -> Any:
    """Return sin with the rule of sin, whose forward is another."""
    rule = jax.custom_vjp(jnp.sin)
    rule.defvjp(lambda x: (forward(x), x), lambda x, g: (g * jnp.cos(x),))
    return rule


def _by_jvp(forward: Callable[[Any], Any]) -> Any:
    rule = jax.custom_jvp(jnp.sin)
    rule.defjvp(lambda p, t: (forward(p[0]), t[0] * jnp.cos(p[0])))
    return rule


def _looped(rule: Any) -> Any:
    return lambda x: jax.lax.scan(lambda c, row: (c, rule(row)), 0.0, x)[1]


_FORMS: dict[str, Callable[[Any], Any]] = {
    "as it is": lambda rule: rule,
    "jit": jax.jit,
    "vmap": jax.vmap,
    "scan": _looped,
    "scan in jit": lambda rule: jax.jit(_looped(rule)),
    "beside another": lambda rule: lambda x: {"a": x**2, "b": rule(x)},
}


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("made", [_by_vjp, _by_jvp])
def test_a_rule_that_returns_another_value_is_found(made: Any, form: str) -> None:
    """Wherever it is; the one that returns the function's own passes."""
    x = _drawn(4, 3)
    assert gradcheck.check(_FORMS[form](made(jnp.sin)), x).ok
    titles = _failed(gradcheck.check(_FORMS[form](made(lambda x: 2 * jnp.sin(x))), x))
    assert any(title.startswith("GC106 the value is another where the gradient is asked for") for title in titles)


@pytest.mark.parametrize("factor", [2.0, 1 + 1e-5])
@pytest.mark.parametrize("size", [3, 30_000])
def test_a_little_is_seen_as_well(size: int, factor: float) -> None:
    """Of a large function, too."""
    x = _drawn(size)
    assert gradcheck.check(_by_vjp(jnp.sin), x).ok
    assert _failed(gradcheck.check(_by_vjp(lambda x: factor * jnp.sin(x)), x))


def test_forward_mode_is_held_to_the_value_as_well() -> None:
    """A tangent comes with one."""
    titles = _failed(gradcheck.check(_by_jvp(lambda x: -jnp.sin(x)), _drawn(3), jvp=True))
    assert any("where the tangent is asked for" in title for title in titles)
    assert gradcheck.check(_by_jvp(jnp.sin), _drawn(3), jvp=True).ok


@pytest.mark.parametrize(("made", "modes"), [(_by_jvp, "rev"), (_by_jvp, "fwd"), (_by_vjp, "rev")])
def test_check_grads_raises_for_another_value(made: Any, modes: str) -> None:
    """As JAX's own does; a `custom_vjp` has no forward mode."""
    check_grads(made(jnp.sin), (_drawn(3),), 1, modes=[modes])
    with pytest.raises(GradientError, match="GC106"):
        check_grads(made(lambda x: 2 * jnp.sin(x)), (_drawn(3),), 1, modes=[modes])


_FORMULAS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "1 is lost": (lambda x: jnp.log(1 + jnp.exp(x - 40)), lambda x: jnp.log1p(jnp.exp(x - 40))),
    "a large constant": (lambda x: (1e11 + x) - 1e11, lambda x: x),
    "float32 inside": (jnp.sin, lambda x: jnp.sin(x.astype(jnp.float32)).astype(x.dtype)),
}


@pytest.mark.parametrize("formula", _FORMULAS)
def test_another_formula_for_the_same_value_is_no_other_value(formula: str) -> None:
    """Rounding is no mistake: not where digits cancel, nor in float32 inside."""
    plain, other = _FORMULAS[formula]
    rule = jax.custom_vjp(plain)
    rule.defvjp(lambda x: (other(x), x), lambda x, g: jax.vjp(other, x)[1](g))
    report = gradcheck.check(rule, np.array([0.3, -1.2]), mode="projection")
    assert "GC106" not in [finding.code for finding in report.findings]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_whatever_the_numbers_a_right_value_passes(dtype: Any) -> None:
    """A wrong one does not; complex numbers by their parts."""
    x = _drawn(4, dtype=dtype)
    assert gradcheck.check(_by_vjp(jnp.sin), x).ok
    assert _failed(gradcheck.check(_by_vjp(lambda x: jnp.sin(x) * 1.01), x))


# -- in part ---------------------------------------------------------------------------------------------------------


def _product(asked: tuple[int, int], form: Callable[[Any], Any] = lambda rule: rule) -> Any:
    """Return x y, whose rule computes a gradient where the inputs `asked` about are perturbed."""
    rule = jax.custom_vjp(lambda x, y: x * y)

    def forward(x: Any, y: Any) -> Any:
        return x.value * y.value, (x.value, y.value, (x.perturbed, y.perturbed))

    def backward(kept: Any, g: Any) -> Any:
        x, y, perturbed = kept
        return (y * g if perturbed[asked[0]] else None, x * g if perturbed[asked[1]] else None)

    rule.defvjp(forward, backward, symbolic_zeros=True)
    return form(rule)


@pytest.mark.parametrize("size", [3, 30_000])
@pytest.mark.parametrize("form", ["as it is", "jit"])
def test_a_rule_that_asks_about_another_input_is_found(form: str, size: int) -> None:
    """One that asks about its own passes."""
    given = _drawn(size), _drawn(size, seed=1)
    assert gradcheck.check(_product((0, 1), _FORMS[form]), *given).ok
    titles = _failed(gradcheck.check(_product((0, 0), _FORMS[form]), *given))
    assert titles == ["GC104 the gradient of inputs['y'] is missing where inputs['x'] needs none"] or (
        "args" in titles[0] and form == "jit"
    )


def test_small_ones_are_asked_both_ways() -> None:
    """Where the first asks about the second, it is lost when the second is a constant."""
    assert _failed(gradcheck.check(_product((1, 1)), _drawn(3), _drawn(3, seed=1)))


def _powers(backward: Callable[..., Any]) -> Any:
    rule = jax.custom_vjp(lambda x: (x**2, x**3))
    rule.defvjp(lambda x: ((x.value**2, x.value**3), x.value), lambda x, g: (backward(x, *g),), symbolic_zeros=True)
    return rule


def _is_none(g: Any) -> bool:
    return isinstance(g, jax.custom_derivatives.SymbolicZero)


@pytest.mark.parametrize("size", [3, 30_000])
def test_a_rule_that_takes_a_symbolic_zero_for_an_end_is_found(size: int) -> None:
    """One that takes it for zeros passes."""

    def both(x: Any, a: Any, b: Any) -> Any:
        return (0 if _is_none(a) else 2 * x * a) + (0 if _is_none(b) else 3 * x * x * b)

    def ends(x: Any, a: Any, b: Any) -> Any:
        return None if _is_none(a) or _is_none(b) else both(x, a, b)

    assert gradcheck.check(_powers(both), _drawn(size)).ok
    assert "is not used" in _failed(gradcheck.check(_powers(ends), _drawn(size)))[0]

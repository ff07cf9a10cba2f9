"""Forward mode of JAX is compiled where reverse mode is, and is asked the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

jax = pytest.importorskip("jax", reason="subjects of JAX need JAX")

jnp = jax.numpy
X = np.array([0.5, -1.5, 1.25])


def _ruled(slope: Callable[[Any], Any], value: Callable[[Any], Any] = jnp.sin) -> Any:
    """Return the sine, or another `value`, with this slope as its rule."""
    ruled = jax.custom_jvp(value)
    ruled.defjvp(lambda primals, tangents: (value(primals[0]), slope(primals[0]) * tangents[0]))
    return ruled


def _looped(body: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: jax.lax.scan(lambda c, a: (c + body(a), body(c * a)), 0.5, x)[1]


def _inside(slope: Callable[[Any], Any]) -> Any:
    """Return what has a loop in its value and in its rule."""
    return _ruled(lambda x: slope(x) + 0 * _looped(jnp.cos)(x), lambda x: jnp.sin(x) + 0 * _looped(jnp.sin)(x))


FORMS: dict[str, Callable[[Callable[[Any], Any]], Any]] = {
    "a rule in a loop": lambda slope: _looped(_ruled(slope)),
    "a loop in a rule": _inside,
    "a rule alone": _ruled,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_rule_beside_a_loop_is_compared(form: str) -> None:
    """The right one passes, one that is off by a thousandth fails, in forward mode as well."""
    right = gradcheck.check(FORMS[form](jnp.cos), jnp.asarray(X), jvp=True)
    wrong = gradcheck.check(FORMS[form](lambda x: 1.001 * jnp.cos(x)), jnp.asarray(X), jvp=True, mode="projection")

    assert right.ok, str(right)
    assert wrong.verdict is Verdict.FAIL


def test_a_loop_is_compiled_once_for_each_mode() -> None:
    """The body of a loop is traced a few times, however often the forward mode is asked."""
    traced: list[int] = []

    def body(x: Any) -> Any:
        traced.append(1)
        return jnp.tanh(x)

    def loop(x: Any) -> Any:
        return jax.lax.scan(lambda c, a: (c + a, body(c * a)), 0.5, x)[1]

    report = gradcheck.check(loop, jnp.asarray(X), jvp=True)

    assert report.ok
    assert report.cost.forward + report.cost.backward > 2 * len(traced)


def test_a_rule_that_counts_is_found_beside_a_loop_in_it() -> None:
    """It is traced, and the trace is not used, for it does not say what the rule says."""
    calls: list[int] = []

    def slope(x: Any) -> Any:
        calls.append(1)
        return jnp.cos(x) * (1 + 1e-3 * len(calls))

    report = gradcheck.check(_inside(slope), jnp.asarray(X), jvp=True, mode="projection")

    assert report.verdict is Verdict.FAIL


@pytest.mark.parametrize("function", [jnp.sin, _looped(jnp.sin)])
@pytest.mark.parametrize("constant", [0.5, np.ones(2), 7])
def test_outputs_that_are_no_arrays_of_jax_have_no_slope(function: Any, constant: Any) -> None:
    """Numbers of Python and arrays of NumPy are constants, be the function compiled or not."""
    assert gradcheck.check(lambda x: (function(x), constant), jnp.asarray(X), jvp=True).ok


def test_what_has_no_reverse_mode_is_told_of_forward_mode_alone() -> None:
    """JAX's own error says why, and a note how it is asked; then it passes, and a wrong tangent fails."""

    def doubled(slope: float) -> Any:
        rule = jax.custom_jvp(lambda x: x**2)
        rule.defjvp(lambda primals, tangents: (primals[0] ** 2, slope * primals[0] * tangents[0]))
        return lambda x: jax.lax.while_loop(lambda c: c.sum() < 10, lambda c: 2 * c, rule(x) + 1)

    x = jnp.array([0.5, -2.0])
    with pytest.raises(ValueError, match="while_loop") as raised:
        gradcheck.check(doubled(2.0), x, jvp=True)
    assert any('jvp="alone"' in note for note in raised.value.__notes__)
    assert gradcheck.check(doubled(2.0), x, jvp="alone").ok
    assert not gradcheck.check(doubled(2.1), x, jvp="alone").ok

"""What JAX derives alone is asked less; wherever somebody else may have a say, everything is asked."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

jax = pytest.importorskip("jax", reason="subjects of JAX need JAX")
from gradcheck.subjects.jax._reverse import Compiled, Derived, Traced, _agree, reverse_of  # noqa: E402 - needs JAX

jnp = jax.numpy


@jax.custom_jvp
def _halved(x: Any) -> Any:
    return x / 2


_halved.defjvp(lambda primals, tangents: (primals[0] / 2, tangents[0] / 2))


def _rule(backward: Callable[..., Any]) -> Any:
    """Return x^2 with this backward, of the upstream and x."""
    square = jax.custom_vjp(lambda x: x**2)
    square.defvjp(lambda x: (x**2, x), lambda x, u: (backward(u, x),))
    return square


def _reverse(function: Callable[[Any], Any]) -> Any:
    return reverse_of(jax, lambda arrays: [function(*arrays)], [jnp.asarray([[0.5, -1.5], [0.25, 2.0]])])


def _codes(report: Any) -> list[str]:
    return [finding.code for finding in report.findings if finding.severity is Verdict.FAIL]


OWN = {
    "products": lambda x: jnp.tanh(x @ x.T),
    "jit": jax.jit(jnp.sin),
    "checkpoint": jax.checkpoint(lambda x: jnp.exp(jnp.sin(x))),
    "vmap": jax.vmap(lambda row: jnp.sort(row) * 2),
    "indices": lambda x: x[jnp.array([1, 0, 1])].cumsum(),
    "its own gradient": jax.grad(lambda x: (x**3).sum()),
    "probabilities": jax.nn.log_softmax,
}

NOT_OWN = {
    "custom_vjp": _rule(lambda u, x: 2 * x * u),
    "custom_jvp": _halved,
    "below jit": jax.jit(lambda x: jnp.sin(_halved(x))),
    "below checkpoint": jax.checkpoint(lambda x: _halved(x) * 2),
    "below vmap": jax.vmap(_halved),
    "a branch of Python": lambda x: x * 2 if x.sum() > 0 else x * 3,
}


@pytest.mark.parametrize("form", OWN)
def test_a_function_without_rules_is_derived_by_jax_alone(form: str) -> None:
    """Whatever of JAX's own is in it."""
    assert isinstance(_reverse(OWN[form]), Derived)


@pytest.mark.parametrize("form", NOT_OWN)
def test_a_rule_is_found_wherever_it_is(form: str) -> None:
    """Deep inside as well; what cannot be traced may have any."""
    assert isinstance(_reverse(NOT_OWN[form]), Traced)


def test_programs_inside_loops_and_branches_are_looked_through() -> None:
    """They are compiled either way; trusted only where no rule is in them."""

    def loop(body: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: jax.lax.scan(lambda c, a: (body(c * a), c + a), x[0], x)[1]

    def branch(body: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: jax.lax.cond(x.sum() > 0, body, jnp.cos, x)

    for around in (loop, branch):
        own, other = _reverse(around(jnp.tanh)), _reverse(around(_halved))
        assert isinstance(own, Compiled)
        assert isinstance(other, Compiled)
        assert own.derived
        assert not other.derived


def test_a_primitive_of_somebody_elses_is_not_trusted() -> None:
    """It brings its own rules, and they can be anything."""
    core = pytest.importorskip("jax.extend.core", reason="primitives are made there")
    mine = core.Primitive("sin")
    mine.def_impl(lambda x: x)
    mine.def_abstract_eval(lambda x: x)

    assert isinstance(_reverse(lambda x: mine.bind(x)), Traced)


def test_what_jax_derives_is_asked_once_for_each_look() -> None:
    """Once in float64 and once in float32 besides; a rule is asked for a dozen upstreams."""
    x = jnp.asarray([0.5, -1.5], dtype=jnp.float32)
    own, ruled = gradcheck.check(lambda x: x**2, x), gradcheck.check(_rule(lambda u, x: 2 * x * u), x)

    assert own.ok
    assert ruled.ok
    assert own.cost.backward <= 3
    assert ruled.cost.backward > 8


def _by_callback(scale: Callable[[], float]) -> Any:
    """Return x^2 with a backward that asks Python for a factor each time, traced or not."""

    def backward(u: Any, x: Any) -> Any:
        shape = jax.ShapeDtypeStruct(jnp.shape(x), x.dtype)
        return jax.pure_callback(lambda a: np.asarray(a) * scale(), shape, 2 * x * u, vmap_method="sequential")

    return _rule(backward)


def test_a_rule_that_has_been_traced_is_pulled_back_time_and_again() -> None:
    """What is JAX's own by then reads nothing else: no forward comes before each of its calls."""
    x = jnp.asarray([0.5, -1.5, 1.25])
    report, asked = (gradcheck.check(f, x) for f in (_rule(lambda u, x: 2 * x * u), _by_callback(lambda: 1.0)))

    assert report.ok
    assert asked.ok
    assert report.cost.forward + 8 <= asked.cost.forward
    assert report.cost.backward + 1 == asked.cost.backward


def test_a_rule_is_pure_only_without_a_way_into_python() -> None:
    """A callback may remember, though the program that calls it is fixed."""
    x = jnp.asarray([[0.5, -1.5], [0.25, 2.0]])
    for function, pure in ((_rule(lambda u, x: 2 * x * u), True), (_by_callback(lambda: 1.0), False)):
        reverse = _reverse(function)
        for _ in range(2):
            assert not reverse.pure
            reverse([x], [x], [x**2])
        assert reverse.traceable
        assert reverse.pure is pure


@pytest.mark.parametrize(("size", "looped", "first"), [(20_000, False, 1), (20_001, False, 3), (20_001, True, 1)])
def test_rules_of_a_large_function_run_as_often_as_a_first_look_asks(size: int, looped: bool, first: int) -> None:
    """What was traced is run once more to compare, which pays for many calls alone; loops are compiled for each."""
    x, square = jnp.ones(size), _rule(lambda u, x: 2 * x * u)
    reverse = Traced(jax, lambda arrays: [square(*arrays)], looped=looped)
    for _ in range(first):
        reverse([x], [x], [x])
        assert not reverse.traceable
    reverse([x], [x], [x])
    assert reverse.traceable


def test_a_rule_that_goes_wrong_in_its_third_call_is_met_by_a_first_look() -> None:
    """It is called as often as the report says, and not taken for what it was when it was traced."""
    for wrong in (False, True):
        calls: list[int] = []

        def backward(u: Any, x: Any, calls: list[int] = calls, wrong: bool = wrong) -> Any:
            calls.append(1)
            return (3 if wrong and len(calls) > 2 else 2) * x * u

        with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
            report = gradcheck.check(_rule(backward), jnp.linspace(-1, 2, 24_000).reshape(300, 80))
        assert report.verdict is (Verdict.FAIL if wrong else Verdict.PASS)
        assert wrong or report.cost.backward == len(calls) == 3


def test_gradients_that_are_the_same_to_the_last_bit_are_compared_as_they_are() -> None:
    """Without copies; those that differ in more than the last bits are told from them."""
    here = np.linspace(0.5, 1.5, 2**18)
    tracemalloc.start()
    try:
        assert _agree(here, here.copy())
        assert tracemalloc.get_traced_memory()[1] < 2 * here.nbytes
    finally:
        tracemalloc.stop()
    assert _agree(here, here * (1 + 2.0**-50))
    assert not _agree(here, np.where(here > 1.4, here * (1 + 2.0**-40), here))


def test_a_rule_that_remembers_through_a_callback_is_found() -> None:
    """It adds up from call to call, in Python."""
    calls: list[int] = []
    later = {"counts": lambda: 1.0 + len(calls), "grows late": lambda: 1.0 + max(0, len(calls) - 3)}
    for scale in later.values():
        calls.clear()
        report = gradcheck.check(_by_callback(lambda s=scale: (calls.append(1), s())[1]), jnp.asarray([0.5, -1.5]))
        assert report.verdict is Verdict.FAIL


@pytest.mark.parametrize("seed", range(8))
def test_one_upstream_finds_one_entry_that_is_cut_off_a_little(seed: int) -> None:
    """A thousandth of one entry of 20, behind ``stop_gradient``: JAX derives it, and derives it wrong."""
    rng = np.random.default_rng(seed)
    x, share = jnp.asarray(rng.normal(size=(4, 5))), np.zeros((4, 5))
    share.flat[rng.integers(20)] = 1e-3

    def function(x: Any) -> Any:
        mixed = x * (1 - share) + jax.lax.stop_gradient(x * share)
        return jnp.tanh(mixed) + mixed.sum(axis=0)

    report = gradcheck.check(function, x, rng=seed)

    assert report.verdict is Verdict.FAIL


WRAPPED: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "jit": jax.jit,
    "checkpoint": jax.checkpoint,
    "vmap": jax.vmap,
    "scan": lambda f: lambda x: jax.lax.scan(lambda c, a: (c, f(a)), 0.0, x)[1],
    "inside": lambda f: lambda x: jnp.sin(f(jnp.tanh(x) + 2)) * 3,
}


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_a_rule_that_is_not_linear_is_found_below_everything(wrapped: str) -> None:
    """It drops what comes from above with one sign: right for half of all upstreams."""
    function = WRAPPED[wrapped](_rule(lambda u, x: jax.nn.relu(u) * 2 * x))

    assert "GC108" in _codes(gradcheck.check(function, jnp.asarray([0.5, -1.5, 1.25])))


@pytest.mark.parametrize("wrapped", ["checkpoint", "vmap", "inside"])
def test_a_forward_rule_that_counts_is_found(wrapped: str) -> None:
    """A ``custom_jvp`` is a rule as well, whatever is around it."""
    calls: list[int] = []
    square = jax.custom_jvp(lambda x: x**2)

    @square.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        calls.append(1)
        return primals[0] ** 2, (1 + len(calls)) * primals[0] * tangents[0]

    x = jnp.asarray([0.5, -1.5, 1.25], dtype=jnp.float32)  # in float64 JAX runs the rule below `checkpoint` once

    assert _codes(gradcheck.check(WRAPPED[wrapped](square), x))


def test_a_function_that_is_another_while_it_is_differentiated_is_found() -> None:
    """Its outputs give it away, and with them goes the trust in its reverse mode."""

    def function(x: Any) -> Any:
        return x * (2.0 if type(x).__name__ == "ArrayImpl" else 3.0)

    reverse = _reverse(function)
    assert isinstance(reverse, Derived)
    x = jnp.asarray([[0.5, -1.5], [0.25, 2.0]])
    reverse([x], [x], [2 * x])
    assert not reverse.derived
    assert "GC101" in _codes(gradcheck.check(function, x))


def test_a_function_that_draws_is_random() -> None:
    """By NumPy, whose numbers are constants to JAX."""
    drawn = np.random.default_rng(0)
    report = gradcheck.check(lambda x: x * drawn.normal(), jnp.asarray([0.5, -1.5]))

    assert "GC904" in {finding.code for finding in report.findings}


def test_a_gradient_that_is_cut_off_is_wrong() -> None:
    """JAX derives what it is told to: a detached factor has no gradient, and moves the output."""
    report = gradcheck.check(lambda x: jnp.sin(x) * jax.lax.stop_gradient(x), jnp.asarray([0.5, -1.5, 1.25]))

    assert "GC101" in _codes(report)


def test_few_points_are_called_in_a_row() -> None:
    """And say what a map of many says."""
    from gradcheck.subjects.jax._functions import Jax

    framework, x = Jax(), jnp.asarray([0.5, -1.5])
    with framework.session(wide=True):
        framework.run(lambda arrays: jnp.sin(arrays[0]) * 2, [x])
        for rows in (3, 40):
            points = np.linspace(-1, 1, 2 * rows).reshape(rows, 2)
            found = framework.run_many(lambda arrays: jnp.sin(arrays[0]) * 2, [x], {0: points})
            assert np.allclose(found["outputs[0]"], 2 * np.sin(points), rtol=1e-6)


def test_another_shape_is_compiled_once_the_first_has_been_traced() -> None:
    """And not before: what a rule does beside computing is met as it stands."""
    from gradcheck.subjects.jax._functions import Jax

    square, framework = _rule(lambda u, x: 2 * x * u), Jax()
    with framework.session(wide=True):
        for rows, kinds in ((3, [Traced]), (5, [Traced, Compiled])):
            x = jnp.arange(1.0, 1 + rows)
            for factor in (1.0, 2.0, 3.0):
                result = framework.run(lambda arrays: square(arrays[0]), [x])
                assert np.allclose(result.pull([np.full(rows, factor)])[0], 2 * factor * np.asarray(x))
            assert [type(reverse) for _, reverse in framework._pairs.values()] == kinds


@pytest.mark.parametrize("counting", [False, True])
def test_a_function_that_counts_is_never_compiled(counting: bool) -> None:
    """However often it is called for many points; another one is."""
    from gradcheck.subjects.jax._functions import Jax

    calls: list[int] = []

    def backward(u: Any, x: Any) -> Any:
        return 2 * x * u * (1 + len(calls) if counting else 1)

    square, framework = _rule(backward), Jax()

    def function(arrays: Any) -> Any:
        calls.append(1)
        return square(arrays[0])

    x, points = jnp.asarray([0.5, -1.5]), np.linspace(-1, 1, 40).reshape(20, 2)
    with framework.session(wide=True):
        for _ in range(30):
            framework.run(function, [x]).pull([np.ones(2)])
        before = len(calls)
        for _ in range(30):
            assert np.allclose(framework.run_many(function, [x], {0: points})["outputs[0]"], points**2)
    assert (len(calls) - before == 30) == counting


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "complex128"])
def test_arrays_are_copied_by_one_call(dtype: str) -> None:
    """Of the same dtype, whatever their layout; what is written into them later is another matter."""
    from gradcheck.subjects.jax._functions import Jax

    framework = Jax()
    values = [np.arange(6.0).reshape(2, 3).T.astype(dtype), np.zeros((0, 2), dtype), np.array(1.5, dtype)]
    kept = [value.copy() for value in values]
    with framework.session(wide=True):
        found = framework.all_from_numpy(values)
        values[0][...] = 9
        assert [array.dtype.name for array in found] == [dtype] * 3
        assert all(isinstance(array, jax.Array) for array in found)
        assert all(np.array_equal(np.asarray(array), value) for array, value in zip(found, kept, strict=True))


@pytest.mark.parametrize("jitted", [False, True])
def test_a_loop_inside_a_function_with_rules_is_compiled_once(jitted: bool) -> None:
    """Its rules run as they stand, but the forward is not traced for each of two thousand calls: 87 s became 8."""
    steps: list[int] = []

    def step(_: int, z: Any, a: Any, x: Any) -> Any:
        steps.append(1)
        return jnp.tanh(a @ z + x)

    def fixed_point(a: Any, x: Any) -> Any:
        return jax.lax.fori_loop(0, 20, lambda i, z: step(i, z, a, x), jnp.zeros_like(x))

    solve = jax.custom_vjp(jax.jit(fixed_point) if jitted else fixed_point)

    def one_step(kept: Any, u: Any) -> Any:
        z = kept
        d = 1 - z**2
        return jnp.outer(d * u, z), d * u

    solve.defvjp(lambda a, x: (fixed_point(a, x),) * 2, one_step)
    rng = np.random.default_rng(0)
    a, x = jnp.asarray(0.2 * rng.normal(size=(3, 3))), jnp.asarray(rng.normal(size=3))

    assert gradcheck.check(solve, a, x).verdict is Verdict.FAIL
    assert len(steps) < 60

"""JAX: functions, pytrees, rules of one's own, loops, keys, precision, many calls at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import InvalidArgument, Verdict
from gradcheck.subjects import adapt
from gradcheck.subjects.jax import _reverse

jax = pytest.importorskip("jax", reason="subjects of JAX need JAX")
jnp = jax.numpy


@pytest.fixture
def x() -> Any:
    return jnp.asarray(np.random.default_rng(0).normal(size=(4, 3)), dtype=jnp.float32)


def _codes(report: Any) -> list[str]:
    return [finding.code for finding in report.findings if finding.severity is Verdict.FAIL]


def _inputs(report: Any) -> set[str]:
    return {compared.input for compared in report.comparisons}


def _rule(backward: Callable[..., Any]) -> Any:
    """Return x^2 with this backward, of the upstream and x."""
    square = jax.custom_vjp(lambda x: x**2)
    square.defvjp(lambda x: (x**2, x), lambda x, u: (backward(u, x),))
    return square


# -- forms -----------------------------------------------------------------------------------------------------------

FORMS = {
    "a function": lambda x: jnp.sin(x) * x.sum(),
    "jit": jax.jit(lambda x: jnp.tanh(x @ x.T)),
    "vmap": jax.vmap(lambda row: jnp.sort(row) * 2),
    "scan": lambda x: jax.lax.scan(lambda c, a: (jnp.tanh(c * a), c + a), x[0], x),
    "while": lambda x: jax.lax.fori_loop(0, 3, lambda _, a: a * 0.5 + jnp.sin(a), x),
    "cond": lambda x: jax.lax.cond(x.sum() > 0, jnp.sin, jnp.cos, x),
    "a branch of Python": lambda x: x * 2 if x.sum() > 0 else x * 3,
    "checkpoint": jax.checkpoint(lambda x: jnp.exp(jnp.sin(x))),
    "custom_vjp": _rule(lambda u, x: 2 * x * u),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_right_gradient_passes_in_every_form(form: str, x: Any) -> None:
    """In float64 inside, then compared with float32."""
    report = gradcheck.check(FORMS[form], x)

    assert report.ok, str(report)


def test_pytrees_are_opened(x: Any) -> None:
    """Dictionaries, None, integers, numbers: arrays of floating-point numbers are leaves by name."""

    def model(params: dict[str, Any], x: Any, n: int) -> Any:
        return {"y": params["dense"]["w"] @ x.T * n, "i": jnp.arange(3), "none": None}

    report = gradcheck.check(model, {"dense": {"w": x[:2]}, "step": jnp.int32(3)}, x, 2)

    assert report.ok
    assert _inputs(report) == {"inputs['params.dense.w']", "inputs['x']"}


def test_an_object_that_is_a_pytree_has_parameters(x: Any) -> None:
    """As those of equinox are: a registered class whose instance is called."""

    @jax.tree_util.register_pytree_with_keys_class
    class Affine:
        def __init__(self, w: Any, b: Any) -> None:
            self.w, self.b = w, b

        def __call__(self, x: Any) -> Any:
            return x @ self.w + self.b

        def tree_flatten_with_keys(self) -> Any:
            key = jax.tree_util.GetAttrKey
            return ((key("w"), self.w), (key("b"), self.b)), None

        @classmethod
        def tree_unflatten(cls, _: Any, leaves: Any) -> Any:
            return cls(*leaves)

    report = gradcheck.check(Affine(x.T, jnp.ones(4)), x)

    assert report.ok
    assert _inputs(report) == {"inputs['params.w']", "inputs['params.b']", "inputs['x']"}


@pytest.mark.parametrize("make", ["key", "PRNGKey"])
def test_a_key_is_a_constant(make: str, x: Any) -> None:
    """Random numbers are drawn by the caller's key, the same ones every time."""
    key = getattr(jax.random, make)(0)

    assert gradcheck.check(lambda key, x: x * jax.random.bernoulli(key, 0.5, x.shape), key, x).ok


def test_64_bits_are_for_the_check_alone(x: Any) -> None:
    """Inside there is float64, outside what was there before."""
    seen = set()

    def function(x: Any) -> Any:
        seen.add(str(x.dtype))
        return x * 2

    before = jax.config.jax_enable_x64
    assert gradcheck.check(function, x).ok
    assert jax.config.jax_enable_x64 == before
    assert seen == {"float64", "float32"}


def _solved(x: Any) -> Any:
    symmetric = x @ x.T + 4 * jnp.eye(4)
    return jax.lax.custom_linear_solve(
        lambda y: symmetric @ y, x[:, 0], lambda _, b: jnp.linalg.solve(symmetric, b), symmetric=True
    )


def _chosen(x: Any) -> Any:
    return jax.lax.cond(x.sum() > 0, lambda: x[0] * 2, lambda: jnp.ones(3) * x[0])


OF_CONSTANTS = {
    "custom_linear_solve": (_solved, {}),
    "cond": (_chosen, {}),
    "by hand": (_chosen, {"vjp": lambda u, x: jax.vjp(_chosen, x)[1](u)[0]}),
}


@pytest.mark.parametrize("kind", OF_CONSTANTS)
def test_primitives_that_compare_dtypes_take_constants(kind: str, x: Any) -> None:
    """In float32 those are float32 where JAX is in 32-bit mode, as without the check."""
    function, claim = OF_CONSTANTS[kind]
    report = gradcheck.check(function, x, **claim)

    assert report.ok, str(report)


def test_a_wrong_gradient_in_float32_is_found_in_the_callers_mode(x: Any) -> None:
    """Where 64-bit constants are not taken, either."""

    def backward(x: Any, u: Any) -> Any:
        return (jax.vjp(_chosen, x)[1](u)[0] * (1.1 if x.dtype == jnp.float32 else 1),)

    function = jax.custom_vjp(_chosen)
    function.defvjp(lambda x: (_chosen(x), x), backward)

    assert _codes(gradcheck.check(function, x)) == ["GC112"]


def _in_the_inputs_dtype(key: Any, x: Any) -> Any:
    return x * jax.random.normal(key, x.shape, x.dtype)


def _beside_a_loop(key: Any, x: Any) -> Any:
    held, _ = jax.lax.scan(lambda c, row: ((c + row).astype(row.dtype), c), jnp.zeros(3), x)
    return held * jax.random.normal(key, (3,))


@pytest.mark.parametrize("function", [_in_the_inputs_dtype, _beside_a_loop])
def test_other_random_numbers_in_float32_are_a_note(function: Callable[..., Any], x: Any) -> None:
    """They are no reason to call a gradient wrong."""
    report = gradcheck.check(function, jax.random.key(0), x)

    assert report.ok, str(report)
    assert [(f.code, "random numbers" in f.title) for f in report.findings] == [("GC112", True)]


def test_what_a_function_raises_in_its_own_precision_is_raised() -> None:
    """In 64-bit mode float32 does not go with its constants: outside of the check, and so in it."""
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        x = jnp.ones((4, 3), dtype=jnp.float32)
        with pytest.raises(TypeError):
            _chosen(x)
        with pytest.raises(TypeError):
            gradcheck.check(_chosen, x)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_sixteen_bits_are_checked_in_double(dtype: str, x: Any) -> None:
    """Where the step of others is zero."""
    assert gradcheck.check(lambda x: jnp.tanh(x) * 3, x.astype(dtype)).ok


def test_complex_gradients_are_read_as_jax_means_them() -> None:
    """Holomorphic and not, from complex numbers to real ones and back."""
    z = jnp.asarray([1 + 2j, 0.5 - 1j])

    assert gradcheck.check(lambda z: z**2 * jnp.conj(z), z).ok
    assert gradcheck.check(lambda z: jnp.abs(z) ** 2, z).ok
    assert gradcheck.check(lambda x: jnp.exp(1j * x), jnp.asarray([0.3, -1.0])).ok


@pytest.mark.parametrize(
    ("subject", "inputs", "words"),
    [
        (jnp.sin, (jnp.arange(3),), "nothing to differentiate"),
        (jnp.sin, (jnp.asarray([1.0, jnp.inf]),), r"\[1\] is inf"),
    ],
)
def test_what_cannot_be_checked_is_said_in_a_sentence(subject: Any, inputs: tuple[Any, ...], words: str) -> None:
    """Integers, infinity."""
    with pytest.raises(InvalidArgument, match=words):
        gradcheck.check(subject, *inputs)


# -- planted bugs ----------------------------------------------------------------------------------------------------

PLANTED = {
    "a factor": (lambda u, x: 3 * x * u, "GC101"),
    "zero": (lambda u, x: 0 * u, "GC101"),
    "negative upstreams dropped": (lambda u, x: jax.nn.relu(u) * 2 * x, "GC108"),
    "clipped": (lambda u, x: jnp.clip(u, -1, 1) * 2 * x, "GC108"),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_bug_is_found(mistake: str, x: Any) -> None:
    """Each has its code."""
    backward, code = PLANTED[mistake]

    assert code in _codes(gradcheck.check(_rule(backward), x))


@pytest.mark.parametrize("kind", ["draws", "counts"])
def test_a_rule_that_is_another_every_time_is_never_traced(kind: str) -> None:
    """What a backward of Python's draws or counts is met at every call, and reported."""
    drawn, calls = np.random.default_rng(0), []

    def backward(u: Any, x: Any) -> Any:
        calls.append(1)
        return 2 * x * u * (drawn.normal() if kind == "draws" else len(calls))

    x = jnp.asarray([0.5, -1.5])
    assert _codes(gradcheck.check(_rule(backward), x))[0] in {"GC111", "GC106", "GC107"}
    assert len(calls) > 3


def test_a_rule_is_traced_once_where_it_says_the_same() -> None:
    """Tracing costs more than all else: once as it stands, once to trace, whatever the number of upstreams."""
    calls = []

    def backward(u: Any, x: Any) -> Any:
        calls.append(1)
        return 2 * x * u

    report = gradcheck.check(_rule(backward), jnp.asarray([0.5, -1.5]))
    assert report.ok
    assert report.cost.backward > 6
    assert len(calls) <= 4


@pytest.mark.parametrize("factor", [2.0, 2.02])
def test_entry_mode_batches_a_function(factor: float) -> None:
    """By vmap, where it can be; a gradient off by a hundredth is found either way."""
    for function in (lambda x: jnp.tanh(_rule(lambda u, x: factor * x * u)(x)), _rule(lambda u, x: factor * x * u)):
        report = gradcheck.check(function, jnp.linspace(-1.0, 2.0, 12).reshape(3, 4), mode="entries")
        assert report.ok == (factor == 2.0), str(report)


def test_modules_of_equinox_are_pytrees() -> None:
    """A layer of equinox by the names of its fields; a function among its leaves is no array."""
    eqx = pytest.importorskip("equinox", reason="equinox brings modules that are pytrees")
    mlp = eqx.nn.MLP(3, 2, 4, 1, activation=jnp.tanh, key=jax.random.key(0))

    report = gradcheck.check(mlp, jnp.asarray([0.3, -0.7, 1.1]))

    assert report.ok, str(report)
    assert {"inputs['params.layers.0.weight']", "inputs['params.layers.1.bias']"} <= _inputs(report)


def test_models_of_flax_are_checked_by_apply() -> None:
    """Variables are a dictionary of dictionaries."""
    linen = pytest.importorskip("flax.linen", reason="flax brings models that are applied to their variables")
    model = linen.Dense(2)
    x = jnp.ones((4, 3))

    report = gradcheck.check(model.apply, model.init(jax.random.key(0), x), x)

    assert report.ok, str(report)
    assert "inputs['variables.params.kernel']" in _inputs(report)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_wrong_gradient_in_sixteen_bits_is_found(dtype: str) -> None:
    """Where the step of others is below the spacing of the numbers, and every gradient passes for zero."""
    assert "GC101" in _codes(gradcheck.check(_rule(lambda u, x: 3 * x * u), jnp.asarray([2.5, -3.0], dtype=dtype)))


def test_no_tolerance_grows_with_size() -> None:
    """A gradient that is twice too large among 30 000 entries fails."""
    x = jnp.asarray(np.random.default_rng(1).normal(size=30_000), dtype=jnp.float32)

    assert "GC101" in _codes(gradcheck.check(_rule(lambda u, x: 4 * x * u), x, mode="projection"))


def test_both_modes_can_be_compared(x: Any) -> None:
    """``jvp=True`` asks forward mode as well."""
    square = jax.custom_jvp(lambda x: x**2)
    square.defjvp(lambda primals, tangents: (primals[0] ** 2, 2 * primals[0] * tangents[0]))

    assert gradcheck.check(square, x, jvp=True).ok


def test_second_order_needs_no_claim_of_its_own(x: Any) -> None:
    """``order=2`` goes on to the derivative of the gradient."""
    assert gradcheck.check(lambda x: (x**3).sum(), x, order=2).ok


FALSE_ALARMS_OF_PEERS = {
    "relu at 0": (jax.nn.relu, np.array([0.0, 1.0, -1.0])),
    "2 x at 1e8": (lambda x: 2 * x, np.array([1e8, -3e8])),
    "log at 1e-3": (jnp.log, np.array([1e-3, 3e-4])),
}


@pytest.mark.parametrize("case", FALSE_ALARMS_OF_PEERS)
def test_what_others_call_wrong_passes(case: str) -> None:
    """Right gradients that ``check_grads`` refuses."""
    function, at = FALSE_ALARMS_OF_PEERS[case]

    assert gradcheck.check(function, jnp.asarray(at)).ok


def test_a_function_of_jax_at_an_array_of_numpy_is_told_of_its_own() -> None:
    """Nothing tells that NumPy's array was meant to be one of JAX."""
    with pytest.raises(gradcheck.InvalidArgument, match=r"needs its own arrays: .*jax\.numpy\.asarray\(x\)"):
        gradcheck.check(jax.nn.gelu, np.ones(3))


# -- what is meant ---------------------------------------------------------------------------------------------------


VARIATES: dict[str, tuple[Any, bool]] = {
    "gamma": (jax.random.gamma, True),
    "beta, compiled": (jax.jit(lambda key, a: jax.random.beta(key, a, 2.0)), True),
    "dirichlet": (jax.random.dirichlet, True),
    "normal": (lambda key, a: a * jax.random.normal(key, a.shape), False),
}


@pytest.mark.parametrize("name", VARIATES)
def test_gamma_variates_are_not_derived_as_they_are_computed(name: str) -> None:
    """They are known from what is traced, wherever they are drawn."""
    draw, by_design = VARIATES[name]
    subject = adapt(lambda a, key: draw(key, jnp.exp(a)), (jnp.asarray([0.5, 1.0]), jax.random.key(1)), {})

    assert ["the distribution by design" in sentence for sentence in subject.by_design()] == [True] * by_design


def test_a_failure_says_what_is_not_derived_as_it_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails all the same; what passes says nothing of it."""
    monkeypatch.setattr(_reverse, "_BY_DESIGN", {"sin": "sines have a gradient of their own"})
    x = jnp.asarray([0.5], dtype=jnp.float32)

    wrong = gradcheck.check(lambda x: jax.lax.stop_gradient(x) * jnp.sin(x), x, mode="projection")

    assert wrong.verdict is Verdict.FAIL
    assert "sines have a gradient of their own" in str(wrong)
    assert "sines have" not in str(gradcheck.check(jnp.sin, x))


def test_a_function_that_takes_its_arguments_away_gets_copies() -> None:
    """Donated leaves and constants, in a function inside and in every mode; the caller's arrays are left alone."""

    def scaled(factor: float) -> Any:
        cube = jax.custom_jvp(lambda x: x**3)
        cube.defjvp(lambda primals, tangents: (primals[0] ** 3, factor * primals[0] ** 2 * tangents[0]))
        taken = jax.jit(lambda x, n: (cube(x) * n, n + 1, x + 1), donate_argnums=(0, 1))
        return lambda x, n: taken(x, n)[0]

    x, n = jnp.linspace(0.5, 2.0, 2), jnp.arange(2)

    assert gradcheck.check(scaled(3.0), x, n).ok
    assert gradcheck.check(scaled(3.0), x, n, jvp=True, mode="entries").ok
    assert not gradcheck.check(scaled(3.1), x, n).ok
    assert [x.is_deleted(), n.is_deleted()] == [False, False]

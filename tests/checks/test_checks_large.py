"""The first look at large subjects: it certifies what is right, leaves the rest to be named, and touches nothing."""

from __future__ import annotations

import random
import tracemalloc
from typing import Any

import numpy as np
import pytest
from gallery import large_errors, large_friends
from gallery.large_enemies import FIRST_CALLS, stale_in_part
from gallery.large_subjects import ENEMIES, FRIENDS, Affine, Enemy, normal, slope
from gallery.planted import Call

import gradcheck
from gradcheck import Report, Verdict
from gradcheck.checks.large._look import LARGE

assert large_errors, large_friends  # importing them fills the shelves

_DOUBTFUL = {"GC904", "GC902"}
_TRAPEZOID = "the trapezoid rule"


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def _relu_vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    return g * (x > 0)


def _bits(thing: Any) -> Any:
    """Return everything that a caller could notice to have changed in `thing`."""
    if isinstance(thing, np.ndarray):
        return thing.dtype.str, thing.shape, thing.strides, thing.flags.writeable, thing.tobytes()
    if isinstance(thing, (tuple, list)):
        return [_bits(item) for item in thing]
    return {key: _bits(value) for key, value in vars(thing).items()} if hasattr(thing, "__dict__") else repr(thing)


def _chance() -> Any:
    return _bits(np.random.get_state()), random.getstate()  # noqa: NPY002


def _check(call: Call, **more: Any) -> Report:
    """Check, and see that the caller's arrays, layer and generators are as they were."""
    thing, inputs, options = call
    layer = None if callable(thing) or isinstance(thing, tuple) else thing
    before = _bits(inputs), _bits(layer), _chance()
    report = gradcheck.check(thing, *inputs, **options, **more)
    assert (_bits(inputs), _bits(layer), _chance()) == before
    return report


def _by_the_look(report: Report) -> bool:
    return bool(report.scheme) and report.scheme.startswith(_TRAPEZOID)


# -- enemies and friends ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("enemy", ENEMIES, ids=lambda enemy: enemy.name)
def test_an_enemy_is_caught_and_named(enemy: Enemy) -> None:
    """What is wrong is never certified, has the code that a small problem would get, and the caller loses nothing."""
    report = _check(enemy.make())
    grave = {finding.code for finding in report.findings if finding.severity is not Verdict.PASS}
    assert enemy.codes <= grave
    assert report.verdict is (Verdict.INCONCLUSIVE if enemy.codes <= _DOUBTFUL else Verdict.FAIL)


@pytest.mark.parametrize("enemy", ENEMIES, ids=lambda enemy: enemy.name)
def test_no_seed_lets_an_enemy_pass(enemy: Enemy) -> None:
    """Other directions do not hide it."""
    for seed in (1, 2):
        assert _check(enemy.make(), rng=seed).verdict is not Verdict.PASS


@pytest.mark.parametrize("make", FIRST_CALLS)
def test_what_a_function_keeps_of_its_first_call_is_seen_up_to_the_limit(make: Any) -> None:
    """A large function would have to be called once more to show it; one that just is not large shows it."""
    assert _check(make(LARGE)).verdict is Verdict.FAIL


def test_a_vjp_that_lives_in_part_on_the_latest_forward_is_caught() -> None:
    """A mask of the latest forward beside the inputs of this one: the gradients of two places differ all the same."""
    assert _check(stale_in_part()).verdict is Verdict.FAIL


@pytest.mark.parametrize("name", FRIENDS)
def test_a_friend_passes(name: str) -> None:
    """Whatever memory, format, form or scale it has: what is right passes, and the caller loses nothing."""
    for seed in (0, 1, 2):
        report = _check(FRIENDS[name](), rng=seed)
        assert report.ok, str(report)


_CLOSER = {"float32_gradient", "float32_inside", "float32_throughout"}
_CLOSER |= {"one_buffer_for_all_outputs", "refuses_read_only_arrays", "twelve_decades"}


@pytest.mark.parametrize("name", sorted(set(FRIENDS) - _CLOSER))
def test_the_look_certifies_a_friend(name: str) -> None:
    """A right subject in double precision needs no closer look; three calls each, and one more of a linear one."""
    report = _check(FRIENDS[name]())
    assert _by_the_look(report)
    if "32" not in name:
        assert report.cost.forward <= 4 + ("one_buffer" in name)  # which is seen by the second of its calls
        assert report.cost.backward <= 5  # two, one or two more with zeros in the upstream, and one elsewhere


def test_every_pass_states_what_it_would_have_seen() -> None:
    """Each input is compared by name and as a whole, with a resolution that counts for its own entries."""
    report = _check(FRIENDS["affine_layer"]())
    assert [c.input for c in report.comparisons] == ["inputs['x']", "params['W']", "params['b']"]
    assert all(c.resolution is not None and 0 < c.resolution < 1e-3 for c in report.comparisons)


def test_a_view_that_is_returned_is_noted() -> None:
    """Health notes of the look are part of the report."""
    assert [f.code for f in _check(FRIENDS["view_of_the_input"]()).findings] == ["GC118"]


class _OneBuffer:
    """A layer that returns the same memory from every call."""

    def forward(self, x: Any) -> Any:
        self._x = x
        self._out = np.tanh(x, out=getattr(self, "_out", np.empty(x.shape)))
        return self._out

    def backward(self, upstream: Any) -> Any:
        return upstream * slope(self._x)


def test_memory_that_every_call_returns_is_noted() -> None:
    """The look begins anew with copies of the outputs, certifies the layer, and says why."""
    report = gradcheck.check(_OneBuffer(), normal())
    assert _by_the_look(report)
    assert [f.code for f in report.findings] == ["GC118"]
    assert "a second call writes into what the first returned" in report.findings[0].title


def test_a_memory_mapped_input_comes_back(tmp_path: Any) -> None:
    """Inputs on disk are read, and neither written nor kept."""
    x = np.memmap(tmp_path / "x", float, "w+", shape=(300, 100))
    x[...] = normal()
    report = _check((np.tanh, (x,), {"vjp": lambda g, x: g * slope(x)}))
    assert report.ok
    assert _by_the_look(report)


# -- sensitivity -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "seeds"), [((300, 100), 20), ((1000, 1000), 1)])
def test_one_entry_of_many_off_by_a_thousandth_is_found(shape: tuple[int, int], seeds: int) -> None:
    """The entry is named, and no other, whatever the seed."""
    at = (shape[0] // 3, shape[1] // 7)

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = g * np.cos(x)
        out[at] *= 1.001
        return out

    x = np.random.default_rng(1).uniform(0.2, 1.2, size=shape)
    for seed in range(seeds):
        report = gradcheck.check(np.sin, x, vjp=vjp, rng=seed)
        assert [(f.code, f.index) for f in report.findings] == [("GC101", at)]


def test_one_weight_off_by_a_thousandth_is_found_at_every_seed() -> None:
    """The same among the parameters of a layer."""

    class Layer(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.dW[77, 31] *= 1.001
            return dx

    for seed in range(20):
        report = gradcheck.check(Layer(), normal(4, 200, seed=2), rng=seed)
        assert [(f.code, f.index) for f in report.findings] == [("GC102", (77, 31))]


@pytest.mark.parametrize("parameter", ["dW", "db"])
def test_a_uniform_error_of_one_parameter_is_found_along_the_same_direction(parameter: str) -> None:
    """1 + 1e-5 on one parameter of a 1024 x 1024 layer: a doubt is settled along what raised it."""

    class Layer:
        def __init__(self) -> None:
            rng = np.random.default_rng(1)
            self.W, self.b = rng.normal(size=(1024, 1024)) / 32, rng.normal(size=1024)
            self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
            setattr(self, parameter, getattr(self, parameter) * (1 + 1e-5))
            return dout @ self.W.T

    layer, x = Layer(), normal(4, 1024, seed=2)
    for seed in range(3):
        report = gradcheck.check(layer, x, rng=seed)
        assert [f.path for f in report.findings] == [f"params['{parameter[1:]}']"]
        assert report.verdict is Verdict.FAIL


def test_a_million_relus_raise_no_alarm() -> None:
    """Of ReLUs at 10^6 normal numbers all pass, by the first look, at twenty seeds."""
    x = normal(1000, 1000)
    for seed in range(20):
        report = gradcheck.check(_relu, x, vjp=_relu_vjp, rng=seed)
        assert report.ok
        assert _by_the_look(report)


def test_an_error_scaled_by_the_upstream_only_is_no_pass_for_any_half() -> None:
    """A backward that is right for one sign of the upstream is seen, because the second one has the other sign."""
    report = gradcheck.check(np.tanh, normal(), vjp=lambda g, x: np.where(g > 0, g, 1.001 * g) * slope(x))
    assert report.verdict is Verdict.FAIL


# -- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", range(1, 7))
def test_the_budget_is_kept(most: int) -> None:
    """No check makes more forward calls than allowed; the look needs few, and what is cut short says so."""
    for call, calls in ((FRIENDS["affine_layer"](), 3), (FRIENDS["in_fortran_order"](), 3)):
        report = _check(call, max_evals=most)
        assert report.cost.forward <= most
        assert report.verdict is (Verdict.PASS if most >= calls else Verdict.INCONCLUSIVE)
        assert report.ok or [f.code for f in report.findings] == ["GC906"]


@pytest.mark.parametrize("enemy", [e for e in ENEMIES if e.codes & {"GC101", "GC102"}], ids=lambda enemy: enemy.name)
def test_a_small_budget_passes_nothing_wrong(enemy: Enemy) -> None:
    """Cut short at any call, a wrong gradient does not pass."""
    for most in (1, 3, 5, 8):
        assert _check(enemy.make(), max_evals=most).verdict is not Verdict.PASS


def test_a_generator_gives_other_directions_at_every_check() -> None:
    """The caller's own generator is drawn from, and the report cannot name a seed."""
    rng = np.random.default_rng(5)
    state = rng.bit_generator.state
    assert _check(FRIENDS["affine_layer"](), rng=rng).ok
    assert rng.bit_generator.state != state


def test_the_same_seed_gives_the_same_report() -> None:
    """Nothing but the time differs."""
    one, other = (_check(FRIENDS["affine_layer"](), rng=3).to_dict() for _ in range(2))
    one["cost"].pop("seconds"), other["cost"].pop("seconds")
    assert one == other


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_what_a_large_subject_raises_propagates(where: str) -> None:
    """The look swallows an exception only for the examination to meet it again."""

    class Boom(Exception):
        pass

    def boom(*_: Any) -> Any:
        raise Boom

    call = (boom, lambda g, x: g) if where == "forward" else (np.tanh, boom)
    with pytest.raises(Boom):
        _check((call[0], (normal(),), {"vjp": call[1]}))


def test_small_problems_and_told_ways_do_not_come_here() -> None:
    """The look is for large subjects whose way to be looked at is left open."""
    x = normal(LARGE + 1)
    claim = {"vjp": lambda g, x: g * slope(x)}
    assert _by_the_look(gradcheck.check(np.tanh, x, **claim))
    assert not _by_the_look(gradcheck.check(np.tanh, x[:-1], **claim))
    assert not _by_the_look(gradcheck.check(np.tanh, x, **claim, mode="entries", max_evals=9))
    assert not _by_the_look(gradcheck.check(np.tanh, x, **claim, upstream=np.ones(x.shape)))


# -- memory ----------------------------------------------------------------------------------------------------------


def _layer_norm(x: np.ndarray) -> tuple[np.ndarray, Any]:
    inverse = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    out = (x - x.mean(axis=-1, keepdims=True)) * inverse
    return out, (out, inverse)


def _layer_norm_backward(g: np.ndarray, cache: Any) -> np.ndarray:
    out, inverse = cache
    return inverse * (g - g.mean(axis=-1, keepdims=True) - out * (g * out).mean(axis=-1, keepdims=True))


@pytest.mark.parametrize(
    ("thing", "options"),
    [
        (_relu, {"vjp": _relu_vjp}),
        (_relu, {"derivative": lambda x: 1.0 * (x > 0)}),
        ((_layer_norm, _layer_norm_backward), {}),
    ],
    ids=["relu, vjp", "relu, derivative", "layer norm"],
)
def test_memory_is_a_small_multiple_of_inputs_and_outputs(thing: Any, options: dict[str, Any]) -> None:
    """At most six times what goes in and comes out, the subject's own memory included."""
    x = normal(1000, 300)
    gradcheck.check(thing, x, **options)
    tracemalloc.start()
    try:
        assert _by_the_look(gradcheck.check(thing, x, **options))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 6 * 2 * x.nbytes

"""Enemies of the first look at large subjects, each with the codes that name it, and friends that must pass.

Thirty thousand numbers and more, so that the look comes first; nothing takes longer than a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .planted import Call

SHAPE = (300, 100)
IN, OUT = 200, 160


@dataclass(frozen=True, slots=True)
class Enemy:
    """A subject that the look must not certify, and the codes of which each report has to show all."""

    name: str
    make: Callable[[], Call]
    codes: frozenset[str]


ENEMIES: list[Enemy] = []
FRIENDS: dict[str, Callable[[], Call]] = {}

_Make = Callable[[], Call]


def enemy(*codes: str) -> Callable[[_Make], _Make]:
    """Put the decorated ``make`` among the enemies."""

    def put(make: _Make) -> _Make:
        ENEMIES.append(Enemy(make.__name__, make, frozenset(codes)))
        return make

    return put


def friend(make: _Make) -> _Make:
    """Put the decorated ``make`` among those that are right."""
    FRIENDS[make.__name__] = make
    return make


def normal(*shape: int, seed: int = 1) -> np.ndarray:
    """Return standard normal numbers."""
    return np.random.default_rng(seed).normal(size=shape or SHAPE)


def slope(x: np.ndarray) -> np.ndarray:
    """Return the derivative of tanh."""
    return 1 - np.tanh(x) ** 2


def through(memory: np.ndarray) -> np.ndarray:
    """Return the same memory as C code sees it: writeable, whatever the flag says."""

    class Raw:
        __array_interface__ = memory.__array_interface__ | {"data": (memory.ctypes.data, False)}
        owner = memory

    return np.asarray(Raw())


class Affine:
    """x W + b, with more weights than the look needs to come first."""

    def __init__(self, dtype: type = float) -> None:
        rng = np.random.default_rng(3)
        self.W, self.b = (rng.normal(size=(IN, OUT)) / 14).astype(dtype), rng.normal(size=OUT).astype(dtype)
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


def _affine(layer: Any) -> Call:
    return layer, (normal(4, IN, seed=2),), {}


def _vjp(vjp: Any, forward: Any = np.tanh, x: np.ndarray | None = None) -> Call:
    return forward, (normal() if x is None else x,), {"vjp": vjp}


def _pair(forward: Any, backward: Any) -> Call:
    return (forward, backward), (normal(),), {}


# -- memory of other calls -------------------------------------------------------------------------------------------


@enemy("GC107")
def layer_accumulates() -> Call:
    class Layer(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dW += self.x.T @ dout
            self.db += dout.sum(axis=0)
            return dout @ self.W.T

    return _affine(Layer())


@enemy("GC107")
def vjp_accumulates() -> Call:
    total = np.zeros(SHAPE)

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        np.add(total, g * slope(x), out=total)
        return total.copy()

    return _vjp(vjp)


@enemy("GC107")
def pair_accumulates_into_what_it_returns() -> Call:
    total = np.zeros(SHAPE)

    def backward(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        np.add(total, g * slope(x), out=total)
        return total

    return _pair(lambda x: (np.tanh(x), x), backward)


@enemy("GC101")
def vjp_keeps_its_first_input() -> Call:
    kept: dict[str, np.ndarray] = {}
    return _vjp(lambda g, x: g * slope(kept.setdefault("x", x.copy())))


@enemy("GC101")
def forward_keeps_its_first_cache() -> Call:
    kept: dict[str, np.ndarray] = {}
    return _pair(lambda x: (np.tanh(x), kept.setdefault("x", x.copy())), lambda g, x: g * slope(x))


@enemy("GC101")
def forward_keeps_its_first_weights() -> Call:
    kept: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, Any]:
        return x * w, (x.copy(), kept.setdefault("w", w.copy()))

    return (forward, lambda g, c: (g * c[1], g * c[0])), (normal(), normal(seed=5)), {}


@enemy("GC101")
def derivative_keeps_its_first_input() -> Call:
    kept: dict[str, np.ndarray] = {}
    return np.tanh, (normal(),), {"derivative": lambda x: slope(kept.setdefault("x", x.copy()))}


@enemy("GC102")
def layer_keeps_its_first_input() -> Call:
    class Layer(Affine):
        def forward(self, x: np.ndarray) -> np.ndarray:
            out = super().forward(x)
            self.x = self.first = getattr(self, "first", x.copy())
            return out

    return _affine(Layer())


@enemy("GC106")
def pair_lives_on_the_latest_call() -> Call:
    kept: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray) -> tuple[np.ndarray, None]:
        kept["x"] = x.copy()
        return np.tanh(x), None

    return _pair(forward, lambda g, _: g * slope(kept["x"]))


def stale_in_part() -> Call:
    kept: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray) -> np.ndarray:
        kept["mask"] = x > 0
        return np.where(x > 0, x * x, 0.0)

    return _vjp(lambda g, x: 2 * g * x * kept["mask"], forward)


@enemy("GC106")
def latest_mask_where_the_function_is_piecewise_linear() -> Call:
    kept: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray) -> tuple[np.ndarray, None]:
        kept["mask"] = x > 0
        return x * kept["mask"], None

    return _pair(forward, lambda g, _: g * kept["mask"])


@enemy("GC106")
def layer_is_a_call_behind() -> Call:
    class Layer:
        mask: np.ndarray | None = None

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.before, self.mask = self.mask, x > 0
            return np.maximum(x, 0)

        def backward(self, dout: np.ndarray) -> np.ndarray:
            return dout * (self.mask if self.before is None else self.before)

    return Layer(), (normal(),), {}


@enemy("GC106")
def cached_output_is_overwritten_by_the_next_call() -> Call:
    buffer = np.empty(SHAPE)

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.tanh(x, out=buffer), buffer

    return _pair(forward, lambda g, out: g * (1 - out**2))


# -- writes ----------------------------------------------------------------------------------------------------------


@enemy("GC105")
def backward_writes_into_its_upstream() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        g *= slope(x)
        return g

    return _vjp(vjp)


@enemy("GC105")
def backward_in_c_writes_into_its_upstream() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        raw = through(g)
        raw *= slope(x)
        return raw.copy()

    return _vjp(vjp)


@enemy("GC105")
def backward_writes_into_its_input() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        np.tanh(x, out=x)
        return g * (1 - x * x)

    return _vjp(vjp)


@enemy("GC105")
def backward_in_c_writes_into_its_input() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = g * slope(x)
        through(x)[...] = 0.5
        return out

    return _vjp(vjp)


@enemy("GC105")
def derivative_writes_into_its_input() -> Call:
    def derivative(x: np.ndarray) -> np.ndarray:
        x *= x
        return 2 * np.sqrt(x)

    return np.square, (np.abs(normal()) + 0.1,), {"derivative": derivative}


@enemy("GC105")
def backward_writes_into_the_input_it_keeps() -> Call:
    def backward(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = g * slope(x)
        through(x)[...] *= 0.5
        return out

    return _pair(lambda x: (np.tanh(x), x), backward)


@enemy("GC105")
def backward_updates_its_weights() -> Call:
    class Layer(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.W -= 0.1 * self.dW
            return dx

    return _affine(Layer())


@enemy("GC105")
def forward_works_in_place() -> Call:
    return _vjp(lambda g, x: g * slope(x), lambda x: np.tanh(x, out=x).copy())


@enemy("GC105")
def forward_in_c_writes_one_entry() -> Call:
    def forward(x: np.ndarray) -> np.ndarray:
        out = np.tanh(x)
        through(x)[7, 7] *= 0.5
        return out

    return _vjp(lambda g, x: g * slope(x), forward)


@enemy("GC105")
def forward_decays_its_weights() -> Call:
    class Layer(Affine):
        def forward(self, x: np.ndarray) -> np.ndarray:
            self.W *= 0.999
            return super().forward(x)

    return _affine(Layer())


@enemy("GC105")
def forward_decays_one_weight() -> Call:
    class Layer(Affine):
        def forward(self, x: np.ndarray) -> np.ndarray:
            self.W[7, 7] *= 0.999
            return super().forward(x)

    return _affine(Layer())


# -- chance ----------------------------------------------------------------------------------------------------------


@enemy("GC904")
def forward_is_random() -> Call:
    rng = np.random.default_rng(0)
    return _vjp(lambda g, x: g * slope(x), lambda x: np.tanh(x) + 1e-3 * rng.normal(size=x.shape))


@enemy("GC904")
def forward_draws_from_the_global_generator() -> Call:
    return _vjp(lambda g, x: g * slope(x), lambda x: np.tanh(x) + 1e-3 * np.random.normal(size=x.shape))  # noqa: NPY002


@enemy("GC904")
def dropout_with_its_mask_in_the_cache() -> Call:
    rng = np.random.default_rng(0)

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mask = rng.random(x.shape) < 0.5
        return x * mask, mask

    return _pair(forward, lambda g, mask: g * mask)


@enemy("GC904")
def forward_counts_its_calls() -> Call:
    calls = [0]

    def forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
        calls[0] += 1
        factor = 1 + 1e-3 * calls[0]
        return factor * np.tanh(x), (factor, x)

    return _pair(forward, lambda g, c: c[0] * g * slope(c[1]))


@enemy("GC111")
def backward_is_random() -> Call:
    rng = np.random.default_rng(0)
    return _vjp(lambda g, x: g * slope(x) * (1 + 1e-3 * rng.normal(size=x.shape)))


@enemy("GC111")
def backward_has_a_random_factor() -> Call:
    rng = np.random.default_rng(0)
    return _vjp(lambda g, x: g * slope(x) * (1 + 1e-4 * rng.normal()))


# -- the upstream ----------------------------------------------------------------------------------------------------


@enemy("GC116")
def backward_reads_contiguous_memory() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        class Flat:
            __array_interface__ = g.__array_interface__ | {"strides": None}
            owner = g

        return np.array(Flat()) * slope(x) if g.strides[0] > 0 else g[::-1] * slope(x)

    return _vjp(vjp)


@enemy("GC116")
def backward_loses_strided_upstreams() -> Call:
    return _vjp(lambda g, x: (g if g.flags.c_contiguous else 0 * g) * slope(x))


@enemy("GC108")
def upstream_clipped_far_out() -> Call:
    return _vjp(lambda g, x: np.clip(g, -5, 5) * slope(x))


@enemy("GC108")
def upstream_rectified() -> Call:
    return _vjp(lambda g, x: np.maximum(g, 0) * slope(x))


@enemy("GC108")
def upstream_without_its_sign() -> Call:
    return _vjp(lambda g, x: np.abs(g) * slope(x))


@enemy("GC108")
def upstream_squared() -> Call:
    return _vjp(lambda g, x: g * g * slope(x))


@enemy("GC109")
def upstream_shifted() -> Call:
    return _vjp(lambda g, x: (g + 1e-3) * slope(x))


# -- plainly wrong ---------------------------------------------------------------------------------------------------


@enemy("GC102")
def bias_gets_no_gradient() -> Call:
    class Layer(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.db = np.zeros_like(self.db)
            return dx

    return _affine(Layer())


@enemy("GC102")
def weights_off_by_a_hundred_thousandth() -> Call:
    class Layer(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.dW = self.dW * (1 + 1e-5)
            return dx

    return _affine(Layer())


@enemy("GC102")
def low_precision_weights_off_by_a_hundredth() -> Call:
    class Layer(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.dW = 1.01 * self.dW
            return dx

    return Layer(np.float32), (normal(4, IN, seed=2).astype(np.float32),), {}


@enemy("GC101")
def every_second_sign_is_wrong() -> Call:
    signs = np.resize([1.0, -1.0], SHAPE)
    return _vjp(lambda g, x: g * slope(x) * signs)


@enemy("GC101")
def nothing_is_claimed() -> Call:
    return _vjp(lambda g, x: 0 * g)


@enemy("GC101")
def of_three_inputs_two_are_swapped() -> Call:
    inputs = (normal(), normal(seed=2), normal(seed=3))
    return (lambda x, y, z: x * y + z), inputs, {"vjp": lambda g, x, y, z: (g * x, g * y, g)}


@enemy("GC101")
def mean_of_squares_off_by_a_thousandth() -> Call:
    return (lambda x: np.mean(x**2)), (normal(),), {"grad": lambda x: 2.002 * x / x.size}


def _two_scales(small: float = 1.0, large: float = 1.0) -> Call:
    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return 1e-9 * np.tanh(x), 1e9 * np.sin(x)

    return _vjp(lambda g, x: small * 1e-9 * g[0] * slope(x) + large * 1e9 * g[1] * np.cos(x), forward)


@enemy("GC101")
def the_tiny_output_is_off_by_a_hundredth() -> Call:
    return _two_scales(small=1.01)


@enemy("GC101")
def the_huge_output_is_off_by_a_hundredth() -> Call:
    return _two_scales(large=1.01)


class _Faint(Affine):
    """A bias that counts a million times less than the weights."""

    factor = 1.0

    def forward(self, x: np.ndarray) -> np.ndarray:
        return super().forward(x) - self.b + 1e-6 * np.tanh(self.b)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dx = super().backward(dout)
        self.db = self.factor * 1e-6 * slope(self.b) * self.db
        return dx


@enemy("GC102")
def a_faint_parameter_is_off_by_a_hundredth() -> Call:
    class Layer(_Faint):
        factor = 1.01

    return _affine(Layer())


@enemy("GC102")
def a_faint_parameter_gets_no_gradient() -> Call:
    class Layer(_Faint):
        factor = 0.0

    return _affine(Layer())


class _Number:
    """tanh(a x) with a number as its parameter."""

    factor = 1.0

    def __init__(self, a: Any) -> None:
        self.a, self.da = a, 0 * a

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return np.tanh(self.a * x)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        inner = dout * slope(self.a * self.x)
        self.da = (
            type(self.da)(self.factor * (inner * self.x).sum()) if isinstance(self.a, float) else self._sum(inner)
        )
        return inner * self.a

    def _sum(self, inner: np.ndarray) -> np.ndarray:
        return np.array(self.factor * (inner * self.x).sum())


class _WrongNumber(_Number):
    factor = 1.01


@enemy("GC102")
def a_number_is_off_by_a_hundredth() -> Call:
    return _WrongNumber(1.3), (normal(),), {}


@enemy("GC102")
def a_0d_parameter_is_off_by_a_hundredth() -> Call:
    return _WrongNumber(np.array(1.3)), (normal(),), {}


def _log(x: np.ndarray, wrong: Callable[[np.ndarray], np.ndarray]) -> Call:
    return _vjp(lambda g, x: g / x * np.where(wrong(x), 1.01, 1.0), np.log, x)


def _decades(low: int, high: int) -> np.ndarray:
    return 10.0 ** np.random.default_rng(1).uniform(low, high, SHAPE)


@enemy("GC101")
def small_entries_of_twelve_decades_are_wrong() -> Call:
    return _log(_decades(-6, 6), lambda x: x < 1e-3)


@enemy("GC101")
def large_entries_of_twelve_decades_are_wrong() -> Call:
    return _log(_decades(-6, 6), lambda x: x > 1e3)


@enemy("GC101")
def wrong_at_zero() -> Call:
    return _vjp(lambda g, x: 2 * g * x + 0.01 * g, np.square, np.zeros(SHAPE))


# -- not finite, not of the right shape ------------------------------------------------------------------------------


@enemy("GC902")
def an_output_is_nan() -> Call:
    def forward(x: np.ndarray) -> np.ndarray:
        out = np.tanh(x)
        out[5, 5] = np.nan
        return out

    return _vjp(lambda g, x: g * slope(x), forward)


@enemy("GC114")
def a_gradient_is_nan() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = g * slope(x)
        out[5, 5] = np.nan
        return out

    return _vjp(vjp)


@enemy("GC104")
def no_gradient_is_returned() -> Call:
    return _vjp(lambda g, x: None)


@enemy("GC104")
def the_gradient_is_transposed() -> Call:
    return _vjp(lambda g, x: (g * slope(x)).T)


@enemy("GC115")
def a_broadcast_is_not_summed() -> Call:
    return (lambda x, b: x + b), (normal(), normal(100, seed=4)), {"vjp": lambda g, x, b: (g, g)}


# -- right -----------------------------------------------------------------------------------------------------------


def _tanh(x: np.ndarray) -> Call:
    return _vjp(lambda g, x: g * slope(x), x=x)


@friend
def affine_layer() -> Call:
    return _affine(Affine())


@friend
def affine_layer_in_float32() -> Call:
    return Affine(np.float32), (normal(4, IN, seed=2).astype(np.float32),), {}


@friend
def layer_with_running_statistics() -> Call:
    class Layer(Affine):
        running = np.zeros(IN)

        def __init__(self) -> None:
            super().__init__()
            self.running = np.zeros(IN)

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.running = 0.9 * self.running + 0.1 * x.mean(axis=0)
            return super().forward(x)

    return _affine(Layer())


@friend
def layer_with_an_empty_parameter() -> Call:
    class Layer(Affine):
        def __init__(self) -> None:
            super().__init__()
            self.c, self.dc = np.zeros((0, 3)), np.zeros((0, 3))

    return _affine(Layer())


@friend
def faint_parameter() -> Call:
    return _affine(_Faint())


@friend
def number_as_parameter() -> Call:
    return _Number(1.3), (normal(),), {}


@friend
def array_0d_as_parameter() -> Call:
    return _Number(np.array(1.3)), (normal(),), {}


@friend
def view_of_the_input() -> Call:
    return _pair(lambda x: (x[:, ::-1], None), lambda g, _: g[:, ::-1])


@friend
def one_buffer_for_all_outputs() -> Call:
    buffer = np.empty(SHAPE)
    return _vjp(lambda g, x: g * slope(x), lambda x: np.tanh(x, out=buffer))


@friend
def one_buffer_for_all_gradients() -> Call:
    buffer = np.empty(SHAPE)
    return _vjp(lambda g, x: np.multiply(g, slope(x), out=buffer))


@friend
def gradient_in_fortran_order() -> Call:
    return _vjp(lambda g, x: np.asfortranarray(g * slope(x)))


@friend
def upstream_passed_on() -> Call:
    return _vjp(lambda g, x: g, lambda x: x + 1.0)


@friend
def refuses_read_only_arrays() -> Call:
    def writeable(array: np.ndarray) -> np.ndarray:
        if not array.flags.writeable:
            raise ValueError("buffer source array is read-only")
        return array

    return _vjp(lambda g, x: writeable(g) * slope(x), lambda x: np.tanh(writeable(x)))


@friend
def two_outputs_of_two_scales() -> Call:
    return _two_scales()


@friend
def outputs_in_a_dictionary() -> Call:
    return _vjp(lambda g, x: g["a"] * slope(x) + g["b"], lambda x: {"a": np.tanh(x), "b": x.sum()})


@friend
def several_inputs() -> Call:
    inputs = (normal(), normal(seed=2), normal(seed=3), 3, "name")
    return (lambda x, y, z, k, s: x * y + k * z), inputs, {"vjp": lambda g, x, y, z, k, s: (g * y, g * x, k * g)}


@friend
def broadcast_input() -> Call:
    return (lambda x, b: x + b), (normal(), normal(100, seed=4)), {"vjp": lambda g, x, b: (g, g.sum(axis=0))}


@friend
def twelve_decades() -> Call:
    return _log(_decades(-6, 6), lambda x: np.zeros(x.shape, dtype=bool))


@friend
def all_zeros() -> Call:
    return _tanh(np.zeros(SHAPE))


@friend
def all_alike() -> Call:
    return _tanh(np.broadcast_to(normal(100), SHAPE))


@friend
def not_contiguous() -> Call:
    return _tanh(normal(600, 200)[::2, ::-2])


@friend
def in_fortran_order() -> Call:
    return _tanh(np.asfortranarray(normal()))


@friend
def big_endian() -> Call:
    return _tanh(normal().astype(">f8"))


@friend
def read_only() -> Call:
    x = normal()
    x.flags.writeable = False
    return _tanh(x)


@friend
def float32_gradient() -> Call:
    return _vjp(lambda g, x: (g * slope(x)).astype(np.float32))


@friend
def float32_inside() -> Call:
    return _vjp(lambda g, x: g * slope(x), lambda x: np.tanh(x.astype(np.float32)).astype(float))


@friend
def float32_throughout() -> Call:
    return _vjp(
        lambda g, x: g.astype(np.float32) * slope(x), lambda x: np.tanh(x.astype(np.float32)), normal().astype("f4")
    )


@friend
def mean_of_squares() -> Call:
    return (lambda x: np.mean(x**2)), (normal(),), {"grad": lambda x: 2 * x / x.size}


@friend
def derivative_of_float32() -> Call:
    return np.tanh, (normal().astype(np.float32),), {"derivative": slope}

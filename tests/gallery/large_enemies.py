"""Enemies of the first look at large subjects: those that mistreat calls, memory, chance and the upstream."""

from __future__ import annotations

from typing import Any

import numpy as np

from .large_subjects import SHAPE, Affine, affine, enemy, normal, pair, slope, through, with_vjp
from .planted import Call

# -- memory of other calls -------------------------------------------------------------------------------------------


@enemy("GC107")
def layer_accumulates() -> Call:
    class Layer(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dW += self.x.T @ dout
            self.db += dout.sum(axis=0)
            return dout @ self.W.T

    return affine(Layer())


@enemy("GC107")
def vjp_accumulates() -> Call:
    total = np.zeros(SHAPE)

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        np.add(total, g * slope(x), out=total)
        return total.copy()

    return with_vjp(vjp)


@enemy("GC107")
def pair_accumulates_into_what_it_returns() -> Call:
    total = np.zeros(SHAPE)

    def backward(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        np.add(total, g * slope(x), out=total)
        return total

    return pair(lambda x: (np.tanh(x), x), backward)


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

    return affine(Layer())


@enemy("GC106")
def pair_lives_on_the_latest_call() -> Call:
    kept: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray) -> tuple[np.ndarray, None]:
        kept["x"] = x.copy()
        return np.tanh(x), None

    return pair(forward, lambda g, _: g * slope(kept["x"]))


def stale_in_part() -> Call:
    kept: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray) -> np.ndarray:
        kept["mask"] = x > 0
        return np.where(x > 0, x * x, 0.0)

    return with_vjp(lambda g, x: 2 * g * x * kept["mask"], forward)


@enemy("GC106")
def latest_mask_where_the_function_is_piecewise_linear() -> Call:
    kept: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray) -> tuple[np.ndarray, None]:
        kept["mask"] = x > 0
        return x * kept["mask"], None

    return pair(forward, lambda g, _: g * kept["mask"])


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

    return pair(forward, lambda g, out: g * (1 - out**2))


# -- writes ----------------------------------------------------------------------------------------------------------


@enemy("GC105")
def backward_writes_into_its_upstream() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        g *= slope(x)
        return g

    return with_vjp(vjp)


@enemy("GC105")
def backward_in_c_writes_into_its_upstream() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        raw = through(g)
        raw *= slope(x)
        return raw.copy()

    return with_vjp(vjp)


@enemy("GC105")
def backward_writes_into_its_input() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        np.tanh(x, out=x)
        return g * (1 - x * x)

    return with_vjp(vjp)


@enemy("GC105")
def backward_in_c_writes_into_its_input() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = g * slope(x)
        through(x)[...] = 0.5
        return out

    return with_vjp(vjp)


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

    return pair(lambda x: (np.tanh(x), x), backward)


@enemy("GC105")
def backward_writes_into_the_output_it_keeps() -> Call:
    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        out = 1 / (1 + np.exp(-x))
        return out, out

    def backward(g: np.ndarray, out: np.ndarray) -> np.ndarray:
        np.multiply(out, 1 - out, out=out)
        return g * out

    return (forward, backward), (normal(),), {}


@enemy("GC105")
def backward_clears_an_output_beside_a_view() -> Call:
    class Tap:
        def forward(self, x: np.ndarray) -> dict[str, np.ndarray]:
            self.out = np.tanh(x)
            return {"out": self.out, "first": x[:1]}

        def backward(self, u: dict[str, np.ndarray]) -> np.ndarray:
            dx = u["out"] * (1 - self.out**2)
            dx[:1] += u["first"]
            self.out[...] = 0
            return dx

    return Tap(), (normal(),), {}


@enemy("GC105")
def backward_works_in_the_buffer_of_its_output() -> Call:
    class Layer:
        def __init__(self) -> None:
            self.out = np.empty(SHAPE)

        def forward(self, x: np.ndarray) -> np.ndarray:
            return np.tanh(x, out=self.out)

        def backward(self, dout: np.ndarray) -> np.ndarray:
            np.subtract(1, self.out**2, out=self.out)
            return np.multiply(self.out, dout, out=self.out)

    return Layer(), (normal(),), {}


@enemy("GC105")
def backward_updates_its_weights() -> Call:
    class Layer(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.W -= 0.1 * self.dW
            return dx

    return affine(Layer())


@enemy("GC105")
def forward_works_in_place() -> Call:
    return with_vjp(lambda g, x: g * slope(x), lambda x: np.tanh(x, out=x).copy())


@enemy("GC105")
def forward_in_c_writes_one_entry() -> Call:
    def forward(x: np.ndarray) -> np.ndarray:
        out = np.tanh(x)
        through(x)[7, 7] *= 0.5
        return out

    return with_vjp(lambda g, x: g * slope(x), forward)


@enemy("GC105")
def forward_decays_its_weights() -> Call:
    class Layer(Affine):
        def forward(self, x: np.ndarray) -> np.ndarray:
            self.W *= 0.999
            return super().forward(x)

    return affine(Layer())


@enemy("GC105")
def forward_decays_one_weight() -> Call:
    class Layer(Affine):
        def forward(self, x: np.ndarray) -> np.ndarray:
            self.W[7, 7] *= 0.999
            return super().forward(x)

    return affine(Layer())


# -- chance ----------------------------------------------------------------------------------------------------------


@enemy("GC904")
def forward_is_random() -> Call:
    rng = np.random.default_rng(0)
    return with_vjp(lambda g, x: g * slope(x), lambda x: np.tanh(x) + 1e-3 * rng.normal(size=x.shape))


@enemy("GC904")
def forward_draws_from_the_global_generator() -> Call:
    return with_vjp(lambda g, x: g * slope(x), lambda x: np.tanh(x) + 1e-3 * np.random.normal(size=x.shape))  # noqa: NPY002


@enemy("GC904")
def dropout_with_its_mask_in_the_cache() -> Call:
    rng = np.random.default_rng(0)

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mask = rng.random(x.shape) < 0.5
        return x * mask, mask

    return pair(forward, lambda g, mask: g * mask)


@enemy("GC904")
def forward_counts_its_calls() -> Call:
    calls = [0]

    def forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
        calls[0] += 1
        factor = 1 + 1e-3 * calls[0]
        return factor * np.tanh(x), (factor, x)

    return pair(forward, lambda g, c: c[0] * g * slope(c[1]))


@enemy("GC111")
def backward_is_random() -> Call:
    rng = np.random.default_rng(0)
    return with_vjp(lambda g, x: g * slope(x) * (1 + 1e-3 * rng.normal(size=x.shape)))


@enemy("GC111")
def backward_has_a_random_factor() -> Call:
    rng = np.random.default_rng(0)
    return with_vjp(lambda g, x: g * slope(x) * (1 + 1e-4 * rng.normal()))


# -- the upstream ----------------------------------------------------------------------------------------------------


@enemy("GC116")
def backward_reads_contiguous_memory() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        class Flat:
            __array_interface__ = g.__array_interface__ | {"strides": None}
            owner = g

        return np.array(Flat()) * slope(x) if g.strides[0] > 0 else g[::-1] * slope(x)

    return with_vjp(vjp)


@enemy("GC116")
def backward_loses_strided_upstreams() -> Call:
    return with_vjp(lambda g, x: (g if g.flags.c_contiguous else 0 * g) * slope(x))


@enemy("GC108")
def upstream_clipped_far_out() -> Call:
    return with_vjp(lambda g, x: np.clip(g, -5, 5) * slope(x))


@enemy("GC108")
def upstream_clipped_farther_out() -> Call:
    return with_vjp(lambda g, x: np.clip(g, -1000, 1000) * slope(x))


@enemy("GC108")
def upstream_rectified() -> Call:
    return with_vjp(lambda g, x: np.maximum(g, 0) * slope(x))


@enemy("GC108")
def upstream_without_its_sign() -> Call:
    return with_vjp(lambda g, x: np.abs(g) * slope(x))


@enemy("GC108")
def upstream_squared() -> Call:
    return with_vjp(lambda g, x: g * g * slope(x))


@enemy("GC109")
def upstream_shifted() -> Call:
    return with_vjp(lambda g, x: (g + 1e-3) * slope(x))


# -- what is seen up to `LARGE` inputs only --------------------------------------------------------------------------


def vjp_keeps_its_first_input(size: int) -> Call:
    """Return a vjp that looks at the input of its first call for ever."""
    kept: dict[str, np.ndarray] = {}
    x = normal(size)
    return np.tanh, (x,), {"vjp": lambda g, x: g * slope(kept.setdefault("x", x.copy()))}


def forward_keeps_its_first_weights(size: int) -> Call:
    """Return a forward whose cache holds the weights of its first call for ever."""
    kept: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, Any]:
        return x * w, (x.copy(), kept.setdefault("w", w.copy()))

    return (forward, lambda g, c: (g * c[1], g * c[0])), (normal(size // 2), normal(size // 2, seed=5)), {}


FIRST_CALLS = (vjp_keeps_its_first_input, forward_keeps_its_first_weights)

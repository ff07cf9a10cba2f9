# ruff: noqa: D401 - each docstring is the mistake itself, in the words of whoever finds it
"""Backwards that mistreat the upstream, their arguments, or the calls before them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck import Verdict

from .planted import Call, Shelf, W, X

SHELF = Shelf()


def _points(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=shape)


def _slope(x: np.ndarray) -> np.ndarray:
    return 1 - np.tanh(x) ** 2


def _tanh_with(vjp: Any) -> Call:
    return np.tanh, (_points(4, 3),), {"vjp": vjp}


# -- not linear in the upstream --------------------------------------------------------------------------------------


@SHELF.add("GC108", also=("GC101",))
def negative_upstreams_dropped() -> Call:
    """The upstream is rectified."""
    return _tanh_with(lambda g, x: np.maximum(g, 0) * _slope(x))


@SHELF.add("GC108", also=("GC101",))
def upstream_clipped() -> Call:
    """Gradient clipping sits inside the backward."""
    return _tanh_with(lambda g, x: np.clip(g, -1, 1) * _slope(x))


@SHELF.add("GC108", also=("GC101",))
def upstream_clipped_far_away() -> Call:
    """The clip is so wide that no ordinary upstream meets it."""
    return _tanh_with(lambda g, x: np.clip(g, -1000, 1000) * _slope(x))


@SHELF.add("GC108", also=("GC101",))
def small_upstreams_dropped() -> Call:
    """What is small is taken for rounding, which is all of the upstream that a mean over many sends."""
    return _tanh_with(lambda g, x: np.where(np.abs(g) < 1e-5, 0, g) * _slope(x))


@SHELF.add("GC108", also=("GC101",))
def small_gradients_dropped() -> Call:
    """Small gradients are set to zero."""

    def cleaned(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        gradient = g * _slope(x)
        gradient[np.abs(gradient) < 1e-6] = 0
        return gradient

    return _tanh_with(cleaned)


@SHELF.add("GC108", also=("GC101",))
def one_output_alone_doubled() -> Call:
    """A short cut for upstreams with one entry gets it wrong."""
    return _tanh_with(lambda g, x: (g if np.count_nonzero(g) > 1 else 2 * g) * _slope(x))


@SHELF.add("GC108", also=("GC101",))
def upstream_times_its_size() -> Call:
    """The upstream enters squared, its sign kept."""
    return _tanh_with(lambda g, x: g * np.abs(g) * _slope(x))


@SHELF.add("GC108", also=("GC101",))
def upstream_without_sign() -> Call:
    """The upstream loses its sign."""
    return _tanh_with(lambda g, x: np.abs(g) * _slope(x))


@SHELF.add("GC108", also=("GC101",))
def upstream_normalized() -> Call:
    """The upstream is divided by its norm."""
    return _tanh_with(lambda g, x: g / max(float(np.linalg.norm(g)), 1e-300) * _slope(x))


@SHELF.add("GC108", also=("GC101",))
def second_output_dropped_when_both_arrive() -> Call:
    """Two outputs, whose terms are added only if one of the upstreams is zero."""

    def vjp(upstreams: tuple[np.ndarray, np.ndarray], x: np.ndarray) -> np.ndarray:
        first, second = upstreams[0] * np.cos(x), -upstreams[1] * np.sin(x)
        return first if upstreams[0].any() and upstreams[1].any() else first + second

    return (lambda x: (np.sin(x), np.cos(x))), (_points(5),), {"vjp": vjp}


@SHELF.add("GC109", also=("GC101",))
def constant_added() -> Call:
    """A term without the upstream as a factor."""
    return _tanh_with(lambda g, x: g * _slope(x) + 1e-3)


@SHELF.add("GC109", also=("GC101",))
def upstream_forgotten() -> Call:
    """The local slope alone, as if the upstream were all ones."""
    return _tanh_with(lambda g, x: _slope(x))


@SHELF.add("GC116")
def strides_ignored() -> Call:
    """A kernel that reads the upstream's memory as if it were contiguous."""

    def contiguous_strides(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        strides = tuple(int(s) for s in np.cumprod((8, *g.shape[:0:-1]))[::-1])
        return np.lib.stride_tricks.as_strided(g, g.shape, strides) * _slope(x)

    return _tanh_with(contiguous_strides)


# -- writes ----------------------------------------------------------------------------------------------------------


@SHELF.add("GC105", "outputs[0]")
def upstream_overwritten() -> Call:
    """The backward works in the array that the next layer still needs."""

    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        g *= _slope(x)
        return g.copy()

    return _tanh_with(vjp)


@SHELF.add("GC105")
def input_overwritten_by_forward() -> Call:
    """The forward rectifies the caller's array in place."""

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mask = x > 0
        x *= mask
        return x.copy(), mask

    return (forward, lambda g, mask: g * mask), (_points(6),), {}


@SHELF.add("GC105")
def input_overwritten_by_backward() -> Call:
    """The backward takes the saved input for scratch space."""

    def backward(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        np.tanh(x, out=x)
        return g * (1 - x**2)

    return (lambda x: (np.tanh(x), x), backward), (_points(6),), {}


class Affine:
    """x W + b, right; the enemies below each change one thing."""

    def __init__(self, rows: int = 4, columns: int = 3) -> None:
        rng = np.random.default_rng(11)
        self.W = rng.normal(size=(rows, columns)) / np.sqrt(rows)
        self.b = rng.normal(size=columns)
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


@SHELF.add("GC105", W)
def parameters_overwritten_by_backward() -> Call:
    """The backward takes the optimizer's step itself."""

    class Impatient(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.W -= 0.1 * self.dW
            return dx

    return Impatient(), (_points(5, 4),), {}


@SHELF.add("GC105", W)
def parameters_overwritten_by_forward() -> Call:
    """Weight normalization that writes into the weights."""

    class Normalizing(Affine):
        def forward(self, x: np.ndarray) -> np.ndarray:
            self.W /= 2
            return super().forward(x)

    return Normalizing(), (_points(5, 4),), {}


# -- state -----------------------------------------------------------------------------------------------------------


@SHELF.add("GC107", W)
def gradient_accumulated() -> Call:
    """The weight gradient is added to what is there, and nothing clears it."""

    class Accumulating(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dW += self.x.T @ dout
            self.db = dout.sum(axis=0)
            return dout @ self.W.T

    return Accumulating(), (_points(5, 4),), {}


@SHELF.add("GC102", W)
def first_input_kept_for_ever() -> Call:
    """The cache is filled once: every later backward belongs to the first call."""

    class Stale(Affine):
        x = None

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.x = x.copy() if self.x is None else self.x
            return x @ self.W + self.b

    return Stale(), (_points(5, 4),), {}


@SHELF.add("GC106")
def cache_of_the_latest_call() -> Call:
    """A module-level cache: the backward answers for whatever ran last."""
    latest: dict[str, np.ndarray] = {}

    def forward(x: np.ndarray) -> tuple[np.ndarray, None]:
        latest["x"] = x
        return np.tanh(x), None

    return (forward, lambda g, _: g * _slope(latest["x"])), (_points(6),), {}


@SHELF.add("GC904", "outputs[0]", severity=Verdict.INCONCLUSIVE)
def forward_draws_a_mask() -> Call:
    """Dropout with a fresh mask in every call."""
    rng = np.random.default_rng(3)

    def forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mask = rng.random(x.shape) < 0.5
        return x * mask, mask

    return (forward, lambda g, mask: g * mask), (_points(40),), {}


@SHELF.add("GC111")
def backward_draws_a_mask() -> Call:
    """The forward is fixed, the backward draws its own mask."""
    rng = np.random.default_rng(3)
    return _tanh_with(lambda g, x: g * _slope(x) * (rng.random(x.shape) < 0.5))


@SHELF.add("GC111")
def backward_adds_noise() -> Call:
    """A little noise per call, as of unordered atomic additions gone wrong."""
    rng = np.random.default_rng(3)
    return _tanh_with(lambda g, x: g * _slope(x) * (1 + 1e-4 * rng.normal(size=x.shape)))


# -- malformed -------------------------------------------------------------------------------------------------------


@SHELF.add("GC104")
def gradient_flattened() -> Call:
    """The gradient has the right numbers in the wrong shape."""
    return _tanh_with(lambda g, x: (g * _slope(x)).ravel())


@SHELF.add("GC104")
def nothing_returned() -> Call:
    """A forgotten return."""
    return _tanh_with(lambda g, x: None)


def _product(vjp: Any) -> Call:
    return (lambda x, w: x * w), (_points(3), _points(3) + 1), {"vjp": vjp}


@SHELF.add("GC104", None)
def too_few_gradients() -> Call:
    """One gradient for two inputs."""
    return _product(lambda g, x, w: (g * w,))


@SHELF.add("GC104", None)
def too_many_gradients() -> Call:
    """Three gradients for two inputs."""
    return _product(lambda g, x, w: (g * w, g * x, g))


@SHELF.add("GC104", "inputs['w']")
def second_gradient_is_none() -> Call:
    """The second input is treated as a constant."""
    return _product(lambda g, x, w: (g * w, None))


@SHELF.add("GC104")
def complex_gradient() -> Call:
    """A Fourier transform whose real part nobody took."""
    return _tanh_with(lambda g, x: g * _slope(x) + 0j)


@SHELF.add("GC104", None)
def dictionary_without_the_key() -> Call:
    """The gradients are named, one of them wrongly."""
    return _product(lambda g, x, w: {"dx": g * w, "dv": g * x})


@SHELF.add("GC104", "params['b']")
def parameter_gradient_never_set() -> Call:
    """The bias gradient stays None."""

    class Forgetful(Affine):
        def __init__(self) -> None:
            super().__init__()
            self.db = None

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.dW = self.x.T @ dout
            return dout @ self.W.T

    return Forgetful(), (_points(5, 4),), {}


@SHELF.add("GC115", "params['b']")
def bias_gradient_not_summed() -> Call:
    """The bias was broadcast over the batch, its gradient was not summed back."""

    class Unsummed(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.db = dout
            return dx

    return Unsummed(), (_points(5, 4),), {}


@SHELF.add("GC115", "inputs['b']")
def broadcast_input_not_summed() -> Call:
    """The same for an input of a function."""
    return (lambda x, b: x + b), (_points(4, 3), _points(3)), {"vjp": lambda g, x, b: (g, g)}


@SHELF.add("GC114")
def nan_where_the_truth_is_zero() -> Call:
    """The textbook sigmoid derivative, inf / inf far to the left."""

    def slope(x: np.ndarray) -> np.ndarray:
        return np.exp(-x) / (1 + np.exp(-x)) ** 2

    return (lambda x: 0.5 * (1 + np.tanh(x / 2))), (np.array([0.5, -800.0, 1.0]),), {"derivative": slope}


@SHELF.add("GC114", X, (1,))
def nan_where_the_truth_is_one() -> Call:
    """The slope of log cosh as sinh / cosh, which overflows."""

    def logcosh(x: np.ndarray) -> np.ndarray:
        return np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2)

    return logcosh, (np.array([0.5, 800.0, -1.0]),), {"derivative": lambda x: np.sinh(x) / np.cosh(x)}


@SHELF.add("GC112")
def cancellation_in_single_precision() -> Call:
    """exp(x) - 1 near zero: right in float64, two digits left in float32."""
    x = np.linspace(1e-5, 5e-5, 7, dtype=np.float32)
    return (lambda x: np.expm1(x) - x), (x,), {"derivative": lambda x: np.exp(x) - 1}


@SHELF.add("GC112")
def overflow_in_single_precision() -> Call:
    """A softplus slope by exp(x) / (1 + exp(x)), which is NaN above 88 in float32."""
    x = np.array([0.5, 100.0, -2.0], dtype=np.float32)
    return (lambda x: np.logaddexp(0, x)), (x,), {"derivative": lambda x: np.exp(x) / (1 + np.exp(x))}


__all__ = ["SHELF", "Affine", "X"]


@SHELF.add("GC116", also=("GC101",))
def upstream_read_in_its_own_order() -> Call:
    """The upstream is read in the order of its memory, which is that of its shape only as a rule."""
    return _tanh_with(lambda g, x: g.ravel(order="K").reshape(x.shape) * _slope(x))

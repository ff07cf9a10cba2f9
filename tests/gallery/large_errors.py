"""Enemies of the first look at large subjects: plainly wrong gradients, not finite ones, and wrong shapes."""

from __future__ import annotations

import numpy as np

from .large_subjects import (
    IN,
    SHAPE,
    Affine,
    Faint,
    Number,
    affine,
    decades,
    enemy,
    log,
    normal,
    slope,
    two_scales,
    with_vjp,
)
from .planted import Call

# -- plainly wrong ---------------------------------------------------------------------------------------------------


@enemy("GC102")
def bias_gets_no_gradient() -> Call:
    class Layer(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.db = np.zeros_like(self.db)
            return dx

    return affine(Layer())


@enemy("GC102")
def weights_off_by_a_hundred_thousandth() -> Call:
    class Layer(Affine):
        def backward(self, dout: np.ndarray) -> np.ndarray:
            dx = super().backward(dout)
            self.dW = self.dW * (1 + 1e-5)
            return dx

    return affine(Layer())


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
    return with_vjp(lambda g, x: g * slope(x) * signs)


@enemy("GC101")
def nothing_is_claimed() -> Call:
    return with_vjp(lambda g, x: 0 * g)


@enemy("GC101")
def of_three_inputs_two_are_swapped() -> Call:
    inputs = (normal(), normal(seed=2), normal(seed=3))
    return (lambda x, y, z: x * y + z), inputs, {"vjp": lambda g, x, y, z: (g * x, g * y, g)}


@enemy("GC101")
def mean_of_squares_off_by_a_thousandth() -> Call:
    return (lambda x: np.mean(x**2)), (normal(),), {"grad": lambda x: 2.002 * x / x.size}


@enemy("GC101")
def the_tiny_output_is_off_by_a_hundredth() -> Call:
    return two_scales(small=1.01)


@enemy("GC101")
def the_huge_output_is_off_by_a_hundredth() -> Call:
    return two_scales(large=1.01)


@enemy("GC102")
def a_faint_parameter_is_off_by_a_hundredth() -> Call:
    class Layer(Faint):
        factor = 1.01

    return affine(Layer())


@enemy("GC102")
def a_faint_parameter_gets_no_gradient() -> Call:
    class Layer(Faint):
        factor = 0.0

    return affine(Layer())


class _WrongNumber(Number):
    factor = 1.01


@enemy("GC102")
def a_number_is_off_by_a_hundredth() -> Call:
    return _WrongNumber(1.3), (normal(),), {}


@enemy("GC102")
def a_0d_parameter_is_off_by_a_hundredth() -> Call:
    return _WrongNumber(np.array(1.3)), (normal(),), {}


@enemy("GC101")
def small_entries_of_twelve_decades_are_wrong() -> Call:
    return log(decades(-6, 6), lambda x: x < 1e-3)


@enemy("GC101")
def large_entries_of_twelve_decades_are_wrong() -> Call:
    return log(decades(-6, 6), lambda x: x > 1e3)


@enemy("GC101")
def wrong_at_zero() -> Call:
    return with_vjp(lambda g, x: 2 * g * x + 0.01 * g, np.square, np.zeros(SHAPE))


# -- not finite, not of the right shape ------------------------------------------------------------------------------


@enemy("GC902")
def an_output_is_nan() -> Call:
    def forward(x: np.ndarray) -> np.ndarray:
        out = np.tanh(x)
        out[5, 5] = np.nan
        return out

    return with_vjp(lambda g, x: g * slope(x), forward)


@enemy("GC114")
def a_gradient_is_nan() -> Call:
    def vjp(g: np.ndarray, x: np.ndarray) -> np.ndarray:
        out = g * slope(x)
        out[5, 5] = np.nan
        return out

    return with_vjp(vjp)


@enemy("GC104")
def no_gradient_is_returned() -> Call:
    return with_vjp(lambda g, x: None)


@enemy("GC104")
def the_gradient_is_transposed() -> Call:
    return with_vjp(lambda g, x: (g * slope(x)).T)


@enemy("GC115")
def a_broadcast_is_not_summed() -> Call:
    return (lambda x, b: x + b), (normal(), normal(100, seed=4)), {"vjp": lambda g, x, b: (g, g)}

"""Friends of the first look at large subjects: right, whatever their memory, format, form or scale."""

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
    friend,
    log,
    normal,
    pair,
    slope,
    two_scales,
    with_vjp,
)
from .planted import Call

# -- right -----------------------------------------------------------------------------------------------------------


def _tanh(x: np.ndarray) -> Call:
    return with_vjp(lambda g, x: g * slope(x), x=x)


@friend
def affine_layer() -> Call:
    return affine(Affine())


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

    return affine(Layer())


@friend
def layer_with_an_empty_parameter() -> Call:
    class Layer(Affine):
        def __init__(self) -> None:
            super().__init__()
            self.c, self.dc = np.zeros((0, 3)), np.zeros((0, 3))

    return affine(Layer())


@friend
def faint_parameter() -> Call:
    return affine(Faint())


@friend
def number_as_parameter() -> Call:
    return Number(1.3), (normal(),), {}


@friend
def array_0d_as_parameter() -> Call:
    return Number(np.array(1.3)), (normal(),), {}


@friend
def view_of_the_input() -> Call:
    return pair(lambda x: (x[:, ::-1], None), lambda g, _: g[:, ::-1])


@friend
def one_buffer_for_all_outputs() -> Call:
    buffer = np.empty(SHAPE)
    return with_vjp(lambda g, x: g * slope(x), lambda x: np.tanh(x, out=buffer))


@friend
def layer_with_one_buffer_for_its_outputs() -> Call:
    class Layer:
        def __init__(self) -> None:
            self.out = np.empty(SHAPE)

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.x = x
            return np.tanh(x, out=self.out)

        def backward(self, dout: np.ndarray) -> np.ndarray:
            return dout * slope(self.x)

    return Layer(), (normal(),), {}


@friend
def one_buffer_for_all_gradients() -> Call:
    buffer = np.empty(SHAPE)
    return with_vjp(lambda g, x: np.multiply(g, slope(x), out=buffer))


@friend
def gradient_in_fortran_order() -> Call:
    return with_vjp(lambda g, x: np.asfortranarray(g * slope(x)))


@friend
def upstream_passed_on() -> Call:
    return with_vjp(lambda g, x: g, lambda x: x + 1.0)


@friend
def refuses_read_only_arrays() -> Call:
    def writeable(array: np.ndarray) -> np.ndarray:
        if not array.flags.writeable:
            raise ValueError("buffer source array is read-only")
        return array

    return with_vjp(lambda g, x: writeable(g) * slope(x), lambda x: np.tanh(writeable(x)))


@friend
def two_outputs_of_two_scales() -> Call:
    return two_scales()


@friend
def outputs_in_a_dictionary() -> Call:
    return with_vjp(lambda g, x: g["a"] * slope(x) + g["b"], lambda x: {"a": np.tanh(x), "b": x.sum()})


@friend
def several_inputs() -> Call:
    inputs = (normal(), normal(seed=2), normal(seed=3), 3, "name")
    return (lambda x, y, z, k, s: x * y + k * z), inputs, {"vjp": lambda g, x, y, z, k, s: (g * y, g * x, k * g)}


@friend
def broadcast_input() -> Call:
    return (lambda x, b: x + b), (normal(), normal(100, seed=4)), {"vjp": lambda g, x, b: (g, g.sum(axis=0))}


@friend
def twelve_decades() -> Call:
    return log(decades(-6, 6), lambda x: np.zeros(x.shape, dtype=bool))


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
    return with_vjp(lambda g, x: (g * slope(x)).astype(np.float32))


@friend
def float32_inside() -> Call:
    return with_vjp(lambda g, x: g * slope(x), lambda x: np.tanh(x.astype(np.float32)).astype(float))


@friend
def float32_throughout() -> Call:
    return with_vjp(
        lambda g, x: g.astype(np.float32) * slope(x), lambda x: np.tanh(x.astype(np.float32)), normal().astype("f4")
    )


@friend
def mean_of_squares() -> Call:
    return (lambda x: np.mean(x**2)), (normal(),), {"grad": lambda x: 2 * x / x.size}


@friend
def derivative_of_float32() -> Call:
    return np.tanh, (normal().astype(np.float32),), {"derivative": slope}

"""What every public function promises about arrays: complex refused, integers promoted, precision kept, no change.

A table names how each is called; a test fails for whatever is public and stands in no table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from gradcheck import reference as r

TABLE = np.array([[1, -2, 3, 0], [2, 5, -1, 4], [-3, 1, 2, 2]])
BESIDE = np.array([[2, 1, -1, 3], [0, 2, 1, -2], [1, 1, 4, 2]])
IMAGES = np.arange(32).reshape(1, 2, 4, 4) % 7 - 3
SQUARE = np.array([[1, 2], [-1, 3], [0, 1], [2, -2]])
PAIR = np.array([1, -1])
SINGLE = SQUARE.astype(np.float32)


class Call(NamedTuple):
    """A call with arrays of whole numbers, each of which may be of any real precision."""

    run: Callable[..., Any]
    arrays: tuple[Any, ...]


def and_back(forward: Callable[..., Any], backward: Callable[..., Any], *shown: Any) -> Callable[..., Any]:
    """Return a call of a pair: the inputs, and last the upstream; `shown` are fixed leading arguments."""
    return lambda *arrays: backward(arrays[-1], forward(*shown, *arrays[:-1])[1])


def only(forward: Callable[..., Any], *shown: Any) -> Callable[..., Any]:
    """Return a call of a forward that shows its output and hides its cache."""
    return lambda *arrays: forward(*shown, *arrays)[0]


def two_steps(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call of an update rule, with the state of its first step in the second."""

    def run(w: Any, grad: Any) -> Any:
        new, state = rule(w, grad)
        return rule(new, grad, state)[0]

    return run


def weighed(penalty: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call of a regularizer, of some strength."""
    return lambda w: penalty(w, 0.5)


def with_labels(loss: Callable[..., Any]) -> Callable[..., Any]:
    """Return a call of a loss of classes."""
    return lambda scores: loss(scores, [0, 3, 1])


def layer(make: Callable[[], Any]) -> Callable[..., Any]:
    """Return a call of an object's forward and backward: input and upstream."""

    def run(x: Any, dout: Any) -> Any:
        made = make()
        return made.forward(x), made.backward(dout)

    return run


def step(make: Callable[[], Any]) -> Callable[..., Any]:
    """Return a call of a preprocessing step: one array to fit, and one to transform."""

    def run(train: Any, test: Any) -> Any:
        fitted = make().fit(train)
        return fitted.transform(test), fitted.inverse_transform(fitted.transform(test))

    return run


ROWS = {"softmax": (TABLE, TABLE), "softmin": (TABLE, TABLE), "log_softmax": (TABLE, TABLE)}
ROWS |= {"logsumexp": (TABLE, TABLE[:, 0]), "glu": (TABLE, TABLE[:, :2])}
PAIRS: dict[str, tuple[Any, ...]] = {
    **ROWS,
    "prelu": (TABLE, np.array(2), TABLE),
    "affine": (TABLE, SQUARE, PAIR, SQUARE[:3]),
    "maxout": (TABLE, SQUARE, PAIR, -SQUARE, PAIR, SQUARE[:3]),
    "conv2d": (IMAGES, IMAGES[:, :, :2, :2], PAIR[:1], IMAGES[:, :1, :3, :3]),
    "max_pool2d": (IMAGES, IMAGES[..., :2, :2]),
    "avg_pool2d": (IMAGES, IMAGES[..., :2, :2]),
}
"""Pairs -> the inputs of the forward, and the upstream."""

CALLS: dict[str, Call] = {
    **{
        unit + order: Call(getattr(r, unit + order), (TABLE,))
        for unit in r.activations.TRAITS
        for order in ("", "_grad", "_second")
    },
    **{f"{name}_forward": Call(only(getattr(r, f"{name}_forward")), arrays[:-1]) for name, arrays in PAIRS.items()},
    **{
        f"{name}_backward": Call(and_back(getattr(r, f"{name}_forward"), getattr(r, f"{name}_backward")), arrays)
        for name, arrays in PAIRS.items()
    },
    **{name: Call(getattr(r, name), (TABLE,)) for name in ("softmax", "softmin", "log_softmax", "logsumexp")},
    "dropout_forward": Call(lambda x: r.dropout_forward(x, rng=0)[0], (TABLE,)),
    "dropout_backward": Call(lambda x, d: r.dropout_backward(d, r.dropout_forward(x, rng=0)[1]), (TABLE, BESIDE)),
    "embedding_forward": Call(only(r.embedding_forward, [2, 0]), (TABLE,)),
    "embedding_backward": Call(and_back(r.embedding_forward, r.embedding_backward, [2, 0]), (TABLE, TABLE[:2])),
    "Layer": Call(
        layer(lambda: r.Layer(r.affine_forward, r.affine_backward, w=SINGLE, b=SINGLE[0])), (TABLE, SQUARE[:3])
    ),
    "Activation": Call(layer(lambda: r.Activation(r.relu, r.relu_grad)), (TABLE, BESIDE)),
    "Dropout": Call(layer(lambda: r.Dropout(rng=0)), (TABLE, BESIDE)),
    "Sequential": Call(
        layer(lambda: r.Sequential(r.Activation(r.tanh, r.tanh_grad), r.LayerNorm(4))), (TABLE, BESIDE)
    ),
    "BatchNorm": Call(layer(lambda: r.BatchNorm(4)), (TABLE, BESIDE)),
    "LayerNorm": Call(layer(lambda: r.LayerNorm(4)), (TABLE, BESIDE)),
    "RMSNorm": Call(layer(lambda: r.RMSNorm(4)), (TABLE, BESIDE)),
    "GroupNorm": Call(layer(lambda: r.GroupNorm(4, 2)), (TABLE, BESIDE)),
    "InstanceNorm": Call(layer(lambda: r.InstanceNorm(2)), (IMAGES, IMAGES)),
    "ImageCentering": Call(step(r.ImageCentering), (IMAGES, IMAGES)),
    **{
        name: Call(step(getattr(r, name)), (TABLE, BESIDE))
        for name in ("Centering", "Normalizing", "MinMax", "PCA", "Whitening")
    },
    **{
        name + way: Call(weighed(getattr(r, name + way)), (TABLE,))
        for name in ("l1", "l2", "elastic_net")
        for way in ("", "_grad")
    },
    "max_norm": Call(lambda w: r.max_norm(w, 1.0), (TABLE,)),
    "max_norm_vjp": Call(lambda dout, w: r.max_norm_vjp(dout, w, 1.0), (BESIDE, TABLE)),
    **{
        name + way: Call(with_labels(getattr(r, name + way)), (TABLE,))
        for name in ("softmax_cross_entropy", "hinge")
        for way in ("", "_grad")
    },
    **{f"mean_square{way}": Call(getattr(r, f"mean_square{way}"), (TABLE, BESIDE)) for way in ("", "_grad")},
    **{
        f"binary_cross_entropy_with_logits{way}": Call(
            getattr(r, f"binary_cross_entropy_with_logits{way}"), (TABLE, np.clip(BESIDE, 0, 1))
        )
        for way in ("", "_grad")
    },
    **{
        name: Call(two_steps(getattr(r, name)), (TABLE, BESIDE))
        for name in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
    },
    "average_probabilities": Call(r.average_probabilities, (np.eye(3, dtype=int)[[[0, 1], [2, 1]]],)),
    "polyak": Call(lambda average, w: r.polyak(average, w, step=3), (TABLE, BESIDE)),
}
"""Name -> how it is called. The inputs are whole numbers."""

PUBLIC = {name for name in r.__all__ if callable(getattr(r, name))}
EVERY = [(name, k) for name, call in CALLS.items() for k in range(len(call.arrays))]


def returned(value: Any) -> list[Any]:
    """Return the arrays and numbers of a result."""
    parts = value if isinstance(value, tuple) else (value,)
    return [part for part in parts if part is not None]


def as_dtype(arrays: tuple[Any, ...], dtype: type, which: int | None = None) -> list[Any]:
    """Return the arrays in a precision, or one of them and the others in double."""
    return [a.astype(dtype if which in (None, k) else np.float64) for k, a in enumerate(arrays)]


def test_nothing_public_is_left_out() -> None:
    """Every public function and class has a call here, but for initializers, which take no arrays."""
    drawn = {name for name in r.initializers.__all__ if callable(getattr(r.initializers, name))}

    assert PUBLIC - drawn == set(CALLS)


@pytest.mark.parametrize(("name", "which"), EVERY)
def test_complex_numbers_are_refused_with_a_sentence(name: str, which: int) -> None:
    """Whichever argument they come in, one line says what dtype it has and what is needed."""
    call = CALLS[name]
    with pytest.raises(ValueError, match=r"has dtype complex128; \w+.* needed") as refused:
        call.run(*as_dtype(call.arrays, np.complex128, which))

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", CALLS)
def test_integers_count_as_double_precision(name: str) -> None:
    """Whole numbers give what the same numbers in float64 give, in float64."""
    call = CALLS[name]
    found, expected = call.run(*call.arrays), call.run(*as_dtype(call.arrays, np.float64))
    for one, other in zip(returned(found), returned(expected), strict=True):
        np.testing.assert_array_equal(one, other)
        assert np.asarray(one).dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CALLS)
def test_the_precision_of_the_input_stays(name: str, dtype: type) -> None:
    """Float32 in, float32 out; and float64 likewise. Losses and penalties are numbers of that precision too."""
    call = CALLS[name]
    for part in returned(call.run(*as_dtype(call.arrays, dtype))):
        assert np.asarray(part).dtype == dtype


@pytest.mark.parametrize("name", CALLS)
def test_arguments_stay_bit_for_bit(name: str) -> None:
    """Arrays that cannot be written to are good enough, and nothing that is returned shares their memory."""
    call = CALLS[name]
    arrays = as_dtype(call.arrays, np.float64)
    before = [a.copy() for a in arrays]
    for array in arrays:
        array.flags.writeable = False
    for part in returned(call.run(*arrays)):
        assert not any(np.shares_memory(part, array) for array in arrays)
    for array, was in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, was)


@pytest.mark.parametrize("name", CALLS)
def test_lists_are_as_good_as_arrays(name: str) -> None:
    """Array-likes are accepted everywhere."""
    call = CALLS[name]
    found, expected = call.run(*(a.tolist() for a in call.arrays)), call.run(*call.arrays)
    for one, other in zip(returned(found), returned(expected), strict=True):
        np.testing.assert_array_equal(one, other)

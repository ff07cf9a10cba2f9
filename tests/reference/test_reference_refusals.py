"""What is no number, count, axis, seed or function is refused by name and value, with the way out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcheck import reference as r

ROW, IMAGE, KERNEL = np.zeros((1, 3)), np.zeros((1, 1, 4, 4)), np.zeros((2, 1, 3, 3))
REFUSED: dict[str, tuple[Any, str]] = {
    "softmax of axis None": (lambda: r.softmax(ROW, axis=None), r"axis=None must be one whole number from -2 to 1"),  # type: ignore[arg-type]
    "softmin of two axes": (lambda: r.softmin(ROW, axis=(0, 1)), r"axis=\(0, 1\) must be one whole number"),  # type: ignore[arg-type]
    "log_softmax along axis 2": (lambda: r.log_softmax(ROW, axis=2), r"axis=2 must .* of x, of shape \(1, 3\)"),
    "logsumexp of a number": (lambda: r.logsumexp(3.0), r"x=3.0 has no axis; give at least a list of numbers"),
    "glu along axis 1.0": (lambda: r.glu_forward(ROW, axis=1.0), r"axis=1.0 must be one whole number"),  # type: ignore[arg-type]
    "he of 2.0": (lambda: r.he(2.0, 3), r"fan_in=2.0 must be a whole number, at least 1: the number of units"),  # type: ignore[arg-type]
    "he of a": (lambda: r.he("a", 3), r"fan_in='a' must be a whole number"),  # type: ignore[arg-type]
    "kernel of 3": (lambda: r.he(2, 3, kernel=3), r"kernel=3 must hold numbers .* all whole, such as \(3, 3\)"),  # type: ignore[arg-type]
    "kernel of 3.0": (
        lambda: r.xavier(2, 3, kernel=(3.0, 3)),
        r"kernel=\(3.0, 3\) must hold numbers of at least 1, all whole",
    ),  # type: ignore[arg-type]
    "rng of he": (lambda: r.he(2, 3, rng="a"), r"rng='a' is no seed; give a whole number from 0"),  # type: ignore[arg-type]
    "rng of orthogonal": (lambda: r.orthogonal(2, 3, rng=-1), r"rng=-1 is no seed"),
    "rng of sparse": (lambda: r.sparse(2, 3, rng=0.5), r"rng=0.5 is no seed"),  # type: ignore[arg-type]
    "rng of truncated_normal": (lambda: r.truncated_normal(2, 3, rng="a"), r"rng='a' is no seed"),  # type: ignore[arg-type]
    "rng of dropout": (lambda: r.Dropout(rng="a"), r"rng='a' is no seed"),  # type: ignore[arg-type]
    "gain": (lambda: r.he(2, 3, gain="relu"), r"gain='relu' must be a finite number above 0"),  # type: ignore[arg-type]
    "connections": (lambda: r.sparse(2, 3, connections=1.5), r"connections=1.5 must be a whole number"),  # type: ignore[arg-type]
    "BatchNorm of a": (lambda: r.BatchNorm("a"), r"width='a' must be a whole number, at least 1: .* features"),  # type: ignore[arg-type]
    "LayerNorm of 3.0": (lambda: r.LayerNorm(3.0), r"width=3.0 must be a whole number"),  # type: ignore[arg-type]
    "momentum of BatchNorm": (lambda: r.BatchNorm(2, momentum=None), r"momentum=None must lie in \[0, 1\]"),  # type: ignore[arg-type]
    "eps of LayerNorm": (lambda: r.LayerNorm(2, eps="small"), r"eps='small' must be a finite number above 0"),  # type: ignore[arg-type]
    "groups of GroupNorm": (lambda: r.GroupNorm(4, 2.0), r"groups=2.0 must divide the width"),  # type: ignore[arg-type]
    "margin": (lambda: r.hinge(ROW, [0], margin="a"), r"margin='a' must be a finite number above 0"),  # type: ignore[arg-type]
    "strength": (lambda: r.l2(ROW, None), r"strength=None must be a finite number, at least 0"),  # type: ignore[arg-type]
    "l1_ratio": (lambda: r.elastic_net(ROW, 1.0, l1_ratio="half"), r"l1_ratio='half' must lie in \[0, 1\]"),  # type: ignore[arg-type]
    "slope": (lambda: r.leaky_relu(ROW, slope="a"), r"slope='a' must lie in \(0, 1\]"),  # type: ignore[arg-type]
    "lower": (lambda: r.rrelu(ROW, lower="a"), r"lower='a' and upper=.* must satisfy"),  # type: ignore[arg-type]
    "low": (lambda: r.hard_tanh(ROW, low="a"), r"low='a' must be one real number"),  # type: ignore[arg-type]
    "value of constant": (lambda: r.constant(2, 3, value="a"), r"value='a' must be finite, and one number"),  # type: ignore[arg-type]
    "limit": (lambda: r.threshold(ROW, limit="a"), r"limit='a' must be one real number"),  # type: ignore[arg-type]
    "axis of max_norm": (lambda: r.max_norm(ROW, 1.0, axis="a"), r"axis='a' is no axis of w"),  # type: ignore[arg-type]
    "rows of two lengths": (lambda: r.relu([[1.0], [1.0, 2.0]]), r"x is no array: its rows differ in length"),
    "rate": (lambda: r.Dropout("half"), r"rate='half' must lie in \[0, 1\)"),  # type: ignore[arg-type]
    "momentum": (lambda: r.momentum(ROW, ROW, momentum="a"), r"momentum='a' must lie in \[0, 1\)"),  # type: ignore[arg-type]
    "padding": (
        lambda: r.conv2d_forward(IMAGE, KERNEL, np.zeros(2), padding="same"),  # type: ignore[arg-type]
        r"padding='same' must be a whole number, at least 0, or a pair of them",
    ),
    "groups": (lambda: r.conv2d_forward(IMAGE, KERNEL, np.zeros(2), groups=1.0), r"groups=1.0 must divide"),  # type: ignore[arg-type]
    "size": (lambda: r.max_pool2d_forward(IMAGE, size=2.0), r"kernel=2.0 must be a whole number, at least 1"),  # type: ignore[arg-type]
    "n_components": (lambda: r.PCA(0.95), r"n_components=0.95 must be at least 1, or None"),  # type: ignore[arg-type]
    "step": (lambda: r.polyak(ROW, ROW, step=1.5), r"step=1.5 must be a whole number, at least 1"),  # type: ignore[arg-type]
    "Layer": (lambda: r.Layer(3, 4), r"forward=3 must be a function that takes x and returns"),  # type: ignore[arg-type]
    "Layer without a way back": (lambda: r.Layer(r.affine_forward, None), r"backward=None must be a function"),  # type: ignore[arg-type]
    "Activation": (lambda: r.Activation(r.relu, 1.0), r"derivative=1.0 must be a function that takes x"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("call", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_gets_a_sentence(call: Any, sentence: str) -> None:
    """One sentence says which argument it is, what it holds, and what would do."""
    with pytest.raises(ValueError, match=sentence):
        call()


def test_numbers_of_numpy_are_numbers() -> None:
    """Counts, axes and strengths that NumPy made are taken as they are."""
    assert r.he(np.int32(2), np.uint8(3), kernel=(np.int64(3), 1)).shape == (3, 2, 3, 1)
    assert r.softmax(ROW, axis=np.int8(-1)).shape == (1, 3)  # type: ignore[arg-type]
    assert r.l2(ROW, np.float32(0.5)) == r.l2(ROW, np.array(1)) == 0  # type: ignore[arg-type]
    assert r.BatchNorm(np.int64(3)).width == 3  # type: ignore[arg-type]

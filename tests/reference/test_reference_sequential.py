"""Layers as objects, the container, and the names of its parameters."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from gradcheck.reference import (
    Activation,
    BatchNorm,
    Dropout,
    Layer,
    Sequential,
    affine_backward,
    affine_forward,
    conv2d_backward,
    conv2d_forward,
    embedding_backward,
    embedding_forward,
    relu,
    relu_grad,
    sgd,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
    tanh,
    tanh_grad,
)

import gradcheck


def affine(fan_in: int, fan_out: int, seed: int = 0) -> Layer:
    """Return an affine layer."""
    w = np.random.default_rng([seed, fan_in, fan_out]).standard_normal((fan_in, fan_out)) / np.sqrt(fan_in)
    return Layer(affine_forward, affine_backward, w=w, b=np.zeros(fan_out))


def net() -> Sequential:
    """Return a small network with a normalization inside."""
    return Sequential(affine(3, 8), BatchNorm(8), Activation(tanh, tanh_grad), affine(8, 2, seed=1))


X = np.random.default_rng(0).standard_normal((6, 3))


def test_a_container_is_the_composition_of_its_layers() -> None:
    """Forward and backward are those of the layers, one after the other."""
    whole, parts = net(), net().layers
    out, g = X, np.ones((6, 2))
    for layer in parts:
        out = layer.forward(out)
    for layer in reversed(parts):
        g = layer.backward(g)

    np.testing.assert_array_equal(whole.forward(X), out)
    np.testing.assert_array_equal(whole.backward(np.ones((6, 2))), g)
    np.testing.assert_array_equal(whole.grads["1.gamma"], parts[1].dgamma)


def test_parameters_are_named_by_number_and_name() -> None:
    """Also through a container inside a container; gradients go by the same names."""
    nested = Sequential(net(), affine(2, 1))
    names = ["0.w", "0.b", "1.gamma", "1.beta", "3.w", "3.b"]

    assert list(net().params) == list(net().grads) == names
    assert list(nested.params) == [*(f"0.{name}" for name in names), "1.w", "1.b"]


def test_assigning_a_parameter_reaches_its_layer() -> None:
    """The mapping shows and sets what the layers hold; names are neither added nor removed."""
    nested = Sequential(net(), affine(2, 1))
    nested.params["0.1.gamma"] = np.full(8, 7.0)
    assert (nested.layers[0].layers[1].gamma == 7).all()
    assert len(nested.params) == 8
    with pytest.raises(KeyError, match=r"'w' is not among 0\.w, 0\.b"):
        net().params["w"] = np.ones(1)
    with pytest.raises(TypeError, match=r"'0\.w' belongs to its layer"):
        del net().params["0.w"]


def test_every_gradient_of_a_network_is_found_and_right() -> None:
    """The checker sees the input and all six parameters, and nothing is left over."""
    report = gradcheck.check(net(), X)
    paths = {comparison.input for comparison in report.comparisons}

    assert report.verdict is gradcheck.report.Verdict.PASS, report
    assert len(paths) == 7
    # the bias in front of a batch norm is rounding: one draw in four takes a stair in it for a kink
    assert {finding.code for finding in report.findings} <= {"GC901"}
    assert "params['3.w']" in paths


def test_the_mode_reaches_every_layer_that_has_one() -> None:
    """Training is switched in batch normalization and dropout, at any depth."""
    inner = Sequential(Dropout(0.5, rng=0))
    whole = Sequential(net(), inner)
    assert whole.training
    whole.training = False
    assert not any(layer.training for layer in (whole, inner, inner.layers[0], whole.layers[0].layers[1]))
    np.testing.assert_array_equal(whole.forward(X), whole.forward(X))


def test_options_are_fixed_with_partial_and_parameters_come_in_any_order() -> None:
    """A convolution with a stride is a layer, and its gradients find their names."""
    w, b, x = np.ones((2, 1, 2, 2)), np.array([0.0, 5.0]), np.ones((1, 1, 4, 4))
    layer = Layer(partial(conv2d_forward, stride=2), conv2d_backward, b=b, w=w)
    out = layer.forward(x)
    layer.backward(np.ones_like(out))

    assert out.shape == (1, 2, 2, 2)
    assert list(layer.params) == ["w", "b"]
    np.testing.assert_array_equal(layer.grads["b"], [4, 4])
    assert layer.grads["w"].shape == w.shape


def test_a_layer_keeps_parameters_of_its_own() -> None:
    """Two layers made of one array, or of views of it, share nothing."""
    w = np.ones((3, 3))
    first, second = (Layer(affine_forward, affine_backward, w=part, b=np.zeros(3)) for part in (w, w.T))
    first.params["w"][0, 1] = 7.0
    assert (second.params["w"] == 1).all()
    assert (w == 1).all()


def test_an_embedding_may_come_first() -> None:
    """Where the input is made of indices nothing comes back for it, and the table gets its gradient."""
    whole = Sequential(Layer(embedding_forward, embedding_backward, w=np.eye(4, 3)), affine(3, 2))
    out = whole.forward([0, 2, 0])

    assert whole.backward(np.ones_like(out)) is None
    assert whole.grads["0.w"].any(axis=1).tolist() == [True, False, True, False]


def test_a_network_overfits_a_few_examples() -> None:
    """D-OVERFIT: trained on six examples with random labels, the loss goes to nearly zero."""
    whole, labels = Sequential(affine(3, 16), Activation(relu, relu_grad), affine(16, 3, seed=1)), [0, 2, 1, 1, 0, 2]
    for _ in range(600):
        whole.backward(softmax_cross_entropy_grad(whole.forward(X), labels))
        for name, gradient in whole.grads.items():
            whole.params[name], _ = sgd(whole.params[name], gradient, learning_rate=0.5)

    assert softmax_cross_entropy(whole.forward(X), labels) < 0.05


@pytest.mark.parametrize(
    "layer", [affine(3, 2), Activation(tanh, tanh_grad), Dropout(0.5)], ids=lambda layer: type(layer).__name__
)
def test_backward_before_forward_gets_a_sentence(layer: Any) -> None:
    """There is no cache yet, and the message says how to get one."""
    with pytest.raises(ValueError, match=r"has nothing to send a gradient through yet: call forward\(x\) first"):
        layer.backward(np.ones((1, 2)))


def test_what_is_no_layer_gets_a_sentence() -> None:
    """A bare function in a container, and a parameter that the forward does not take."""
    with pytest.raises(ValueError, match=r"layers\[1\] is a function; a layer has forward and backward"):
        Sequential(affine(3, 2), tanh)
    with pytest.raises(ValueError, match="params has 'bias', but affine_forward takes no such argument"):
        Layer(affine_forward, affine_backward, w=[[1.0]], bias=[0.0])


def test_objects_say_what_they_are() -> None:
    """The representation shows the function and the shapes of the parameters."""
    assert repr(Sequential(affine(3, 2), Activation(relu, relu_grad), Dropout(0.5))) == (
        "Sequential(Layer(affine_forward, w: (3, 2), b: (2,)), Activation(relu), Dropout(0.5))"
    )

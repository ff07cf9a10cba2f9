"""Losses: the definition, its gradient, the tails against mpmath, torch and SciPy, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from gradcheck.reference import losses
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

LAW = settings(deadline=None, max_examples=60)
TAILS = [0.0, 1e-300, 1e-9, 0.3, -2.5, 17.0, -40.0, 300.0, -700.0, 2000.0]


def draw(*shape: int, seed: int = 0) -> NDArray[np.float64]:
    """Return standard normal numbers."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def shares(*shape: int) -> NDArray[np.float64]:
    """Return rows of probabilities."""
    return np.random.default_rng(1).dirichlet(np.ones(shape[-1]), shape[:-1])


LABELS = np.array([2, 0, 1, 1])
EXAMPLES: dict[str, tuple[Any, Any, Any]] = {
    "softmax_cross_entropy": (draw(4, 3), LABELS, "classes"),
    "softmax_cross_entropy of probabilities": (draw(4, 3), shares(4, 3), "classes"),
    "hinge": (3 * draw(4, 3), LABELS, "classes"),
    "mean_square": (draw(4, 3), draw(4, 3, seed=1), "entries"),
    "binary_cross_entropy_with_logits": (draw(4, 3), shares(4, 3), "entries"),
}
"""Loss -> a prediction, a target, and what one loss belongs to."""


def pair(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the loss and its gradient."""
    word = name.split()[0]
    return getattr(losses, word), getattr(losses, f"{word}_grad")


@pytest.mark.parametrize("name", EXAMPLES)
def test_reductions_are_the_losses_themselves_their_sum_and_their_mean(name: str) -> None:
    """The mean is the sum over the number of losses, and its gradient the gradient of the sum over that number."""
    prediction, target, per = EXAMPLES[name]
    loss, grad = pair(name)
    single = loss(prediction, target, reduction="none")

    assert single.shape == (prediction.shape if per == "entries" else prediction.shape[:-1])
    assert loss(prediction, target, reduction="sum") == pytest.approx(single.sum(), rel=1e-15)
    assert loss(prediction, target) == pytest.approx(single.mean(), rel=1e-15)
    whole = grad(prediction, target, reduction="sum")
    np.testing.assert_array_equal(grad(prediction, target, reduction="none"), whole)
    np.testing.assert_allclose(grad(prediction, target), whole / single.size, rtol=1e-15)


@pytest.mark.parametrize("name", EXAMPLES)
def test_float32_in_float32_out(name: str) -> None:
    """Value and gradient are the double-precision ones, rounded once."""
    prediction, target, _ = EXAMPLES[name]
    for function in pair(name):
        single = function(prediction.astype(np.float32), target)
        assert single.dtype == np.float32
        np.testing.assert_array_equal(
            single, np.float32(function(prediction.astype(np.float32).astype(float), target))
        )


@pytest.mark.parametrize("name", EXAMPLES)
def test_nan_goes_through_and_stays_in_its_loss(name: str) -> None:
    """A prediction that is NaN makes its own loss NaN, and no other."""
    prediction, target, per = EXAMPLES[name]
    loss, grad = pair(name)
    broken = prediction.copy()
    broken[1, 2] = np.nan
    touched = np.isnan(broken) if per == "entries" else np.isnan(broken).any(axis=1)

    np.testing.assert_array_equal(np.isnan(loss(broken, target, reduction="none")), touched)
    assert np.isnan(grad(broken, target)[1, 2])


@pytest.mark.parametrize("name", EXAMPLES)
def test_inputs_are_left_alone_and_lists_will_do(name: str) -> None:
    """Nothing is written into the arguments, and nested lists are arrays."""
    prediction, target, _ = EXAMPLES[name]
    locked = prediction.copy(), np.array(target)
    for array in locked:
        array.setflags(write=False)
    for function in pair(name):
        np.testing.assert_array_equal(
            function(*locked), function(prediction.tolist(), np.asarray(target).tolist()), strict=True
        )


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_warning_and_no_nan_at_the_largest_scores(name: str) -> None:
    """Predictions of any finite size give a loss that is a number, or infinite."""
    _, target, _ = EXAMPLES[name]
    extreme = 1.7e308 * np.sign(draw(4, 3, seed=2))
    with np.errstate(all="raise"):
        for function in pair(name):
            assert not np.isnan(function(extreme, target)).any()


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_example_no_loss(name: str) -> None:
    """An empty batch has the loss 0 and an empty gradient."""
    _, target, _ = EXAMPLES[name]
    loss, grad = pair(name)
    assert loss(np.empty((0, 3)), target[:0]) == 0
    assert grad(np.empty((0, 3)), target[:0]).shape == (0, 3)


# Against an oracle of any precision


def exact_cross_entropy(z: list[float], t: list[float]) -> tuple[Any, list[Any]]:
    """Return the loss and its gradient, in a thousand digits."""
    powers = [mpmath.exp(mpmath.mpf(v)) for v in z]
    total = mpmath.fsum(powers)
    loss = mpmath.fsum(-w * mpmath.log(p / total) for w, p in zip(t, powers, strict=True))
    weight = mpmath.fsum(t)
    return loss, [p / total * weight - w for w, p in zip(t, powers, strict=True)]


@pytest.mark.parametrize("first", TAILS)
@pytest.mark.parametrize("second", [0.0, -3.0, 30.0])
def test_softmax_cross_entropy_keeps_its_digits(first: float, second: float, ulps: Any) -> None:
    """Loss and gradient are within a few units in the last place, also where the classifier is sure and right."""
    z = [first, second, 0.1]
    for label in range(3):
        with mpmath.workdps(1000):
            loss, gradient = exact_cross_entropy(z, [float(k == label) for k in range(3)])
        assert ulps(losses.softmax_cross_entropy([z], [label]), loss) <= 4
        found = losses.softmax_cross_entropy_grad([z], [label])[0]
        assert all(ulps(value, exact) <= 4 for value, exact in zip(found, gradient, strict=True))


@pytest.mark.parametrize("z", [*TAILS, *(-v for v in TAILS)])
@pytest.mark.parametrize("t", [0.0, 1e-12, 0.5, 1.0])
def test_binary_cross_entropy_keeps_its_digits(z: float, t: float, ulps: Any) -> None:
    """The loss is within 4 units in the last place for every score and target, the gradient of its largest term."""
    with mpmath.workdps(1000):
        score, weight = mpmath.mpf(z), mpmath.mpf(t)
        rest = 1 - weight
        loss = weight * mpmath.log1p(mpmath.exp(-score)) + rest * mpmath.log1p(mpmath.exp(score))
        terms = rest / (1 + mpmath.exp(-score)), weight / (1 + mpmath.exp(score))
    assert ulps(losses.binary_cross_entropy_with_logits(z, t), loss) <= 4
    found = losses.binary_cross_entropy_with_logits_grad(z, t)
    assert abs(found - float(terms[0] - terms[1])) <= 4 * np.spacing(float(max(terms)))


def test_infinite_scores_have_their_limits() -> None:
    """Sure and right costs 0, sure and wrong costs infinity, and neither is NaN."""
    for loss in ("softmax_cross_entropy", "hinge"):
        right, wrong = pair(loss)[0]([[np.inf, 0.0], [np.inf, 0.0]], [0, 1], reduction="none")
        assert (right, wrong) == (0, np.inf)
    right, wrong = losses.binary_cross_entropy_with_logits([np.inf, -np.inf], [1, 1], reduction="none")
    assert (right, wrong) == (0, np.inf)
    np.testing.assert_array_equal(losses.softmax_cross_entropy_grad([[np.inf, 0.0]], [1]), [[1.0, -1.0]])


# Against other libraries


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_agrees_with_torch(name: str, reduction: str) -> None:
    """Value and gradient are those of torch's functional losses, and of its autograd."""
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    functional = torch.nn.functional
    peers = {
        "softmax_cross_entropy": functional.cross_entropy,
        "hinge": lambda p, t, reduction: (
            functional.multi_margin_loss(p, t, reduction="none").mul(3)
            if reduction == "none"
            else 3 * functional.multi_margin_loss(p, t, reduction=reduction)
        ),
        "mean_square": functional.mse_loss,
        "binary_cross_entropy_with_logits": functional.binary_cross_entropy_with_logits,
    }
    prediction, target, _ = EXAMPLES[name]
    z = torch.tensor(prediction, requires_grad=True)
    value = peers[name.split()[0]](z, torch.tensor(target), reduction=reduction)
    value.sum().backward()
    loss, grad = pair(name)

    np.testing.assert_allclose(loss(prediction, target, reduction=reduction), value.detach().numpy(), rtol=1e-13)
    np.testing.assert_allclose(grad(prediction, target, reduction=reduction), z.grad.numpy(), rtol=1e-12, atol=1e-16)


def test_agrees_with_scikit_learn() -> None:
    """The mean cross-entropy of the softmax is `log_loss`."""
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the oracle")
    prediction, target, _ = EXAMPLES["softmax_cross_entropy"]
    powers = np.exp(prediction)

    assert losses.softmax_cross_entropy(prediction, target) == pytest.approx(
        metrics.log_loss(target, powers / powers.sum(axis=1, keepdims=True)), rel=1e-14
    )


# Laws


@LAW
@given(st.integers(2, 6), st.floats(-6, 3), st.sampled_from([0.0, 1.0, -1e6]), st.integers(0, 2**32))
def test_only_differences_of_scores_count(classes: int, log_scale: float, offset: float, seed: int) -> None:
    """Each row of the gradient of a classifier's loss sums to zero, to rounding."""
    rng = np.random.default_rng(seed)
    scores, labels = offset + 10**log_scale * rng.standard_normal((5, classes)), rng.integers(classes, size=5)
    for name in ("softmax_cross_entropy", "hinge"):
        gradient = pair(name)[1](scores, labels, reduction="sum")
        assert np.abs(gradient.sum(axis=1)).max() <= 4 * classes * np.finfo(float).eps * max(
            np.abs(gradient).max(), 1
        )


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_the_first_loss_is_the_logarithm_of_the_number_of_classes(classes: int) -> None:
    """D-LOSS0: without a preference between C classes the loss is log C."""
    loss = losses.softmax_cross_entropy(np.full((3, classes), 0.7), [0, 1, 1])
    assert loss == pytest.approx(np.log(classes), rel=1e-15)


@LAW
@given(st.integers(0, 2), st.integers(0, 2**32))
def test_labels_are_probabilities_of_one(label: int, seed: int) -> None:
    """A label and its one-hot row give the same bits."""
    scores = 30 * np.random.default_rng(seed).standard_normal(3)
    for function in pair("softmax_cross_entropy"):
        np.testing.assert_array_equal(function(scores, label), function(scores, np.eye(3)[label]))


# What they refuse


@LAW
@given(st.integers(0, 2**32), st.integers(1, 200), st.sampled_from([np.float16, np.float32, np.float64]))
def test_shares_that_were_rounded_are_taken(seed: int, classes: int, kind: Any) -> None:
    """P-LOSS: probabilities add up to 1 as well as their precision allows, and no better."""
    given = np.random.default_rng(seed).dirichlet(np.ones(classes), 3).astype(kind)
    scores = np.zeros((3, classes))

    for shares in (given, given.astype(np.float64)) if kind != np.float16 else (given,):
        np.testing.assert_allclose(
            losses.softmax_cross_entropy(scores, shares), np.log(classes), rtol=0.02, atol=1e-15
        )


@pytest.mark.parametrize(
    ("name", "prediction", "target", "sentence"),
    [
        ("hinge", np.zeros((2, 3)), [0, 3], r"target\[1\]=3 is not a class: prediction has 3 of them, 0 to 2"),
        ("softmax_cross_entropy", np.zeros((2, 3)), [-1, 0], r"target\[0\]=-1 is not a class"),
        ("softmax_cross_entropy", np.zeros((2, 3)), [0.0, 1.0], r"target has dtype float64; labels are integers"),
        (
            "hinge",
            np.zeros((2, 3)),
            [0],
            r"target has shape \(1,\), prediction has shape \(2, 3\); one label per row",
        ),
        ("hinge", 1.0, 0, r"prediction has shape \(\); it needs one score a class"),
        ("mean_square", np.zeros(3), np.zeros((3, 1)), r"target has shape \(3, 1\), prediction has shape \(3,\)"),
        ("mean_square", np.zeros(3) + 1j, np.zeros(3), r"prediction has dtype complex128; real numbers are needed"),
        ("binary_cross_entropy_with_logits", [0.0, 1.0], [0, 2], r"target\[1\]=2.0 is not a probability"),
        ("binary_cross_entropy_with_logits", [0.0], [np.nan], r"target\[0\]=nan is not a probability"),
        ("softmax_cross_entropy", np.zeros((1, 3)), [[-1.0, 1, 1]], r"target\[0, 0\]=-1.0 is not a probability"),
        ("softmax_cross_entropy", np.zeros(2), [np.nan, 1.0], r"target\[0\]=nan is not a probability"),
        ("softmax_cross_entropy", np.zeros((1, 2)), [[0.5, 0.4]], r"target\[0\] adds up to 0.9; .* divide each row"),
        ("softmax_cross_entropy", np.zeros(2), [1, 1], r"target adds up to 2.0; the probabilities of the classes"),
    ],
)
def test_bad_arguments_get_a_sentence(name: str, prediction: Any, target: Any, sentence: str) -> None:
    """What cannot be a target of that prediction is refused by name and value."""
    for function in pair(name):
        with pytest.raises(ValueError, match=sentence):
            function(prediction, target)


def test_an_unknown_reduction_and_a_margin_of_nothing_get_a_sentence() -> None:
    """Options are checked as well."""
    for name, (prediction, target, _) in EXAMPLES.items():
        for function in pair(name):
            with pytest.raises(ValueError, match="reduction='avg' is not a reduction; they are 'mean', 'sum'"):
                function(prediction, target, reduction="avg")
    with pytest.raises(ValueError, match="margin=0 must be a finite number above 0"):
        losses.hinge([[1.0, 2.0]], [0], margin=0)

"""What the lecture claims about training, as small experiments: seeded, deterministic, on the reference library."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from lecture.nets import activations, dense, net, train
from sklearn.datasets import load_digits

from gradcheck import reference


def digits(count: int = 300):
    """Return some of the digits, centred, scaled to about 1."""
    data = load_digits()
    x = data.data[:count] / 8.0
    return x - x.mean(axis=0), data.target[:count]


@pytest.mark.parametrize("rate", [0.1, 0.3])
@pytest.mark.parametrize("seed", range(2))
def test_a_relu_4_relu_is_faster_than_sigmoid_and_tanh(seed: int, rate: float) -> None:
    """A-RELU-4: on the digits, a deep ReLU net needs at most 3/4 of tanh's steps; sigmoid never arrives."""
    x, y = digits()
    needed = {}
    for name, gain in (("sigmoid", 1.0), ("tanh", 1.0), ("relu", np.sqrt(2.0))):
        losses = train(net([64, 30, 30, 30, 10], name, np.random.default_rng(seed), gain), x, y, rate, 150, until=0.2)
        needed[name] = next((step for step, loss in enumerate(losses) if loss < 0.2), 150)

    assert needed["relu"] <= 0.75 * needed["tanh"] < needed["sigmoid"] == 150


@pytest.mark.parametrize("seed", range(3))
def test_a_relu_3_a_positive_bias_leaves_fewer_units_dead(seed: int) -> None:
    """A-RELU-3: with a bias of 0.01 and small weights, fewer units are negative for the whole batch at the start."""
    x, _ = digits(40)
    dead = [
        np.mean((np.maximum(dense(64, 400, np.random.default_rng(seed), 1e-3, bias).forward(x), 0) == 0).all(axis=0))
        for bias in (0.0, 0.01)
    ]

    assert dead[1] <= dead[0]
    assert dead[1] == 0


def test_a_max_1_maxout_contains_relu_and_leaky_relu() -> None:
    """A-MAX-1: with special weights maxout is ReLU, and leaky ReLU, to the last bit."""
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((20, 3)), rng.standard_normal((3, 4)), rng.standard_normal(4)
    z = x @ w + b
    as_relu, _ = reference.maxout_forward(x, w, b, 0 * w, 0 * b)
    as_leaky, _ = reference.maxout_forward(np.eye(4), np.eye(4), np.zeros(4), 0.01 * np.eye(4), np.zeros(4))

    np.testing.assert_array_equal(as_relu, reference.relu(z))
    np.testing.assert_array_equal(as_leaky, reference.leaky_relu(np.eye(4)))


@pytest.mark.parametrize("seed", range(3))
def test_p_limit_centring_the_input_centres_the_first_layer_only(seed: int) -> None:
    """P-LIMIT: with centred input, the sigmoid layers after the first get inputs that are all positive."""
    x, _ = digits()
    outs = activations(net([64, 30, 30, 30, 10], "sigmoid", np.random.default_rng(seed)), x)

    assert np.abs(x.mean(axis=0)).max() < 1e-12
    assert all((out > 0).all() and out.mean() > 0.3 for out in outs[1:-1:2])


def test_d_overfit_a_net_learns_a_few_examples_by_heart() -> None:
    """D-OVERFIT: on twenty digits, without regularization, the loss falls to nearly nothing, every label right."""
    x, y = digits(20)
    model = net([64, 50, 10], "relu", np.random.default_rng(0), np.sqrt(2.0))
    losses = train(model, x, y, 0.5, 300)

    assert losses[-1] < 0.01
    assert (model.forward(x).argmax(axis=1) == y).all()


def test_d_loss0_the_first_loss_is_log_c_and_a_penalty_raises_it() -> None:
    """D-LOSS0: small weights give a loss of log 10; a penalty on the weights raises it, a stronger one more."""
    x, y = digits()
    model = net([64, 30, 10], "tanh", np.random.default_rng(0), 1e-3)
    loss = float(reference.softmax_cross_entropy(model.forward(x), y))
    weights = [value for name, value in dict(model.params).items() if name.endswith("w")]
    penalties = [sum(reference.l2(w, strength) for w in weights) for strength in (0.0, 1e2, 1e4)]

    assert loss == pytest.approx(np.log(10), abs=1e-3)
    assert sorted(set(penalties)) == penalties


def test_d_lr_the_loss_tells_a_rate_that_is_too_low_or_too_high() -> None:
    """D-LR: at 1e-6 the loss hardly moves, at 1e3 it explodes; from coarse to fine the band between is found."""
    x, y = digits()

    def last(rate: float) -> float:
        losses = train(net([64, 30, 10], "relu", np.random.default_rng(0), np.sqrt(2.0)), x, y, rate, 40)
        return losses[-1] / losses[0]

    coarse = {rate: last(rate) for rate in (1e-6, 1e-3, 1e-1, 1e1, 1e3)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = min(coarse, key=lambda rate: np.nan_to_num(coarse[rate], nan=np.inf))
        fine = min(last(best * factor) for factor in (0.2, 0.5, 1.0, 2.0, 5.0))

    assert coarse[1e-6] == pytest.approx(1.0, abs=1e-3)
    assert not coarse[1e3] < 1
    assert best == 1e-1
    assert fine <= coarse[best]


def test_d_ratio_updates_are_a_thousandth_of_the_weights_at_a_good_rate() -> None:
    """D-RATIO: at a rate that trains well the update is between 1e-4 and 1e-2 of the weights."""
    x, y = digits()
    model = net([64, 30, 10], "relu", np.random.default_rng(0), np.sqrt(2.0))
    scores = model.forward(x)
    model.backward(reference.softmax_cross_entropy_grad(scores, y))
    sizes = {name: np.linalg.norm(model.grads[name]) / np.linalg.norm(model.params[name]) for name in ("0.w", "2.w")}

    assert all(1e-4 < 0.05 * size < 1e-2 for size in sizes.values()), sizes


@pytest.mark.parametrize(("name", "gain", "sick"), [("tanh", 20.0, "saturated"), ("relu", 1.4, "dead")])
def test_d_stats_statistics_by_layer_name_what_is_wrong(name: str, gain: float, sick: str) -> None:
    """D-STATS: shares of saturated and of dead units, layer by layer, show a start that will not train."""
    x, _ = digits()
    model = net([64, 40, 40, 40, 10], name, np.random.default_rng(0), gain)
    if sick == "dead":
        for layer in model.layers[::2]:
            layer.params["b"] = layer.params["b"] - 20.0
    outs = activations(model, x)[1:-1:2]
    shares = {
        "saturated": [np.mean(np.abs(out) > 0.99) for out in outs],
        "dead": [np.mean((out == 0).all(axis=0)) for out in outs],
    }

    assert min(shares[sick][1:]) > 0.5
    assert max(shares[{"saturated": "dead", "dead": "saturated"}[sick]]) < 0.5 or sick == "dead"


@pytest.mark.parametrize("gain", [0.05, 1.0, 20.0])
def test_b_flow_batch_normalization_makes_the_scale_of_the_weights_harmless(gain: float) -> None:
    """B-FLOW: a deep tanh net starts with the same spread in its last layer and trains, whatever the scale."""
    x, y = digits()
    model = net([64, 40, 40, 40, 40, 10], "tanh", np.random.default_rng(0), gain, norm=True)
    plain = net([64, 40, 40, 40, 40, 10], "tanh", np.random.default_rng(0), gain)
    normed, bare = activations(model, x)[-2].std(), activations(plain, x)[-2].std()
    last = model.layers[-1]
    last.params["w"] = last.params["w"] / gain
    losses = train(model, x, y, 0.5, 40)

    assert 0.5 < normed < 0.75
    assert gain == 1.0 or not 0.5 < bare < 0.75
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("seed", range(5))
def test_h_random_random_search_covers_an_axis_better_than_a_grid(seed: int) -> None:
    """H-RANDOM: of nine trials in log space, random ones try nine values of each setting, a grid three."""
    rng = np.random.default_rng(seed)
    low, high = np.log([1e-6, 1e-4]), np.log([1.0, 1.0])
    grid = np.array([(a, b) for a in np.linspace(low[0], high[0], 3) for b in np.linspace(low[1], high[1], 3)])
    random = rng.uniform(low, high, (9, 2))

    def widest_gap(points: np.ndarray, axis: int) -> float:
        return float(np.diff(np.sort([low[axis], *points[:, axis], high[axis]])).max())

    assert [len(np.unique(grid[:, k])) for k in (0, 1)] == [3, 3]
    assert [len(np.unique(random[:, k])) for k in (0, 1)] == [9, 9]
    # Coarse to fine: the second nine, around the best of the first, come closer to the goal.
    goal = rng.uniform(low, high)
    first = random[np.abs(random - goal)[:, 0].argmin()]
    second = first + rng.uniform(-0.1, 0.1, (9, 2)) * (high - low)
    assert np.abs(second[:, 0] - goal[0]).min() <= np.abs(first[0] - goal[0]) + 0.1 * (high - low)[0]
    assert widest_gap(random, 0) < high[0] - low[0]


def test_e_avg_the_average_of_the_path_is_nearer_than_its_end() -> None:
    """E-AVG: Polyak's average of noisy steps around a minimum is nearer to it than the last step, for all seeds."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        w = average = np.ones(20)
        for step in range(1, 2001):
            w = w - 0.1 * (w + rng.standard_normal(20))
            average = reference.polyak(average, w, step=step)
        assert np.linalg.norm(average) < np.linalg.norm(w)

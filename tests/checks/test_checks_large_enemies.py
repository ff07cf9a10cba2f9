"""Mistakes that small subjects show to many calls, and that the few calls of a large one have to show as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck.checks.large._look import LARGE

torch = pytest.importorskip("torch", reason="some of the mistakes are made with torch")

ROWS, WIDTH = 300, 100


def _x(rows: int = ROWS, width: int = WIDTH) -> Any:
    return np.random.default_rng(0).normal(size=(rows, width))


def _slope(x: Any) -> Any:
    return 1 - np.tanh(x) ** 2


def _codes(report: gradcheck.Report) -> set[str]:
    return {finding.code for finding in report.findings}


# -- upstreams with zeros --------------------------------------------------------------------------------------------


def _closes_up(upstream: Any, x: Any) -> Any:
    """Leave out the rows that nothing comes to, and forget that they are there."""
    hit = np.flatnonzero(upstream.any(axis=1))
    gradient = np.zeros_like(x)
    gradient[: len(hit)] = (upstream * _slope(x))[hit]
    return gradient


def _all_or_nothing(upstreams: Any, x: Any) -> Any:
    """Forget the second output if nothing comes to the first."""
    first, second = upstreams
    return first * _slope(x) + (second * 2 * x / x.size if first.any() else 0)


class _AllOrNothing(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.tanh(), x.sin()

    @staticmethod
    def backward(ctx: Any, first: Any, second: Any) -> Any:
        (x,) = ctx.saved_tensors
        slope = first * (1 - x.tanh() ** 2)
        return slope + second * x.cos() if bool(first.any()) else slope


def _with_a_loss(x: Any) -> Any:
    return np.tanh(x), np.mean(x**2)


@pytest.mark.parametrize("rows", [150, ROWS])
@pytest.mark.parametrize("seed", range(3))
def test_what_a_backward_does_with_zeros_in_its_upstream_is_seen(rows: int, seed: int) -> None:
    """Rows that nothing comes to, and outputs that nothing comes to."""
    x = _x(rows)

    assert "GC108" in _codes(gradcheck.check(np.tanh, x, vjp=_closes_up, rng=seed))
    assert "GC108" in _codes(gradcheck.check(_with_a_loss, x, vjp=_all_or_nothing, rng=seed))
    assert "GC108" in _codes(gradcheck.check(_AllOrNothing.apply, torch.tensor(x), rng=seed))


class _Recurrent:
    """A batch of sequences; its backward may skip steps that nothing comes to, and what is handed on with them."""

    def __init__(self, inputs: int, units: int, *, skips: bool) -> None:
        rng = np.random.default_rng(3)
        self.W, self.U = 0.3 * rng.normal(size=(inputs, units)), 0.3 * rng.normal(size=(units, units))
        self._skips = skips

    def forward(self, x: Any) -> Any:
        self._x, self._h = x, [np.zeros((len(x), len(self.U)))]
        for step in range(x.shape[1]):
            self._h.append(np.tanh(x[:, step] @ self.W + self._h[-1] @ self.U))
        return np.stack(self._h[1:], axis=1)

    def backward(self, upstream: Any) -> Any:
        dx, handed_on = np.zeros_like(self._x), np.zeros_like(self._h[0])
        self.dW, self.dU = np.zeros_like(self.W), np.zeros_like(self.U)
        for step in reversed(range(self._x.shape[1])):
            if self._skips and not upstream[:, step].any():
                continue
            slope = (handed_on + upstream[:, step]) * (1 - self._h[step + 1] ** 2)
            self.dW += self._x[:, step].T @ slope
            self.dU += self._h[step].T @ slope
            dx[:, step], handed_on = slope @ self.W.T, slope @ self.U.T
        return dx


@pytest.mark.parametrize("shape", [(3, 5, 4), (1, 2, 3), (50, 20, 25)], ids=str)
def test_steps_that_nothing_comes_to_hand_on_what_later_ones_do(shape: tuple[int, int, int]) -> None:
    """A loss on the last step alone is what would show it, of any size."""
    x = np.random.default_rng(0).normal(size=shape)
    for seed in range(8 if x.size < LARGE else 2):
        assert gradcheck.check(_Recurrent(shape[2], 6, skips=False), x, rng=seed).ok
        assert "GC108" in _codes(gradcheck.check(_Recurrent(shape[2], 6, skips=True), x, rng=seed))


def _stops_at_a_zero(upstreams: Any, x: Any) -> Any:
    """Go on with the second output alone from the first row on to which nothing comes from the first."""
    first, second = upstreams
    rows = np.cumprod(first.any(axis=1))[:, None]
    return rows * first * _slope(x) + second[:, None] * np.cos(x)


@pytest.mark.parametrize("rows", [20, 150, 210])
def test_rows_with_zeros_of_one_of_several_outputs_are_tried(rows: int) -> None:
    """The first and the last have none, in one of the calls."""
    for seed in range(4):
        report = gradcheck.check(
            lambda x: (np.tanh(x), np.sin(x).sum(axis=1)), _x(rows), vjp=_stops_at_a_zero, rng=seed
        )
        assert "GC108" in _codes(report)


@pytest.mark.parametrize("skips", [True, False])
def test_what_stands_one_backward_alone_is_asked_for_a_part_of_a_call_anew(skips: bool) -> None:
    """It lets go of what it has kept; one that takes a row of zeros for the end is found all the same."""

    def forward(x: Any) -> Any:
        return np.tanh(x), [x]

    def backward(upstream: Any, kept: Any) -> Any:
        slope = 1 - np.tanh(kept.pop()) ** 2
        return 0 * slope if skips and not upstream[0].any() else upstream * slope

    report = gradcheck.check((forward, backward), np.random.default_rng(0).normal(size=(5, 4001)))
    assert {finding.code for finding in report.findings} == ({"GC108"} if skips else set())
    assert skips or report.cost.forward == 4


def test_an_upstream_as_small_as_a_mean_makes_it_is_tried() -> None:
    """What is dropped below 1e-7 is all of it behind a mean of ten million."""

    def vjp(upstream: Any, x: Any) -> Any:
        return np.where(abs(upstream) < 1e-7, 0.0, upstream) * _slope(x)

    assert "GC108" in _codes(gradcheck.check(np.tanh, _x(), vjp=vjp))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rows", [ROWS, 1000])
def test_a_loss_beside_an_array_counts_as_much_as_the_array(rows: int, seed: int) -> None:
    """Its gradient is half a percent too large; right, it passes."""

    def vjp(upstreams: Any, x: Any, factor: float) -> Any:
        return upstreams[0] * _slope(x) + factor * upstreams[1] * 2 * x / x.size

    assert gradcheck.check(_with_a_loss, _x(rows), vjp=lambda u, x: vjp(u, x, 1.0), rng=seed).ok
    assert not gradcheck.check(_with_a_loss, _x(rows), vjp=lambda u, x: vjp(u, x, 1.005), rng=seed).ok


# -- memory ----------------------------------------------------------------------------------------------------------


def _rule(spoil: Callable[[Any, Any], None]) -> Any:
    """Return a rule of tanh that is right, but for what it does to its upstream and its input."""

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x.tanh()

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            (x,) = ctx.saved_tensors
            gradient = upstream * (1 - x.tanh() ** 2)
            spoil(upstream, x)
            return gradient

    return Rule


SPOILT: dict[str, Callable[[Any, Any], Any]] = {
    "the input for scratch": lambda _, x: x.data.tanh_(),
    "the last row of the input": lambda _, x: x.detach().numpy()[-1].fill(0.0),
    "the last row of the upstream": lambda u, _: u.numpy()[-1].fill(0.0),
    "a column of the input": lambda _, x: x.data[:, 7].zero_(),
}


@pytest.mark.parametrize("rows", [ROWS, 5000])
@pytest.mark.parametrize("what", SPOILT)
def test_what_a_rule_of_torch_spoils_is_seen(what: str, rows: int) -> None:
    """In the copies that it was handed."""
    assert "GC105" in _codes(gradcheck.check(_rule(SPOILT[what]).apply, torch.tensor(_x(rows))))


def test_what_a_complex_vjp_spoils_is_seen() -> None:
    """Complex numbers are put together for it, in memory that it can write into."""
    z = _x() + 1j * _x()[::-1]

    def vjp(upstream: Any, z: Any) -> Any:
        np.conj(z, out=z)
        return 2 * z * upstream

    assert "GC105" in _codes(gradcheck.check(lambda z: z * z, z, vjp=vjp))


def test_labels_that_a_forward_cleans_are_seen() -> None:
    """Those to be ignored are set to 0, in the array of the caller."""
    labels = np.random.default_rng(0).integers(-1, 5, ROWS)

    def forward(x: Any, y: Any) -> Any:
        y[y < 0] = 0
        return x[np.arange(len(x)), y]

    def vjp(upstream: Any, x: Any, y: Any) -> Any:
        gradient = np.zeros_like(x)
        gradient[np.arange(len(x)), y] = upstream
        return gradient

    assert "GC105" in _codes(gradcheck.check(forward, _x(), labels, vjp=vjp))


def _picked(x: Any, y: Any) -> Any:
    return x[np.arange(len(x)), y]


def _clears_labels(upstream: Any, x: Any, y: Any) -> Any:
    gradient = np.zeros_like(x)
    gradient[np.arange(len(x)), y] = upstream
    y[...] = 0
    return gradient


def _leaves_labels(upstream: Any, x: Any, y: Any) -> Any:
    return _clears_labels(upstream, x, y.copy())


class _Picks:
    def __init__(self, vjp: Any) -> None:
        self.vjp = vjp

    def forward(self, x: Any, y: Any) -> Any:
        self.given = x, y
        return _picked(x, y)

    def backward(self, dout: Any) -> Any:
        return self.vjp(dout, *self.given)


PICKING: dict[str, Callable[[Any, Any, Any], gradcheck.Report]] = {
    "a vjp": lambda vjp, x, y: gradcheck.check(_picked, x, y, vjp=vjp),
    "a pair": lambda vjp, x, y: gradcheck.check(
        (lambda x, y: (_picked(x, y), (x, y)), lambda u, cache: vjp(u, *cache)), x, y
    ),
    "a layer": lambda vjp, x, y: gradcheck.check(_Picks(vjp), x, y),
}


@pytest.mark.parametrize("rows", [4, ROWS])
@pytest.mark.parametrize("form", PICKING)
def test_labels_that_a_backward_spoils_are_seen(form: str, rows: int) -> None:
    """An array without a gradient belongs to the caller as much as any; its right twin has no finding."""
    labels = np.random.default_rng(0).integers(0, 5, rows)
    kept = labels.copy()

    spoilt = PICKING[form](_clears_labels, _x(rows), labels)

    assert [(f.code, f.path, f.title) for f in spoilt.findings] == [
        ("GC105", "inputs['y']", "backward writes into inputs['y']")
    ]
    assert not PICKING[form](_leaves_labels, _x(rows), labels).findings
    assert np.array_equal(labels, kept)


@pytest.mark.parametrize("rows", [4, ROWS])
def test_a_constant_that_wrt_leaves_out_is_not_scratch(rows: int) -> None:
    """Scaled in place by the backward it is another the next time; a copy of it may be scaled."""
    factor = _x(rows) + 3

    def vjp(upstream: Any, x: Any, factor: Any) -> Any:
        np.multiply(factor, upstream, out=factor)
        return factor * _slope(x)

    def forward(x: Any, factor: Any) -> Any:
        return np.tanh(x) * factor

    spoilt = gradcheck.check(forward, _x(rows), factor, vjp=vjp, wrt="x")
    right = gradcheck.check(forward, _x(rows), factor, vjp=lambda u, x, c: vjp(u, x, c.copy()), wrt="x")

    assert [(f.code, f.path) for f in spoilt.findings] == [("GC105", "inputs['factor']")]
    assert not right.findings


class _Padded:
    """An output that is the inside of a buffer, which the backward takes for scratch."""

    def forward(self, x: Any) -> Any:
        self.buffer = np.zeros((x.shape[0] + 2, x.shape[1] + 2))
        self.buffer[1:-1, 1:-1] = np.tanh(x)
        return self.buffer[1:-1, 1:-1]

    def backward(self, dout: Any) -> Any:
        self.buffer[1:-1, 1:-1] = dout * (1 - self.buffer[1:-1, 1:-1] ** 2)
        return self.buffer[1:-1, 1:-1].copy()


@pytest.mark.parametrize("rows", [ROWS, 5000])
def test_an_output_that_is_a_view_is_not_written_into(rows: int) -> None:
    """What is compared is a copy of it, which stays as it was; half a million numbers are not asked twice."""
    assert "GC105" in _codes(gradcheck.check(_Padded(), _x(rows)))


class _Decaying:
    """A product with weights of which the backward shrinks the last column, of 160 that a sample may step over."""

    def __init__(self) -> None:
        self.W = np.random.default_rng(1).normal(size=(2560, 160))
        self.dW = np.zeros_like(self.W)

    def forward(self, x: Any) -> Any:
        self.x = x
        return x @ self.W

    def backward(self, dout: Any) -> Any:
        self.dW, dx = self.x.T @ dout, dout @ self.W.T
        self.W[:, -1] *= 0.9
        return dx


def test_weights_are_looked_at_one_and_all() -> None:
    """A sample of every hundredth would see every eighth column only."""
    assert "GC105" in _codes(gradcheck.check(_Decaying(), _x(8, 2560)))


def test_a_vjp_that_reads_its_upstream_in_the_order_of_memory_is_seen() -> None:
    """Columns may come first there; in the order of its rows it is read right."""

    def vjp(order: Any) -> Callable[[Any, Any], Any]:
        return lambda upstream, x: upstream.ravel(order=order).reshape(x.shape) * _slope(x)

    assert "GC116" in _codes(gradcheck.check(np.tanh, _x(), vjp=vjp("K")))
    assert not gradcheck.check(np.tanh, _x(), vjp=vjp("C")).findings


def test_a_kernel_that_takes_neighbours_for_granted_is_seen() -> None:
    """It honours the distance between rows, as BLAS does, and none between the numbers of a row."""

    def vjp(upstream: Any, x: Any) -> Any:
        rows = np.lib.stride_tricks.as_strided(upstream, upstream.shape, (upstream.strides[0], upstream.itemsize))
        return rows * _slope(x)

    assert "GC116" in _codes(gradcheck.check(np.tanh, _x(), vjp=vjp))

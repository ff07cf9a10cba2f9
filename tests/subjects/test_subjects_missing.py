"""A gradient that is not there: wrong where something is moved by what it belongs to, and a note where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

X = np.random.default_rng(1).normal(size=(4, 3))
W = np.random.default_rng(0).normal(size=(3, 2))


class Affine:
    """``x W + b``, or without the b; `keep` says where backward leaves the gradients."""

    def __init__(self, keep: Callable[[Any, dict[str, np.ndarray]], None], *, moves: bool = True) -> None:
        self.params, self.keep, self.moves = {"W": W.copy(), "b": np.full(2, 0.3)}, keep, moves

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.params["W"] + (self.params["b"] if self.moves else 0.0)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.keep(self, {"W": self.x.T @ dout, "b": dout.sum(0)})
        return dout @ self.params["W"].T


def _in_a_dictionary(layer: Any, found: dict[str, np.ndarray]) -> None:
    layer.grads = {"W": found["W"]}


def _none_in_a_dictionary(layer: Any, found: dict[str, np.ndarray]) -> None:
    layer.grads = {"W": found["W"], "b": None}


def _in_attributes(layer: Any, found: dict[str, np.ndarray]) -> None:
    layer.dW = found["W"]


KEPT = {f.__name__[1:]: f for f in (_in_a_dictionary, _none_in_a_dictionary, _in_attributes)}


@pytest.mark.parametrize("keep", KEPT.values(), ids=KEPT)
def test_a_parameter_that_moves_the_output_needs_a_gradient(keep: Callable[..., None]) -> None:
    """It is named, and the check fails, wherever the other gradients are kept."""
    (finding,) = gradcheck.check(Affine(keep), X).findings
    assert (finding.code, finding.severity, finding.path) == ("GC104", Verdict.FAIL, "params['b']")
    assert "backward left no gradient for params['b'], which moves the output" in finding.title


@pytest.mark.parametrize("keep", KEPT.values(), ids=KEPT)
def test_a_parameter_that_moves_nothing_needs_none(keep: Callable[..., None]) -> None:
    """Its gradient is zero, and the report says that nobody claimed it; everything else is compared."""
    report = gradcheck.check(Affine(keep, moves=False), X)
    (finding,) = report.findings
    assert (report.verdict, finding.code, finding.path) == (Verdict.PASS, "GC908", "params['b']")
    assert "params['W']" in {compared.input for compared in report.comparisons}


def test_what_nobody_left_a_gradient_for_is_not_decided() -> None:
    """A layer that calls arrays its parameters, and leaves their gradients nowhere, is neither right nor wrong."""
    report = gradcheck.check(Affine(lambda _, found: None), X)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert [finding.path for finding in report.findings] == ["params['W']", "params['b']"]
    assert "params= and grads= tell of other places" in report.findings[0].hint


def test_a_place_that_is_told_decides() -> None:
    """The way out of the sentence works."""
    keep = lambda layer, found: setattr(layer, "slopes", found)  # noqa: E731
    report = gradcheck.check(Affine(keep), X, params=lambda layer: layer.params, grads=lambda layer: layer.slopes)
    assert report.verdict is Verdict.PASS


def test_lists_of_parameters_and_gradients_are_of_one_length() -> None:
    """Of two parameters and one gradient the second has none."""

    class Listed(Affine):
        def __init__(self) -> None:
            self.arrays, self.found = [W.copy(), np.full(2, 0.3)], []

        def parameters(self) -> list[np.ndarray]:
            return self.arrays

        def gradients(self) -> list[np.ndarray]:
            return self.found

        def forward(self, x: np.ndarray) -> np.ndarray:
            self.x = x
            return x @ self.arrays[0] + self.arrays[1]

        def backward(self, dout: np.ndarray) -> np.ndarray:
            self.found = [self.x.T @ dout]
            return dout @ self.arrays[0].T

    (finding,) = gradcheck.check(Listed(), X).findings
    assert (finding.code, finding.path) == ("GC104", "params['1']")


def test_an_input_that_moves_nothing_may_get_none() -> None:
    """A pair and a vjp return None for it, as frameworks do; for one that moves something they may not."""

    def backward(dout: np.ndarray, cache: Any) -> tuple[Any, ...]:
        x, w = cache
        return dout @ w.T, x.T @ dout, None

    idle = gradcheck.check((lambda x, w, mask: (x @ w, (x, w)), backward), X, W, np.ones(4))
    moving = gradcheck.check((lambda x, w, mask: (x @ w * mask[:, None], (x, w)), backward), X, W, np.ones(4))
    assert (idle.verdict, idle.findings[0].path) == (Verdict.PASS, "inputs['mask']")
    assert (moving.verdict, moving.findings[0].path) == (Verdict.FAIL, "inputs['mask']")


def test_the_only_input_needs_a_gradient() -> None:
    """A forgotten return is told as one, even where the function is constant."""
    (finding,) = gradcheck.check(lambda x: np.ones(3), X, vjp=lambda dout, x: None).findings
    assert (finding.code, finding.severity) == ("GC104", Verdict.FAIL)


def test_a_module_with_a_backward_of_its_own_says_that_it_was_not_looked_at() -> None:
    """Autograd never calls it."""
    torch = pytest.importorskip("torch")

    class Scaled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = torch.nn.Parameter(torch.ones(3, dtype=torch.float64) * 2)

        def forward(self, x: Any) -> Any:
            return x * self.w

        def backward(self, dout: Any) -> Any:
            return 7 * dout

    (finding,) = gradcheck.check(Scaled(), torch.ones(4, 3, dtype=torch.float64)).findings
    assert (finding.code, finding.severity) == ("GC908", Verdict.PASS)
    assert "Scaled has a method backward, which autograd never calls" in finding.title


def test_a_tied_weight_of_torch_is_told_by_both_names() -> None:
    """It is one parameter, and the convention says under which names."""
    torch = pytest.importorskip("torch")
    net = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh(), torch.nn.Linear(3, 3)).double()
    net[2].weight = net[0].weight
    report = gradcheck.check(net, torch.ones(4, 3, dtype=torch.float64) / 3)
    assert report.verdict is Verdict.PASS
    assert "one parameter by several names: 0.weight is 2.weight" in report.convention


class Nested:
    """``x W`` with W, and its gradient, two containers deep: no convention says that they belong together."""

    def __init__(self) -> None:
        self.p, self.g = {"enc": {"W": W.copy()}}, {"enc": {"W": np.zeros_like(W)}}

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x
        return x @ self.p["enc"]["W"]

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.g = {"enc": {"W": 2 * self.x.T @ dout}}
        return dout @ self.p["enc"]["W"].T


def test_arrays_in_containers_of_containers_are_told_to_be_unchecked() -> None:
    """Their gradient is wrong by a factor of two, and nobody has looked at it."""
    report = gradcheck.check(Nested(), X, rng=0)
    assert [(f.code, "p[enc][W]" in f.title) for f in report.findings] == [("GC908", True)]
    told = gradcheck.check(Nested(), X, rng=0, params=lambda n: n.p["enc"], grads=lambda n: n.g["enc"])
    assert told.verdict is Verdict.FAIL

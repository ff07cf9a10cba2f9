"""Many calls at once: by vmap, with recurrent layers taken apart, or in a row; each says what single calls say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict
from gradcheck.subjects import adapt

torch = pytest.importorskip("torch", reason="modules of torch are mapped where torch is installed")
nn = torch.nn

MODULES: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "Linear": (lambda: nn.Linear(3, 2), (4, 3)),
    "GRU": (lambda: nn.GRU(3, 2), (4, 2, 3)),
    "LSTM": (lambda: nn.LSTM(3, 2, num_layers=2, bidirectional=True), (2, 1, 3)),
    "LSTM with a projection": (lambda: nn.LSTM(3, 4, proj_size=2), (2, 1, 3)),
    "RNN": (lambda: nn.RNN(3, 2, nonlinearity="relu"), (3, 1, 3)),
    "in a row": (lambda: Looking(), (4, 3)),
}


class Looking(nn.Module):
    """It looks at a value, so it cannot be mapped."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, x: Any) -> Any:
        """Return a row scaled by the weight."""
        return x * self.weight if float(x.detach().sum()) < 1e9 else x


@pytest.mark.parametrize("name", MODULES)
def test_many_calls_say_what_single_ones_say(name: str) -> None:
    """Forward for moved inputs and parameters, backward for several upstreams: to rounding."""
    make, shape = MODULES[name]
    torch.manual_seed(0)
    subject = adapt(make().double(), (torch.randn(shape, dtype=torch.float64),), {})
    values, rng = [np.array(leaf.value) for leaf in subject.leaves], np.random.default_rng(0)
    moved = {k: value + 0.01 * rng.normal(size=(5, *value.shape)) for k, value in enumerate(values)}
    evaluation = subject.evaluate(values)
    upstreams = [rng.normal(size=(3, *out.shape)) for out in evaluation.outputs.values()]

    outputs, gradients = subject.outputs_of_many(values, moved), subject.gradients_of_many(values, upstreams)

    assert outputs is not None
    assert gradients is not None
    for k in range(5):
        alone = subject.evaluate([moved[j][k] for j in range(len(values))])
        for path, out in alone.outputs.items():
            np.testing.assert_allclose(outputs[path][k], out, rtol=1e-13, atol=1e-14)
    for k in range(3):
        for many, one in zip(gradients, evaluation.pull([u[k] for u in upstreams]), strict=True):
            np.testing.assert_allclose(many[k], one, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", ["GRU", "LSTM", "in a row"])
def test_entry_mode_needs_a_few_calls_for_each_entry(name: str) -> None:
    """Six points each and the first of all, whether the layer can be mapped or not; and it finds what is wrong."""
    make, shape = MODULES[name]
    torch.manual_seed(0)
    module, x = make().double(), torch.randn(shape, dtype=torch.float64)

    report = gradcheck.check(module, x, mode="entries")

    assert report.ok, str(report)
    assert report.scheme == "centred differences, many entries at a time, extrapolated"


def test_an_entry_of_a_recurrent_layer_that_is_wrong_is_found() -> None:
    """A hook that changes one gradient of a parameter does not go unseen because the forward was taken apart."""
    torch.manual_seed(0)
    module = nn.GRU(2, 2).double()

    def off_by_a_hundredth(gradient: Any) -> Any:
        changed = gradient.clone()
        changed[1, 0] *= 1.01
        return changed

    module.weight_hh_l0.register_hook(off_by_a_hundredth)
    report = gradcheck.check(module, torch.randn(3, 1, 2, dtype=torch.float64), mode="entries")

    assert [(f.path, f.index) for f in report.findings] == [("params['weight_hh_l0']", (1, 0))]


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_a_vmap_that_is_right_in_its_first_row_alone_is_no_alarm(p: float) -> None:
    """That of the pullback of cdist, in torch 2.13: called for one upstream at a time it is right, and linear."""
    rng = np.random.default_rng(0)
    x, y = (torch.tensor(rng.normal(size=shape)) for shape in ((4, 3), (5, 3)))
    for mode in ("auto", "entries"):
        assert gradcheck.check(lambda x, y: torch.cdist(x, y, p=p), x, y, mode=mode).verdict is Verdict.PASS

"""torch on every device that is here: what runs there, stays there, and is found there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from unittest.mock import patch

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

torch = pytest.importorskip("torch", reason="subjects of torch need torch")
nn = torch.nn
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]

pytestmark = pytest.mark.parametrize("device", DEVICES)


def _x(device: str, *shape: int, dtype: Any = torch.float64) -> Any:
    return torch.tensor(np.random.default_rng(0).normal(size=shape), device=device, dtype=dtype)


def _codes(report: Any) -> list[str]:
    return [finding.code for finding in report.findings if finding.severity is Verdict.FAIL]


class Watched(nn.Module):
    """A net that notes where its input and its weights are."""

    seen: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2)
        self.seen.clear()

    def forward(self, x: Any) -> Any:
        self.seen.update({x.device.type, *(p.device.type for p in self.parameters())})
        return self.last(torch.tanh(self.norm(self.first(x))))


@pytest.mark.parametrize("mode", ["auto", "projection", "entries"])
def test_a_module_is_called_where_it_is(mode: str, device: str) -> None:
    """Inputs, parameters and buffers, in every mode, with calls for many points at once."""
    module, x = Watched().double().to(device), _x(device, 4, 3)
    before = {name: value.clone() for name, value in module.state_dict().items()}

    report = gradcheck.check(module, x, mode=mode)

    assert report.ok, str(report)
    assert module.seen == {device}
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


class WrongScale(torch.autograd.Function):
    """A product with weights whose gradient is one percent off."""

    @staticmethod
    def forward(ctx: Any, x: Any, weight: Any) -> Any:
        ctx.save_for_backward(x, weight)
        return x * weight

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        x, weight = ctx.saved_tensors
        return upstream * weight, 1.01 * (upstream * x).sum(0)


class Scaled(nn.Module):
    """A layer with a wrong gradient of its weights."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.5, -0.7, 0.3]))

    def forward(self, x: Any) -> Any:
        return WrongScale.apply(x, self.weight)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_wrong_parameter_is_named(dtype: Any, device: str) -> None:
    """The right one beside it is not."""
    net = nn.Sequential(nn.Linear(3, 3), Scaled()).to(device, dtype)

    report = gradcheck.check(net, _x(device, 4, 3, dtype=dtype))

    assert not report.ok
    assert {c.input for c in report.comparisons if c.verdict is Verdict.FAIL} == {"params['1.weight']"}


def test_random_numbers_are_the_same_in_each_call_and_go_on_as_before(device: str) -> None:
    """Dropout on the device draws the same mask each time; the generator of the device is where it was."""
    layer, x = nn.Dropout(0.4), _x(device, 6, 5)
    torch.manual_seed(3)
    expected = torch.rand(4, device=device)
    torch.manual_seed(3)

    report = gradcheck.check(layer, x)

    assert report.ok, str(report)
    assert torch.equal(torch.rand(4, device=device), expected)


@pytest.mark.parametrize("draw", [torch.rand_like, lambda x: torch.bernoulli(torch.full_like(x, 0.5))])
def test_numbers_that_are_others_in_another_precision_are_no_mistake(draw: Any, device: str) -> None:
    """Uniform numbers have as many random bits as their format: a note says that nothing could be compared."""
    report = gradcheck.check(lambda x: x * draw(x), _x(device, 6, 5, dtype=torch.float32))

    assert report.ok, str(report)
    if device == "cpu" or report.findings:  # a GPU may draw the same
        assert [finding.code for finding in report.findings] == ["GC112"]
        assert "random numbers" in report.findings[0].title


class Viewed(torch.autograd.Function):
    """A square that takes its upstream for contiguous."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx: Any, upstream: Any) -> Any:
        (x,) = ctx.saved_tensors
        return (upstream.view(-1) * 2 * x.reshape(-1)).view_as(x)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_strided_upstreams_are_strided_on_the_device(dtype: Any, device: str) -> None:
    """They would be contiguous again if they came there from another device, or in another dtype."""
    seen = []

    class Noting(Viewed):
        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            seen.append(upstream.is_contiguous())
            return Viewed.backward(ctx, upstream)

    assert _codes(gradcheck.check(Noting.apply, _x(device, 4, 3, dtype=dtype))) == ["GC116"]
    assert not all(seen)


@pytest.mark.parametrize("shape", [(4, 3), (300, 100)])
def test_a_gradient_by_hand_gets_its_tensors_where_they_are(shape: tuple[int, ...], device: str) -> None:
    """A kernel of a GPU could do nothing with those of the processor."""
    seen = set()

    def vjp(upstream: Any, x: Any) -> Any:
        seen.update({upstream.device.type, x.device.type})
        return 2 * x * upstream

    assert gradcheck.check(torch.square, _x(device, *shape), vjp=vjp).ok
    assert seen == {device}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("width", [40, 20_000])
def test_sums_in_no_fixed_order_are_no_mistake(width: int, dtype: Any, device: str) -> None:
    """Scattered sums of a GPU differ from call to call by rounding."""
    where = torch.tensor(np.random.default_rng(1).integers(0, 7, width), device=device)

    def gathered(x: Any) -> Any:
        sums = torch.zeros(7, device=device, dtype=x.dtype).index_add(0, where, x.sin())
        return sums[where] * x

    report = gradcheck.check(gathered, _x(device, width, dtype=dtype))

    assert report.ok, str(report)


def test_a_function_may_move_its_input(device: str) -> None:
    """The input is of the processor, the weights of the device, the output of the processor again."""
    weight = _x(device, 3, 2)

    report = gradcheck.check(lambda x: torch.tanh(x.to(device) @ weight).cpu(), _x("cpu", 4, 3))

    assert report.ok, str(report)


def test_second_order_forward_mode_and_complex_numbers(device: str) -> None:
    """Each is asked on the device."""
    x = _x(device, 4, 3)

    assert gradcheck.check(lambda x: torch.tanh(x).prod(1), x, order=2).ok
    assert gradcheck.check(lambda x: torch.softmax(x, 1), x, jvp=True).ok
    assert gradcheck.check(lambda z: z * z.abs(), x + 1j * x.flip(0)).ok


# -- switches of precision -------------------------------------------------------------------------------------------

NEWER = ("cuda.matmul", "cudnn.conv", "cudnn.rnn", "mkldnn.matmul")


def _switch(name: str) -> Any:
    backend, operation = name.split(".")
    return getattr(getattr(torch.backends, backend), operation)


def _freeze(monkeypatch: Any, *, frozen: bool) -> None:
    """Lock torch's own switches or open them: its test tools lock them for the whole process, once imported."""
    monkeypatch.setitem(torch.backends.ContextProp.__set__.__globals__, "flags_frozen", lambda: frozen)


def test_switches_that_are_locked_are_off_inside_all_the_same(device: str, monkeypatch: Any) -> None:
    """And convolutions may use TF32 again after."""
    inside = []
    with patch("torch.cuda.is_available", lambda: True):
        outside = torch.backends.cudnn.allow_tf32
        _freeze(monkeypatch, frozen=True)
        report = gradcheck.check(
            lambda x: (inside.append(torch.backends.cudnn.allow_tf32), x * 2)[1],
            _x(device, 4, 3, dtype=torch.float32),
        )

    assert report.ok
    assert set(inside) == {False}
    assert torch.backends.cudnn.allow_tf32 == outside


def _said() -> list[str]:
    return [torch.backends.fp32_precision, *(_switch(name).fp32_precision for name in NEWER)]


@contextmanager
def _kept() -> Iterator[None]:
    """Put torch's switches back to what they are by default, in this order: the older read no mixture."""
    try:
        yield
    finally:
        torch.backends.fp32_precision = "none"
        torch.backends.mkldnn.matmul.fp32_precision = "none"
        torch.set_float32_matmul_precision("highest")
        torch.backends.cudnn.allow_tf32 = True


SETTINGS = {
    "products": {"cuda.matmul": "tf32"},
    "products of the processor": {"mkldnn.matmul": "bf16"},
    "recurrent layers but not convolutions": {"cudnn.conv": "ieee", "cudnn.rnn": "tf32"},
    "everything": {"": "tf32"},
}


@pytest.mark.skipif(not hasattr(torch.backends, "fp32_precision"), reason="torch has no newer switches before 2.9")
@pytest.mark.parametrize("breaks", [False, True])
@pytest.mark.parametrize("setting", SETTINGS)
def test_the_newer_switches_are_off_inside_and_as_they_were_after(
    setting: str, breaks: bool, device: str, monkeypatch: Any
) -> None:
    """The older ones raise then, which is no reason to: TF32 and bfloat16 are off all the same."""
    _freeze(monkeypatch, frozen=False)
    inside = set()

    def function(x: Any) -> Any:
        inside.update(_switch(name).fp32_precision for name in NEWER)
        if breaks:
            raise KeyError
        return x @ x.T

    with _kept(), patch("torch.cuda.is_available", lambda: True):
        for name, value in SETTINGS[setting].items():
            (_switch(name) if name else torch.backends).fp32_precision = value
        before = _said()
        x = _x(device, 4, 3, dtype=torch.float32)
        if breaks:
            with pytest.raises(KeyError):
                gradcheck.check(function, x)
        else:
            assert gradcheck.check(function, x).ok
        assert _said() == before
    assert inside <= {"ieee", "none"}


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_of_the_device_is_off_inside(dtype: Any, device: str) -> None:
    """A layer under autocast is checked in full, and autocast is on again after."""
    layer, inside = nn.Linear(3, 2).to(device), []
    layer.register_forward_hook(lambda *_: inside.append(torch.is_autocast_enabled(device)))

    with torch.autocast(device, dtype=dtype):
        report = gradcheck.check(layer, _x(device, 4, 3, dtype=torch.float32))
        assert torch.is_autocast_enabled(device)

    assert report.ok, str(report)
    assert inside
    assert not any(inside)

"""torch: nests in and out, custom operators, layouts of upstreams, precision switches, many calls at once."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict
from gradcheck.subjects.torch._functions import Torch

torch = pytest.importorskip("torch", reason="subjects of torch need torch")
nn = torch.nn
DOUBLE = {"dtype": torch.float64}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small modules are slower on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def x() -> Any:
    return torch.tensor(np.random.default_rng(0).normal(size=(4, 3)))


def _codes(report: Any) -> list[str]:
    return [finding.code for finding in report.findings if finding.severity is Verdict.FAIL]


def _square(factor: float) -> Any:
    """Return x^2 with a gradient of `factor` x, as a rule that `vmap` cannot batch."""

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return upstream * factor * ctx.saved_tensors[0]

    return Square.apply


# -- nests -----------------------------------------------------------------------------------------------------------


@dataclass
class Nest:
    """What goes in, and what comes out."""

    value: Any
    rest: Any = None


def test_dataclasses_and_none_come_in_and_out(x: Any) -> None:
    """A module that takes a dataclass and returns another, with None in both: each tensor has its name."""

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def forward(self, batch: Nest) -> Nest:
            return Nest(self.fc(batch.value), [None, {"square": batch.value**2}])

    report = gradcheck.check(Model().double(), Nest(x))

    assert report.ok, str(report)
    assert {c.input for c in report.comparisons} == {
        *("inputs['batch.value']", "params['fc.weight']", "params['fc.bias']"),
    }


@pytest.mark.parametrize("factor", [2.0, 3.0])
def test_a_wrong_part_of_a_nest_is_found(factor: float, x: Any) -> None:
    """Behind a dataclass in a list in a dictionary."""
    report = gradcheck.check(lambda nest: {"out": [None, Nest(_square(factor)(nest.value))]}, Nest(x, (None, 3)))

    assert report.ok == (factor == 2.0)


# -- forms -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def operators() -> Any:
    """Two custom operators, one of which claims a third too much."""
    made = {}
    for name, factor in (("right", 2.0), ("wrong", 3.0)):

        @torch.library.custom_op(f"gradcheck_tests::square_{name}", mutates_args=())
        def square(x: torch.Tensor) -> torch.Tensor:
            return x * x

        def keep(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)

        def backward(ctx: Any, upstream: Any, factor: float = factor) -> Any:
            return upstream * factor * ctx.saved_tensors[0]

        square.register_autograd(backward, setup_context=keep)
        made[name] = square
    return made


def test_a_custom_operator_is_checked_as_any_function(operators: Any, x: Any) -> None:
    """By its registered backward; in entry mode, where it cannot be batched, too."""
    assert gradcheck.check(operators["right"], x).ok
    assert gradcheck.check(operators["right"], x, mode="entries").ok
    assert _codes(gradcheck.check(operators["wrong"], x)) == ["GC101"]


@pytest.mark.parametrize("factor", [2.0, 3.0])
def test_scripted_functions_and_compiled_rules_are_checked(factor: float, x: Any) -> None:
    """What a compiled function does on the way back is what is held against its differences."""
    compiled = torch.compile(lambda x: _square(factor)(x).sin(), backend="eager")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own
        scripted = torch.jit.script(nn.Softplus())
        assert gradcheck.check(scripted, x, mode="entries").ok
        assert gradcheck.check(compiled, x).ok == (factor == 2.0)


@pytest.mark.parametrize("layout", ["transposed", "every second", "expanded", "expanded in part", "overlapping"])
def test_an_input_of_any_layout_passes_in_entry_mode(layout: str, x: Any) -> None:
    """Also those whose numbers share memory: each entry is moved on its own."""
    given = {
        "transposed": x.t(),
        "every second": x[::2],
        "expanded": x[0, 0].expand(3, 2),
        "expanded in part": x[:, :1].expand(4, 3),
        "overlapping": torch.linspace(0.1, 1.0, 5, **DOUBLE).as_strided((3, 3), (1, 1)),
    }[layout]

    assert gradcheck.check(lambda x: x.exp() * x, given, mode="entries").ok


def test_a_rule_meets_upstreams_that_are_expanded(x: Any) -> None:
    """A sum hands on one number for all entries: a rule that reads memory instead is found behind it."""

    class Reads(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.clone()

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            strided = torch.as_strided(upstream, upstream.shape, (0, 0)) if 0 in upstream.stride() else upstream
            return strided * (2 if 0 in upstream.stride() else 1)

    assert gradcheck.check(Reads.apply, x).ok
    assert not gradcheck.check(lambda x: Reads.apply(x).sum(), x).ok


# -- switches --------------------------------------------------------------------------------------------------------


def _switches() -> tuple[Any, ...]:
    return (
        torch.is_autocast_enabled("cpu"),
        torch.get_float32_matmul_precision(),
        torch.backends.cudnn.allow_tf32,
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
    )


@pytest.mark.parametrize("breaks", [False, True])
def test_every_switch_is_off_inside_and_as_it_was_after(breaks: bool, x: Any) -> None:
    """Autocast, TF32 in products and convolutions, no_grad: whether the function returns or raises."""
    seen = set()

    def function(x: Any) -> Any:
        seen.add(_switches())
        if breaks:
            raise KeyError
        return x * 2

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        low = torch.autocast("cpu", dtype=torch.bfloat16)
        with low, torch.no_grad(), patch("torch.cuda.is_available", lambda: True):
            outside = _switches()
            if breaks:
                with pytest.raises(KeyError):
                    gradcheck.check(function, x.float())
            else:
                assert gradcheck.check(function, x.float()).ok
            assert _switches() == outside == (True, "high", True, False, False)
    finally:
        torch.set_float32_matmul_precision(before)
    assert seen == {(False, "highest", False, True, False)}


# -- many calls at once ----------------------------------------------------------------------------------------------

BATCHED = {
    "running statistics": (lambda: nn.BatchNorm1d(2), (4, 2)),
    "the same random numbers": (lambda: nn.Dropout(0.4), (4, 3)),
    "a convolution": (lambda: nn.Conv1d(2, 3, 2), (2, 2, 4)),
    "two layers": (lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), (4, 3)),
    "attention": (lambda: Wrapped(_attention), (1, 3, 2)),
    "a rule that cannot be batched": (lambda: Wrapped(_square(2.0)), (4, 3)),
    "a branch that looks at values": (lambda: Wrapped(lambda x: x.sin() if x.sum() > 0 else x.cos()), (4, 3)),
    "a layer that counts its calls": (lambda: Counting(), (4, 3)),
}


def _attention(x: Any) -> Any:
    return nn.functional.scaled_dot_product_attention(x, x * x, x.sin(), dropout_p=0.2)


class Wrapped(nn.Module):
    """A function as a module."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


class Counting(nn.Module):
    """A buffer that each call writes into."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.ones(()))

    def forward(self, x: Any) -> Any:
        self.calls += 1
        return x * x * self.calls


@pytest.mark.parametrize("name", BATCHED)
def test_entry_mode_says_the_same_with_and_without_a_batch(name: str) -> None:
    """Every entry is compared either way, and the module comes back as it was."""
    make, shape = BATCHED[name]
    torch.manual_seed(2)
    module, x = make().double(), torch.randn(shape, **DOUBLE)
    before = {key: value.clone() for key, value in module.state_dict().items()}

    at_once = gradcheck.check(module, x, mode="entries")
    with patch.object(Torch, "run_many", lambda *_: None):
        alone = gradcheck.check(module, x, mode="entries")

    assert at_once.ok, str(at_once)
    assert alone.ok, str(alone)
    assert [c.input for c in at_once.comparisons] == [c.input for c in alone.comparisons]
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


@pytest.mark.parametrize("mode", ["entries", "auto"])
def test_one_wrong_entry_is_named_where_calls_are_batched(mode: str) -> None:
    """A hook that changes a single entry of one parameter; no other is called wrong."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 3)).double()
    touched = torch.ones(3, 8, **DOUBLE)
    touched[1, 5] = 1.01
    module[2].weight.register_hook(lambda gradient: gradient * touched)

    report = gradcheck.check(module, torch.randn(4, 8, **DOUBLE), mode=mode)

    assert _codes(report) == ["GC102"]
    assert [(f.path, f.index) for f in report.findings] == [("params['2.weight']", (1, 5))]
    assert len(report.findings[0].entries) == 1


def test_a_backward_that_is_wrong_for_sums_alone_is_found(x: Any) -> None:
    """Each output alone gets the right gradient; the batch of one-hot upstreams does not settle it."""

    class Greedy(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            several = (upstream != 0).sum() > 1
            return upstream * 2 * ctx.saved_tensors[0] * torch.where(several, 1.5, 1.0)

    assert not gradcheck.check(Greedy.apply, x, mode="entries").ok


def test_a_budget_is_not_exceeded_by_a_batch(x: Any) -> None:
    """Each point of a batch counts as a call."""
    module = nn.Sequential(nn.Linear(3, 5), nn.Tanh()).double()

    assert gradcheck.check(module, x, mode="entries", max_evals=60).cost.forward <= 60


def _normed() -> Any:
    """Return a layer under the deprecated ``weight_norm``, which leaves a weight with a graph."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = torch.nn.utils.weight_norm(torch.nn.Linear(2, 2))
    layer(torch.ones(2))
    return torch.nn.Sequential(layer)


UNREADABLE: dict[str, tuple[Any, Any, str]] = {
    "nested": (torch.sin, lambda: torch.nested.nested_tensor([torch.ones(2)]), r"^inputs\[.*is nested.*padded"),
    "without numbers": (torch.sin, lambda: torch.ones(2, device="meta"), r"^inputs\[.*meta, without numbers"),
    "of eight bits": (torch.sin, lambda: torch.ones(2).to(torch.float8_e5m2), r"^inputs\[.*dtype torch\.float8_e5m2"),
    "a module": (torch.nn.Linear(2, 2, device="meta"), lambda: torch.ones(2), r"meta, without numbers.*to_empty"),
    "pruned": (
        pytest.importorskip("torch.nn.utils.prune").l1_unstructured(torch.nn.Linear(2, 2), "weight", 1),
        lambda: torch.ones(2),
        r"^weight of Linear .*cannot be copied.*prune\.remove\(module, 'weight'\)",
    ),
    "normed": (_normed(), lambda: torch.ones(2), r"^0\.weight of Sequential .*torch\.nn\.utils\.parametrizations"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_or_copied_is_refused_in_a_sentence(name: str) -> None:
    """With the way out, and by the name of the input."""
    subject, make, said = UNREADABLE[name]

    with pytest.raises(gradcheck.InvalidArgument, match=said):
        gradcheck.check(subject, make())

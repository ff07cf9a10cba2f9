"""Every module of torch.nn that has a gradient passes: a table of modules and the shapes of one call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

import gradcheck

torch = pytest.importorskip("torch", reason="modules of torch are checked where torch is installed")
nn = torch.nn
DOUBLE = {"dtype": torch.float64}

Row = tuple[Callable[[], Any], tuple[Any, ...]]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small modules are slower on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _labels(*shape: int) -> Any:
    return torch.arange(torch.Size(shape).numel()).reshape(shape) % 3


def _encoder_layer() -> Any:
    return nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)


class CTCOfScores(nn.CTCLoss):
    """The gradient that torch returns takes for granted that a log-softmax comes before."""

    def forward(self, scores: Any, *others: Any) -> Any:
        return super().forward(scores.log_softmax(2), *others)


PADDINGS = ("ReflectionPad", "ReplicationPad", "CircularPad", "ZeroPad")

ACTIVATIONS: tuple[Callable[[], Any], ...] = (
    *(nn.ReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid, nn.Tanh, nn.LeakyReLU, nn.PReLU),
    *(nn.Softplus, nn.Softsign, nn.Softshrink, nn.Hardshrink, nn.Tanhshrink, nn.Hardtanh),
    *(nn.Hardswish, nn.LogSigmoid, nn.ReLU6, nn.RReLU, nn.Identity),
    lambda: nn.GELU(approximate="tanh"),
    lambda: nn.Threshold(0.1, 20.0),
    lambda: nn.Softmax(1),
    lambda: nn.LogSoftmax(1),
    lambda: nn.Softmin(1),
    lambda: nn.GLU(1),
)

NORMALIZATIONS: tuple[Row, ...] = (
    (lambda: nn.LayerNorm(6), ((4, 6),)),
    (lambda: nn.RMSNorm(6), ((4, 6),)),
    (lambda: nn.GroupNorm(2, 4), ((3, 4, 5),)),
    (lambda: nn.InstanceNorm1d(3, affine=True), ((2, 3, 5),)),
    (lambda: nn.InstanceNorm2d(3), ((2, 3, 3, 3),)),
    (lambda: nn.InstanceNorm3d(2), ((2, 2, 2, 2, 2),)),
    (lambda: nn.BatchNorm1d(3), ((6, 3),)),
    (lambda: nn.BatchNorm1d(3).eval(), ((6, 3),)),
    (lambda: nn.BatchNorm2d(2), ((3, 2, 3, 3),)),
    (lambda: nn.BatchNorm3d(2), ((3, 2, 2, 2, 2),)),
    (lambda: nn.LocalResponseNorm(2), ((2, 4, 3),)),
)

LINEAR: tuple[Row, ...] = (
    (lambda: nn.Linear(4, 3), ((5, 4),)),
    (lambda: nn.Bilinear(3, 4, 2), ((5, 3), (5, 4))),
    (lambda: nn.Conv1d(2, 3, 3, padding=1), ((2, 2, 5),)),
    (lambda: nn.Conv2d(2, 4, 3, stride=2, groups=2), ((2, 2, 5, 5),)),
    (lambda: nn.Conv3d(1, 2, 2), ((1, 1, 3, 3, 3),)),
    (lambda: nn.ConvTranspose1d(2, 3, 3), ((2, 2, 4),)),
    (lambda: nn.ConvTranspose2d(2, 3, 3, stride=2), ((1, 2, 3, 3),)),
    (lambda: nn.ConvTranspose3d(1, 2, 2), ((1, 1, 2, 2, 2),)),
    (lambda: nn.LazyLinear(3), ((5, 4),)),
    (lambda: nn.LazyConv1d(3, 3), ((2, 2, 5),)),
    (lambda: nn.LazyBatchNorm1d(), ((6, 3),)),
    (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), ((5, 4),)),
    (lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(4, 3)), ((5, 4),)),
)

POOLING: tuple[Row, ...] = (
    (lambda: nn.MaxPool1d(2), ((2, 2, 6),)),
    (lambda: nn.MaxPool2d(2), ((2, 2, 4, 4),)),
    (lambda: nn.MaxPool2d(2, return_indices=True), ((2, 2, 4, 4),)),
    (lambda: nn.MaxPool3d(2), ((1, 2, 2, 4, 4),)),
    (lambda: nn.AvgPool1d(2), ((2, 2, 6),)),
    (lambda: nn.AvgPool2d(2), ((2, 2, 4, 4),)),
    (lambda: nn.AvgPool3d(2), ((1, 2, 2, 4, 4),)),
    (lambda: nn.LPPool1d(2, 2), ((2, 2, 6),)),
    (lambda: nn.LPPool2d(2, 2), ((2, 2, 4, 4),)),
    (lambda: nn.AdaptiveAvgPool1d(3), ((2, 2, 7),)),
    (lambda: nn.AdaptiveAvgPool2d(2), ((1, 2, 5, 5),)),
    (lambda: nn.AdaptiveMaxPool1d(3), ((2, 2, 7),)),
    (lambda: nn.AdaptiveMaxPool2d(2), ((1, 2, 5, 5),)),
    (lambda: nn.AdaptiveAvgPool3d(2), ((1, 2, 3, 3, 3),)),
    (lambda: nn.AdaptiveMaxPool3d(2), ((1, 2, 3, 3, 3),)),
    (lambda: nn.LPPool3d(2, 2), ((1, 2, 2, 2, 4),)),
    (lambda: nn.FractionalMaxPool2d(2, output_size=3), ((1, 2, 6, 6),)),
    (lambda: nn.FractionalMaxPool3d(2, output_size=2), ((1, 1, 4, 4, 4),)),
    (lambda: nn.MaxUnpool1d(2), ((1, 2, 3), torch.tensor([[[0, 3, 5], [1, 2, 4]]]))),
    (lambda: nn.MaxUnpool2d(2), ((1, 1, 2, 2), torch.tensor([[[[0, 3], [9, 14]]]]))),
    (lambda: nn.MaxUnpool3d(2), ((1, 1, 1, 1, 2), torch.tensor([[[[[0, 9]]]]]))),
)

RECURRENT: tuple[Row, ...] = (
    (lambda: nn.RNN(3, 4), ((4, 2, 3),)),
    (lambda: nn.LSTM(3, 4, bidirectional=True), ((4, 2, 3),)),
    (lambda: nn.GRU(3, 4, num_layers=2, batch_first=True), ((2, 4, 3),)),
    (lambda: nn.LSTM(3, 4, proj_size=2), ((4, 2, 3),)),
    (lambda: nn.RNNCell(3, 4), ((2, 3),)),
    (lambda: nn.LSTMCell(3, 4), ((2, 3),)),
    (lambda: nn.GRUCell(3, 4), ((2, 3), (2, 4))),
)

ATTENTION: tuple[Row, ...] = (
    (lambda: nn.MultiheadAttention(4, 2), ((3, 2, 4), (5, 2, 4), (5, 2, 4))),
    (lambda: nn.MultiheadAttention(4, 2, batch_first=True, bias=False), ((2, 3, 4),) * 3),
    (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.1), ((3, 2, 4),)),
    (lambda: nn.TransformerDecoderLayer(4, 2, 8, dropout=0.0), ((3, 2, 4), (3, 2, 4))),
    (
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True), 1),
        ((2, 3, 4),),
    ),
    (lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8, dropout=0.0), 1), ((3, 2, 4), (3, 2, 4))),
)

LOSSES: tuple[Row, ...] = (
    (nn.MSELoss, ((4, 3), (4, 3))),
    (nn.L1Loss, ((4, 3), (4, 3))),
    (nn.SmoothL1Loss, ((4, 3), (4, 3))),
    (nn.HuberLoss, ((4, 3), (4, 3))),
    (nn.CrossEntropyLoss, ((4, 3), _labels(4))),
    (lambda: nn.CrossEntropyLoss(label_smoothing=0.1), ((4, 3), _labels(4))),
    (nn.NLLLoss, ((4, 3), _labels(4))),
    (lambda: nn.KLDivLoss(reduction="batchmean", log_target=True), ((4, 3), (4, 3))),
    (nn.BCEWithLogitsLoss, ((4, 3), torch.ones(4, 3, dtype=torch.float64))),
    (nn.PoissonNLLLoss, ((4, 3), torch.ones(4, 3, dtype=torch.float64))),
    (nn.SoftMarginLoss, ((4, 3), torch.ones(4, 3, dtype=torch.float64))),
    (nn.MultiLabelSoftMarginLoss, ((4, 3), torch.ones(4, 3, dtype=torch.float64))),
    (nn.MultiMarginLoss, ((4, 3), _labels(4))),
    (nn.HingeEmbeddingLoss, ((4,), torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64))),
    (nn.CosineEmbeddingLoss, ((4, 3), (4, 3), torch.ones(4, dtype=torch.float64))),
    (nn.MarginRankingLoss, ((4,), (4,), torch.ones(4, dtype=torch.float64))),
    (nn.TripletMarginLoss, ((4, 3), (4, 3), (4, 3))),
    (nn.TripletMarginWithDistanceLoss, ((4, 3), (4, 3), (4, 3))),
    (nn.MultiLabelMarginLoss, ((2, 3), torch.tensor([[0, 2, -1], [1, -1, -1]]))),
    # labels of one lie on the edge of what torch takes: with no gradient asked for, they are left out
    (nn.BCELoss, (torch.linspace(0.1, 0.9, 6, **DOUBLE).reshape(2, 3).requires_grad_(), torch.ones(2, 3, **DOUBLE))),
    (nn.GaussianNLLLoss, ((4, 3), (4, 3), torch.linspace(0.5, 2.0, 12, **DOUBLE).reshape(4, 3))),
    (lambda: CTCOfScores(), ((5, 2, 4), torch.tensor([[1, 2], [3, 1]]), torch.tensor([5, 4]), torch.tensor([2, 2]))),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4], div_value=1.5), ((5, 4), _labels(5))),
    *(
        [(lambda: nn.LinearCrossEntropyLoss(4, 3), ((5, 4), _labels(5)))]
        if hasattr(nn, "LinearCrossEntropyLoss")
        else []
    ),
    (nn.CosineSimilarity, ((4, 3), (4, 3))),
    (nn.PairwiseDistance, ((4, 3), (4, 3))),
)

OTHERS: tuple[Row, ...] = (
    (lambda: nn.Embedding(5, 3), (_labels(4),)),
    (lambda: nn.EmbeddingBag(5, 3), (_labels(2, 3),)),
    (lambda: nn.Dropout(0.4), ((4, 3),)),
    (lambda: nn.AlphaDropout(0.4), ((4, 3),)),
    (lambda: nn.FeatureAlphaDropout(0.4), ((2, 3, 2),)),
    (lambda: nn.Dropout1d(0.4), ((2, 3, 2),)),
    (lambda: nn.Dropout2d(0.4), ((2, 3, 2, 2),)),
    (lambda: nn.Dropout3d(0.4), ((2, 3, 2, 1, 1),)),
    (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), ((1, 2, 3, 3),)),
    (lambda: nn.UpsamplingBilinear2d(scale_factor=2), ((1, 2, 2, 3),)),
    (lambda: nn.UpsamplingNearest2d(scale_factor=2), ((1, 2, 2, 3),)),
    (lambda: nn.PixelShuffle(2), ((1, 4, 2, 2),)),
    (lambda: nn.PixelUnshuffle(2), ((1, 1, 4, 2),)),
    (lambda: nn.Unfold(2), ((1, 2, 3, 3),)),
    (lambda: nn.Fold((3, 3), 2), ((1, 4, 4),)),
    *((partial(getattr(nn, f"{kind}1d"), 1), ((1, 2, 3),)) for kind in PADDINGS),
    *((partial(getattr(nn, f"{kind}2d"), 1), ((1, 1, 2, 3),)) for kind in PADDINGS),
    *((partial(getattr(nn, f"{kind}3d"), 1), ((1, 1, 2, 2, 3),)) for kind in PADDINGS),
    *((partial(getattr(nn, f"ConstantPad{n}d"), 1, 0.5), ((1, 1, *(2,) * n),)) for n in (1, 2, 3)),
    (lambda: nn.Softmax2d(), ((1, 3, 2, 2),)),
    (lambda: nn.Unflatten(1, (2, 3)), ((2, 6),)),
    (lambda: nn.ChannelShuffle(2), ((1, 4, 2, 2),)),
    (lambda: nn.Flatten(), ((2, 3, 2),)),
)

TABLE: tuple[Row, ...] = (
    *((make, ((3, 4),)) for make in ACTIVATIONS),
    *(NORMALIZATIONS + LINEAR + POOLING + RECURRENT + ATTENTION + LOSSES + OTHERS),
)


EXCUSED = {
    "Module Container ModuleDict ModuleList ParameterDict ParameterList Sequential": "holds others, computes nothing",
    "RNNBase RNNCellBase": "what the recurrent modules have in common",
    "DataParallel SyncBatchNorm": "needs several devices",
    "Hardsigmoid CrossMapLRN2d": "have tests of their own below",
    "CTCLoss": "is in the table as CTCOfScores",
    "Transformer": "is the encoder and the decoder of the table, one after the other",
    "NLLLoss2d": "an old name of NLLLoss",
    **{f"Lazy{kind}{n}d": "becomes the module in the table when it is first called, as LazyConv1d does"
       for kind in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm") for n in (1, 2, 3)
       if (kind, n) not in {("Conv", 1), ("BatchNorm", 1)}},
}  # fmt: skip
"""Modules that are not in the table -> why."""


def _named(row: Row) -> str:
    module = row[0]()
    return str(type(module).__name__)


def test_every_module_of_torch_is_in_the_table_or_excused() -> None:
    """A module that a later torch brings fails here until somebody decides."""
    every = {name for name, value in vars(nn).items() if inspect.isclass(value) and issubclass(value, nn.Module)}
    excused = {name for names in EXCUSED for name in names.split()}

    assert every - {_named(row) for row in TABLE} - excused == set()


@pytest.mark.parametrize(("make", "call"), TABLE, ids=map(_named, TABLE))
def test_a_module_of_torch_passes(make: Callable[[], Any], call: tuple[Any, ...]) -> None:
    """In float64, in the mode it is built in, with respect to every input and parameter."""
    torch.manual_seed(1)
    module = make().double()
    inputs = [torch.randn(a, dtype=torch.float64).requires_grad_() if isinstance(a, tuple) else a for a in call]

    report = gradcheck.check(module, *inputs, mode="projection")

    assert report.ok, str(report)
    parameters = {f"params[{name!r}]" for name, _ in module.named_parameters()}
    assert parameters <= {compared.input for compared in report.comparisons}


def test_where_torch_does_not_differentiate_what_it_computes() -> None:
    """The row of ``padding_idx`` gets no gradient, by design; in the table above nothing of the kind is left."""
    report = gradcheck.check(nn.Embedding(5, 3, padding_idx=1).double(), _labels(4))

    assert [finding.code for finding in report.findings] == ["GC102"]
    assert {entry.index[0] for entry in report.findings[0].entries} == {1}
    assert gradcheck.check(nn.Embedding(5, 3, padding_idx=1).double(), torch.tensor([0, 2, 2])).ok


def test_a_backward_of_torch_that_is_wrong_is_found() -> None:
    """That of the cross-map normalization is, as torch's own checker says; the day it is mended, both say so."""
    x = torch.linspace(-1.0, 2.0, 16, **DOUBLE).reshape(1, 4, 2, 2).requires_grad_()
    module = nn.CrossMapLRN2d(3, alpha=0.5)

    theirs = torch.autograd.gradcheck(module, (x,), raise_exception=False)

    assert gradcheck.check(module, x).ok == theirs


def test_a_sixth_in_float32_is_seen_in_float64() -> None:
    """The backward of torch's hard sigmoid multiplies by a sixth that was rounded to float32, where it still does."""
    x = torch.tensor([-1.5, 0.5], dtype=torch.float64)
    y = x.clone().requires_grad_()
    (claimed,) = torch.autograd.grad(nn.functional.hardsigmoid(y).sum(), y)

    report = gradcheck.check(nn.Hardsigmoid(), x)

    assert report.ok == (abs(float(claimed[0]) * 6 - 1) < 1e-12)
    assert all("rounded to float32" in (finding.hint or "") for finding in report.findings)
    assert gradcheck.check(nn.Hardsigmoid(), x, rtol=1e-6, atol=1e-9).ok


@pytest.mark.parametrize("size", [5, 600])
@pytest.mark.parametrize("off", [0.0, 2.0**-25, 2.0**-20])
def test_what_float32_cannot_hold_is_noted_where_the_input_is_float32(size: int, off: float) -> None:
    """A factor rounded to float32 is no fault of a gradient in float32; one that is off by more is."""

    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return 2 * x

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return (2 + 2 * off) * upstream

    x = torch.linspace(-1.0, 2.0, size)
    report = gradcheck.check(Doubled.apply, x)

    assert report.ok == (off < 2.0**-23), str(report)
    assert [f.code for f in report.findings] == {0.0: [], 2.0**-25: ["GC903"]}.get(off, ["GC101"])
    assert size > 5 or gradcheck.check(Doubled.apply, x.double()).ok == (off == 0.0)

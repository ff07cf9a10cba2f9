"""What could explain a residual, in the order of simplicity; within one rank all that fit are said."""

from . import _coupling, _layout, _losses, _norms, _operands, _pointwise, _scale, _upstreams
from ._match import Hypothesis as Hypothesis
from ._match import Match as Match

RANKS: tuple[tuple[Hypothesis, ...], ...] = (
    (_scale.rounded,),
    (_scale.zero,),
    (_scale.scaled,),
    (_upstreams.bent_upstream, _upstreams.bent_gradient),
    (_layout.transposed, _layout.moved, _layout.exchanged, _layout.wrong_axis),
    (_coupling.passed_on,),
    (_pointwise.pointwise,),
    (_coupling.diagonal, _operands.turned),
    (_layout.jacobian_transposed,),
    (_norms.normalization,),
    (_losses.labels,),
    (_operands.penalty,),
    (_layout.one_slice,),
    (_layout.shares,),
    (_layout.rows, _coupling.winners, _layout.strided),
    (_operands.scaled_entries,),
    (_operands.added,),
    (_operands.replaced,),
    (_coupling.cross_terms,),
    (_upstreams.affine_in_upstream, _upstreams.not_linear),
)

"""Losses: ``f(prediction, target, *, reduction="mean")``, each beside its gradient by the prediction.

====================================  =================================================  ===========================
function                              loss of one example or entry                       target
====================================  =================================================  ===========================
`softmax_cross_entropy`               -sum t log softmax(z)                              labels, or probabilities
`hinge`                               sum over the wrong classes of max(0, s - s_y + 1)  labels
`mean_square`                         (p - t)^2                                          numbers
`binary_cross_entropy_with_logits`    -t log sigmoid(z) - (1 - t) log sigmoid(-z)        numbers in [0, 1]
====================================  =================================================  ===========================

The gradient of each is ``<name>_grad``. The reduction is ``"mean"``, ``"sum"`` or ``"none"``; sums are carried in
double precision, and results have the precision of the prediction.
"""

from __future__ import annotations

from ._binary_cross_entropy import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from ._binary_cross_entropy import binary_cross_entropy_with_logits_grad as binary_cross_entropy_with_logits_grad
from ._hinge import hinge as hinge
from ._hinge import hinge_grad as hinge_grad
from ._mean_square import mean_square as mean_square
from ._mean_square import mean_square_grad as mean_square_grad
from ._softmax_cross_entropy import softmax_cross_entropy as softmax_cross_entropy
from ._softmax_cross_entropy import softmax_cross_entropy_grad as softmax_cross_entropy_grad

__all__ = [
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_grad",
    "hinge",
    "hinge_grad",
    "mean_square",
    "mean_square_grad",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
]

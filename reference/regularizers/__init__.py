"""Regularizers: ``f(w, strength)`` is what is added to the loss, and ``f_grad`` what is added to the gradient.

====================  ==============================================  ======================
function              value                                           beside it
====================  ==============================================  ======================
`l1`                  strength * sum |w|                              `l1_grad`
`l2`                  strength / 2 * sum w^2                          `l2_grad`
`elastic_net`         strength * sum (r |w| + (1 - r) / 2 w^2)        `elastic_net_grad`
`max_norm`            w, shortened to a length: a projection          `max_norm_vjp`
====================  ==============================================  ======================
"""

from __future__ import annotations

from ._elastic_net import elastic_net as elastic_net
from ._elastic_net import elastic_net_grad as elastic_net_grad
from ._l1 import l1 as l1
from ._l1 import l1_grad as l1_grad
from ._l2 import l2 as l2
from ._l2 import l2_grad as l2_grad
from ._max_norm import max_norm as max_norm
from ._max_norm import max_norm_vjp as max_norm_vjp

__all__ = [
    "elastic_net",
    "elastic_net_grad",
    "l1",
    "l1_grad",
    "l2",
    "l2_grad",
    "max_norm",
    "max_norm_vjp",
]

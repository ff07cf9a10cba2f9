"""Update rules: ``step(w, grad, state=None, *, learning_rate=...)`` gives the new weights and the new state.

====================  ==============================================================  ====================
function              step                                                            it keeps
====================  ==============================================================  ====================
`sgd`                 -rate * g                                                       nothing
`momentum`            v, with v = mu v - rate * g                                     `Velocity`
`nesterov`            mu v - rate * g, with the same v                                `Velocity`
`adagrad`             -rate * g / root of the sum of all g^2                          `History`
`rmsprop`             -rate * g / root of the mean of recent g^2                      `Recent`
`adam`                -rate * mean of recent g / root of the mean of recent g^2       `Moments`
`adamw`               the same, and -rate * decay * w                                 `Moments`
====================  ==============================================================  ====================

The steps are pure: nothing that is handed in is changed, and the state, a named tuple of arrays, is the only memory.
``state=None`` begins. Arithmetic and state are in double precision, and the new weights have that of the old.
"""

from __future__ import annotations

from ._adagrad import History as History
from ._adagrad import adagrad as adagrad
from ._adam import Moments as Moments
from ._adam import adam as adam
from ._adam import adamw as adamw
from ._momentum import Velocity as Velocity
from ._momentum import momentum as momentum
from ._momentum import nesterov as nesterov
from ._rmsprop import Recent as Recent
from ._rmsprop import rmsprop as rmsprop
from ._sgd import sgd as sgd

__all__ = [
    "History",
    "Moments",
    "Recent",
    "Velocity",
    "adagrad",
    "adam",
    "adamw",
    "momentum",
    "nesterov",
    "rmsprop",
    "sgd",
]

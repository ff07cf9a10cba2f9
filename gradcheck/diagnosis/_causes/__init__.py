"""The catalogue: every mistake that diagnosis can name, as data."""

from . import _coupled, _layout, _pointwise, _protocol, _upstream
from ._cause import Cause as Cause
from ._protocol import BY_CODE as BY_CODE

CATALOGUE: dict[str, Cause] = {
    cause.name: cause for shelf in (_upstream, _layout, _pointwise, _coupled, _protocol) for cause in shelf.CAUSES
}

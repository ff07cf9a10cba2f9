"""The gallery of mistakes: layers in readable code, one edit each, with the finding, the path and the cause.

``MISTAKES`` is data. A fifth is held out: it was written before the hypotheses were tuned on the others.
``LATER`` is a second set, written after the hypotheses and before they met it.
"""

from ._made import INPUTS as INPUTS
from ._made import Mistake as Mistake
from ._made import compiled as compiled
from ._made import pair_of as pair_of
from ._made import source_of as source_of
from ._table import LATER as LATER
from ._table import MISTAKES as MISTAKES

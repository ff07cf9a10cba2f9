"""What `gradcheck doctor` looks at: whether this environment can give right answers, and what disturbs it."""

from ._examine import examine as examine
from ._line import Line as Line
from ._line import State as State

__all__ = ["Line", "State", "examine"]

"""Diagnosis: from the disagreement to the mistake, or to what it looks like."""

from ._box import Box as Box
from ._box import Refused as Refused
from ._box import Source as Source
from ._causes import CATALOGUE as CATALOGUE
from ._causes import Cause as Cause
from ._describe import describe as describe
from ._diagnose import STRICT as STRICT
from ._diagnose import Diagnosis as Diagnosis
from ._diagnose import diagnose as diagnose
from ._edits import OPERATORS as OPERATORS
from ._edits import Edit as Edit
from ._edits import edits as edits
from ._heads import heads_in as heads_in
from ._names import names_of as names_of
from ._safe import is_arithmetic as is_arithmetic

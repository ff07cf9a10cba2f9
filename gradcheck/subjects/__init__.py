"""Subjects: how a user's thing is called, one file per convention."""

from ._adapt import adapt as adapt
from ._beside import derivative_beside as derivative_beside
from ._complex import Realified as Realified
from ._declaration import Declaration as Declaration
from ._declaration import location_of as location_of
from ._declaration import name_of as name_of
from ._declaration import subject as subject
from ._floats import DIGITS as DIGITS
from ._floats import fits_into as fits_into
from ._floats import is_floating as is_floating
from ._floats import is_low as is_low
from ._floats import rounding_of as rounding_of
from ._library import Library as Library
from ._second_order import gradient_subject as gradient_subject
from ._second_order import parted_claims as parted_claims
from ._subject import Array as Array
from ._subject import Evaluation as Evaluation
from ._subject import Leaf as Leaf
from ._subject import Malformed as Malformed
from ._subject import OutOfBudget as OutOfBudget
from ._subject import Part as Part
from ._subject import Subject as Subject
from ._subject import elsewhere as elsewhere
from ._traits import KINDS as KINDS
from ._traits import Traits as Traits
from ._transposed import Transposed as Transposed

"""Subjects: how a user's thing is called, one file per convention."""

from ._declaration import Declaration as Declaration
from ._declaration import location_of as location_of
from ._declaration import name_of as name_of
from ._declaration import subject as subject
from ._traits import KINDS as KINDS
from ._traits import Traits as Traits

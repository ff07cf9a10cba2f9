"""What `gradcheck init` writes into a project: a table of configuration, and files for continuous integration."""

from ._edit import Edit as Edit
from ._files import SERVICES as SERVICES
from ._plan import planned as planned

__all__ = ["SERVICES", "Edit", "planned"]

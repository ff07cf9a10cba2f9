"""The engine behind the command line: find what a target declares, and check it."""

from ._check_one import has_laws as has_laws
from ._collect import Collected as Collected
from ._collect import collect as collect
from ._contain import Container as Container
from ._run import run as run
from ._settings import Settings as Settings

__all__ = ["Collected", "Container", "Settings", "collect", "has_laws", "run"]

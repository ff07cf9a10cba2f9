"""``[tool.gradcheck]`` of pyproject.toml: what it may say, and which settings are in force, from where."""

from ._effective import Configuration as Configuration
from ._effective import Setting as Setting
from ._effective import configured as configured
from ._effective import rows as rows
from ._expected import refuse_stale as refuse_stale
from ._file import ConfigFile as ConfigFile
from ._file import project_of as project_of
from ._forms import bytes_of as bytes_of
from ._forms import processes_of as processes_of
from ._keys import KEYS as KEYS
from ._keys import PROFILES as PROFILES
from ._source import Source as Source
from ._update import update_expected as update_expected

__all__ = [
    "KEYS",
    "PROFILES",
    "ConfigFile",
    "Configuration",
    "Setting",
    "Source",
    "bytes_of",
    "configured",
    "processes_of",
    "project_of",
    "refuse_stale",
    "rows",
    "update_expected",
]

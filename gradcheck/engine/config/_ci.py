"""Whether this is a service for continuous integration, by the variables that Hypothesis goes by.

Hypothesis is not imported for it; a test holds this table against its own.
"""

from __future__ import annotations

from collections.abc import Mapping

VARIABLES = {
    "CI": None,
    "__TOX_ENVIRONMENT_VARIABLE_ORIGINAL_CI": None,
    "TF_BUILD": "true",
    "bamboo.buildKey": None,
    "BUILDKITE": "true",
    "CIRCLECI": "true",
    "CIRRUS_CI": "true",
    "CODEBUILD_BUILD_ID": None,
    "GITHUB_ACTIONS": "true",
    "GITLAB_CI": None,
    "HEROKU_TEST_RUN_ID": None,
    "TEAMCITY_VERSION": None,
}
"""Variable -> the value that counts; None for any."""


def service(environment: Mapping[str, str]) -> str | None:
    """Return the variable that tells of a service, or None.

    >>> service({"GITHUB_ACTIONS": "true"}), service({"TF_BUILD": "no"})
    ('GITHUB_ACTIONS', None)
    """
    told = (name for name, value in VARIABLES.items() if name in environment and value in (None, environment[name]))
    return next(told, None)

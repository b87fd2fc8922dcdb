"""Who is woken on AWS: what a deployment says of alarms.

CloudFormation would refuse the same values, but only after everything is packaged.
docs/configuration.md explains each variable.
"""

import re
from collections.abc import Mapping
from typing import Final

from infra import arns
from infra.alerts import spend
from infra.errors import DeployError
from infra.targets import Target

_ALARMS: Final = "ALARMS"
_TOPIC: Final = "ALARM_TOPIC"
_EMAIL: Final = "ALARM_EMAIL"
_LIMIT: Final = "SPEND_LIMIT"

PARAMETERS: Final = {
    _ALARMS: "Alarms",
    _EMAIL: "AlarmEmail",
    _TOPIC: "AlarmTopic",
    _LIMIT: "SpendLimit",
}
"""The environment variables, and their parameters in the template."""

_ADDRESS: Final = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")
_NUMBER: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")


def check(chosen: Mapping[str, str], target: Target) -> None:
    """Raises DeployError, with the variable and its value, for what says badly who is woken.

    `chosen` are values of parameters; those without a value have their default.
    """
    given = {variable: chosen.get(parameter, "") for variable, parameter in PARAMETERS.items()}
    if given[_ALARMS] not in ("", "yes", "no"):
        raise DeployError(f"{_ALARMS} must be yes or no, not {given[_ALARMS]!r}")
    if topic := given[_TOPIC]:
        arns.check(_TOPIC, topic, arns.TOPIC, target.region)
    if given[_EMAIL] and not _ADDRESS.fullmatch(given[_EMAIL]):
        raise DeployError(f"{_EMAIL} must be one mail address, not {given[_EMAIL]!r}")
    spend_limit(given[_LIMIT])


def spend_limit(asked: str) -> float:
    """Returns the limit in dollars a month; the default for an empty text. Raises DeployError for
    what is no sum above 0."""
    if not asked:
        return spend.LIMIT
    if not _NUMBER.fullmatch(asked) or not float(asked):
        raise DeployError(
            f"{_LIMIT} must be a number of dollars a month above 0, such as 50, not {asked!r}"
        )
    return float(asked)

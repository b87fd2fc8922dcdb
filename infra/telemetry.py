"""Where a deployment ships traces and logs: the variables OTLP_*.

The function would refuse the same values, but only when it runs. Here they are refused before
anything is packaged. docs/configuration.md explains each variable.
"""

import re
from collections.abc import Mapping
from typing import Final

from chalicelib.telemetry import endpoints
from chalicelib.telemetry.otlp import Signal
from infra.errors import DeployError
from infra.targets import Target

PARAMETERS: Final = {
    endpoints.BASE: "OtlpEndpoint",
    endpoints.OF_SIGNAL[Signal.TRACES]: "OtlpTracesEndpoint",
    endpoints.OF_SIGNAL[Signal.LOGS]: "OtlpLogsEndpoint",
    endpoints.HEADERS: "OtlpHeaders",
    endpoints.COMPRESSION: "OtlpCompression",
}
"""The variables, and their parameters in the template."""

_SECRET: Final = re.compile(
    r"arn:[a-z-]+:secretsmanager:(?P<region>[a-z0-9-]+):[0-9]{12}:secret:.+"
)


def of_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """Returns the parameters for those settings that have a value."""
    return {
        parameter: settings[variable]
        for variable, parameter in PARAMETERS.items()
        if settings.get(variable)
    }


def ships(parameters: Mapping[str, str | None]) -> bool:
    """Whether a stack with these parameters has the function `telemetry`."""
    return any(parameters.get(PARAMETERS[variable]) for variable in endpoints.PLACES)


def check(parameters: Mapping[str, str], target: Target) -> None:
    """Raises DeployError with the variable and its value, if one cannot be used."""
    given = {
        variable: parameters[parameter]
        for variable, parameter in PARAMETERS.items()
        if parameters.get(parameter)
    }
    secret = given.pop(endpoints.HEADERS, "")
    try:
        endpoints.endpoints(given)
    except endpoints.BadEndpoint as error:
        raise DeployError(str(error)) from None
    if not secret:
        return
    found = _SECRET.fullmatch(secret)
    if found is None:
        # Somebody may have written the headers themselves.
        raise DeployError(
            f"{endpoints.HEADERS} must be the ARN of a secret (arn:…:secretsmanager:…:secret:…)"
        )
    if found["region"] != target.region:
        raise DeployError(
            f"{endpoints.HEADERS} must be a secret of the stack's region {target.region}, not "
            f"{secret!r}"
        )

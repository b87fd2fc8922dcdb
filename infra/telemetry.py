"""Where a deployment ships traces and logs: the variables OTLP_*.

The function would refuse the same values, but only when it runs. Here they are refused before
anything is packaged. docs/configuration.md explains each variable.
"""

from collections.abc import Mapping
from typing import Final

from chalicelib.telemetry import endpoints
from chalicelib.telemetry.otlp import Signal
from infra import arns
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
    if secret:
        # Somebody may have written the headers themselves.
        arns.check(endpoints.HEADERS, secret, arns.SECRET, target.region, is_shown=False)

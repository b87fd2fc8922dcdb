"""The values that a deployment gives to the parameters of the template (infra/resources.yaml)."""

import os
import platform
from collections.abc import Mapping
from typing import cast, get_args

from infra import account, announcements, arns, canary, config, origins, telemetry, template
from infra.access import SELECTIONS_VARIABLE, Access
from infra.alerts import choices
from infra.errors import DeployError
from infra.targets import Target
from infra.template import ARCHITECTURE_PARAMETER
from infra.wheels import Architecture

SOURCE_BUCKET_VARIABLE = "EXISTING_SOURCE_BUCKET"
"""Environment variable that names a bucket which already holds the source files."""

POLLERS_VARIABLE = "PROVISIONED_POLLERS"
"""Environment variable that says how many event pollers AWS keeps ready for the worker."""

POLLERS = range(2, 201)
"""How many there may be.
https://docs.aws.amazon.com/lambda/latest/api/API_ProvisionedPollerConfig.html"""

PROTECTION_VARIABLE = "DELETION_PROTECTION"
PROTECTION_PARAMETER = "DeletionProtection"

SELECTIONS_PARAMETER = "SelectionKeys"

_OPERATORS = {
    "ANNOUNCER_CONCURRENCY": "AnnouncerConcurrency",
    "API_CONCURRENCY": "ApiConcurrency",
    "ARCHITECTURE": "Architecture",
    PROTECTION_VARIABLE: PROTECTION_PARAMETER,
    "ARCHIVE_KMS_KEY": "ArchiveKmsKey",
    origins.VARIABLE: origins.PARAMETER,
    "KMS_KEY_ARN": "KmsKeyArn",
    "LOG_RETENTION_DAYS": "LogRetentionDays",
    SELECTIONS_VARIABLE: SELECTIONS_PARAMETER,
    "THROTTLE_BURST": "ThrottleBurst",
    "THROTTLE_RATE": "ThrottleRate",
    "WORKER_CONCURRENCY": "WorkerConcurrency",
    SOURCE_BUCKET_VARIABLE: "ExistingSourceBucket",
    POLLERS_VARIABLE: "ProvisionedPollers",
    **announcements.PARAMETERS,
    **canary.PARAMETERS,
    **choices.PARAMETERS,
}
"""Environment variables that are the operator's choice, and their parameters. CloudFormation checks
the values."""

VARIABLES_OF_PARAMETERS = {**template.PARAMETERS, **_OPERATORS}
"""All variables that are parameters of the template: those that `make up` reads, and those of
.chalice/config.json."""

VARIABLES = (*_OPERATORS, *telemetry.PARAMETERS, *template.PARAMETER_OF)
"""All environment variables that say something about a deployment."""

_KEYS = ("ARCHIVE_KMS_KEY", "KMS_KEY_ARN")

_SWITCH = {"on": "true", "off": "false", "true": "true", "false": "false"}

_LOCALLY = {
    PROTECTION_PARAMETER: "off",
    # Tests ask as fast as they can. These are what AWS takes from a whole account.
    "ThrottleBurst": "5000",
    "ThrottleRate": "10000",
}


def values(
    target: Target,
    stack_name: str,
    access: Access,
    settings: Mapping[str, str] | None,
    deployed: Mapping[str, str],
) -> dict[str, str | None]:
    """Returns values for the parameters of our template. None leaves the default.

    `deployed` are the values that the stack on AWS has now. An operator's choice that this command
    does not name keeps its value; one that is named with an empty value gets its default again.
    `settings` win over all others. Raises DeployError for a value that is none.
    """
    chosen = operators(target, deployed)
    found = {**(_local(target) if target.is_local else _of_account(target, stack_name)), **chosen}
    for variable in _KEYS:
        if value := os.environ.get(variable):
            arns.check(variable, value, arns.KMS_KEY, target.region)
    found[PROTECTION_PARAMETER] = _switch(found.get(PROTECTION_PARAMETER, "on"))
    found["ProvisionedPollers"] = pollers = _pollers(found.get("ProvisionedPollers", "0"))
    if asked := found.get(origins.PARAMETER):
        found[origins.PARAMETER] = origins.checked(asked)
    return {
        **template.setting_parameters(config.settings_of(target.stage)),
        **access.parameters(),
        **found,
        **template.setting_parameters(settings or {}),
        "MaximumPollers": _maximum(pollers, found.get("WorkerConcurrency")),
    }


def operators(target: Target, deployed: Mapping[str, str]) -> dict[str, str]:
    """Returns the parameters that are the operator's choice, without those that have their default.
    See `values` for `deployed`. Raises DeployError for what says badly who is told of jobs, who is
    woken, or where telemetry goes.

    Locally, `make observe` ships it, and heeds the same variables. Two would send all of it twice.
    """
    environment = os.environ
    named = _OPERATORS if target.is_local else {**_OPERATORS, **telemetry.PARAMETERS}
    chosen = {
        parameter: deployed[parameter]
        for variable, parameter in named.items()
        if variable not in environment and parameter in deployed
    }
    chosen |= {
        parameter: environment[variable]
        for variable, parameter in named.items()
        if environment.get(variable)
    }
    choices.check(chosen, target)
    canary.check(chosen)
    telemetry.check(chosen, target)
    return announcements.settled(chosen, deployed, target)


def architecture_of(values: Mapping[str, str | None]) -> Architecture:
    """Returns the processors of the functions. Raises DeployError if Lambda has none such."""
    named = values.get(ARCHITECTURE_PARAMETER) or "arm64"
    if named not in get_args(Architecture):
        raise DeployError(f"ARCHITECTURE must be arm64 or x86_64, not {named!r}")
    return cast("Architecture", named)


def is_protected(parameters: Mapping[str, str]) -> bool:
    """Whether a stack with these parameters is protected from deletion."""
    return parameters.get(PROTECTION_PARAMETER) == _SWITCH["on"]


def architecture(machine: str) -> str:
    """Returns Lambda's name for a machine's processors, which Python calls `machine`."""
    return "arm64" if machine.lower() in ("arm64", "aarch64") else "x86_64"


def _local(target: Target) -> dict[str, str]:
    if target.endpoint_url is None:
        raise ValueError(f"{target.name} was not started")
    return {
        **_LOCALLY,
        # An emulator runs functions on this machine, in Docker too.
        "Architecture": architecture(platform.machine()),
        "PublicEndpointUrl": target.endpoint_url,
        "ApiUrlTemplate": target.api_url_template,
    }


def _of_account(target: Target, stack_name: str) -> dict[str, str]:
    session = target.session()
    shares = account.shares_of(session, f"{stack_name}-APIHandler")
    return {
        "ApiConcurrency": str(shares.api),
        "WorkerConcurrency": str(shares.worker),
        "AnnouncerConcurrency": str(shares.announcer),
        "GatewayLogRole": account.gateway_log_role(session, stack_name),
    }


def _switch(asked: str) -> str:
    """Returns the template's value for what an operator wrote."""
    if (value := _SWITCH.get(asked.lower())) is None:
        raise DeployError(f"{PROTECTION_VARIABLE} must be on or off, not {asked!r}")
    return value


def _pollers(asked: str) -> str:
    if asked != "0" and not (asked.isdecimal() and int(asked) in POLLERS):
        first, last = POLLERS[0], POLLERS[-1]
        raise DeployError(
            f"{POLLERS_VARIABLE} must be a whole number from {first} to {last}, or 0 for none, "
            f"not {asked!r}"
        )
    return asked


def _maximum(pollers: str, workers: str | None) -> str | None:
    """Returns how many pollers there may be, so that they run no more than the bound of workers."""
    if pollers == "0" or not workers or not workers.isdecimal() or workers == "0":
        return None
    wanted = int(workers) // account.POLLER_RUNS
    return str(min(max(wanted, int(pollers)), POLLERS[-1]))

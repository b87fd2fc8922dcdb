"""The values that a deployment gives to the parameters of the template (infra/resources.yaml)."""

import json
import os
import platform
from collections.abc import Mapping

from chalicelib.jobs.items import RECORD_GRACE_DAYS
from infra import account, template
from infra.errors import DeployError
from infra.paths import CHALICE_CONFIG
from infra.targets import Target

SOURCE_BUCKET_VARIABLE = "EXISTING_SOURCE_BUCKET"
"""Environment variable that names a bucket which already holds the source files."""

POLLERS_VARIABLE = "PROVISIONED_POLLERS"
"""Environment variable that says how many event pollers AWS keeps ready for the worker."""

POLLERS = range(2, 201)
"""How many there may be.
https://docs.aws.amazon.com/lambda/latest/api/API_ProvisionedPollerConfig.html"""

_OPERATORS = {
    "API_CONCURRENCY": "ApiConcurrency",
    "ARCHITECTURE": "Architecture",
    "DELETION_PROTECTION": "DeletionProtection",
    "KMS_KEY_ARN": "KmsKeyArn",
    "LOG_RETENTION_DAYS": "LogRetentionDays",
    "THROTTLE_BURST": "ThrottleBurst",
    "THROTTLE_RATE": "ThrottleRate",
    "WORKER_CONCURRENCY": "WorkerConcurrency",
}
"""Environment variables that are the operator's choice, and their parameters. CloudFormation checks
the values."""

VARIABLES = (SOURCE_BUCKET_VARIABLE, POLLERS_VARIABLE, *_OPERATORS, *template.PARAMETER_OF)
"""All environment variables that say something about a deployment."""

_LOCALLY = {
    "DeletionProtection": "false",
    # Tests ask as fast as they can. These are what AWS takes from a whole account.
    "ThrottleBurst": "5000",
    "ThrottleRate": "10000",
}


def values(
    target: Target, stack_name: str, settings: Mapping[str, str] | None
) -> dict[str, str | None]:
    """Returns values for the parameters of our template. None leaves the default.

    For a setting that is a parameter, `settings` win over the environment, and that over what
    .chalice/config.json says of the stage. Raises DeployError for a value that is none.
    """
    environment = os.environ
    chosen = {
        parameter: environment[variable]
        for variable, parameter in _OPERATORS.items()
        if environment.get(variable)
    }
    pollers = _pollers(environment.get(POLLERS_VARIABLE))
    found = {**(_local(target) if target.is_local else _of_account(target, stack_name)), **chosen}
    return {
        **of_config(target.stage),
        **template.setting_parameters(environment),
        **template.setting_parameters(settings or {}),
        **found,
        "ExistingSourceBucket": environment.get(SOURCE_BUCKET_VARIABLE) or None,
        "ProvisionedPollers": pollers,
        "MaximumPollers": _maximum(pollers, found.get("WorkerConcurrency")),
    }


def of_config(stage: str) -> dict[str, str]:
    """Returns the parameters of the template that follow from the stage's settings."""
    config = json.loads(CHALICE_CONFIG.read_text())
    of_stage = config["stages"][stage].get("environment_variables", {})
    environment = config.get("environment_variables", {}) | of_stage
    found = template.setting_parameters(environment)
    if not (archive_days := environment.get("ARCHIVE_TTL_DAYS")):
        return found
    # S3 counts from when an archive's upload was opened, which is some time before the archive was
    # there. Hence one more day.
    lifecycle = int(archive_days) + 1
    return found | {
        "LifecycleDays": str(lifecycle),
        "RequestDays": str(lifecycle + RECORD_GRACE_DAYS),
    }


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
        "GatewayLogRole": account.gateway_log_role(session, stack_name),
    }


def _pollers(asked: str | None) -> str | None:
    if asked and not (asked.isdecimal() and int(asked) in POLLERS):
        first, last = POLLERS[0], POLLERS[-1]
        raise DeployError(
            f"{POLLERS_VARIABLE} must be a whole number from {first} to {last}, not {asked!r}"
        )
    return asked or None


def _maximum(pollers: str | None, workers: str | None) -> str | None:
    """Returns how many pollers there may be, so that they run no more than the bound of workers."""
    if not pollers or not workers or not workers.isdecimal() or workers == "0":
        return None
    wanted = int(workers) // account.POLLER_RUNS
    return str(min(max(wanted, int(pollers)), POLLERS[-1]))

"""Completes the SAM template that Chalice writes. Pure: a template in, a template out.

There is one template: `make template` writes it, a release has it, and `make up` deploys it.
"""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from chalicelib.version import VERSION
from infra import (
    announcements,
    canary,
    functions,
    interface,
    named_sources,
    retention,
    source_grants,
    telemetry,
    tunables,
)
from infra.alerts import cloudwatch
from infra.named_sources import Named
from infra.rest_api import complete_apis

# CloudFormation's own shape: JSON of any depth. No type of ours would say more.
Template = dict[str, Any]

CODE_BUCKET = "CodeBucket"
CODE_KEY = "CodeKey"
CODE_FILE = f"longhaul-{VERSION}-lambda.zip"
"""What the Lambda package is called. It is also the default of its key."""

ARCHITECTURE_PARAMETER = "Architecture"
AUTH_PARAMETER = "Auth"
PREFIX = "SourcePrefix"

PARAMETER_OF = {
    "AUTH": AUTH_PARAMETER,
    "JWT_ISSUER": "JwtIssuer",
    "JWT_AUDIENCE": "JwtAudience",
    "JWT_CLIENT_ID": "JwtClientId",
    "JWT_SCOPE": "JwtScope",
    "JWT_USER_CLAIM": "JwtUserClaim",
    "USER_PREFIX": "UserPrefix",
    "ADMIN_CLAIM": "AdminClaim",
    "SOURCE_PREFIX": PREFIX,
    named_sources.VARIABLE: named_sources.PARAMETER,
}
"""Settings of the functions that are parameters of the template: its name, by the variable's.

Who may ask for what is decided for each deployment, and API Gateway must know a part of it.
"""

_LOCAL: Final = {"PUBLIC_ENDPOINT_URL": "PublicEndpointUrl", "API_URL_TEMPLATE": "ApiUrlTemplate"}
"""What a target says of itself. No operator sets it."""

PARAMETERS: Final = {
    **PARAMETER_OF,
    **tunables.PARAMETERS,
    **announcements.PARAMETERS,
    **telemetry.PARAMETERS,
    **_LOCAL,
}
"""All variables that are parameters, as PARAMETER_OF."""


def complete(
    template: Mapping[str, Any],
    *,
    architecture: str,
    named: Named | None = None,
) -> Template:
    """Returns the template that is published and deployed. All that differs from one stack to the
    next is a parameter: two say where the code was uploaded to.

    All errors of the API, also those of API Gateway itself, have the app's format. The code is
    built for `architecture`, and runs on no other processors. How callers prove who they are has no
    default. `named` are the sources of SOURCES, if it is set: the functions may read them and no
    others, so the template takes no other sources.
    """
    completed = deepcopy(dict(template))
    parameters = completed.setdefault("Parameters", {})
    functions.declare(completed)
    tunables.declare(completed)
    _take_defaults(completed)
    retention.follow(completed)
    if named:
        source_grants.add(completed, named.sources)
        # What the functions may read follows from both.
        for parameter, only in ((named_sources.PARAMETER, named.text), (PREFIX, named.prefix)):
            parameters[parameter] |= {"Default": only, "AllowedValues": [only]}
    for function in _properties(completed, "AWS::Serverless::Function"):
        function["CodeUri"] = {"Bucket": {"Ref": CODE_BUCKET}, "Key": {"Ref": CODE_KEY}}
        function["Architectures"] = [{"Ref": ARCHITECTURE_PARAMETER}]
    complete_apis(completed)
    cloudwatch.add(completed)
    canary.add(completed)
    # Who may call is said out loud, or CloudFormation deploys nothing.
    parameters.get(AUTH_PARAMETER, {}).pop("Default", None)
    parameters.setdefault(ARCHITECTURE_PARAMETER, {"Type": "String"}).update(
        Default=architecture, AllowedValues=[architecture]
    )
    parameters |= _code_parameters()
    interface.add(completed)
    return completed


def _take_defaults(template: Template) -> None:
    """Makes what .chalice/config.json says of a setting the default of its parameter.

    Chalice writes it to each function, where it would win over the parameter. What the file says of
    one function alone stays there.
    """
    own = [
        function.setdefault("Environment", {}).setdefault("Variables", {})
        for function in _properties(template, "AWS::Serverless::Function")
    ]
    for variable, parameter in PARAMETERS.items():
        said = {one.get(variable) if isinstance(one.get(variable), str) else None for one in own}
        if len(said) != 1 or None in said or parameter not in template["Parameters"]:
            continue
        template["Parameters"][parameter]["Default"] = said.pop()
        for variables in own:
            del variables[variable]


def _code_parameters() -> Template:
    return {
        CODE_BUCKET: {
            "Type": "String",
            "AllowedPattern": "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            "ConstraintDescription": "must be the name of a bucket",
            "Description": "The bucket that the Lambda package was uploaded to, in the stack's "
            "region.",
        },
        CODE_KEY: {
            "Type": "String",
            "Default": CODE_FILE,
            "MinLength": 1,
            "MaxLength": 1024,
            "ConstraintDescription": "must be the key of an object",
            "Description": "The key of the Lambda package in that bucket. The functions get other "
            "code only if the key is another one.",
        },
    }


def with_variables(template: Template, variables: Mapping[str, str]) -> Template:
    """Returns the template with these variables in each function: settings without a parameter."""
    changed = deepcopy(template)
    for function in _properties(changed, "AWS::Serverless::Function"):
        function["Environment"]["Variables"].update(variables)
    return changed


def text(template: Template) -> str:
    """Returns the template as it is written to a file: the same one is the same text."""
    return json.dumps(template, indent=1, sort_keys=True) + "\n"


def setting_parameters(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the parameters of the template for those variables that have a value."""
    return {
        parameter: environment[variable]
        for variable, parameter in PARAMETERS.items()
        if environment.get(variable)
    }


def without_parameter(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables that no parameter of the template sets."""
    return {name: value for name, value in environment.items() if name not in PARAMETERS}


def parameters(template: Mapping[str, Any], values: Mapping[str, str | None]) -> dict[str, str]:
    """Returns those of `values` that are set, and that the template has as parameters."""
    wanted = template.get("Parameters", {})
    return {name: value for name, value in values.items() if name in wanted and value is not None}


def _properties(template: Template, kind: str) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == kind:
            yield resource["Properties"]

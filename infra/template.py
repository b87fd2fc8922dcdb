"""Completes the SAM template that Chalice writes. Pure: a template in, a template out."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from chalicelib.named_sources import Source
from infra import canary, named_sources, source_grants, telemetry
from infra.alerts import cloudwatch
from infra.rest_api import complete_apis

# CloudFormation's own shape: JSON of any depth. No type of ours would say more.
Template = dict[str, Any]

# {"Ref": the name of a parameter}, in place of a value.
Reference = Mapping[str, str]

CODE_BUCKET = "CodeBucket"
CODE_KEY = "CodeKey"

ARCHITECTURE_PARAMETER = "Architecture"
AUTH_PARAMETER = "Auth"

PARAMETER_OF = {
    "AUTH": AUTH_PARAMETER,
    "JWT_ISSUER": "JwtIssuer",
    "JWT_AUDIENCE": "JwtAudience",
    "JWT_CLIENT_ID": "JwtClientId",
    "JWT_SCOPE": "JwtScope",
    "JWT_USER_CLAIM": "JwtUserClaim",
    "USER_PREFIX": "UserPrefix",
    "ADMIN_CLAIM": "AdminClaim",
    "SOURCE_PREFIX": "SourcePrefix",
    named_sources.VARIABLE: named_sources.PARAMETER,
}
"""Settings of the functions that are parameters of the template: its name, by the variable's.

Who may ask for what is decided for each deployment, and API Gateway must know a part of it.
"""


def complete(
    template: Mapping[str, Any],
    *,
    code_bucket: str | Reference,
    code_key: str | Reference,
    settings: Mapping[str, str] | None = None,
    sources: Sequence[Source] = (),
) -> Template:
    """Returns the template to deploy, with the code's place in S3 and an API that the app answers.

    All errors of the API, also those of API Gateway itself, have the app's format. `settings`
    replace those of the stage, in each function. Settings that are parameters of the template are
    left out (see `setting_parameters`): a function's own variable would win over the parameter.
    `sources` are those of SOURCES, if it is set: the functions may read them and no others.
    """
    completed = deepcopy(dict(template))
    if sources:
        source_grants.add(completed, sources)
    declared = completed.get("Parameters", {})
    own = {k: v for k, v in (settings or {}).items() if k not in telemetry.PARAMETERS}
    for function in _properties(completed, "AWS::Serverless::Function"):
        function["CodeUri"] = {"Bucket": code_bucket, "Key": code_key}
        if ARCHITECTURE_PARAMETER in declared:
            function["Architectures"] = [{"Ref": ARCHITECTURE_PARAMETER}]
        variables = function.setdefault("Environment", {}).setdefault("Variables", {})
        variables.update(own)
        for variable, parameter in PARAMETER_OF.items():
            if parameter in declared:
                variables.pop(variable, None)
    complete_apis(completed["Resources"])
    cloudwatch.add(completed)
    canary.add(completed)
    return completed


def published(
    template: Mapping[str, Any],
    *,
    code_key: str,
    architecture: str,
    defaults: Mapping[str, str],
    sources: Sequence[Source] = (),
) -> Template:
    """Returns the template of a release. Two more parameters say where the code was uploaded to.
    A release has no `sources`: what the functions may do follows from them.

    `code_key` is the default of the code's key. The code is built for `architecture`, and
    runs on no other processors. `defaults` replace the defaults of parameters that the template
    has. How callers prove who they are has none.
    """
    completed = complete(
        template, code_bucket={"Ref": CODE_BUCKET}, code_key={"Ref": CODE_KEY}, sources=sources
    )
    parameters = completed.setdefault("Parameters", {})
    for name, value in defaults.items():
        parameters[name]["Default"] = value
    # Who may call is said out loud, or CloudFormation deploys nothing.
    parameters.get(AUTH_PARAMETER, {}).pop("Default", None)
    if ARCHITECTURE_PARAMETER in parameters:
        only = {"Default": architecture, "AllowedValues": [architecture]}
        parameters[ARCHITECTURE_PARAMETER] |= only
    parameters[CODE_BUCKET] = {
        "Type": "String",
        "Description": "The bucket that the Lambda package was uploaded to, in the stack's region.",
    }
    parameters[CODE_KEY] = {
        "Type": "String",
        "Default": code_key,
        "Description": "The key of the Lambda package in that bucket.",
    }
    return completed


def setting_parameters(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the parameters of the template for those variables that have a value."""
    return {
        parameter: environment[variable]
        for variable, parameter in PARAMETER_OF.items()
        if environment.get(variable)
    }


def parameters(template: Mapping[str, Any], values: Mapping[str, str | None]) -> dict[str, str]:
    """Returns those of `values` that are set, and that the template has as parameters."""
    wanted = template.get("Parameters", {})
    return {name: value for name, value in values.items() if name in wanted and value is not None}


def _properties(template: Template, kind: str) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == kind:
            yield resource["Properties"]

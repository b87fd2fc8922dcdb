"""Completes the SAM template that Chalice writes. Pure: a template in, a template out."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from infra.gateway_responses import gateway_responses

# CloudFormation's own shape: JSON of any depth. No type of ours would say more.
Template = dict[str, Any]

# {"Ref": the name of a parameter}, in place of a value.
Reference = Mapping[str, str]

CODE_BUCKET = "CodeBucket"
CODE_KEY = "CodeKey"

INTEGRATION = "x-amazon-apigateway-integration"
GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
EVERY_OTHER_PATH = "/{proxy+}"
# By their names: MiniStack does not read the extension that stands for any method.
EVERY_METHOD = ("delete", "get", "head", "options", "patch", "post", "put")


def complete(
    template: Mapping[str, Any],
    *,
    code_bucket: str | Reference,
    code_key: str | Reference,
    settings: Mapping[str, str] | None = None,
) -> Template:
    """Returns the template to deploy, with the code's place in S3 and an API that the app answers.

    All errors of the API, also those of API Gateway itself, have the app's format. `settings`
    replace those of the stage, in each function.
    """
    completed = deepcopy(dict(template))
    for function in _properties(completed, "AWS::Serverless::Function"):
        function["CodeUri"] = {"Bucket": code_bucket, "Key": code_key}
        if settings:
            function.setdefault("Environment", {}).setdefault("Variables", {}).update(settings)
    for api in _properties(completed, "AWS::Serverless::Api"):
        # Without a version SAM adds a second, public stage that is called "Stage".
        api["OpenApiVersion"] = "2.0"
        _route_everything_to_the_app(api["DefinitionBody"])
        api["DefinitionBody"][GATEWAY_RESPONSES] = gateway_responses()
    return completed


def published(
    template: Mapping[str, Any], *, code_key: str, defaults: Mapping[str, str]
) -> Template:
    """Returns the template of a release. Two more parameters say where the code was uploaded to.

    `code_key` is the default of the code's key. `defaults` replace the defaults of parameters that
    the template has.
    """
    completed = complete(template, code_bucket={"Ref": CODE_BUCKET}, code_key={"Ref": CODE_KEY})
    parameters = completed.setdefault("Parameters", {})
    for name, value in defaults.items():
        parameters[name]["Default"] = value
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


def parameters(template: Mapping[str, Any], values: Mapping[str, str | None]) -> dict[str, str]:
    """Returns those of `values` that are set, and that the template has as parameters."""
    wanted = template.get("Parameters", {})
    return {name: value for name, value in values.items() if name in wanted and value is not None}


def _properties(template: Template, kind: str) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == kind:
            yield resource["Properties"]


def _route_everything_to_the_app(definition: dict[str, Any]) -> None:
    """Sends unknown methods and paths to the app too, so that the app words every error.

    API Gateway would answer them with a 403 about a missing authentication token. What Chalice made
    stays: its routes, and the answers to CORS preflights, for which no function is called.
    """
    paths: dict[str, dict[str, Any]] = definition["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    to_app = next(op for op in operations if op[INTEGRATION]["type"] == "aws_proxy")[INTEGRATION]
    for path in ("/", EVERY_OTHER_PATH, *paths):
        methods = paths.setdefault(path, {})
        for method in EVERY_METHOD:
            methods.setdefault(method, _operation(path, to_app))


def _operation(path: str, integration: dict[str, Any]) -> dict[str, Any]:
    names = [part[1:-1].rstrip("+") for part in path.split("/") if part.startswith("{")]
    return {
        "parameters": [
            {"name": name, "in": "path", "required": True, "type": "string"} for name in names
        ],
        "responses": {"200": {"description": "200 response"}},
        INTEGRATION: deepcopy(integration),
    }

"""The API of the template: every request reaches the app, and a change of AUTH reaches the API.

Chalice makes an API of SAM's kind of its routes. SAM deploys such an API again if its definition
differs. The definition of ours holds a condition, and its text stays the same when AUTH changes. A
deployment of the stage would then still let requests pass without a signature, or still demand one.
So the API is made of CloudFormation's own kinds here, with one deployment for each case. What
answers are compressed is part of a deployment too, so there is one for each choice of it.
"""

import hashlib
import json
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from infra import compression
from infra.gateway_responses import SIGNED_REQUESTS, gateway_responses

INTEGRATION = "x-amazon-apigateway-integration"
GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
EVERY_OTHER_PATH = "/{proxy+}"
# By their names: MiniStack does not read the extension that stands for any method.
EVERY_METHOD = ("delete", "get", "head", "options", "patch", "post", "put")

# Below this a request must be signed if AUTH is iam. The rest is open in all ways of AUTH.
_GUARDED = "/v1/"
_SIGV4 = "sigv4"
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
_SIGV4_SCHEME = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
}

UNSIGNED_REQUESTS = "UnsignedRequests"
"""The template's condition that API Gateway checks no signature."""

Resources = dict[str, dict[str, Any]]


def complete_apis(template: dict[str, Any]) -> None:
    """Replaces each API of SAM's kind by an API, its deployments and a stage.

    What the template already says of the stage stays.
    """
    for name, made in list(template["Resources"].items()):
        if made["Type"] == "AWS::Serverless::Api":
            _complete(template, name, made["Properties"])


def _complete(template: dict[str, Any], name: str, made: dict[str, Any]) -> None:
    resources: Resources = template["Resources"]
    definition = made["DefinitionBody"]
    _route_everything_to_the_app(definition)
    _demand_signatures(definition)
    definition[GATEWAY_RESPONSES] = gateway_responses()
    # CloudWatch tells APIs apart by their names, and an account may have two stacks.
    definition.setdefault("info", {})["title"] = {"Ref": "AWS::StackName"}
    endpoint = made.get("EndpointConfiguration", "EDGE")
    sizes = compression.declare(template, made.get("MinimumCompressionSize"))
    resources[name] = {
        "Type": "AWS::ApiGateway::RestApi",
        "Properties": {
            "Name": {"Ref": "AWS::StackName"},
            "Body": definition,
            "EndpointConfiguration": {"Types": [endpoint]},
            # An import makes an edge-optimized API unless it is told here too.
            "Parameters": {"endpointConfigurationTypes": endpoint},
            "MinimumCompressionSize": compression.VALUE,
        },
    }
    chosen = _deployments(template, name, definition, sizes)
    stage_name = made["StageName"]
    stage = resources.setdefault(f"{name}{stage_name}Stage", {"Type": "AWS::ApiGateway::Stage"})
    stage.setdefault("Properties", {}).update(
        RestApiId={"Ref": name}, StageName=stage_name, DeploymentId=chosen
    )


def _deployments(
    template: dict[str, Any], name: str, definition: dict[str, Any], sizes: Sequence[str]
) -> dict[str, Any]:
    """Adds a deployment for each case. Returns the one whose case it is, as a value of the
    template."""
    # A deployment never changes. So one of another definition needs another name.
    digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:10]
    chosen: dict[str, Any] = {}
    for case in (SIGNED_REQUESTS, UNSIGNED_REQUESTS):
        for size in sizes:
            condition = compression.condition(template, case, size)
            made = f"{name}{condition}{digest}"
            template["Resources"][made] = {
                "Type": "AWS::ApiGateway::Deployment",
                "Condition": condition,
                "Properties": {"RestApiId": {"Ref": name}},
            }
            # The last one is what is left if no other case is the one.
            chosen = {"Fn::If": [condition, {"Ref": made}, chosen]} if chosen else {"Ref": made}
    return chosen


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


def _demand_signatures(definition: dict[str, Any]) -> None:
    """Lets API Gateway check the signature (SigV4) of each request below /v1, if AUTH is iam.

    A preflight has no signature: browsers send none with it.
    """
    definition.setdefault("securityDefinitions", {})[_SIGV4] = _SIGV4_SCHEME
    signed = {"Fn::If": [SIGNED_REQUESTS, [{_SIGV4: []}], {"Ref": "AWS::NoValue"}]}
    for path, methods in definition["paths"].items():
        if path.startswith(_GUARDED):
            for method, operation in methods.items():
                if method != "options":
                    operation["security"] = deepcopy(signed)


def _operation(path: str, integration: dict[str, Any]) -> dict[str, Any]:
    names = [part[1:-1].rstrip("+") for part in path.split("/") if part.startswith("{")]
    return {
        "parameters": [
            {"name": name, "in": "path", "required": True, "type": "string"} for name in names
        ],
        "responses": {"200": {"description": "200 response"}},
        INTEGRATION: deepcopy(integration),
    }

"""The API of the template: every request reaches the app, and a change of AUTH reaches the API.

Chalice makes an API of SAM's kind of its routes. SAM deploys such an API again if its definition
differs. The definition of ours holds a condition, and its text stays the same when AUTH changes. A
deployment of the stage would then still let requests pass without a signature, or still demand one.
So the API is made of CloudFormation's own kinds here, with one deployment for each case.
"""

import hashlib
import json
from copy import deepcopy
from typing import Any

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


def complete_apis(resources: Resources) -> None:
    """Replaces each API of SAM's kind by an API, two deployments and a stage.

    What `resources` already says of the stage stays.
    """
    for name, made in list(resources.items()):
        if made["Type"] == "AWS::Serverless::Api":
            _complete(resources, name, made["Properties"])


def _complete(resources: Resources, name: str, made: dict[str, Any]) -> None:
    definition = made["DefinitionBody"]
    _route_everything_to_the_app(definition)
    _demand_signatures(definition)
    definition[GATEWAY_RESPONSES] = gateway_responses()
    # CloudWatch tells APIs apart by their names, and an account may have two stacks.
    definition.setdefault("info", {})["title"] = {"Ref": "AWS::StackName"}
    endpoint = made.get("EndpointConfiguration", "EDGE")
    # Bytes from which API Gateway compresses an answer. A stage takes it over when it is deployed:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html
    compression = {k: v for k, v in made.items() if k == "MinimumCompressionSize"}
    resources[name] = {
        "Type": "AWS::ApiGateway::RestApi",
        "Properties": {
            "Name": {"Ref": "AWS::StackName"},
            "Body": definition,
            "EndpointConfiguration": {"Types": [endpoint]},
            # An import makes an edge-optimized API unless it is told here too.
            "Parameters": {"endpointConfigurationTypes": endpoint},
            **compression,
        },
    }
    deployment = {
        "Type": "AWS::ApiGateway::Deployment",
        "Properties": {"RestApiId": {"Ref": name}},
    }
    # A deployment never changes. So one of another definition needs another name.
    written = json.dumps([definition, compression], sort_keys=True).encode()
    signed = f"{name}Signed{hashlib.sha256(written).hexdigest()[:10]}"
    unsigned = signed.replace("Signed", "Unsigned")
    resources[signed] = {**deployment, "Condition": SIGNED_REQUESTS}
    resources[unsigned] = {**deployment, "Condition": UNSIGNED_REQUESTS}
    stage_name = made["StageName"]
    stage = resources.setdefault(f"{name}{stage_name}Stage", {"Type": "AWS::ApiGateway::Stage"})
    stage.setdefault("Properties", {}).update(
        RestApiId={"Ref": name},
        StageName=stage_name,
        DeploymentId={"Fn::If": [SIGNED_REQUESTS, {"Ref": signed}, {"Ref": unsigned}]},
    )


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

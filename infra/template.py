"""Completes the SAM template that Chalice writes. Pure: a template in, a template out."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from infra.gateway_responses import SIGNED_REQUESTS, gateway_responses

# CloudFormation's own shape: JSON of any depth. No type of ours would say more.
Template = dict[str, Any]

# {"Ref": the name of a parameter}, in place of a value.
Reference = Mapping[str, str]

CODE_BUCKET = "CodeBucket"
CODE_KEY = "CodeKey"

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
}
"""Settings of the functions that are parameters of the template: its name, by the variable's.

Who may ask for what is decided for each deployment, and API Gateway must know a part of it.
"""

INTEGRATION = "x-amazon-apigateway-integration"
GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
EVERY_OTHER_PATH = "/{proxy+}"
# By their names: MiniStack does not read the extension that stands for any method.
EVERY_METHOD = ("delete", "get", "head", "options", "patch", "post", "put")

# What a request must prove before API Gateway lets it pass. The rest is open in all ways of AUTH.
_GUARDED = "/v1/"
_SIGV4 = "sigv4"
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
_SIGV4_SCHEME = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
}


def complete(
    template: Mapping[str, Any],
    *,
    code_bucket: str | Reference,
    code_key: str | Reference,
    settings: Mapping[str, str] | None = None,
) -> Template:
    """Returns the template to deploy, with the code's place in S3 and an API that the app answers.

    All errors of the API, also those of API Gateway itself, have the app's format. `settings`
    replace those of the stage, in each function. Settings that are parameters of the template are
    left out (see `setting_parameters`): a function's own variable would win over the parameter.
    """
    completed = deepcopy(dict(template))
    declared = completed.get("Parameters", {})
    for function in _properties(completed, "AWS::Serverless::Function"):
        function["CodeUri"] = {"Bucket": code_bucket, "Key": code_key}
        variables = function.setdefault("Environment", {}).setdefault("Variables", {})
        variables.update(settings or {})
        for variable, parameter in PARAMETER_OF.items():
            if parameter in declared:
                variables.pop(variable, None)
    for api in _properties(completed, "AWS::Serverless::Api"):
        # Without a version SAM adds a second, public stage that is called "Stage".
        api["OpenApiVersion"] = "2.0"
        _route_everything_to_the_app(api["DefinitionBody"])
        _demand_signatures(api["DefinitionBody"])
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
    """Lets API Gateway check a signature (SigV4) of each request below /v1, if AUTH is iam.

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

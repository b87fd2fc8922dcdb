"""Installs the answers to CORS preflights in MiniStack.

MiniStack does not read them from the API's definition, as AWS and LocalStack do. Without them, a
page from another origin could not post to a local API.
"""

from collections.abc import Mapping
from typing import Any

from infra.rest_api import INTEGRATION
from infra.targets import Target

Headers = dict[str, str]
"""Header mappings as API Gateway has them: the value in single quotes."""


def answers(template: Mapping[str, Any]) -> dict[str, Headers]:
    """Returns the headers of the answer to a preflight, for each path. Pure."""
    return {
        path: methods["options"][INTEGRATION]["responses"]["default"]["responseParameters"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ApiGateway::RestApi"
        for path, methods in resource["Properties"]["Body"]["paths"].items()
        if methods["options"][INTEGRATION]["type"] == "mock"
    }


def install(target: Target, api_id: str, headers: Mapping[str, Headers]) -> None:
    """Makes the API answer the preflights of these paths. May be repeated."""
    gateway = target.session().client("apigateway")
    for page in gateway.get_paginator("get_resources").paginate(restApiId=api_id):
        for resource in page["items"]:
            if resource["path"] in headers:
                gateway.put_integration_response(
                    restApiId=api_id,
                    resourceId=resource["id"],
                    httpMethod="OPTIONS",
                    statusCode="200",
                    responseParameters=headers[resource["path"]],
                )

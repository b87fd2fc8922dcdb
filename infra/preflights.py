"""Gives MiniStack the answers to CORS preflights, which it does not read from the API's definition.

Without them a page from another origin could not post to a local API. AWS and LocalStack read them.
"""

from collections.abc import Mapping
from typing import Any

from infra.targets import Target
from infra.template import INTEGRATION

Headers = dict[str, str]
"""Header mappings as API Gateway has them: the value in single quotes."""


def answers(template: Mapping[str, Any]) -> dict[str, Headers]:
    """The headers that each path's preflight is to be answered with, by path. Pure."""
    return {
        path: methods["options"][INTEGRATION]["responses"]["default"]["responseParameters"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Api"
        for path, methods in resource["Properties"]["DefinitionBody"]["paths"].items()
        if methods["options"][INTEGRATION]["type"] == "mock"
    }


def install(target: Target, api_id: str, headers: Mapping[str, Headers]) -> None:
    """Makes the API answer the preflights of these paths; does no harm when done again."""
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

"""Which answers to CORS preflights are installed in MiniStack."""

from typing import Any

from infra import preflights
from infra.rest_api import INTEGRATION

HEADERS = {"method.response.header.Access-Control-Allow-Origin": "'*'"}


def _template(options: dict[str, Any]) -> dict[str, Any]:
    paths = {"/jobs": {"options": {INTEGRATION: options}}}
    return {
        "Resources": {
            "JobsTable": {"Type": "AWS::DynamoDB::Table"},
            "RestAPI": {
                "Type": "AWS::ApiGateway::RestApi",
                "Properties": {"Body": {"paths": paths}},
            },
        }
    }


def test_a_preflight_that_the_gateway_answers_is_listed_with_its_headers() -> None:
    mock = {"type": "mock", "responses": {"default": {"responseParameters": HEADERS}}}

    assert preflights.answers(_template(mock)) == {"/jobs": HEADERS}


def test_a_preflight_that_the_app_answers_is_not_listed() -> None:
    assert preflights.answers(_template({"type": "aws_proxy"})) == {}

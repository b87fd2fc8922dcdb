"""The tag by which an emulator gives the API the same id each time."""

from typing import Any

import pytest

from infra import fixed_address
from infra.targets import TargetName


def _template() -> dict[str, Any]:
    return {
        "Resources": {
            "RestAPI": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "x"}},
            "Jobs": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
        }
    }


@pytest.mark.parametrize(
    ("target", "tag"), [("ministack", "ms-custom-id"), ("localstack", "_custom_id_")]
)
def test_an_emulator_names_the_api_after_the_stack(target: TargetName, tag: str) -> None:
    template = _template()

    fixed_address.fix(template, target, "Longhaul-local")

    assert template["Resources"]["RestAPI"]["Properties"] == {
        "Name": "x",
        "Tags": [{"Key": tag, "Value": "longhaul-local"}],
    }
    assert template["Resources"]["Jobs"]["Properties"] == {}


def test_on_aws_nothing_is_added() -> None:
    template = _template()

    fixed_address.fix(template, "aws", "longhaul-prod")

    assert template == _template()

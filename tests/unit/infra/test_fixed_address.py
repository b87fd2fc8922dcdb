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


def _deployed(auth: str = "none", title: str = "x") -> dict[str, Any]:
    """A template whose API is another one with another AUTH."""
    signed = {"Fn::If": ["Signed", [{"sigv4": []}], {"Ref": "AWS::NoValue"}]}
    template = _template()
    template["Parameters"] = {"Auth": {"Default": auth}, "Other": {"Default": ""}}
    template["Conditions"] = {
        "Signed": {"Condition": "Iam"},
        "Iam": {"Fn::Equals": [{"Ref": "Auth"}, "iam"]},
    }
    body = {"info": {"title": title}, "paths": {"/": {"get": {"security": signed}}}}
    template["Resources"]["RestAPI"]["Properties"]["Body"] = body
    fixed_address.fix(template, "ministack", "longhaul")
    return template


def test_an_api_that_stays_as_it_is_stays_where_it_is() -> None:
    assert fixed_address.aside(_deployed(), {"Other": "2"}, _deployed(), {"Other": "1"}) is None


def test_a_first_deployment_is_one() -> None:
    assert fixed_address.aside(_deployed(), {}, {}, {}) is None


@pytest.mark.parametrize(
    ("template", "values"), [(_deployed(title="y"), {}), (_deployed(), {"Auth": "iam"})]
)
def test_an_api_that_changes_steps_aside_first(
    template: dict[str, Any], values: dict[str, str]
) -> None:
    moved = fixed_address.aside(template, values, _deployed(), {})

    assert moved is not None
    api, at_last = (one["Resources"]["RestAPI"]["Properties"] for one in (moved, template))
    assert api["Tags"][0]["Value"] == "longhaul-aside"
    assert at_last["Tags"][0]["Value"] == "longhaul"
    # It changes twice: away from where it was, and back.
    assert api["Body"] not in (at_last["Body"], _deployed()["Resources"]["RestAPI"])


def test_an_api_that_is_aside_comes_back_at_once() -> None:
    # A deployment was cut off half way.
    moved = fixed_address.aside(_deployed(title="y"), {}, _deployed(), {})

    assert moved is not None
    assert fixed_address.aside(_deployed(), {}, moved, {}) is None

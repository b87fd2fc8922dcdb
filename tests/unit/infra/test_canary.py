"""The API is called by an alias, a version is a new one when it must be, and alarms undo it."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from infra import canary, environments, package, parameters, template
from infra.alerts import canary as alarms
from infra.alerts.cloudwatch import watching
from infra.errors import DeployError
from infra.rest_api import INTEGRATION
from infra.targets import LOCAL_REGION, Target

WAY = "Canary10Percent5Minutes"
NOON = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 27, 13, 0, 0, tzinfo=UTC)
ON = {"Canary": WAY, "Auth": "jwt", "CodeKey": "longhaul/1.zip"}

_MOST_ALARMS = 10
"""https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html"""


@pytest.fixture(scope="module")
def completed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The template that is deployed on AWS."""
    built = package.build(tmp_path_factory.mktemp("package"))
    return template.complete(built.template, architecture="arm64")


@pytest.fixture
def resources(completed: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = completed["Resources"]
    return found


def _holds(conditions: dict[str, Any], name: str, values: dict[str, str]) -> bool:
    """Whether the condition holds for these values of parameters."""

    def of(value: Any) -> Any:
        match value:
            case {"Ref": str(parameter)}:
                return values[parameter]
            case {"Condition": str(other)}:
                return of(conditions[other])
            case {"Fn::Equals": [one, other]}:
                return of(one) == of(other)
            case {"Fn::Not": [one]}:
                return not of(one)
            case {"Fn::And": parts}:
                return all(of(part) for part in parts)
        return value

    return bool(of(conditions[name]))


def _made(completed: dict[str, Any], kind: str, values: dict[str, str]) -> set[str]:
    """The resources of a kind that there are with these values of parameters."""
    return {
        name
        for name, resource in completed["Resources"].items()
        if resource["Type"] == kind
        and (
            "Condition" not in resource
            or _holds(completed["Conditions"], resource["Condition"], values)
        )
    }


def _resolved(value: Any, chosen: dict[str, bool]) -> Any:
    match value:
        case {"Fn::If": [name, yes, no]}:
            return _resolved(yes if chosen[name] else no, chosen)
        case dict():
            return {name: _resolved(one, chosen) for name, one in value.items()}
        case list():
            return [_resolved(one, chosen) for one in value]
    return value


def _integrations(resources: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in resources["RestAPI"]["Properties"]["Body"]["paths"].values():
        for operation in methods.values():
            if operation[INTEGRATION]["type"] == "aws_proxy":
                yield operation[INTEGRATION]


# -- how the API is called ----------------------------------------------------------------------


@pytest.mark.parametrize(("by_alias", "end"), [(True, "Arn}:live/invocations"), (False, "Arn}/i")])
def test_each_route_calls_the_alias_or_the_function(
    resources: dict[str, Any], *, by_alias: bool, end: str
) -> None:
    uris = [
        _resolved(one["uri"], {canary.USE_ALIAS: by_alias})["Fn::Sub"]
        for one in _integrations(resources)
    ]

    assert len(uris) > 50
    assert all(f"APIHandler.{end}" in uri for uri in uris)


@pytest.mark.parametrize("auth", ["none", "iam"])
@pytest.mark.parametrize("way", ["off", WAY])
@pytest.mark.parametrize("size", ["none", "1024", "10240"])
def test_the_stage_has_the_one_deployment_that_there_is(
    completed: dict[str, Any], auth: str, way: str, size: str
) -> None:
    values = {"Canary": way, "Auth": auth, "MinimumCompressionSize": size}
    chosen = {
        name: _holds(completed["Conditions"], name, values)
        for name in completed["Conditions"]
        if name == canary.USE_ALIAS or ("Requests" in name and "Shift" not in name)
    }

    stage = completed["Resources"]["RestAPIapiStage"]["Properties"]
    deployed = _resolved(stage["DeploymentId"], chosen)["Ref"]

    assert {deployed} == _made(completed, "AWS::ApiGateway::Deployment", values)


def test_no_two_ways_share_a_deployment(completed: dict[str, Any]) -> None:
    # A deployment never changes: the stage would go on to lead to where it led.
    made = [
        _made(
            completed,
            "AWS::ApiGateway::Deployment",
            {"Canary": way, "Auth": auth, "MinimumCompressionSize": size},
        )
        for way in ("off", WAY)
        for auth in ("none", "iam")
        for size in ("none", "1024", "10240")
    ]

    assert len(set.union(*made)) == len(made)


def test_the_gateway_may_call_the_alias_before_it_does(resources: dict[str, Any]) -> None:
    for name, resource in resources.items():
        if name.endswith("ByAlias"):
            assert resource["DependsOn"] == "APIHandlerAliasPermission"
    permission = resources["APIHandlerAliasPermission"]["Properties"]
    assert permission["FunctionName"] == {"Ref": "APIHandlerAlias"}
    # The function's own stays, so that the way back is open.
    assert "Condition" not in resources["APIHandlerInvokePermission"]


def test_off_a_stack_has_nothing_of_it(completed: dict[str, Any]) -> None:
    off = {"Canary": "off", "PublicEndpointUrl": "", "Auth": "jwt"}
    kinds = ("Lambda::Alias", "Lambda::Version", "CodeDeploy::Application")

    assert [_made(completed, f"AWS::{kind}", off) for kind in kinds] == [set(), set(), set()]
    handler = completed["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    assert _resolved(handler["RELEASE"], {canary.USE_ALIAS: False}) == {"Ref": "AWS::NoValue"}


def test_an_emulator_gets_the_alias_and_no_code_deploy(completed: dict[str, Any]) -> None:
    local = {"Canary": WAY, "PublicEndpointUrl": "http://127.0.0.1:4566", "Auth": "none"}

    assert _made(completed, "AWS::Lambda::Alias", local) == {"APIHandlerAlias"}
    for kind in ("Application", "DeploymentGroup"):
        assert not _made(completed, f"AWS::CodeDeploy::{kind}", local)
    policy = completed["Resources"]["APIHandlerAlias"]["UpdatePolicy"]
    assert _resolved(policy, {"ShiftRequests": False}) == {"Ref": "AWS::NoValue"}
    assert canary.limits(Target("ministack", "local", LOCAL_REGION), local)
    assert canary.limits(Target("aws", "prod", LOCAL_REGION), local) is None


# -- what is a new version ----------------------------------------------------------------------


def test_a_version_is_described_by_what_its_function_has(resources: dict[str, Any]) -> None:
    # Description alone is replaced. Without the variable, Lambda would find nothing to publish.
    described = resources["APIHandlerVersion"]["Properties"]["Description"]
    handler = resources["APIHandler"]["Properties"]["Environment"]["Variables"]

    assert described == {"Fn::Join": [" ", [{"Ref": "Release"}, {"Ref": "CodeKey"}]]}
    assert _resolved(handler["RELEASE"], {canary.USE_ALIAS: True}) == described


def test_old_versions_stay(resources: dict[str, Any]) -> None:
    version = resources["APIHandlerVersion"]

    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("Retain", "Retain")


def _release(
    completed: dict[str, Any],
    values: dict[str, str],
    deployed: dict[str, str],
    now: datetime = LATER,
) -> str:
    return canary.release(completed, values, deployed, now)["Release"]


def test_the_same_again_is_no_new_release(completed: dict[str, Any]) -> None:
    first = _release(completed, ON, {}, NOON)

    assert _release(completed, ON, {**ON, "Release": first}) == first
    # Another way to move the requests moves none.
    linear = {**ON, "Canary": "Linear10PercentEvery1Minute"}
    assert _release(completed, linear, {**ON, "Release": first}) == first


def test_a_changed_setting_is_a_new_release(completed: dict[str, Any]) -> None:
    first = _release(completed, ON, {}, NOON)

    assert _release(completed, {**ON, "Auth": "iam"}, {**ON, "Release": first}) != first


def test_a_changed_default_is_a_new_release(completed: dict[str, Any]) -> None:
    first = _release(completed, ON, {}, NOON)
    changed = deepcopy(completed)
    changed["Parameters"]["ApiMemory"]["Default"] = 1024

    assert _release(changed, ON, {**ON, "Release": first}) != first


def test_changed_code_is_a_new_release(completed: dict[str, Any]) -> None:
    first = _release(completed, ON, {}, NOON)
    changed = {**ON, "CodeKey": "longhaul/2.zip"}

    assert _release(completed, changed, {**ON, "Release": first}) != first


def test_what_was_undone_or_switched_off_is_deployed_as_a_new_release(
    completed: dict[str, Any],
) -> None:
    # The version of the first time stays. Lambda would not publish its like.
    first = _release(completed, ON, {}, NOON)

    assert _release(completed, ON, {**ON, "Release": "of-the-version-before"}) != first
    assert _release(completed, ON, {"Canary": "off", "Release": first}) != first


def test_off_there_is_no_release(completed: dict[str, Any]) -> None:
    assert canary.release(completed, {"Canary": "off"}, ON, NOON) == {}
    assert canary.release(completed, {}, {}, NOON) == {}


def test_a_release_fits(completed: dict[str, Any]) -> None:
    declared = completed["Parameters"]["Release"]["AllowedPattern"]
    made = _release(completed, ON, {}, NOON)

    environments.check(completed, {**ON, "Release": made})
    assert declared == "[A-Za-z0-9._-]{0,64}"
    assert made.endswith("-20261127120000")


# -- what undoes it -----------------------------------------------------------------------------


def test_each_alarm_can_undo_an_update(resources: dict[str, Any]) -> None:
    watched = resources["CanaryGroup"]["Properties"]["AlarmConfiguration"]

    named = [one["Name"]["Ref"] for one in watched["Alarms"]]
    assert watched["Enabled"]
    assert named == [f"{watch.name}Alarm" for watch in alarms.WATCHES]
    assert len(named) <= _MOST_ALARMS
    for name in named:
        assert resources[name]["Type"] == "AWS::CloudWatch::Alarm"
        assert resources[name]["Condition"] == resources["CanaryGroup"]["Condition"]


def test_a_crash_counts_for_the_new_version_alone(resources: dict[str, Any]) -> None:
    alarm = resources["CanaryCrashesAlarm"]["Properties"]
    dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}

    alias = resources["APIHandlerAlias"]["Properties"]
    assert dimensions["Resource"]["Fn::Sub"].endswith(f"-APIHandler:{alias['Name']}")
    assert dimensions["ExecutedVersion"] == {"Fn::GetAtt": ["APIHandlerVersion", "Version"]}
    assert alias["FunctionVersion"] == dimensions["ExecutedVersion"]


def test_an_alarm_needs_a_minute_and_wakes_nobody() -> None:
    for watch in alarms.WATCHES:
        made = watching(watch.name, "", watch.alarm)

        assert {metric.period for metric in watch.alarm.metrics} == {60}
        assert made["EvaluationPeriods"] == 1
        assert made["TreatMissingData"] == "notBreaching"
        assert "AlarmActions" not in made


def test_what_the_lines_of_workers_count_is_there(resources: dict[str, Any]) -> None:
    made = resources["WorkerErrorsFilter"]

    assert made["Condition"] == "ShiftRequests"
    [counted] = made["Properties"]["MetricTransformations"]
    asked = {metric.name for watch in alarms.WATCHES for metric in watch.alarm.metrics}
    assert counted["MetricName"] in asked


def test_the_new_api_gets_requests_after_its_workers_are_new(resources: dict[str, Any]) -> None:
    functions = {n for n, one in resources.items() if one["Type"] == "AWS::Serverless::Function"}
    # `Telemetry` ships lines, and is not always there.
    waits = {*resources["APIHandlerAlias"]["DependsOn"], "APIHandler", "Telemetry"}

    assert waits == functions


def test_the_role_moves_this_alias_and_no_other(resources: dict[str, Any]) -> None:
    [policy] = resources["CanaryRole"]["Properties"]["Policies"]
    moves, looks = policy["PolicyDocument"]["Statement"]

    assert "lambda:UpdateAlias" in moves["Action"]
    assert all("APIHandler" in json.dumps(one) for one in moves["Resource"])
    assert looks["Action"] == "cloudwatch:DescribeAlarms"


# -- how it is asked for ------------------------------------------------------------------------


def test_the_ways_are_those_of_the_template(completed: dict[str, Any]) -> None:
    allowed = completed["Parameters"]["Canary"]["AllowedValues"]

    assert allowed == [canary.OFF, *canary.WAYS]
    assert completed["Parameters"]["Canary"]["Default"] == canary.OFF


def test_a_way_that_there_is_not_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "10percent")

    with pytest.raises(DeployError, match=r"CANARY must be off or one of Canary10Percent5Minutes,"):
        parameters.operators(Target("aws", "prod", LOCAL_REGION), {})


def test_a_command_that_does_not_name_it_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Target("aws", "prod", LOCAL_REGION)
    monkeypatch.delenv("CANARY", raising=False)

    assert parameters.operators(aws, {"Canary": WAY})["Canary"] == WAY
    monkeypatch.setenv("CANARY", "")
    assert "Canary" not in parameters.operators(aws, {"Canary": WAY})


def test_localstack_says_that_it_cannot_switch_it_off() -> None:
    local = Target("localstack", "local", LOCAL_REGION)

    with pytest.raises(DeployError, match="First: make down TARGET=localstack"):
        canary.check_change(local, {"Canary": "off"}, ON)
    canary.check_change(local, ON, {})
    canary.check_change(local, {}, {})
    canary.check_change(Target("ministack", "local", LOCAL_REGION), {}, ON)


def test_a_template_without_the_parameter_stays_as_it_is() -> None:
    other = {"Resources": {"Jobs": {"Type": "AWS::DynamoDB::Table", "Properties": {}}}}

    canary.add(other)

    assert list(other["Resources"]) == ["Jobs"]

"""A new version of the API gets its requests bit by bit, and alarms undo the update.

The parameter Canary switches it on. Then the API is called by the alias `live` of its function, and
each deployment publishes a version. CodeDeploy moves the alias from the old to the new one. The
resources are in infra/resources.yaml. What the template cannot say by itself is here: what makes a
version a new one, how the API is led to the alias, and the alarms. Pure.

Workers are behind no alias: docs/decisions/0034-canary.md says why.
"""

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, Final

from infra.alerts import canary as alarms
from infra.alerts.cloudwatch import add_filters, watching
from infra.errors import DeployError
from infra.rest_api import INTEGRATION
from infra.targets import Target

VARIABLE: Final = "CANARY"
PARAMETER: Final = "Canary"
PARAMETERS: Final = {VARIABLE: PARAMETER}

OFF: Final = "off"
WAYS: Final = (
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
    "AllAtOnce",
)
"""CodeDeploy's own ways to move an alias, as SAM names them.
https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html"""

USE_ALIAS: Final = "UseAlias"
"""The template's condition that the API is called by an alias."""

RELEASE: Final = "Release"
_VARIABLE_OF_RELEASE: Final = "RELEASE"

_FUNCTION: Final = "APIHandler"
_VERSION: Final = f"{_FUNCTION}Version"
_PERMISSION: Final = f"{_FUNCTION}AliasPermission"
_CALLED: Final = f"${{{_FUNCTION}.Arn}}"
_GROUP: Final = "CanaryGroup"
_DIGITS: Final = 12

Template = dict[str, Any]


def check(chosen: Mapping[str, str]) -> None:
    """Raises DeployError if Canary is no way to deploy. `chosen` are values of parameters."""
    asked = chosen.get(PARAMETER) or OFF
    if asked != OFF and asked not in WAYS:
        raise DeployError(f"{VARIABLE} must be {OFF} or one of {', '.join(WAYS)}, not {asked!r}")


def is_on(values: Mapping[str, str]) -> bool:
    """Whether a stack with these parameters has the alias."""
    return (values.get(PARAMETER) or OFF) != OFF


def limits(target: Target, values: Mapping[str, str]) -> str | None:
    """Returns what the target cannot do of it, for people to read; None if there is nothing."""
    if not is_on(values) or not target.is_local:
        return None
    return (
        f"{VARIABLE}: {target.name} knows no CodeDeploy. The API is called by its alias, which "
        "gets each new version at once, and no alarm undoes it."
    )


def check_change(target: Target, values: Mapping[str, str], deployed: Mapping[str, str]) -> None:
    """Raises DeployError if the target cannot take the alias away from a stack that has it."""
    if target.name == "localstack" and is_on(deployed) and not is_on(values):
        raise DeployError(
            f"LocalStack cannot delete an alias whose version is gone too, so {VARIABLE} cannot be "
            f"switched off there. First: make down{target.option}"
        )


def release(
    template: Mapping[str, Any],
    values: Mapping[str, str],
    deployed: Mapping[str, str],
    now: datetime,
) -> dict[str, str]:
    """Returns the parameter Release: another one with each change of the functions or of a setting,
    and the deployed one if there is none. Empty if the alias is not used.

    `values` are those that the template gets, `deployed` those that the stack has. The time is a
    part of it, as what was rolled back may be deployed again: Lambda publishes no version that is
    like the last one.
    """
    if not is_on(values):
        return {}
    functions = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    defaults = {name: one.get("Default") for name, one in template.get("Parameters", {}).items()}
    settings = {k: v for k, v in {**defaults, **values}.items() if k not in (PARAMETER, RELEASE)}
    said = [functions, template.get("Globals"), settings]
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:_DIGITS]
    known = deployed.get(RELEASE, "")
    if is_on(deployed) and known.startswith(f"{digest}-"):
        return {RELEASE: known}
    return {RELEASE: f"{digest}-{now:%Y%m%d%H%M%S}"}


def add(template: Template) -> None:
    """Adds what is said above, if the template knows the condition for it and its API is of
    CloudFormation's own kind."""
    if USE_ALIAS not in template.get("Conditions", {}):
        return
    resources = template["Resources"]
    _make_versions_new(resources)
    for name, resource in list(resources.items()):
        if resource["Type"] == "AWS::ApiGateway::RestApi":
            _lead_to_the_alias(resource["Properties"]["Body"])
            _deploy_each_case(template, name)
    _watch(resources)


def _make_versions_new(resources: Template) -> None:
    """A version has the release as its description, which CloudFormation replaces and does not
    change. The function has it as a variable: Lambda publishes only what differs from the last."""
    function = resources[_FUNCTION]["Properties"]
    said = {"Fn::Join": [" ", [{"Ref": RELEASE}, function["CodeUri"]["Key"]]]}
    resources[_VERSION]["Properties"]["Description"] = said
    variables = function.setdefault("Environment", {}).setdefault("Variables", {})
    variables[_VARIABLE_OF_RELEASE] = {"Fn::If": [USE_ALIAS, said, {"Ref": "AWS::NoValue"}]}


def _lead_to_the_alias(definition: Template) -> None:
    for methods in definition["paths"].values():
        for operation in methods.values():
            integration = operation[INTEGRATION]
            if integration["type"] == "aws_proxy":
                direct = integration["uri"]
                # In words, and not by Ref: then the API does not wait for the alias, which waits
                # for the announcer, which knows the API's address.
                text = direct["Fn::Sub"].replace(_CALLED, f"{_CALLED}:{alarms.ALIAS}")
                integration["uri"] = {"Fn::If": [USE_ALIAS, {"Fn::Sub": text}, direct]}


def _deploy_each_case(template: Template, api: str) -> None:
    """Adds a deployment by the alias for each deployment without. A deployment never changes, so a
    stage that is to be switched needs another one."""
    resources, conditions = template["Resources"], template["Conditions"]
    others: dict[str, str] = {}
    for name, resource in list(resources.items()):
        if resource["Type"] != "AWS::ApiGateway::Deployment" or _api_of(resource) != api:
            continue
        case = {"Condition": resource["Condition"]}
        by_alias, direct = f"{resource['Condition']}ByAlias", f"{resource['Condition']}Direct"
        conditions[by_alias] = {"Fn::And": [{"Condition": USE_ALIAS}, case]}
        conditions[direct] = {"Fn::And": [{"Fn::Not": [{"Condition": USE_ALIAS}]}, case]}
        others[name] = f"{name}ByAlias"
        resources[others[name]] = {
            **deepcopy(resource),
            "Condition": by_alias,
            # Before the stage leads to the alias, API Gateway must be allowed to call it.
            "DependsOn": _PERMISSION,
        }
        resource["Condition"] = direct
    for resource in resources.values():
        if resource["Type"] == "AWS::ApiGateway::Stage" and _api_of(resource) == api:
            direct = resource["Properties"]["DeploymentId"]
            by_alias = _renamed(direct, others)
            resource["Properties"]["DeploymentId"] = {"Fn::If": [USE_ALIAS, by_alias, direct]}


def _api_of(resource: Mapping[str, Any]) -> str:
    name: str = resource["Properties"]["RestApiId"]["Ref"]
    return name


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    match value:
        case {"Ref": str(name)}:
            return {"Ref": names.get(name, name)}
        case {"Fn::If": [condition, *branches]}:
            return {"Fn::If": [condition, *(_renamed(one, names) for one in branches)]}
    return value


def _watch(resources: Template) -> None:
    for watch in alarms.WATCHES:
        resources[f"{watch.name}Alarm"] = {
            "Type": "AWS::CloudWatch::Alarm",
            "Condition": watch.alarm.condition,
            "Properties": watching(watch.name, f"Undoes an update: {watch.means}.", watch.alarm),
        }
        add_filters(resources, watch.alarm)
    named = [{"Name": {"Ref": f"{watch.name}Alarm"}} for watch in alarms.WATCHES]
    resources[_GROUP]["Properties"]["AlarmConfiguration"] = {"Enabled": True, "Alarms": named}

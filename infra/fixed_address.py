"""The same address for the API of a local target, each time it is deployed. Pure.

AWS makes the id of an API, which is a part of its URL, and so do the emulators. But an emulator
forgets all when it stops: then the page's bookmarks would lead nowhere. Each emulator takes an id
from a tag instead. On AWS a stack keeps its id, and nothing is added.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from infra.targets import TargetName
from infra.template import Template

_TAGS: Final[dict[TargetName, str]] = {
    "ministack": "ms-custom-id",
    # https://docs.localstack.cloud/aws/services/apigateway/ (custom IDs)
    "localstack": "_custom_id_",
}

_API: Final = "AWS::ApiGateway::RestApi"
_ASIDE: Final = "-aside"


def fix(template: Template, target: TargetName, stack_name: str) -> None:
    """Has the target give the template's API the stack's name as its id. An account has each name
    once."""
    tag = _TAGS.get(target)
    if tag is None:
        return
    for resource in template["Resources"].values():
        if resource["Type"] == _API:
            resource["Properties"]["Tags"] = [{"Key": tag, "Value": stack_name.lower()}]


def aside(
    template: Template,
    values: Mapping[str, str],
    deployed: Mapping[str, Any],
    deployed_values: Mapping[str, str],
) -> Template | None:
    """Returns the template to deploy before `template`, with the API under another id. None if one
    deployment will do.

    MiniStack replaces an API whose definition changes, while the old one still has the id. `values`
    are those of the parameters.
    """
    old, new = _properties(deployed), _properties(template)
    if old is None or new is None or old.get("Tags") != new.get("Tags"):
        return None
    if _said(deployed, old, deployed_values) == _said(template, new, values):
        return None
    moved = deepcopy(template)
    for resource in moved["Resources"].values():
        if resource["Type"] == _API:
            for tag in resource["Properties"]["Tags"]:
                tag["Value"] += _ASIDE
            # So the definition changes now, and again with the next deployment.
            resource["Properties"]["Body"]["info"]["title"] = _ASIDE
    return moved


def _properties(template: Mapping[str, Any]) -> Mapping[str, Any] | None:
    apis = [one for one in template.get("Resources", {}).values() if one["Type"] == _API]
    return apis[0]["Properties"] if apis else None


def _said(
    template: Mapping[str, Any], api: Mapping[str, Any], values: Mapping[str, str]
) -> tuple[object, Mapping[str, str]]:
    """Returns the API's definition, and the values of the parameters that it depends on."""
    conditions = template.get("Conditions", {})
    defaults = {n: str(p.get("Default", "")) for n, p in template.get("Parameters", {}).items()}
    known = {**defaults, **values}
    named = set(_parameters(api.get("Body"), conditions))
    return api.get("Body"), {name: known[name] for name in named if name in known}


def _parameters(value: Any, conditions: Mapping[str, Any]) -> Iterator[str]:
    """Yields what the value refers to, also by the conditions that it asks."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Condition": str(name)}:
            yield from _parameters(conditions.get(name), conditions)
        case {"Fn::If": [str(name), *branches]}:
            yield from _parameters(conditions.get(name), conditions)
            yield from _parameters(branches, conditions)
        case dict():
            for one in value.values():
                yield from _parameters(one, conditions)
        case list():
            for one in value:
                yield from _parameters(one, conditions)

"""The same address for the API of a local target, each time it is deployed. Pure.

AWS makes the id of an API, which is a part of its URL, and so do the emulators. But an emulator
forgets all when it stops: then the page's bookmarks would lead nowhere. Each emulator takes an id
from a tag instead. On AWS a stack keeps its id, and nothing is added.
"""

from typing import Final

from infra.targets import TargetName
from infra.template import Template

_TAGS: Final[dict[TargetName, str]] = {
    "ministack": "ms-custom-id",
    # https://docs.localstack.cloud/aws/services/apigateway/ (custom IDs)
    "localstack": "_custom_id_",
}


def fix(template: Template, target: TargetName, stack_name: str) -> None:
    """Has the target give the template's API the stack's name as its id. An account has each name
    once."""
    tag = _TAGS.get(target)
    if tag is None:
        return
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::ApiGateway::RestApi":
            resource["Properties"]["Tags"] = [{"Key": tag, "Value": stack_name.lower()}]

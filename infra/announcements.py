"""Who is told of jobs: what a deployment says of events, webhooks and mail.

The functions would refuse the same values, but only when they start. Here they are refused before
anything is packaged. docs/configuration.md explains each variable.
"""

import os
import re
from collections.abc import Mapping
from typing import Final

from chalicelib import settings
from infra import arns, config
from infra.errors import DeployError
from infra.targets import Target

_URL_VARIABLE: Final = "WEBHOOK_URL"
_URL: Final = "WebhookUrl"
_HOSTS: Final = "WebhookHosts"

PARAMETERS: Final = {
    "EVENTS": "Events",
    "EVENT_BUS": "ExistingEventBus",
    "EVENT_INCLUDES": "EventIncludes",
    "MAIL_CLAIM": "MailClaim",
    "MAIL_FROM": "MailFrom",
    "MAIL_TO": "MailTo",
    "WEBHOOK_HOSTS": _HOSTS,
    "WEBHOOK_SECRET": "WebhookSecret",  # nosec B105 - a parameter's name
    _URL_VARIABLE: _URL,
}
"""The environment variables, and their parameters in the template."""

MASK: Final = "****"
"""What CloudFormation says in place of a value that it does not show: that of WEBHOOK_URL, which
may hold a token.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html"""

_BUS: Final = re.compile(r"[A-Za-z0-9_./-]{1,256}")


def settled(
    chosen: Mapping[str, str], deployed: Mapping[str, str], target: Target
) -> dict[str, str]:
    """Returns the operator's choices as they are to be deployed: without webhooks, there is no
    WEBHOOK_URL either.

    `chosen` and `deployed` are values of parameters: those to deploy, and those that the stack has.
    Raises DeployError with the variable and its value, but never with that of WEBHOOK_URL.
    """
    found = dict(chosen)
    is_kept = _URL in found and _URL_VARIABLE not in os.environ
    before, after = _hosts(deployed), _hosts(found)
    if is_kept and not (before and after):
        del found[_URL]
    elif is_kept and not before <= after:
        raise DeployError(
            f"WEBHOOK_HOSTS no longer has {', '.join(sorted(before - after))}. The stack may have "
            "a WEBHOOK_URL there: CloudFormation does not show it. So name it too: "
            "WEBHOOK_URL=https://… or, for none, WEBHOOK_URL="
        )
    given = {
        variable: found[parameter]
        for variable, parameter in PARAMETERS.items()
        if found.get(parameter) and not (is_kept and parameter == _URL)
    }
    _check(given, target)
    return found


def in_words(event_bus: str | None, webhook_hosts: str | None, mail_from: str | None) -> str:
    """Returns who is told of jobs, in a few words."""
    told = [
        event_bus and f"the event bus {event_bus}",
        webhook_hosts and f"webhooks at {webhook_hosts.replace(',', ', ')}",
        mail_from and f"people by mail from {mail_from}",
    ]
    return "; ".join(one for one in told if one)


def _hosts(values: Mapping[str, str]) -> set[str]:
    entries = values.get(_HOSTS, "").split(",")
    return {one.strip().lower() for one in entries if one.strip()}


def _check(given: Mapping[str, str], target: Target) -> None:
    for variable, value in given.items():
        if value != value.strip() or not value.isprintable():
            shown = "" if variable == _URL_VARIABLE else f": {value!r}"
            raise DeployError(f"{variable} has a space at an end, or a line break{shown}")
    if (bus := given.get("EVENT_BUS")) and not _BUS.fullmatch(bus):
        raise DeployError(
            "EVENT_BUS must be the name of an event bus of the stack's account and region, not "
            f"{bus!r}"
        )
    if name := given.get("WEBHOOK_SECRET"):
        arns.check("WEBHOOK_SECRET", name, arns.SECRET, target.region)
    # If no secret is named, the stack makes one.
    place = dict.fromkeys((*config.PLACES, "WEBHOOK_SECRET"), "-")
    if target.is_local:
        place["AWS_ENDPOINT_URL"] = "http://127.0.0.1"
    try:
        settings.load({**place, **given})
    except settings.SettingsError as error:
        raise DeployError(str(error)) from None

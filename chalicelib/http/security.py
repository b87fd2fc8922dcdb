"""How a caller of this stack proves who they are, as the OpenAPI document says it (guard.py decides
it)."""

from typing import Any, Final

from chalicelib.settings import Settings

Requirements = list[dict[str, list[str]]]

_BY_TICKET: Final = ("getExport", "watchExport", "downloadArchive", "cancelExport")
"""The operations for which a ticket of the job is enough."""

_BY_SELECTION: Final = "createExport"
"""The operation for which a selection in the body is enough."""

_NOBODY: Final[dict[str, list[str]]] = {}
"""The requirement that is always met."""

_TICKET: Final = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "lht_…",
    "description": "A ticket, which is good for one job. The answer to a selection has one, with "
    "which the job can be followed, downloaded, cancelled and deleted. A share link has one, with "
    "which it can be followed and downloaded.",
}
_SIGNED: Final = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "awsSigv4",
    "description": "AWS Signature Version 4, for the service execute-api: `curl --aws-sigv4 "
    "aws:amz:REGION:execute-api`. A signature is made anew for each request, so a page cannot send "
    "one.",
}


def schemes(config: Settings) -> dict[str, Any]:
    """Returns the ways in which a caller of this stack proves who they are."""
    if config.auth == "iam":
        return {"sigv4": _SIGNED}
    found: dict[str, Any] = {}
    if config.auth == "jwt":
        found["token"] = {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": _token(config),
        }
        if config.jwt_issuer:
            url = f"{config.jwt_issuer.rstrip('/')}/.well-known/openid-configuration"
            found["openId"] = {
                "type": "openIdConnect",
                "openIdConnectUrl": url,
                "description": "Where such a token comes from.",
            }
    return {**found, "ticket": _TICKET}


def everywhere(config: Settings) -> Requirements | None:
    """Returns what an operation asks for that says nothing itself; None: nothing."""
    if config.auth == "none":
        return None
    return [{name: []} for name in schemes(config) if name != "ticket"]


def of(operation_id: str, config: Settings) -> Requirements | None:
    """Returns what an operation asks for; None: what all do. Of those that are enough one by one,
    the first that is met counts."""
    if config.auth == "iam":
        return None
    otherwise = everywhere(config)
    if operation_id in _BY_TICKET:
        return [*(otherwise or [_NOBODY]), {"ticket": []}]
    if operation_id == _BY_SELECTION and otherwise:
        return [*otherwise, _NOBODY]
    return None


def _token(config: Settings) -> str:
    if not config.jwt_issuer:
        return "This stack takes no tokens of users: only selections and tickets."
    return (
        f"A token of {config.jwt_issuer}, for the audience `{config.jwt_audience}`. The page of "
        "this stack signs people in by itself, and so does `longhaul login`."
    )

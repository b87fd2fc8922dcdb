"""Where people sign in: for the page, and for any other client (RFC 9728)."""

from typing import Any
from urllib.parse import urlsplit

from chalicelib.errors import NotFound
from chalicelib.http.callers import base_url
from chalicelib.http.calls import Call, Reply
from chalicelib.settings import Settings, settings


def metadata(call: Call) -> Reply:
    """GET /.well-known/oauth-protected-resource. Raises NotFound if nobody signs in here.

    Beside the names of RFC 9728 it has `longhaul_client_id`, the public client as which the command
    line signs people in, and `longhaul_audience`, for which the tokens must be.
    """
    config = settings()
    if config.auth != "jwt" or not config.jwt_issuer:
        raise NotFound("nobody signs in here: this stack takes no tokens of an OpenID provider")
    content = {
        "resource": base_url(call.context, config),
        "authorization_servers": [config.jwt_issuer],
        "bearer_methods_supported": ["header"],
        "scopes_supported": config.jwt_scope.split(),
        "longhaul_client_id": config.jwt_client_id or None,
        "longhaul_audience": config.jwt_audience,
    }
    return Reply(200, content, {"Cache-Control": "max-age=300"})


def for_page(config: Settings) -> dict[str, Any] | None:
    """Returns what the page must know to sign people in; None if nobody has to prove who they are.
    Raises Unavailable if the tokens' issuer does not answer.

    The addresses come from the issuer's discovery document. So the browser need not fetch that,
    which not every issuer allows a page to do.
    """
    if config.auth == "none":
        return None
    if config.auth == "iam" or not (config.jwt_issuer and config.jwt_client_id):
        return {"way": "iam" if config.auth == "iam" else "token"}
    from chalicelib.http.issuer import issuer

    provider = issuer(config.jwt_issuer)
    return {
        "way": "jwt",
        "issuer": config.jwt_issuer,
        "clientId": config.jwt_client_id,
        "scope": config.jwt_scope,
        "audience": config.jwt_audience,
        "authorizationEndpoint": provider.endpoint("authorization_endpoint"),
        "tokenEndpoint": provider.endpoint("token_endpoint"),
        "endSessionEndpoint": provider.endpoint("end_session_endpoint"),
        "shareMaxDays": config.share_max_days,
    }


def origin(url: str) -> str:
    """Returns scheme and host of a URL, as a Content-Security-Policy names them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

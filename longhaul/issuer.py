"""What an OAuth issuer says and is asked: discovery, the device flow, renewal, revocation.

Each function sends one request. Nothing here keeps a token, or retries.
"""

from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from longhaul import refusals
from longhaul.answers import Problem
from longhaul.credentials import checked
from longhaul.errors import NotFound, SignInFailed, Unavailable, UnexpectedAnswer
from longhaul.http import Network, Reply, origin
from longhaul.printable import shown

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
"""RFC 8628, section 3.4."""

OFFLINE_ACCESS: Final = "offline_access"
"""The scope for a refresh token (OpenID Connect Core, section 11). Some issuers need none."""

_OK, _NOT_FOUND = 200, 404
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_RETRYABLE: Final = frozenset({429, 500, 502, 503, 504})


class Resource(msgspec.Struct, frozen=True):
    """How to sign in at an API (RFC 9728, section 2). The last two are Longhaul's own."""

    resource: str
    authorization_servers: tuple[str, ...] = ()
    scopes_supported: tuple[str, ...] = ()
    longhaul_client_id: str | None = None
    longhaul_audience: str | None = None


class Provider(msgspec.Struct, frozen=True):
    """An issuer's endpoints (OpenID Connect Discovery; RFC 8414, section 2)."""

    issuer: str
    token_endpoint: str
    device_authorization_endpoint: str | None = None
    revocation_endpoint: str | None = None
    scopes_supported: tuple[str, ...] = ()


class Device(msgspec.Struct, frozen=True):
    """A sign-in that somebody has to confirm (RFC 8628, section 3.2). Times are in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    expires_in: float
    interval: float = 5
    verification_uri_complete: str | None = None


class Tokens(msgspec.Struct, frozen=True):
    """What the token endpoint gives (RFC 6749, section 5.1). `expires_in` is in seconds."""

    access_token: str
    token_type: str
    expires_in: float | None = None
    refresh_token: str | None = None


class _Refusal(msgspec.Struct, frozen=True):
    error: str
    error_description: str = ""


S = TypeVar("S", bound=msgspec.Struct)


def resource_of(network: Network, api: str) -> Resource:
    """Returns how to sign in at the API with this base URL. Raises SignInFailed if there is no way.

    The document must be of this API (RFC 9728, section 3.3): it names who gets the tokens.
    """
    _check_safe(api, api)
    url = f"{api}/.well-known/oauth-protected-resource"
    reply = network.ask("GET", url, {"Accept": "application/json"})
    try:
        refusals.check(reply, url)
    except NotFound:
        raise SignInFailed(
            f"{api} offers no sign-in. It may need none, or take AWS signatures only."
        ) from None
    found = _read(Resource, reply, url)
    if found.resource.rstrip("/") != api:
        raise SignInFailed(
            f"{api} says that its URL is {shown(found.resource)}. A token is for one URL alone. "
            "If you know that other one, sign in there."
        )
    return found


def discover(network: Network, issuer: str) -> Provider:
    """Returns the issuer's endpoints. Raises SignInFailed if it is another issuer, or not safe."""
    _check_safe(issuer, issuer)
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    reply = network.ask("GET", url, {"Accept": "application/json"})
    if reply.status == _NOT_FOUND:
        raise SignInFailed(f"{shown(issuer)} is not an OpenID issuer: it has no {url}.")
    found = _answer(Provider, reply, url)
    if found.issuer != issuer:
        # RFC 8414, section 3.3: else an issuer could answer in the name of another.
        raise SignInFailed(f"{shown(issuer)} says that it is {shown(found.issuer)}.")
    for endpoint in (
        found.token_endpoint,
        found.device_authorization_endpoint,
        found.revocation_endpoint,
    ):
        if endpoint is not None:
            _check_safe(endpoint, issuer)
    return found


def begin(
    network: Network, provider: Provider, client_id: str, scope: str, audience: str | None
) -> Device:
    """Starts the device flow (RFC 8628, section 3.1).

    Raises SignInFailed if the issuer has no such flow, or refuses. `audience` is for the issuers
    that give tokens for several APIs; the others ignore it.
    """
    endpoint = provider.device_authorization_endpoint
    if not endpoint:
        raise SignInFailed(f"{provider.issuer} has no device flow (RFC 8628).")
    fields = {"client_id": client_id, "scope": scope}
    reply = _post(network, endpoint, fields | ({"audience": audience} if audience else {}))
    found = _answer(Device, reply, endpoint)
    for link in (found.verification_uri, found.verification_uri_complete):
        if link is not None:
            _check_safe(link, provider.issuer)
    return found


def by_device(network: Network, provider: Provider, client_id: str, device: Device) -> Tokens:
    """Returns the tokens, if somebody has confirmed the sign-in. Raises SignInFailed if not: its
    `reason` says whether to ask again."""
    return _tokens(
        network,
        provider,
        {"grant_type": DEVICE_GRANT, "device_code": device.device_code, "client_id": client_id},
    )


def by_refresh(network: Network, provider: Provider, client_id: str, refresh: str) -> Tokens:
    """Returns new tokens (RFC 6749, section 6). Raises SignInFailed if the sign-in has ended."""
    return _tokens(
        network,
        provider,
        {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": client_id},
    )


def revoke(network: Network, provider: Provider, client_id: str, token: str, hint: str) -> bool:
    """Revokes a token (RFC 7009). `hint` is its kind. Returns False if the issuer cannot revoke."""
    endpoint = provider.revocation_endpoint
    if not endpoint:
        return False
    fields = {"token": token, "token_type_hint": hint, "client_id": client_id}
    reply = _post(network, endpoint, fields)
    if reply.status != _OK:
        raise _refusal(reply, endpoint)
    return True


def _tokens(network: Network, provider: Provider, fields: Mapping[str, str]) -> Tokens:
    reply = _post(network, provider.token_endpoint, fields)
    found = _answer(Tokens, reply, provider.token_endpoint)
    if found.token_type.lower() != "bearer":
        raise SignInFailed(
            f"{provider.issuer} gives tokens of the type {shown(found.token_type)}, not Bearer."
        )
    try:
        checked(found.access_token)
    except ValueError:
        raise SignInFailed(f"{provider.issuer} gives a token that no header can carry.") from None
    return found


def _post(network: Network, endpoint: str, fields: Mapping[str, str]) -> Reply:
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return network.ask("POST", endpoint, headers, urlencode(fields).encode())


def _answer(kind: type[S], reply: Reply, url: str) -> S:
    if reply.status != _OK:
        raise _refusal(reply, url)
    return _read(kind, reply, url)


def _refusal(reply: Reply, url: str) -> SignInFailed | Unavailable | UnexpectedAnswer:
    """Returns the error of an answer that is not 200. Its text has nothing that was sent."""
    if reply.status in _RETRYABLE:
        problem = Problem(title=f"{origin(url)} answered {reply.status}", status=reply.status)
        wait = refusals.seconds(reply.headers.get("Retry-After"))
        return Unavailable(problem, retry_after=wait)
    try:
        found = _read(_Refusal, reply, url)
    except UnexpectedAnswer as error:
        return error
    words = f"{found.error}: {found.error_description}" if found.error_description else found.error
    return SignInFailed(f"{origin(url)} refuses: {shown(words).rstrip('.')}.", found.error)


def _read(kind: type[S], reply: Reply, url: str) -> S:
    try:
        # Some issuers write numbers as texts.
        return msgspec.json.decode(reply.body, type=kind, strict=False)
    except msgspec.MsgspecError:
        # msgspec's own text may quote the answer, which can hold a token.
        raise UnexpectedAnswer(
            f"{origin(url)} answered {reply.status} with something else than what OAuth says."
        ) from None


def _check_safe(url: str, issuer: str) -> None:
    """Raises SignInFailed if a URL is neither HTTPS nor on this machine, as its issuer is."""
    try:
        asked, known = urlsplit(url), urlsplit(issuer)
        is_local = asked.hostname in _LOOPBACK and known.hostname in _LOOPBACK
    except ValueError:
        raise SignInFailed(f"{shown(url)!r} is not a URL.") from None
    is_safe = asked.scheme == "https" or (asked.scheme == "http" and is_local)
    if not is_safe or not asked.hostname or asked.username:
        raise SignInFailed(f"{shown(url)} is not a safe URL for a sign-in: it must be HTTPS.")

"""Signing in at an API, using what was kept of it, and signing out."""

import base64
import binascii
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from longhaul import issuer
from longhaul.answers import Problem
from longhaul.errors import LonghaulError, NotSignedIn, SignInFailed, Unavailable, Unreachable
from longhaul.http import Network
from longhaul.issuer import Device, Provider, Tokens
from longhaul.keeping import Keeper, SignIn
from longhaul.retries import Retries, pause

MARGIN_SECONDS: Final = 60.0
"""How long before its end a token is renewed. A shorter life than five times this has a fifth."""

_SLOWER_SECONDS: Final = 5.0
"""RFC 8628, section 3.5: what `slow_down` adds to the interval."""
_INTERVAL_MIN_SECONDS: Final = 1.0
_INTERVAL_MAX_SECONDS: Final = 60.0
_FLOW_MAX_SECONDS: Final = 1800.0
_TOKEN_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """Where and as what one can sign in at an API."""

    api: str
    provider: Provider
    client_id: str
    scopes: tuple[str, ...]
    audience: str | None


def offer_of(network: Network, retries: Retries, api: str) -> Offer:
    """Returns what the API and its issuer say about signing in. Raises SignInFailed if they offer
    nothing that a command line can use."""
    resource = retries.keep_trying(lambda: issuer.resource_of(network, api))
    if not resource.authorization_servers:
        raise SignInFailed(f"{api} names no issuer.")
    if not resource.longhaul_client_id:
        raise SignInFailed(f"{api} has no client id for this program (JWT_CLIENT_ID).")
    # The first, as Longhaul knows only one.
    url = resource.authorization_servers[0]
    provider = retries.keep_trying(lambda: issuer.discover(network, url))
    return Offer(
        api=api,
        provider=provider,
        client_id=resource.longhaul_client_id,
        scopes=resource.scopes_supported or ("openid",),
        audience=resource.longhaul_audience,
    )


def begin(network: Network, offer: Offer) -> Device:
    """Starts the device flow. Asks for a token that lasts, if the issuer has such tokens."""
    scopes = offer.scopes
    lasting = issuer.OFFLINE_ACCESS
    if lasting in offer.provider.scopes_supported and lasting not in scopes:
        try:
            return _begin(network, offer, (*scopes, lasting))
        except SignInFailed as error:
            if error.reason != "invalid_scope":
                raise  # The client may not have it. Then the sign-in ends earlier.
    return _begin(network, offer, scopes)


def _begin(network: Network, offer: Offer, scopes: tuple[str, ...]) -> Device:
    return issuer.begin(network, offer.provider, offer.client_id, " ".join(scopes), offer.audience)


def wait(network: Network, retries: Retries, offer: Offer, device: Device) -> SignIn:
    """Returns the sign-in, as soon as somebody has confirmed it (RFC 8628, section 3.5).

    Raises SignInFailed if somebody has said no, or nobody anything in time.
    """
    interval = min(max(device.interval, _INTERVAL_MIN_SECONDS), _INTERVAL_MAX_SECONDS)
    left = min(device.expires_in, _FLOW_MAX_SECONDS)
    while left > 0:
        pause(interval)
        left -= interval
        try:
            tokens = issuer.by_device(network, offer.provider, offer.client_id, device)
        except SignInFailed as error:
            match error.reason:
                case "authorization_pending":
                    continue
                case "slow_down":
                    interval += _SLOWER_SECONDS
                    continue
                case "access_denied":
                    raise SignInFailed("The sign-in was denied.", error.reason) from None
                case "expired_token":
                    break
            raise
        except (Unreachable, Unavailable) as error:
            # The same section: after a time-out, ask half as often.
            interval = min(interval * 2, _INTERVAL_MAX_SECONDS)
            retries.report(error, interval)
        else:
            return sign_in_of(tokens, offer.provider.issuer, offer.client_id, None)
    raise SignInFailed("Nobody has confirmed the sign-in in time.", "expired_token")


def sign_in_of(tokens: Tokens, by: str, client_id: str, refresh_token: str | None) -> SignIn:
    """Returns what is kept of tokens that come now. `refresh_token` is the one before (RFC 6749,
    section 6: without a new one, it stays)."""
    now = time.time()
    expires_at: float | None = None
    if tokens.expires_in is not None:
        expires_at = now + tokens.expires_in
    elif isinstance(end := claims_of(tokens.access_token).get("exp"), int | float):
        expires_at = float(end)
    return SignIn(
        issuer=by,
        client_id=client_id,
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or refresh_token,
        issued_at=now,
        expires_at=expires_at,
    )


class StoredSignIn:
    """The credentials that `longhaul login` has kept for one API. Renews them in time.

    Two processes may do this at once: one of them renews, and the other takes what that one got.
    So a refresh token that is good for one use is used once.
    """

    def __init__(self, api: str, keeper: Keeper, clock: Callable[[], float] = time.time) -> None:
        self._api = api
        self._keeper = keeper
        self._clock = clock
        self._held: SignIn | None = None

    def token(self, network: Network) -> str | None:
        """Returns the token for the next request; None: nobody is signed in at this API."""
        held = self._held or self._keeper.read(self._api)
        self._held = held
        if held is None or self._is_fresh(held):
            return held.access_token if held else None
        return self._renew(network, None)

    def renewed(self, refused: str, network: Network) -> str | None:
        """Returns a newer token than the refused one; None: there is none."""
        return self._renew(network, refused)

    def _renew(self, network: Network, refused: str | None) -> str | None:
        with self._keeper.locked():
            kept = self._keeper.read(self._api)
            if kept and kept.refresh_token and not self._is_usable(kept, refused):
                kept = self._exchanged(network, kept, kept.refresh_token, refused)
        self._held = kept
        return kept.access_token if kept and kept.access_token != refused else None

    def _exchanged(
        self, network: Network, kept: SignIn, refresh: str, refused: str | None
    ) -> SignIn:
        """Returns new tokens, which are kept already; or the old ones, while they still work."""
        is_over = kept.expires_at is None or kept.expires_at <= self._clock()
        try:
            provider = issuer.discover(network, kept.issuer)
            tokens = issuer.by_refresh(network, provider, kept.client_id, refresh)
        except (Unreachable, Unavailable):
            if refused is None and not is_over:
                return kept
            raise
        except SignInFailed as error:
            if error.reason == "invalid_grant":  # It has ended for good.
                self._keeper.write(self._api, _without_refresh(kept))
            if refused is None and not is_over:
                return kept
            raise _ended(self._api, str(error)) from error
        new = sign_in_of(tokens, kept.issuer, kept.client_id, refresh)
        self._keeper.write(self._api, new)
        return new

    def _is_usable(self, kept: SignIn, refused: str | None) -> bool:
        return kept.access_token != refused and self._is_fresh(kept)

    def _is_fresh(self, kept: SignIn) -> bool:
        if kept.expires_at is None:
            return True
        life = kept.expires_at - kept.issued_at
        return self._clock() < kept.expires_at - min(MARGIN_SECONDS, life / 5)


def sign_out(network: Network, keeper: Keeper, api: str) -> tuple[bool, str]:
    """Forgets the sign-in at this API, and tells its issuer.

    Returns whether somebody was signed in, and why the issuer has not revoked the tokens; empty if
    it has. They are forgotten in any case. Raises CannotKeep if they may still be kept here.
    """
    from longhaul.errors import CannotKeep

    with keeper.locked():
        kept = keeper.read(api)
        why = _revoke(network, kept) if kept else ""
        if not keeper.remove(api):
            raise CannotKeep("The keyring cannot be opened. The tokens may still be in it.")
    return kept is not None, why


def _revoke(network: Network, kept: SignIn) -> str:
    token, hint = kept.refresh_token, "refresh_token"
    if token is None:
        token, hint = kept.access_token, "access_token"
    try:
        provider = issuer.discover(network, kept.issuer)
        is_done = issuer.revoke(network, provider, kept.client_id, token, hint)
    except LonghaulError as error:
        return str(error)
    return "" if is_done else f"{kept.issuer} cannot revoke tokens."


def claims_of(token: str) -> Mapping[str, Any]:
    """Returns what a JWT says (RFC 7519), without a check of its signature; empty: it is no JWT."""
    parts = token.split(".")
    if len(parts) != _TOKEN_PARTS:
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        found = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _without_refresh(kept: SignIn) -> SignIn:
    return SignIn(
        issuer=kept.issuer,
        client_id=kept.client_id,
        access_token=kept.access_token,
        refresh_token=None,
        issued_at=kept.issued_at,
        expires_at=kept.expires_at,
    )


def _ended(api: str, why: str) -> NotSignedIn:
    error = NotSignedIn(Problem(title="Your sign-in has ended", detail=why, status=401))
    error.api, error.sent, error.offers_login = api, "token", True
    return error

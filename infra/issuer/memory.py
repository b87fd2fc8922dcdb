"""What the provider remembers: codes and refresh tokens. A restart forgets all of them."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

AUDIENCE = "longhaul"
CLIENT_ID = "longhaul-web"
"""The public client of the page and of the command line."""

CODE_SECONDS = 60
DEVICE_SECONDS = 600
DEVICE_INTERVAL_SECONDS = 1
"""How long a device waits between two questions. RFC 8628 has 5 if none is said: too slow here."""

SLOWER_SECONDS = 5
"""What a device adds to that once it was told to slow down (RFC 8628, section 3.5)."""


@dataclass(frozen=True)
class User:
    """Somebody who has signed in. Nobody has checked who it is."""

    name: str
    claims: Mapping[str, object] = field(default_factory=dict)
    """What their access tokens say besides."""


@dataclass(frozen=True)
class Code:
    """An authorization code (RFC 6749, section 4.1), in the shape that Authlib asks for."""

    user: User
    redirect_uri: str | None
    scope: str | None
    nonce: str | None
    code_challenge: str
    code_challenge_method: str = "S256"
    made_at: float = field(default_factory=time.time)

    @property
    def is_expired(self) -> bool:
        """Whether it was not used in time."""
        return time.time() > self.made_at + CODE_SECONDS

    def get_redirect_uri(self) -> str | None:
        """Returns the redirect URI of the request. None if it had none."""
        return self.redirect_uri

    def get_scope(self) -> str | None:
        """Returns the scope that was asked for."""
        return self.scope

    def get_nonce(self) -> str | None:
        """Returns what the identity token repeats (OpenID Connect Core, section 2)."""
        return self.nonce

    def get_auth_time(self) -> int:
        """Returns when the user signed in, in seconds since 1970."""
        return int(self.made_at)

    def get_acr(self) -> None:
        """Returns None: nothing was checked."""

    def get_amr(self) -> None:
        """Returns None: no method was used."""


@dataclass
class Device:
    """A device that waits for its user (RFC 8628), in the shape that Authlib asks for."""

    user_code: str
    scope: str | None
    expires_at: float
    user: User | None = None
    denied: bool = False
    interval: float = DEVICE_INTERVAL_SECONDS
    asked_at: float = 0.0

    def get_client_id(self) -> str:
        """Returns the only client that there is."""
        return CLIENT_ID

    def get_scope(self) -> str | None:
        """Returns the scope that was asked for."""
        return self.scope

    def get_user_code(self) -> str:
        """Returns what the user types."""
        return self.user_code

    def is_expired(self) -> bool:
        """Whether the user has come too late."""
        return time.time() > self.expires_at

    def is_too_early(self) -> bool:
        """Whether the device asks sooner than it should. Then it has to wait longer from now on."""
        now = time.monotonic()
        too_early = self.asked_at > 0 and now - self.asked_at < self.interval
        self.asked_at = now
        if too_early:
            self.interval += SLOWER_SECONDS
        return too_early


@dataclass(frozen=True)
class Refresh:
    """A refresh token, good for one use, in the shape that Authlib asks for."""

    token: str
    user: User
    scope: str

    def check_client(self, _client: object) -> bool:
        """Whether it is the client's: there is only one."""
        return True

    def get_scope(self) -> str:
        """Returns the scope that was granted."""
        return self.scope


@dataclass
class Memory:
    """All of it, by its secret."""

    codes: dict[str, Code] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    refreshes: dict[str, Refresh] = field(default_factory=dict)

    def keep_refresh(self, user: User, scope: str) -> Refresh:
        """Returns a new refresh token."""
        made = Refresh(secrets.token_urlsafe(32), user, scope)
        self.refreshes[made.token] = made
        return made

    def device_of(self, user_code: str) -> Device | None:
        """Returns the device that waits with this code. None if none does, or not any more.

        Case and hyphens do not count, as RFC 8628 (section 6.1) advises.
        """
        typed = "".join(filter(str.isalnum, user_code)).upper()
        for device in list(self.devices.values()):
            waits = device.user is None and not device.denied and not device.is_expired()
            if waits and device.user_code.replace("-", "") == typed:
                return device
        return None

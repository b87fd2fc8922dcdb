"""Who may be told of a job: hosts that take webhooks, and addresses that take mail. Pure.

What is decided here is decided again when a message is sent: a setting may have changed since, and
what a host's name resolves to is known only then (announcing/outbound.py).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

URL_MAX: Final = 2_048
ADDRESS_MAX: Final = 254
"""Characters of a mail address. RFC 5321, section 4.5.3.1.3, bounds a path to 256, with < and >."""

HTTPS: Final = 443
_PORT_MAX: Final = 65_535
_LABEL_MAX: Final = 63
"""Bytes of one part of a host's name (RFC 1035, section 2.3.4)."""

_NAME: Final = (
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
)
_PORT: Final = r"(?::(?P<port>[1-9][0-9]{0,4}))?"
_RULE: Final = rf"(?P<host>\*|(?:\*\.)?{_NAME}|\[[0-9a-f:.]+\]){_PORT}"

# An address as people have one. What RFC 5322 allows besides (quotes, comments) is not taken.
_ADDRESS: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"

HOSTS_RULE: Final = (
    "must be a list of hosts with commas between them, as hooks.example.com,*.example.org,host:8443"
)
MAIL_RULE: Final = (
    "must be a list of addresses and domains with commas between them, as ann@example.com,"
    "@example.org"
)


class NotAllowed(ValueError):
    """This receiver must not be told. The text says why, and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a webhook goes. `is_named`: the setting has this host with this port. Only then may it
    be on the stack's own machine or network, and only on an emulator."""

    scheme: str
    host: str
    port: int
    target: str
    """The path with its query, as the request line has it."""
    is_named: bool


def hosts(written: str) -> tuple[str, ...] | None:
    """Returns the entries of WEBHOOK_HOSTS, in lower case; None if one of them is none."""
    entries = tuple(one.strip().lower() for one in written.split(",")) if written.strip() else ()
    return entries if all(_is_rule(one) for one in entries) else None


def addresses(written: str) -> tuple[str, ...] | None:
    """Returns the entries of MAIL_TO; None if one of them is none."""
    entries = tuple(one.strip() for one in written.split(",")) if written.strip() else ()
    checked = (f"x{one}" if one.startswith("@") else one for one in entries)
    return entries if all(is_address(one) for one in checked) else None


def is_address(text: str) -> bool:
    """Whether the text is a mail address that is taken here: ASCII, without a display name."""
    domain = text.rpartition("@")[2]
    return (
        len(text) <= ADDRESS_MAX
        and re.fullmatch(_ADDRESS, text, re.ASCII) is not None
        and ".." not in text
        and not text.startswith(".")
        and ".@" not in text
        and all(0 < len(label) <= _LABEL_MAX for label in domain.split("."))
    )


def place_of(url: str, allowed: Sequence[str], *, is_local: bool) -> Place:
    """Returns where a webhook to this URL goes. `allowed` are the entries of WEBHOOK_HOSTS.

    `is_local`: the stack runs on an emulator. There, plain HTTP is enough for a host that is named
    with its port. Raises NotAllowed.
    """
    if not allowed:
        raise NotAllowed("this stack sends no webhooks: WEBHOOK_HOSTS is not set")
    parts, port = _parsed(url)
    host = (parts.hostname or "").removesuffix(".")
    port = port or (HTTPS if parts.scheme == "https" else 80)
    name = f"[{host}]" if ":" in host else host
    is_named = f"{name}:{port}" in allowed
    ports = [found for rule, found in map(_split, allowed) if _matches(name, rule)]
    if not ports:
        names = ", ".join(allowed)
        raise NotAllowed(f"{host[:100]} is not a host that WEBHOOK_HOSTS allows: {names}")
    if port not in ports:
        raise NotAllowed(f"WEBHOOK_HOSTS does not allow port {port} of {host[:100]}")
    if parts.scheme == "http" and not (is_local and is_named):
        raise NotAllowed(
            "it must begin with https; plain HTTP is for a local target, and a host that "
            "WEBHOOK_HOSTS names with its port"
        )
    target = parts.path or "/"
    return Place(
        scheme=parts.scheme,
        host=host,
        port=port,
        target=f"{target}?{parts.query}" if parts.query else target,
        is_named=is_named,
    )


def _parsed(url: str) -> tuple[SplitResult, int | None]:
    """Returns the parts of the URL, and its port, if it has one. Raises NotAllowed."""
    if len(url) > URL_MAX:
        raise NotAllowed(f"a URL may have {URL_MAX} characters, and this one has {len(url)}")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise NotAllowed("a URL has printable ASCII characters and no spaces; encode all others")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed("it is no URL") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise NotAllowed("it must be a URL with https and a host, as https://hooks.example.com/in")
    if "@" in parts.netloc:
        raise NotAllowed("it must have no user and no password")
    if parts.fragment:
        raise NotAllowed("it must have no fragment (#)")
    if port == 0:
        raise NotAllowed("port 0 is none")
    return parts, port


def may_mail(address: str, allowed: Sequence[str]) -> bool:
    """Whether MAIL_TO, whose entries are `allowed`, has this address or its domain."""
    low = address.lower()
    domain = low[low.rfind("@") :]
    return any(one.lower() in (low, domain) for one in allowed)


def _is_rule(entry: str) -> bool:
    return re.fullmatch(_RULE, entry, re.ASCII) is not None and _split(entry)[1] <= _PORT_MAX


def _split(entry: str) -> tuple[str, int]:
    """Returns (host, port) of an entry."""
    found = re.fullmatch(_RULE, entry, re.ASCII)
    if found is None:
        raise ValueError(entry)
    return found["host"], int(found["port"] or HTTPS)


def _matches(name: str, rule: str) -> bool:
    return rule in ("*", name) or (rule.startswith("*.") and name.endswith(rule[1:]))

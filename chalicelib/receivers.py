"""Who may be told of a job: hosts that take webhooks, and addresses that take mail. Pure.

Where a webhook may go is decided again when it is sent: WEBHOOK_HOSTS may have changed since, and
what a host's name resolves to is known only then (outbound.py). Who may get mail is decided once:
when it is sent, nobody knows any more whose own address it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from chalicelib.networks import is_literal, is_near, is_public

URL_MAX: Final = 2_048
ADDRESS_MAX: Final = 254
"""Characters of a mail address. RFC 5321, section 4.5.3.1.3, bounds a path to 256, with < and >."""

HTTPS: Final = 443
_PORTS: Final = {"https": HTTPS, "http": 80}
_PORT_MAX: Final = 65_535
_LABEL_MAX: Final = 63
_NAME_MAX: Final = 253
"""Characters of one part of a host's name, and of a whole one. RFC 1035, section 2.3.4, bounds the
name to 255 bytes, with a byte for the length of each part and one for the root."""

_SHOWN: Final = 100
"""The most characters of a host that a message has."""

_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME: Final = rf"(?:{_LABEL}\.)*{_LABEL}"
_IPV6: Final = r"\[[0-9a-f:.]+\]"
_RULE: Final = rf"(?P<host>\*|(?:\*\.)?{_NAME}|{_IPV6})(?::(?P<port>[1-9][0-9]{{0,4}}))?"
# What a URL has between // and the path. There is no user, no percent sign and nothing that two
# parsers could read in two ways.
_AUTHORITY: Final = rf"(?P<host>{_NAME}|{_IPV6})(?:(?<!\])\.)?(?::[0-9]{{0,5}})?"
# `inet_aton`, and so `getaddrinfo`, takes such a name for an IPv4 address: 127.1, 0x7f.1,
# 2130706433, 017700000001. https://url.spec.whatwg.org/#ends-in-a-number-checker
_NUMBER: Final = r"[0-9]+|0x[0-9a-f]*"

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
    entries = tuple(map(_rule, written.split(","))) if written.strip() else ()
    rules = tuple(one for one in entries if one)
    return rules if len(rules) == len(entries) else None


def addresses(written: str) -> tuple[str, ...] | None:
    """Returns the entries of MAIL_TO; None if one of them is none. A mailbox may be called `*`, but
    who writes `*@example.com` here means all of them, and so nobody would be told."""
    entries = tuple(one.strip() for one in written.split(",")) if written.strip() else ()
    checked = (f"x{one}" if one.startswith("@") else one for one in entries)
    return entries if all(is_address(one) and "*" not in one for one in checked) else None


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
    parts, name, port = _parsed(url)
    is_named = f"{name}:{port}" in allowed
    ports = [found for rule, found in map(_split, allowed) if _matches(name, rule)]
    if not ports:
        names = ", ".join(allowed)
        raise NotAllowed(f"{name[:_SHOWN]} is not a host that WEBHOOK_HOSTS allows: {names}")
    if port not in ports:
        raise NotAllowed(f"WEBHOOK_HOSTS does not allow port {port} of {name[:_SHOWN]}")
    if parts.scheme == "http" and not (is_local and is_named):
        raise NotAllowed(
            "it must begin with https; plain HTTP is for a local target, and a host that "
            "WEBHOOK_HOSTS names with its port"
        )
    host = name.strip("[]")
    if is_literal(host) and not (is_public(host) or (is_local and is_named and is_near(host))):
        raise NotAllowed(f"{host} is not a public address")
    target = parts.path or "/"
    return Place(
        scheme=parts.scheme,
        host=host,
        port=port,
        target=f"{target}?{parts.query}" if parts.query else target,
        is_named=is_named,
    )


def _parsed(url: str) -> tuple[SplitResult, str, int]:
    """Returns the parts of the URL, its host as an entry of WEBHOOK_HOSTS would have it, and its
    port. Raises NotAllowed."""
    if len(url) > URL_MAX:
        raise NotAllowed(f"a URL may have {URL_MAX} characters, and this one has {len(url)}")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise NotAllowed("a URL has printable ASCII characters and no spaces; encode all others")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotAllowed("it is no URL") from None
    if parts.scheme not in _PORTS or not parts.netloc:
        raise NotAllowed("it must be a URL with https and a host, as https://hooks.example.com/in")
    if "@" in parts.netloc:
        raise NotAllowed("it must have no user and no password")
    if "#" in url:
        raise NotAllowed("it must have no fragment (#)")
    if port == 0:
        raise NotAllowed("port 0 is none")
    found = re.fullmatch(_AUTHORITY, parts.netloc.lower(), re.ASCII)
    name = _host(found["host"]) if found else None
    if name is None:
        raise NotAllowed(
            "its host must be a name of letters, digits, - and _ with dots between the parts, an "
            "IPv4 address of four decimal numbers, or an IPv6 address in brackets"
        )
    return parts, name, port or _PORTS[parts.scheme]


def may_mail(address: str, allowed: Sequence[str]) -> bool:
    """Whether MAIL_TO, whose entries are `allowed`, has this address or its domain."""
    low = address.lower()
    domain = low[low.rfind("@") :]
    return any(one.lower() in (low, domain) for one in allowed)


def _rule(written: str) -> str | None:
    """Returns the entry as `hosts` gives it; None if it is none."""
    found = re.fullmatch(_RULE, written.strip().lower(), re.ASCII)
    if found is None or int(found["port"] or HTTPS) > _PORT_MAX:
        return None
    host, port = found["host"], found["port"]
    wild = "*." if host.startswith("*.") else ""
    known = host if host == "*" else _host(host.removeprefix(wild))
    # No address has a wildcard before it.
    if known is None or (wild and is_literal(known)):
        return None
    return f"{wild}{known}:{port}" if port else f"{wild}{known}"


def _split(entry: str) -> tuple[str, int]:
    """Returns (host, port) of an entry."""
    found = re.fullmatch(_RULE, entry, re.ASCII)
    if found is None:
        raise ValueError(entry)
    return found["host"], int(found["port"] or HTTPS)


def _host(written: str) -> str | None:
    """Returns the host, which is a _NAME or an _IPV6, as everybody writes it; None if it is
    neither a name nor an address."""
    if written.startswith("["):
        try:
            return f"[{IPv6Address(written[1:-1])}]"
        except ValueError:
            return None
    is_name = re.fullmatch(_NUMBER, written.rpartition(".")[2]) is None
    return written if len(written) <= _NAME_MAX and (is_name or is_literal(written)) else None


def _matches(name: str, rule: str) -> bool:
    return rule in ("*", name) or (rule.startswith("*.") and name.endswith(rule[1:]))

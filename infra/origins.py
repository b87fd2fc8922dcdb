"""DOWNLOAD_ORIGINS: the web pages that may fetch() archives from S3. Pure."""

import re
from typing import Final

from infra.errors import DeployError

VARIABLE: Final = "DOWNLOAD_ORIGINS"
PARAMETER: Final = "DownloadOrigins"

_HOST: Final = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\]")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def checked(value: str) -> str:
    """Returns the origins with a comma between them, or `*` alone. Raises DeployError, which names
    the first that no browser sends.

    S3 compares them letter by letter with the header Origin. It takes one wildcard in each.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
    https://www.rfc-editor.org/rfc/rfc6454#section-6.2
    """
    origins = [origin.strip() for origin in value.split(",")]
    if origins == ["*"]:
        return "*"
    for origin in origins:
        if wrong := _wrong(origin):
            raise DeployError(
                f"{VARIABLE} must be origins such as https://app.example.com, with commas between "
                f"them, or * alone for any page. {origin!r} {wrong}."
            )
    return ",".join(dict.fromkeys(origins))


def _wrong(origin: str) -> str:
    """Returns what is wrong with an origin; empty: nothing."""
    scheme, separator, rest = origin.partition("://")
    if scheme not in _DEFAULT_PORTS or not separator:
        return "does not begin with https:// or http://"
    if "/" in rest:
        return "has a path, which an origin has not"
    host, port = rest, None
    if found := re.fullmatch(r"(.+):([0-9]+)", rest):
        host, port = found[1], int(found[2])
    if not _HOST.fullmatch(host):
        return "has no host in small letters (an international name is written as xn--…)"
    if port is not None and not 0 < port < 2**16:
        return "has a port that there is not"
    if port == _DEFAULT_PORTS[scheme]:
        return f"has the port {port}, which browsers leave out with {scheme}"
    return ""

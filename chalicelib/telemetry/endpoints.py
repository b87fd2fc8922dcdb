"""Where traces and logs go: the settings OTLP_*. Pure.

The names are OpenTelemetry's without `EXPORTER_`, and so is what they mean:
https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast, get_args
from urllib.parse import SplitResult, unquote, urlsplit

from chalicelib.telemetry.otlp import Signal

BASE: Final = "OTLP_ENDPOINT"
HEADERS: Final = "OTLP_HEADERS"
COMPRESSION: Final = "OTLP_COMPRESSION"
OF_SIGNAL: Final = {
    Signal.TRACES: "OTLP_TRACES_ENDPOINT",
    Signal.LOGS: "OTLP_LOGS_ENDPOINT",
}
PLACES: Final = (BASE, *OF_SIGNAL.values())
"""The settings of which one at least is set where anything is sent."""

URL_MAX: Final = 2_048

Compression = Literal["none", "gzip"]
COMPRESSIONS: Final = get_args(Compression)

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
_AWS: Final = re.compile(r"(xray|logs)\.([a-z0-9-]{1,32})\.amazonaws\.com(?:\.cn)?", re.ASCII)

# RFC 9110, sections 5.1 and 5.5
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}", re.ASCII)
_TEXT: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?", re.ASCII)
_OURS: Final = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
    }
)
"""Headers that say how a request is made. Nobody can set them."""


class BadEndpoint(ValueError):
    """A setting OTLP_* is none. The text names it, and never says what a header's value is."""


@dataclass(frozen=True, slots=True)
class Signing:
    """What a signature of AWS (SigV4) is for."""

    service: str
    region: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a signal goes. `headers` may hold secrets: they are never logged."""

    signal: Signal
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    compression: Compression = "none"

    @property
    def signing(self) -> Signing | None:
        """What a request to AWS is signed for; None if the endpoint is not one of AWS's."""
        found = _AWS.fullmatch(urlsplit(self.url).hostname or "")
        return Signing(found[1], found[2]) if found else None


def endpoints(environment: Mapping[str, str]) -> dict[Signal, Endpoint]:
    """Returns where each signal goes; one that goes nowhere is left out. OTLP_HEADERS is the text
    `name=value,…` itself here. Raises BadEndpoint."""
    base = environment.get(BASE, "")
    urls = {signal: environment.get(OF_SIGNAL[signal], "") for signal in Signal}
    if base:
        root = _checked(BASE, base)
        if root.query:
            raise BadEndpoint(f"{BASE} must have no query, as {base!r} has")
        stem = root.geturl().rstrip("/")
        urls = {signal: url or f"{stem}/v1/{signal}" for signal, url in urls.items()}
    headers = headers_of(environment.get(HEADERS, ""))
    compression = compression_of(environment.get(COMPRESSION, ""))
    return {
        signal: Endpoint(signal, _checked(OF_SIGNAL[signal], url).geturl(), headers, compression)
        for signal, url in urls.items()
        if url
    }


def compression_of(text: str) -> Compression:
    """Returns the compression that is asked for. Raises BadEndpoint."""
    if (asked := text or "none") not in COMPRESSIONS:
        raise BadEndpoint(f"{COMPRESSION} must be one of {', '.join(COMPRESSIONS)}, not {text!r}")
    return cast("Compression", asked)


def headers_of(text: str) -> dict[str, str]:
    """Returns the headers of `name=value,name=value`, in which a percent sign begins a character
    that is encoded. Raises BadEndpoint."""
    found: dict[str, str] = {}
    for place, pair in enumerate(text.split(","), start=1):
        if not pair.strip():
            continue
        given, equals, encoded = pair.partition("=")
        name, value = given.strip(), unquote(encoded.strip())
        if not equals or not _NAME.fullmatch(name):
            raise BadEndpoint(f"{HEADERS} must be name=value,…, and its part {place} is not")
        if name.lower() in _OURS:
            raise BadEndpoint(f"{HEADERS} must not have {name}")
        if not _TEXT.fullmatch(value):
            raise BadEndpoint(f"{HEADERS}: the value of {name} is no value of a header")
        found[name] = value
    return found


def _checked(variable: str, url: str) -> SplitResult:
    """Returns the parts of the URL. Raises BadEndpoint if nothing can be posted there."""
    if len(url) > URL_MAX or not (url.isascii() and url.isprintable()) or " " in url:
        raise BadEndpoint(f"{variable} must be a URL, of at most {URL_MAX} characters of ASCII")
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or parts.username is not None or parts.fragment:
        # What it has before @ may be a password.
        shown = "" if "@" in url else f", not {url!r}"
        raise BadEndpoint(f"{variable} must be https://host/… or http://host/…{shown}")
    if _AWS.fullmatch(parts.hostname or "") and parts.scheme != "https":
        raise BadEndpoint(f"{variable} must be https for AWS, not {url!r}")
    return parts

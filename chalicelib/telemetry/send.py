"""Posts requests of OTLP to a backend.

https://opentelemetry.io/docs/specs/otlp/#otlphttp says which answers are worth another try.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chalicelib.telemetry.otlp import Partial, Signal

if TYPE_CHECKING:
    from botocore.credentials import Credentials

Compression = Literal["none", "gzip"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a signal goes. `headers` may hold secrets: they are never logged."""

    signal: Signal
    url: str
    headers: Mapping[str, str]
    compression: Compression = "none"


class BadEndpoint(ValueError):
    """A setting of OTLP_* is none. The text names it, and never says a header's value."""


class NotSent(Exception):
    """Nothing of the request was taken. `is_final`: no other try helps. `retry_after`: the seconds
    that the backend asks to wait, if it does."""

    def __init__(
        self, reason: str, *, is_final: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
        self.retry_after = retry_after


def endpoints(environment: Mapping[str, str]) -> dict[Signal, Endpoint]:
    """Returns where each signal goes, by OTLP_ENDPOINT and the other variables of contract. One
    that goes nowhere is left out. OTLP_HEADERS are `name=value,…` here. Raises BadEndpoint."""
    raise NotImplementedError


def post(
    endpoint: Endpoint, body: bytes, credentials: "Callable[[], Credentials | None] | None" = None
) -> Partial:
    """Sends one request of that signal. Returns what the backend has refused of it. `credentials`
    sign what goes to AWS. Raises NotSent."""
    raise NotImplementedError

"""A request as the routes take it, and an answer as they return it. Knows nothing of Chalice."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.http.answers import Answer
from chalicelib.http.callers import Caller, Context, base_url
from chalicelib.jobs.arrivals import Arrival
from chalicelib.jobs.model import Job
from chalicelib.settings import Settings


@dataclass(frozen=True, slots=True)
class Call:
    """A request. Header names are in lower case. `method` is the caller's own: a HEAD is taken by
    the route of the GET. `came` is how it came in, still without the API's URL."""

    context: Context
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    caller: Caller = field(default_factory=Caller)
    method: str = "GET"
    came: Arrival = field(default_factory=Arrival)

    def arrival(self, settings: Settings) -> Arrival:
        """Returns how the request came in, with the API's URL."""
        return self.came._replace(base=base_url(self.context, settings))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before HTTP. Its body is `content` as JSON; or `text`, whose type is in `headers`;
    or nothing. `made` is the job that the request has made."""

    status: int
    content: Answer | None
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    made: Job | None = None


def uncached() -> dict[str, str]:
    """Returns the headers of an answer that is true only now."""
    return {"Cache-Control": "no-store"}

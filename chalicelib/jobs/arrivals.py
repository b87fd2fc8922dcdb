"""What comes with a request for a job, beside what it asks for."""

from typing import NamedTuple

from chalicelib.trace_ids import SpanRef


# Named tuples here and in trace_ids: to make a dataclass takes 0.4 ms of each cold start.
class Arrival(NamedTuple):
    """How a request for a job came in.

    `base` is the API's URL as the request had it: what the job's notices link to. `at` is when it
    came in, in Unix time in ms; None: nobody has measured it. `caller` is the span that it came
    from, if the caller has named one.
    """

    base: str = ""
    at: int | None = None
    caller: SpanRef | None = None

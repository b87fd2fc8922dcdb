"""The log: one structured line for each event. Its name comes first ("job ended"), then its
facts.

A job's id is a credential where nobody has to prove who calls. So no line has it: the digest of the
job (trace_ids.job_digest) stands in its place, also in texts and in tracebacks.
"""

import json
import traceback
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from chalicelib.trace_ids import job_digest, without_job_ids

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

_JOBS: Final = {"jobId": "job", "retryOf": "retryOf", "uploadedBy": "uploadedBy"}
"""The facts that are the id of a job, and what a line calls the job's digest."""

_TEXTS: Final = frozenset({"reason", "detail", "key", "exception"})
"""The facts that may name a job somewhere in their text."""


class Log(Protocol):
    """Where events are written. The names of facts are in camel case, as in the API. A job is given
    by its id (`jobId`); what is written has its digest (`job`)."""

    def info(self, event: str, /, **facts: object) -> None: ...
    def warning(self, event: str, /, **facts: object) -> None: ...
    def error(self, event: str, /, **facts: object) -> None: ...
    def exception(self, event: str, /, **facts: object) -> None:
        """Writes an error, with the traceback of the exception that is being handled."""


class JsonLines:
    """Writes each event as a line of JSON to standard output, with Powertools' logger."""

    def info(self, event: str, /, **facts: object) -> None:
        logger().info(event, extra=written(facts))

    def warning(self, event: str, /, **facts: object) -> None:
        logger().warning(event, extra=written(facts))

    def error(self, event: str, /, **facts: object) -> None:
        logger().error(event, extra=written(facts))

    def exception(self, event: str, /, **facts: object) -> None:
        text = without_job_ids(traceback.format_exc())
        logger().error(event, extra={**written(facts), "exception": text})


def write_line(event: str, /, **facts: object) -> None:
    """Writes an event to standard output without Powertools. It is for what every request writes:
    the import of Powertools takes 60 ms, and most requests write nothing else."""
    line = {"level": "INFO", "message": event, **written(facts)}
    print(json.dumps(line, separators=(",", ":")), flush=True)


def written(facts: Mapping[str, object]) -> dict[str, object]:
    """Returns the facts as they are written: without the id of any job."""
    written: dict[str, object] = {}
    for name, value in facts.items():
        if name in _JOBS:
            written[_JOBS[name]] = job_digest(value) if isinstance(value, str) else value
        elif name in _TEXTS and isinstance(value, str):
            written[name] = without_job_ids(value)
        else:
            written[name] = value
    return written


@cache
def logger() -> "Logger":
    """Returns Powertools' logger. It is made when the first line is written, because its import
    takes 60 ms."""
    from aws_lambda_powertools import Logger

    # No location: the event says more than the line of code, and to find that line costs time.
    return Logger(utc=True, location=None, json_serializer=_json)


def _json(line: dict[str, Any]) -> str:
    """Returns the line in ASCII. Whoever reads it may take U+2028 for its end, as `splitlines`
    does; and half of a surrogate pair could not be written at all."""
    return json.dumps(line, default=str, separators=(",", ":"))

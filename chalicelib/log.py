"""The log: one structured line for each event. Its name comes first ("job ended"), then its
facts."""

from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


class Log(Protocol):
    """Where events are written. The names of facts are in camel case, as in the API."""

    def info(self, event: str, /, **facts: object) -> None: ...
    def warning(self, event: str, /, **facts: object) -> None: ...
    def error(self, event: str, /, **facts: object) -> None: ...
    def exception(self, event: str, /, **facts: object) -> None:
        """Writes an error, with the traceback of the exception that is being handled."""


class JsonLines:
    """Writes each event as a line of JSON to standard output, with Powertools' logger."""

    def info(self, event: str, /, **facts: object) -> None:
        logger().info(event, extra=facts)

    def warning(self, event: str, /, **facts: object) -> None:
        logger().warning(event, extra=facts)

    def error(self, event: str, /, **facts: object) -> None:
        logger().error(event, extra=facts)

    def exception(self, event: str, /, **facts: object) -> None:
        logger().exception(event, extra=facts)


@cache
def logger() -> "Logger":
    """Returns Powertools' logger. It is made when the first line is written, because its import
    takes 60 ms."""
    from aws_lambda_powertools import Logger

    # No location: the event says more than the line of code, and to find that line costs time.
    return Logger(utc=True, location=None)

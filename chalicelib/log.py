"""Structured logs: one JSON line an event, with Powertools' logger."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@cache
def logger() -> "Logger":
    """The process's logger, made when first needed: its import costs 60 ms."""
    from aws_lambda_powertools import Logger

    return Logger(utc=True)

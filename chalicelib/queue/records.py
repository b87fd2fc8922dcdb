"""The records of SQS events, as Lambda hands them over, and the answer to them.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

Record = Mapping[str, Any]

PartialFailure = dict[str, list[dict[str, str]]]


def partial_failure(failed: Iterable[Record]) -> PartialFailure:
    """Returns Lambda's partial batch response. These messages come again, and no others."""
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def attempt(record: Record) -> int:
    """Returns how often SQS has handed this message out, this time included."""
    return int(record["attributes"]["ApproximateReceiveCount"])


def sent_at(record: Record) -> int | None:
    """Returns when SQS took the message, in Unix time in ms; None: the record does not say it."""
    said = str(record["attributes"].get("SentTimestamp", ""))
    return int(said) if said.isascii() and said.isdigit() else None

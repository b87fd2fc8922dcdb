"""Binds a client to one bucket, queue or table, so that each operation need not name it."""

from functools import partial
from typing import Any

from botocore.exceptions import ClientError


class Bound:
    """`client` is botocore's or a fake. `name` is the bucket, the queue's URL or the table."""

    def __init__(self, client: Any, **always: str) -> None:
        self.client = client
        self.exceptions = client.exceptions
        (self.name,) = always.values()
        self._always = always

    def __getattr__(self, operation: str) -> Any:
        return partial(getattr(self.client, operation), **self._always)

    def refuses(self, operation: str, **asked: Any) -> tuple[str, int] | None:
        """Returns the code and the status of the operation's error; None if it succeeds."""
        try:
            getattr(self, operation)(**asked)
        except ClientError as error:
            response = error.response
            return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
        return None

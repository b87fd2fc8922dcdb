"""A client's operations on one thing: its bucket, its queue or its table goes without saying."""

from functools import partial
from typing import Any

from botocore.exceptions import ClientError


class Bound:
    """`client` is botocore's, or what stands for one; `name` is what it is bound to."""

    def __init__(self, client: Any, **always: str) -> None:
        self.client = client
        self.exceptions = client.exceptions
        (self.name,) = always.values()
        self._always = always

    def __getattr__(self, operation: str) -> Any:
        return partial(getattr(self.client, operation), **self._always)

    def refuses(self, operation: str, **asked: Any) -> tuple[str, int] | None:
        """The code and the status of the error that this is answered with; None if it succeeds."""
        try:
            getattr(self, operation)(**asked)
        except ClientError as error:
            response = error.response
            return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
        return None

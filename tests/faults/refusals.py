"""The errors that AWS's services answer with, as botocore raises them."""

from typing import Any

from botocore.exceptions import ClientError


class ConditionalCheckFailedException(ClientError):
    """Stands for the class of this name in the `exceptions` of DynamoDB's client."""


class Exceptions:
    """Stands for a client's `exceptions`. It has those that chalicelib catches."""

    ClientError = ClientError
    ConditionalCheckFailedException = ConditionalCheckFailedException


def refused(operation: str, code: str, status: int, message: str = "", **more: Any) -> ClientError:
    """Returns the error of a request that was answered with `status` and `code`."""
    kind = (
        ConditionalCheckFailedException
        if code == ConditionalCheckFailedException.__name__
        else ClientError
    )
    response: Any = {
        "Error": {"Code": code, "Message": message or code},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return kind(response, operation)

"""What the AWS account allows, and what follows from it for a stack.

Lambda lets a new account run 10 invocations at once, and most others 1,000. All functions of the
account in the region share them, ours and others'. So the defaults are shares of what there is:

- The API gets a fifth for itself, so that no export can starve it. A share of less than 10 would
  rather keep callers out than let them in: then nothing is reserved, and the bound of the workers
  is what leaves room for the API.
- Workers get two fifths at most, so that this stack cannot starve the account. SQS keeps the steps
  that wait.
- Announcers get a tenth at most: a receiver that hangs keeps one for ten seconds, and many of them
  must delay no export. SQS keeps what waits to be told.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import boto3

KEPT = 100
"""Invocations of an account that cannot be reserved.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

BOUNDS = range(2, 1001)
"""What an event source can be bounded to.
https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html"""

POLLER_RUNS = 10
"""Invocations at once that one event poller makes."""

_API_SHARE = 5
_API_LEAST = 10
_WORKERS_SHARE = 0.4
_ANNOUNCERS_SHARE = 0.1


@dataclass(frozen=True)
class Shares:
    """Invocations at once: those reserved for the API (0: none), and those of workers and of
    announcers at most."""

    api: int
    worker: int
    announcer: int


def shares(limit: int, free: int) -> Shares:
    """Returns what a stack takes of an account that may run `limit` invocations at once.

    `free` of them are reserved for no function but, perhaps, this stack's own.
    """
    api = min(limit // _API_SHARE, free - KEPT)
    return Shares(
        api=api if api >= _API_LEAST else 0,
        worker=_bound(limit * _WORKERS_SHARE),
        announcer=_bound(limit * _ANNOUNCERS_SHARE),
    )


def _bound(share: float) -> int:
    return min(max(int(share), BOUNDS[0]), BOUNDS[-1])


def shares_of(session: "boto3.Session", api_function: str) -> Shares:
    """Returns the shares in the session's account and region. `api_function` need not exist."""
    client = session.client("lambda")
    limits = client.get_account_settings()["AccountLimit"]
    try:
        reserved = client.get_function_concurrency(FunctionName=api_function)
    except client.exceptions.ResourceNotFoundException:
        ours = 0
    else:
        ours = reserved.get("ReservedConcurrentExecutions", 0)
    return shares(limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"] + ours)


def gateway_log_role(session: "boto3.Session", stack_name: str) -> str:
    """Returns "make" if the stack must make the role that API Gateway logs with, else "keep".

    There is one for the account and region. One that this stack made stays the stack's.
    """
    arn = session.client("apigateway").get_account().get("cloudwatchRoleArn", "")
    name = arn.rpartition("/")[2]
    return "keep" if arn and not name.startswith(f"{stack_name}-AccessLogRole-") else "make"

"""A function that does what its event says, so that a test sees how Lambda reacts."""

import itertools
import os
import signal
import time
from typing import Any

import boto3

calls = itertools.count(1)


def handler(event: dict[str, Any], context: Any) -> Any:
    return globals()[event["do"]](event, context)


def tell(event: dict[str, Any], context: Any) -> Any:
    """Returns what the function knows of itself, and how often this process was called."""
    print("telling", event.get("word", ""))
    return {
        "pid": os.getpid(),
        "calls": next(calls),
        "memory": context.memory_limit_in_mb,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "setting": os.environ["SETTING"],
        "region": os.environ["AWS_REGION"],
    }


def fail(event: dict[str, Any], context: Any) -> Any:
    raise ValueError("no such thing")


def hang(event: dict[str, Any], context: Any) -> Any:
    print("hanging")
    time.sleep(60)  # longer than the function's timeout


def leave(event: dict[str, Any], context: Any) -> Any:
    print("leaving")
    os._exit(event["code"])


def be_killed(event: dict[str, Any], context: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def meet(event: dict[str, Any], context: Any) -> Any:
    """Returns when `count` invocations are here at the same time. Only concurrent ones can be. The
    function's timeout is the limit."""
    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    key = {"id": event["place"]}
    table.update_item(
        Key=key,
        UpdateExpression="ADD present :one",
        ExpressionAttributeValues={":one": 1},
    )
    while table.get_item(Key=key, ConsistentRead=True)["Item"]["present"] < event["count"]:
        time.sleep(0.05)
    return os.getpid()


def borrow(event: dict[str, Any], context: Any) -> Any:
    """Imports a package that the deployment package does not have."""
    return __import__(event["package"]).__name__


def be_large(event: dict[str, Any], context: Any) -> Any:
    """Takes that much memory."""
    return len(b"x" * event["size"])


def be_long(event: dict[str, Any], context: Any) -> Any:
    return "x" * event["length"]

"""From a job's end to its webhook: `python -m bench.announce`. The stack has nothing else to do.

A job's end is the time in its record. The webhook is there when its receiver, in this process, has
the request. The floor is what cannot be left out, measured in turns with it: from a message in a
queue to the POST of the smallest function that takes it.
"""

import io
import os
import statistics
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any, Final
from uuid import uuid4

import click
import requests
from botocore.exceptions import BotoCoreError, ClientError

from bench import results
from bench.place import Place, stack_of_its_own
from infra.console import complain, step
from infra.errors import InfraError
from infra.targets import TARGET_NAMES, Target, TargetName

GOAL_SECONDS: Final = 1.0
"""The longest median from a job's end to its webhook, on a stack that has nothing else to do."""

_WARM_UP: Final = 2
"""The first rounds start functions, and are not counted."""

_WAIT_SECONDS: Final = 60

_HANDLER: Final = """\
import urllib.request

def handler(event, context):
    for record in event["Records"]:
        request = urllib.request.Request({url!r}, data=record["body"].encode(), method="POST")
        urllib.request.urlopen(request, timeout=10).close()
"""
"""The smallest function that posts what is in a queue."""


@dataclass(frozen=True)
class Receiver:
    """Takes each POST. `came` has its path and when it was there, in Unix time in seconds."""

    port: int
    came: "Queue[tuple[str, float]]" = field(default_factory=Queue)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def wait(self, path: str) -> float:
        """Returns when a POST to this path was there."""
        while True:
            found, at = self.came.get(timeout=_WAIT_SECONDS)
            if found == path:
                return at


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Yields a receiver on a free port of this machine."""
    made: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.time()
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()
            made[0].came.put((self.path, at))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.append(Receiver(server.server_address[1]))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made[0]
    finally:
        server.shutdown()
        server.server_close()


def ours(place: Place, receiver: Receiver) -> float:
    """Returns the seconds from the end of one small export to its webhook."""
    path, key = f"/{uuid4()}", f"bench-announce/{uuid4()}"
    place.s3.put_object(Bucket=place.outputs.source_bucket, Key=key, Body=uuid4().bytes)
    asked: Any = {"prefix": key, "notify": {"url": receiver.url(path)}}
    base = f"{place.outputs.api_url}/v1/export"
    answer = requests.post(base, json=asked, timeout=_WAIT_SECONDS)
    answer.raise_for_status()
    at = receiver.wait(path)
    job = requests.get(f"{base}/{answer.json()['jobId']}", timeout=_WAIT_SECONDS).json()
    return at - datetime.fromisoformat(job["updatedAt"]).timestamp()


def floor(sqs: Any, queue: str, receiver: Receiver, path: str) -> float:
    """Returns the seconds from a message in the queue to the POST of the smallest function."""
    started = time.time()
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    return receiver.wait(path) - started


@contextmanager
def smallest_function(place: Place, url: str) -> Iterator[str]:
    """Makes a queue, and a function that posts its messages to the URL. Yields the queue's URL."""
    outputs = place.outputs
    session = Target(place.name, "local", outputs.region, outputs.endpoint_url).session()
    functions, sqs, name = session.client("lambda"), session.client("sqs"), f"floor-{uuid4()}"
    known = functions.get_function_configuration(FunctionName=outputs.api_function)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("app.py", _HANDLER.format(url=url))
    functions.create_function(
        FunctionName=name,
        Runtime=known["Runtime"],
        Architectures=known["Architectures"],
        Role=known["Role"],
        Handler="app.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=30,
        MemorySize=256,
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    queue = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "180"})["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    mapping = functions.create_event_source_mapping(
        EventSourceArn=attributes["Attributes"]["QueueArn"], FunctionName=name, BatchSize=1
    )
    try:
        yield queue
    finally:
        functions.delete_event_source_mapping(UUID=mapping["UUID"])
        functions.delete_function(FunctionName=name)
        sqs.delete_queue(QueueUrl=queue)


def measured(place: Place, receiver: Receiver, rounds: int) -> tuple[list[float], list[float]]:
    """Returns the seconds of each round: ours, and the floor's."""
    ends: list[float] = []
    floors: list[float] = []
    path = "/floor"
    with step("Announce") as note, smallest_function(place, receiver.url(path)) as queue:
        for number in range(rounds + _WARM_UP):
            note(f"round {number + 1} of {rounds + _WARM_UP}")
            ends.append(ours(place, receiver))
            floors.append(floor(place.sqs, queue, receiver, path))
    return ends[_WARM_UP:], floors[_WARM_UP:]


def report(ends: Sequence[float], floors: Sequence[float]) -> str:
    """Returns the figures as a table of Markdown."""
    row = "| {} | {:.2f} | {:.2f} to {:.2f} |".format
    middle, least = statistics.median(ends), statistics.median(floors)
    return "\n".join(
        [
            "| | median s | (least to most) |",
            "|---|---:|---:|",
            row("from a job's end to its webhook", middle, min(ends), max(ends)),
            row("the floor: SQS, a function, a POST", least, min(floors), max(floors)),
            "",
            f"{middle / least:.1f} times the floor; goal: a median of at most {GOAL_SECONDS:g} s.",
        ]
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--target", type=click.Choice(TARGET_NAMES), default="ministack", envvar="TARGET")
@click.option("--rounds", default=20, show_default=True, type=click.IntRange(1, 1000))
def main(target: TargetName, rounds: int) -> None:
    """Measures how soon the end of a job is told."""
    if target == "aws":
        complain("The bench runs on this machine only, not on TARGET=aws.")
        sys.exit(1)
    about = results.circumstances(target, rounds, 256, quick=False)
    try:
        with receiving() as receiver:
            os.environ["WEBHOOK_HOSTS"] = f"127.0.0.1:{receiver.port}"
            with stack_of_its_own(target) as place:
                ends, floors = measured(place, receiver, rounds)
    except (InfraError, BotoCoreError, ClientError, OSError) as error:
        complain(str(error))
        sys.exit(1)
    click.echo("\n".join([results.sentences(about)[0], "", report(ends, floors)]))
    if statistics.median(ends) > GOAL_SECONDS:
        complain("the goal is missed")
        sys.exit(1)


if __name__ == "__main__":
    main()

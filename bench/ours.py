"""Runs Longhaul: its worker alone, in a process of the bench, and the whole stack over HTTP.

The worker gets its events from a queue of the bench, as it would get them from Lambda's event
source.
"""

import json
import os
import time
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from bench.measure import Usage
from bench.place import Place
from bench.processes import ContenderError, Running
from chalicelib.jobs.request import ExportRequest
from chalicelib.jobs.states import OPEN
from chalicelib.pipeline import accepting, endings
from chalicelib.services import services
from chalicelib.settings import settings

_POLL_SECONDS: Final = 0.1
_LIMIT_SECONDS: Final = 3600.0

Asked = Mapping[str, Any]
"""The body of `POST /v1/export`."""


def export(place: Place, asked: Asked, *workers: Running) -> tuple[str, Usage]:
    """Has the workers do every step of one export. Returns the job's id, and the usage of all.

    Each worker does one step at a time, and all take them from one queue. The usage's `seconds` are
    from the start of the first step to the end of the last one, with SQS between them; `peak_rss`
    is that of the worker with the most. Raises ContenderError if the job does not complete.
    """
    total = Usage()
    with _posted(place, asked) as job_id, ThreadPoolExecutor(len(workers)) as pool:
        started = time.monotonic()
        turns = [pool.submit(_work, place, job_id, worker) for worker in workers]
        done = [turn.result() for turn in turns]
    for usage, _ in done:
        total += usage
    return job_id, replace(total, seconds=max(ended for _, ended in done) - started)


def _work(place: Place, job_id: str, worker: Running) -> tuple[Usage, float]:
    """Has one worker do steps until the job has ended. Returns its usage, and when it ended its
    last step."""
    total, ended = Usage(), time.monotonic()
    for event, receipt in _events(place, job_id):
        answer, usage = worker.do(event)
        total += usage
        ended = time.monotonic()
        if not answer["batchItemFailures"]:
            place.sqs.delete_message(QueueUrl=place.queue_url, ReceiptHandle=receipt)
    return total, ended


def export_over_http(place: Place, asked: Asked) -> tuple[str, float]:
    """Returns the job's id, and the seconds from the POST until its status is `completed`.

    Raises ContenderError if the job does not complete.
    """
    started = time.monotonic()
    accepted = _call(f"{place.outputs.api_url}/v1/export", asked)
    while time.monotonic() < started + _LIMIT_SECONDS:
        job = _call(f"{place.outputs.api_url}/v1/export/{accepted['jobId']}")
        if job["status"] not in OPEN:
            break
        time.sleep(_POLL_SECONDS)  # a client polls like this, too
    if job["status"] != "completed":
        raise ContenderError(f"A job over HTTP is {job['status']}: {job['error']}")
    return accepted["jobId"], time.monotonic() - started


def archive_key(job_id: str, form: str = "zip") -> str:
    return f"archives/{job_id}.{form}"


@contextmanager
def _posted(place: Place, asked: Asked) -> Iterator[str]:
    """Makes a job as the API does, with its first step in the bench's queue. Yields its id.

    At the end it cancels the job, which changes nothing if the job has completed. If the `with`
    block was left early, the stack's sweeper would continue the job otherwise.
    """
    os.environ.update(place.environment, POWERTOOLS_LOG_LEVEL="ERROR")
    # Else the queue would be that of an earlier place, which is not there any more.
    settings.cache_clear()
    services.cache_clear()
    export_request = ExportRequest.from_json(json.dumps(asked).encode())
    job_id = accepting.accept(services(), "bench", export_request, None).job.job_id
    try:
        yield job_id
    finally:
        endings.cancel(services(), job_id)


def _events(place: Place, job_id: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yields each step of the job as the event that Lambda makes of it, with the receipt of its
    message. Ends when the job has completed. Raises ContenderError if it ends in another way."""
    jobs = services().jobs
    deadline = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < deadline:
        found = received(place)
        yield from found
        if not found:
            job = jobs.get(job_id)
            if job is None or job.status not in OPEN:
                break
            time.sleep(_POLL_SECONDS)  # a message that was put off is not visible yet
    if job is None or job.status != "completed":
        raise ContenderError(f"The job {job_id} has not completed: {job}")


def received(place: Place) -> list[tuple[dict[str, Any], str]]:
    """Returns the next message of the bench's queue as the event that Lambda makes of it, with its
    receipt; an empty list if none is visible."""
    answer = place.sqs.receive_message(
        QueueUrl=place.queue_url,
        MaxNumberOfMessages=1,
        MessageSystemAttributeNames=["All"],
    )
    found = answer.get("Messages", [])
    return [(_event(message), message["ReceiptHandle"]) for message in found]


def _event(message: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the event of one message: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:bench",
                "awsRegion": "us-east-1",
            }
        ]
    }


def _call(url: str, body: Asked | None = None) -> Any:
    request = urllib.request.Request(url, headers={"Content-Type": "application/json"})
    if body is not None:
        request.data = json.dumps(body).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.load(answer)

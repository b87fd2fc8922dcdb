"""Longhaul itself: its worker in a process of ours, fed as Lambda's event source feeds it; and the
whole of it over HTTP."""

import json
import os
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from bench.measure import Usage
from bench.place import Place
from bench.processes import ContenderError, Running
from chalicelib.jobs.request import ExportRequest
from chalicelib.pipeline import accepting, endings
from chalicelib.services import services

_POLL_SECONDS: Final = 0.1
_LIMIT_SECONDS: Final = 3600.0

Asked = Mapping[str, Any]
"""The body of `POST /v1/export`."""


def export(place: Place, asked: Asked, worker: Running) -> tuple[str, Usage]:
    """Has the worker do every step of one export. Gives the job's id and what it took.

    `seconds` is from the first step's begin to the last one's end, SQS between them included.
    """
    total = Usage()
    with _posted(place, asked) as job_id:
        started = ended = time.monotonic()
        for event, receipt in _events(place, job_id):
            answer, usage = worker.do(event)
            total += usage
            ended = time.monotonic()
            if not answer["batchItemFailures"]:
                place.sqs.delete_message(QueueUrl=place.queue_url, ReceiptHandle=receipt)
    return job_id, replace(total, seconds=ended - started)


def export_over_http(place: Place, asked: Asked) -> tuple[str, float]:
    """The job's id, and seconds from the POST until its status says that it has completed."""
    started = time.monotonic()
    accepted = _call(f"{place.outputs.api_url}/v1/export", asked)
    while time.monotonic() < started + _LIMIT_SECONDS:
        job = _call(f"{place.outputs.api_url}/v1/export/{accepted['jobId']}")
        if job["status"] not in {"queued", "processing"}:
            break
        time.sleep(_POLL_SECONDS)  # between two looks, as a client has it; within a limit
    if job["status"] != "completed":
        raise ContenderError(f"A job over HTTP is {job['status']}: {job['error']}")
    return accepted["jobId"], time.monotonic() - started


def archive_key(job_id: str) -> str:
    return f"archives/{job_id}.zip"


@contextmanager
def _posted(place: Place, asked: Asked) -> Iterator[str]:
    """The id of a new job, made by the API's own route, whose first step is in the bench's queue.
    Where the body breaks off the job is cancelled, or the stack's sweeper would go on with it."""
    os.environ.update(place.environment, POWERTOOLS_LOG_LEVEL="ERROR")
    export_request = ExportRequest.from_json(json.dumps(asked).encode())
    job_id = accepting.accept(services(), "bench", export_request, None).job_id
    try:
        yield job_id
    finally:
        endings.cancel(services(), job_id)


def _events(place: Place, job_id: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The steps of the job, as Lambda hands them over, until it has completed; with their
    receipts."""
    jobs = services().jobs
    deadline = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < deadline:
        answer = place.sqs.receive_message(
            QueueUrl=place.queue_url,
            MaxNumberOfMessages=1,
            MessageSystemAttributeNames=["All"],
        )
        for message in answer.get("Messages", []):
            yield _event(message), message["ReceiptHandle"]
        if not answer.get("Messages"):
            job = jobs.get(job_id)
            if job is None or job.status not in {"queued", "processing"}:
                break
            time.sleep(_POLL_SECONDS)  # a message that was put off is not there yet
    if job is None or job.status != "completed":
        raise ContenderError(f"The job {job_id} has not completed: {job}")


def _event(message: Mapping[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
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

"""The function `telemetry`: what a real export writes arrives at a backend by way of CloudWatch
Logs, also after the backend was down. The stack is of these tests alone.
"""

import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.trace_ids import job_digest, root_of
from infra import stack
from infra.outputs import Outputs
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources
from tests.observe.tap import Record, Tap
from tests.observe.trees import tree
from tests.waiting import wait_for

ARRIVED_SECONDS = 60
"""A function starts, and two more tries of it, too."""

SUBSCRIBED = ("APIHandler", "Worker", "Announcer", "DeadLetters", "Sweeper")


@dataclass(frozen=True)
class Shipping:
    """A stack that ships to a receiver of somebody else's."""

    outputs: Outputs
    tap: Tap
    api: Api

    @property
    def backstage(self) -> Backstage:
        return Backstage(self.outputs)

    @property
    def sources(self) -> Sources:
        return Sources(self.backstage)

    def records(self, job: str) -> list[Record]:
        """Returns the records of the job with that digest."""
        return [record for record in self.tap.records() if record.attributes.get("job") == job]

    def queue(self) -> str:
        """Returns the URL of the queue of what could not be sent."""
        return self.backstage.output("TelemetryQueueUrl")


@pytest.fixture(scope="module")
def shipping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipping]:
    folder = tmp_path_factory.mktemp("shipping")
    tap = Tap(folder)
    tap.start()
    settings = {"OTLP_ENDPOINT": tap.url, "EVENTS": "ended"}
    try:
        with (
            stack.running(folder / "ministack", settings=settings) as outputs,
            closing(Api(outputs.api_url)) as api,
        ):
            yield Shipping(outputs, tap, api)
    finally:
        tap.stop()


@pytest.fixture(scope="module")
def job_id(shipping: Shipping) -> str:
    """A job whose end is told to whom it concerns."""
    job_id = shipping.api.export(file_ids=[shipping.sources.put(b"hello").file_id])
    digest = job_digest(job_id)
    wait_for(
        lambda: {"job ended", "job announced"} <= {it.body for it in shipping.records(digest)},
        ARRIVED_SECONDS,
        "the lines of the job's end",
    )
    return job_id


def test_the_spans_of_an_export_are_a_tree(shipping: Shipping, job_id: str) -> None:
    root = root_of(job_id)

    def arrived() -> bool:
        return {"export", "POST /v1/export", "plan"} <= {
            span.name for span in shipping.tap.spans() if span.trace == root.trace
        }

    wait_for(arrived, ARRIVED_SECONDS, "the root, the request and the step")

    # Two functions tell of the root, which is the same span each time.
    spans = {(it.trace, it.span): it for it in shipping.tap.spans()}
    found = tree(spans.values(), root)
    assert found.root["longhaul.status"] == "completed"
    assert [it["http.route"] for it in found.children("POST /v1/export")] == ["/v1/export"]
    assert found.children("plan")


def test_the_lines_of_an_export_are_records_of_its_trace(shipping: Shipping, job_id: str) -> None:
    records = shipping.records(job_digest(job_id))

    assert {"job accepted", "job started", "job ended", "job announced"} <= {
        record.body for record in records
    }
    assert {record.trace for record in records} == {root_of(job_id).trace}


def test_nothing_that_is_sent_has_the_id_of_the_job(shipping: Shipping, job_id: str) -> None:
    assert job_id not in shipping.tap.text()
    assert job_digest(job_id) in shipping.tap.text()


def test_lambdas_own_lines_around_each_run_are_not_sent(shipping: Shipping, job_id: str) -> None:
    assert shipping.records(job_digest(job_id))
    assert not [it.body for it in shipping.tap.records() if "RequestId:" in it.body]


def test_all_functions_are_subscribed_but_the_shipper_itself(shipping: Shipping) -> None:
    logs: Any = shipping.backstage.session.client("logs")
    names = shipping.backstage.functions()
    shipper = names.pop("Telemetry")

    def destinations(function: str) -> list[str]:
        found = logs.describe_subscription_filters(logGroupName=f"/aws/lambda/{function}")
        return [it["destinationArn"].rpartition(":")[2] for it in found["subscriptionFilters"]]

    assert set(names) == set(SUBSCRIBED)
    assert [destinations(real) for real in names.values()] == [[shipper]] * len(SUBSCRIBED)
    assert destinations(shipper) == []


def test_what_a_backend_that_is_down_misses_arrives_when_it_is_back(shipping: Shipping) -> None:
    sqs, queue = shipping.backstage.sqs, shipping.queue()
    # So the next try is in a second, and not in a quarter of an hour.
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    shipper = shipping.backstage.functions()["Telemetry"]
    text = f"written while nobody listened {uuid4().hex}"
    shipping.tap.stop()

    # As CloudWatch Logs calls it. MiniStack's own does not try again.
    shipping.backstage.session.client("lambda").invoke(
        FunctionName=shipper, InvocationType="Event", Payload=json.dumps(_handed_over(text))
    )
    wait_for(
        lambda: _in_all(sqs, queue) == 1, ARRIVED_SECONDS, "the event in the queue of the shipper"
    )
    missed = {record.body for record in shipping.tap.records()}
    shipping.tap.start()
    wait_for(
        lambda: text in {record.body for record in shipping.tap.records()},
        ARRIVED_SECONDS,
        "the line at the backend",
    )

    assert text not in missed
    wait_for(lambda: _in_all(sqs, queue) == 0, ARRIVED_SECONDS, "the empty queue")
    assert shipping.backstage.logged("Telemetry", '"telemetry not sent"')
    assert not shipping.backstage.logged("Telemetry", '"telemetry dropped"')


def _handed_over(text: str) -> dict[str, Any]:
    """What CloudWatch Logs hands to a function for one line."""
    said = {
        "messageType": "DATA_MESSAGE",
        "logGroup": "/aws/lambda/x-Worker",
        "logEvents": [{"id": str(uuid4()), "timestamp": 1_790_000_000_000, "message": text}],
    }
    return {
        "awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(said).encode())).decode()}
    }


def _in_all(sqs: Any, queue: str) -> int:
    counted = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(counted))["Attributes"]
    return sum(int(found[name]) for name in counted)

"""Receivers of webhooks, for tests: they are told, and the API says so."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib import aws
from chalicelib.announcing.announcer import handle
from chalicelib.outbound import Answer as Taken
from chalicelib.receivers import Place
from tests.integration.gateway import Answer, call, status
from tests.integration.stack import Stack

URL = "https://hooks.example.com/in?token=1"
ANN = "ann@example.com"
ANNS = {"claims": {"sub": "ann", "email": "Ann@Example.com", "email_verified": "true"}}


@dataclass
class Receiver:
    """Stands for the hosts of webhooks."""

    status: int = 200
    posts: list[tuple[str, str, Any]] = field(default_factory=list)

    def post(self, place: Place, headers: Mapping[str, str], body: bytes, /) -> Taken:
        url = f"{place.scheme}://{place.host}{place.target}"
        self.posts.append((url, headers["webhook-id"], json.loads(body)))
        return Taken(self.status)


def announce(stack: Stack) -> None:
    """Does each step that is in the queue of announcements."""
    url = stack.services.settings.announcement_queue_url
    while records := stack.receive(url):
        for record in records:
            assert handle([record], stack.services)["batchItemFailures"] == []
            aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])


def notify(job_id: str, body: object = None, **more: Any) -> Answer:
    """Has one more told of the job's end, or all once more."""
    return call("POST", f"/v1/export/{job_id}/notify", body=body, **more)


def told(job_id: str) -> Any:
    """Returns what the API says of those who are told."""
    return status(job_id)["notifications"]


def shown(to: str, **facts: Any) -> dict[str, Any]:
    """Returns a notice as the API shows it: one that waits, but for these facts."""
    known = {"kind": "mail" if "@" in to else "webhook", "to": to, "status": "pending"}
    return {**known, "attempts": 0, "lastError": None, "nextAttemptAt": None, **facts}

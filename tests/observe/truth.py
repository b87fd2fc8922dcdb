"""What really happened: what a client has sent, and what the table says of the jobs."""

import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import requests

from chalicelib.jobs import items, places
from chalicelib.jobs.model import Job
from chalicelib.jobs.states import OPEN, Status
from tests.e2e.api import TIMEOUT_SECONDS, Api
from tests.e2e.backstage import Backstage

Kind = tuple[str, str, str]
"""Method, route and status of a request, as a metric labels it."""

_OF_THE_PAGE = ("/", "/assets/{version}/{name}", "/longhaul-export.js")
"""Routes that the OpenAPI document leaves out."""

UNKNOWN = "unknown"

ENDED = (Status.COMPLETED.value, Status.FAILED.value, Status.CANCELLED.value)
"""How a job ends."""


class Client(Api):
    """A client that counts what it sends. Thread-safe."""

    def __init__(self, base_url: str) -> None:
        self.sent: Counter[Kind] = Counter()
        """The requests that the API's function has answered."""
        self.job_ids: set[str] = set()
        """The ids of all jobs that an answer has named."""
        self.seconds: defaultdict[Kind, float] = defaultdict(float)
        """How long it has waited for answers of each kind, in all."""
        self._counting = Lock()
        super().__init__(base_url)
        # The document, which Api has asked for itself.
        self.sent["GET", "/openapi.json", "200"] += 1

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        began = time.monotonic()
        answer = super().call(method, path, **options)
        self._count(method, path, answer, time.monotonic() - began)
        return answer

    def visit(self, path: str) -> requests.Response:
        """Asks for the page or for one of its files, which the OpenAPI document does not have."""
        began = time.monotonic()
        answer = requests.get(self.base_url + path, timeout=TIMEOUT_SECONDS)
        self._count("GET", path, answer, time.monotonic() - began)
        return answer

    def route(self, path: str) -> str:
        """Returns the route that a path belongs to."""
        bare = path.partition("?")[0]
        return next((name for pattern, name in self._routes if pattern.fullmatch(bare)), UNKNOWN)

    def _count(self, method: str, path: str, answer: requests.Response, took: float) -> None:
        # Only the function has spans. What API Gateway answers itself does not count.
        assert "traceparent" in answer.headers, f"{method} {path}: {answer.status_code}"
        kind = method, self.route(path), str(answer.status_code)
        with self._counting:
            self.sent[kind] += 1
            self.seconds[kind] += took
            self.job_ids |= set(re.findall(r'"jobId": ?"([^"]+)"', answer.text))

    @cached_property
    def _routes(self) -> list[tuple[re.Pattern[str], str]]:
        # The longest first: a parameter of a route takes what may be another route's own word.
        names = sorted([*self.contract.document["paths"], *_OF_THE_PAGE], key=len, reverse=True)
        return [
            (re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", name)))), name)
            for name in names
        ]


@dataclass(frozen=True)
class Table:
    """The jobs of a stack, as its table has them. Read by a scan, and not by what is measured."""

    backstage: Backstage

    def jobs(self) -> list[Job]:
        """Returns all jobs that are not deleted."""
        return [job for job in map(items.to_job, self._records()) if not job.is_deleted]

    def job(self, job_id: str) -> Job:
        return items.to_job(self.backstage.record(job_id))

    def ended(self) -> dict[str, int]:
        """Returns how many jobs have ended, by their status."""
        counted = Counter(str(job.status) for job in self.jobs() if job.status not in OPEN)
        return {status: counted[status] for status in ENDED}

    def open(self) -> int:
        return sum(job.status in OPEN for job in self.jobs())

    def _records(self) -> Iterator[Any]:
        pages = self.backstage.dynamodb.get_paginator("scan")
        for page in pages.paginate(TableName=self.backstage.outputs.jobs_table):
            yield from (one for one in page["Items"] if places.is_record(str(one["jobId"]["S"])))


@dataclass(frozen=True)
class Line:
    """A structured line. `function` is the name in the template. `logged_at` is when the log took
    it, in Unix time in ms."""

    function: str
    logged_at: int
    facts: Mapping[str, Any]

    @property
    def event(self) -> str:
        return str(self.facts["message"])


@dataclass(frozen=True)
class Logs:
    """What a stack's functions have written, read from CloudWatch Logs once more."""

    backstage: Backstage

    def lines(self) -> list[Line]:
        """Returns the structured lines of all functions."""
        return [
            line for name, real_name in self._names.items() for line in self._of(name, real_name)
        ]

    @cached_property
    def _names(self) -> dict[str, str]:
        return self.backstage.functions()

    def _of(self, name: str, real_name: str) -> Iterator[Line]:
        client = self.backstage.session.client("logs")
        pages = client.get_paginator("filter_log_events")
        try:
            for page in pages.paginate(logGroupName=f"/aws/lambda/{real_name}"):
                for event in page["events"]:
                    for text in event["message"].splitlines():
                        if text.startswith("{") and "message" in (facts := json.loads(text)):
                            yield Line(name, event["timestamp"], facts)
        except client.exceptions.ResourceNotFoundException:
            return  # The function has never run.

"""A dead letter that cannot be handled, and the others that came with it."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.errors import Unavailable
from chalicelib.jobs.model import Failure
from chalicelib.jobs.store import Blamed
from chalicelib.pipeline.dead_letters import bury
from chalicelib.queue.messages import Message, Step
from tests.unit.samples import JOB_ID, NOW, some_services

OTHER_ID = JOB_ID[:-1] + "7"


@dataclass
class Jobs:
    """A table of which one job's item breaks whatever touches it."""

    broken: str
    error: Exception
    failed: list[str] = field(default_factory=list)

    def last_reason(self, _job_id: str) -> None:
        """There is none."""

    def fail(self, job_id: str, _now: int, _failure: Failure, _blamed: Blamed) -> None:
        if job_id == self.broken:
            raise self.error
        self.failed.append(job_id)


def letter(message_id: str, job_id: str) -> dict[str, Any]:
    return {"messageId": message_id, "body": Message(Step.PLAN, job_id).to_body()}


@pytest.mark.parametrize("error", [Unavailable("could not write the job"), KeyError("status")])
def test_a_letter_that_cannot_be_handled_alone_comes_again(error: Exception) -> None:
    jobs = Jobs(JOB_ID, error)
    services = some_services(jobs=jobs, now=lambda: NOW)

    answer = bury([letter("first", JOB_ID), letter("second", OTHER_ID)], services)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "first"}]}
    assert jobs.failed == [OTHER_ID]

"""The jobs of a user: their list, and how many of them are open.

There is no counter of the open jobs, because a crash could leave it wrong. Instead a sparse index
lists them by user, and follows their records. It lags behind, usually by a moment. So requests that
come at the same time may all be accepted, though there was room for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws import error_code, translated
from chalicelib.errors import unknown_cursor
from chalicelib.jobs import items
from chalicelib.jobs.attributes import key, of
from chalicelib.jobs.model import Job, user_mark
from chalicelib.jobs.store import OPEN_USER
from chalicelib.jobs.table import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryOutputTypeDef

BY_USER: Final = "byUser"
OPEN_OF_USER: Final = "openOfUser"


@dataclass(frozen=True, slots=True)
class Page:
    """Jobs, newest first. `next` is where the next page begins: (createdAt, jobId) of the last job;
    None on the last page."""

    jobs: tuple[Job, ...]
    next: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class UserJobs:
    """The indexes by user, reached through the jobs table."""

    table: Table

    def page(self, user_id: str, limit: int, after: tuple[int, str] | None = None) -> Page:
        """Returns one page of the user's jobs. Raises InvalidRequest if `after` is not the `next`
        of such a page. A page may have fewer jobs than `limit`, though others follow: some were
        deleted just now.

        The index holds keys only, so that progress never writes to it.
        """
        start: Any = {}
        if after:
            start["ExclusiveStartKey"] = {
                **key(after[1]),
                "userId": of(user_id),
                "createdAt": of(after[0]),
            }
        try:
            answer: QueryOutputTypeDef = self.table.query(
                BY_USER,
                "list the jobs",
                "userId = :user",
                {"user": of(user_id)},
                ScanIndexForward=False,
                Limit=limit + 1,  # the one more shows whether there is another page
                **start,
            )
        except self.table.client.exceptions.ClientError as error:
            if error_code(error) == "ValidationException" and after:
                raise unknown_cursor() from error
            raise
        keys = [(int(row["createdAt"]["N"]), row["jobId"]["S"]) for row in answer["Items"]]
        jobs = self._get_many([job_id for _, job_id in keys[:limit]])
        is_last = len(keys) <= limit and "LastEvaluatedKey" not in answer
        return Page(jobs, None if is_last else keys[:limit][-1])

    def count_open(self, user_id: str, most: int) -> int:
        """Returns how many of the user's jobs are open, but never more than `most`."""
        answer: QueryOutputTypeDef = self.table.query(
            OPEN_OF_USER,
            "count the open jobs",
            f"{OPEN_USER} = :user",
            {"user": of(user_mark(user_id))},
            Select="COUNT",
            Limit=most,
        )
        return answer["Count"]

    def _get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Returns those of the jobs that exist and were not deleted, in the order asked for."""
        found: dict[str, Job] = {}
        # BatchGetItem takes 100 keys and may leave some for a second call.
        # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
        pending: Any = {self.table.name: {"Keys": [key(job_id) for job_id in job_ids]}}
        while job_ids and pending:
            with translated("read the jobs"):
                answer = self.table.client.batch_get_item(RequestItems=pending)
            for item in answer["Responses"].get(self.table.name, []):
                job = items.to_job(item)
                found[job.job_id] = job
            pending = answer.get("UnprocessedKeys")
        jobs = (found[job_id] for job_id in job_ids if job_id in found)
        return tuple(job for job in jobs if not job.is_deleted)  # the index lags behind

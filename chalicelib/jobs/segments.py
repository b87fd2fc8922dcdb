"""Which segments of a job are done, and the uploads that nested ones are built in.

Both are kept beside the job's record, which they would make too large.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.aws import translated
from chalicelib.jobs import items
from chalicelib.jobs.model import Job

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True, slots=True)
class SegmentStore:
    """The jobs table through one client."""

    client: "DynamoDBClient"
    table: str

    def done(self, job: Job) -> frozenset[int]:
        """The segments that are done."""
        with translated("read the segments"):
            answer = self.client.get_item(
                TableName=self.table, Key=items.key(f"{job.home}/segments"), ConsistentRead=True
            )
        done = answer.get("Item", {}).get("done", {"NS": []})
        return frozenset(int(number) for number in done["NS"])

    def add(self, job: Job, segment: int) -> frozenset[int]:
        """Takes the segment for done, once however often it is said. Gives all that are."""
        with translated("count a segment"):
            answer = self.client.update_item(
                TableName=self.table,
                Key=items.key(f"{job.home}/segments"),
                UpdateExpression="ADD done :segment SET #ttl = :ttl",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":segment": {"NS": [str(segment)]},
                    ":ttl": items.attribute((job.expires_at + items.RECORD_GRACE_MS) // 1000),
                },
                ReturnValues="ALL_NEW",
            )
        return frozenset(int(number) for number in answer["Attributes"]["done"]["NS"])

    def claim_upload(self, job: Job, segment: int, upload: str) -> str:
        """The id of the upload in which a segment is built as an object of its own: this one, or
        the one that was claimed first."""
        key = f"{job.home}/upload-{segment}"
        try:
            with translated("claim an upload"):
                self.client.put_item(
                    TableName=self.table,
                    Item={
                        **items.key(key),
                        "uploadId": items.attribute(upload),
                        "ttl": items.attribute((job.expires_at + items.RECORD_GRACE_MS) // 1000),
                    },
                    ConditionExpression="attribute_not_exists(jobId)",
                )
        except self.client.exceptions.ConditionalCheckFailedException:
            return self.claimed_upload(job, segment) or upload
        return upload

    def claimed_upload(self, job: Job, segment: int) -> str | None:
        """The id of the upload that was claimed for a segment."""
        with translated("read an upload's claim"):
            answer = self.client.get_item(
                TableName=self.table,
                Key=items.key(f"{job.home}/upload-{segment}"),
                ConsistentRead=True,
            )
        return answer["Item"]["uploadId"]["S"] if "Item" in answer else None

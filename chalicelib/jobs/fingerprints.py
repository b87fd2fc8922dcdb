"""Which job made the newest archive of the same files: the table's memory of finished work.

What is noted here is a hint. Whoever follows it looks at the job and at its archive, so it does not
matter if the note is old, or was made just before that job failed to complete.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.aws import translated
from chalicelib.jobs import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True, slots=True)
class FingerprintStore:
    """The jobs table through one client."""

    client: "DynamoDBClient"
    table: str

    def maker(self, fingerprint: str) -> str | None:
        """The id of the job that was noted last."""
        with translated("look for a finished archive"):
            answer = self.client.get_item(
                TableName=self.table, Key=_key(fingerprint), ConsistentRead=True
            )
        return answer["Item"]["maker"]["S"] if "Item" in answer else None

    def note(self, fingerprint: str, job_id: str, expires_at: int) -> None:
        """Takes the job for the maker of the newest archive, which expires then."""
        with translated("note a finished archive"):
            self.client.put_item(
                TableName=self.table,
                Item={
                    **_key(fingerprint),
                    "maker": items.attribute(job_id),
                    "ttl": items.attribute(expires_at // 1000),
                },
            )


def _key(fingerprint: str) -> "items.Item":
    return items.key(f"fingerprint/{fingerprint}")

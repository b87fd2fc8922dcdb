"""A running stack for tests: its services, a clock that tests turn, its queue's worker."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

from moto.sqs.models import sqs_backends

from chalicelib import aws
from chalicelib.jobs.model import Job
from chalicelib.jobs.wake import DISCARD_AFTER_MS
from chalicelib.pipeline import steps
from chalicelib.pipeline.sweeper import sweep
from chalicelib.pipeline.worker import handle
from chalicelib.queue.messages import Message, from_body
from chalicelib.s3 import clients
from chalicelib.services import Services

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

START = 1_780_000_000_000
"""When the clock of each test begins, in milliseconds."""

ITEM_MAX = 2048
"""Bytes of a job's item, at most: two write units (chalicelib/jobs/items.py)."""

MIB = 1024**2
UNIT = MIB // 64
"""What stands for a MiB in the small layout (see conftest.py)."""


@dataclass(slots=True)
class Clock:
    """Stands still until a test moves it, or somebody lets time pass: then what is to happen
    `meanwhile` happens, a thing with each pause."""

    now: int = START
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        self.now += int((seconds + days * 24 * 3600) * 1000)

    def pause(self, seconds: float) -> None:
        self.advance(seconds=seconds)
        if self.meanwhile:
            self.meanwhile.pop(0)()


@dataclass(slots=True)
class Stack:
    """`services` are what the app's routes and handlers work with, too."""

    services: Services
    clock: Clock

    def configure(self, **settings: Any) -> None:
        """Changes settings of the stack."""
        changed = replace(self.services.settings, **settings)
        self.services = replace(self.services, settings=changed)

    def limit(self, **limits: Any) -> None:
        """Changes limits of what is done at a time."""
        self.services = replace(self.services, limits=replace(self.services.limits, **limits))

    def lay_out_with(self, **scale: Any) -> None:
        """Changes the scale that archives are laid out with."""
        self.limit(layout=replace(self.services.limits.layout, **scale))

    # -- source files -----------------------------------------------------------------------------

    def put_file(
        self,
        key: str,
        content: bytes,
        *,
        checksum: bool = True,
        filename: str | None = None,
    ) -> bytes:
        """Puts a source file, with its CRC-32 or without; gives its content back."""
        more: dict[str, Any] = {"Metadata": {"filename": filename}} if filename else {}
        if checksum:
            more["ChecksumAlgorithm"] = "CRC32"
            more["ChecksumCRC32"] = b64encode(crc32(content).to_bytes(4)).decode()
        clients.s3().put_object(Bucket="source-bucket", Key=key, Body=content, **more)
        return content

    def put_in_parts(self, key: str, content: bytes, *, part: int) -> str:
        """Puts a source file as clients upload large ones, so that S3 has its parts' CRC-32s and
        none of the whole. Gives how S3 would tell these, which moto does not."""
        s3, told = clients.s3(), ""
        upload = s3.create_multipart_upload(
            Bucket="source-bucket", Key=key, ChecksumAlgorithm="CRC32", ChecksumType="COMPOSITE"
        )["UploadId"]
        target: Any = {"Bucket": "source-bucket", "Key": key, "UploadId": upload}
        parts: list[Any] = []
        for number, start in enumerate(range(0, len(content), part), 1):
            body = content[start : start + part]
            answer = s3.upload_part(
                **target, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32"
            )
            crc = answer["ChecksumCRC32"]
            parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": crc})
            told += f"<Part><ChecksumCRC32>{crc}</ChecksumCRC32><Size>{len(body)}</Size></Part>"
        s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
        etag = s3.head_object(Bucket="source-bucket", Key=key)["ETag"].strip('"')
        return (
            f"<GetObjectAttributesResponse><ETag>{etag}</ETag><ObjectSize>{len(content)}"
            f"</ObjectSize><ObjectParts><IsTruncated>false</IsTruncated>{told}</ObjectParts>"
            "</GetObjectAttributesResponse>"
        )

    # -- jobs -------------------------------------------------------------------------------------

    def job(self, job_id: str) -> Job:
        job = self.services.jobs.get(job_id)
        assert job is not None
        return job

    def item(self, key: str) -> dict[str, Any]:
        """The item as it lies in the table."""
        item: dict[str, Any] = aws.dynamodb().get_item(
            TableName="JobsTable", Key={"jobId": {"S": key}}, ConsistentRead=True
        )["Item"]
        return item

    def item_size(self, job_id: str) -> int:
        """Bytes that DynamoDB counts for the job's item.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
        size = 0
        for name, value in self.item(job_id).items():
            size += len(name.encode())
            ((kind, content),) = value.items()
            # A number takes a byte for two digits, and one more.
            size += len(content.encode()) if kind == "S" else (len(content) + 1) // 2 + 1
        return size

    def archive(self, job_id: str) -> bytes | None:
        return self.services.archive.read(f"archives/{job_id}.zip")

    def uploads(self) -> list[str]:
        """Keys of the multipart uploads under way."""
        listed = clients.s3().list_multipart_uploads(Bucket="archive-bucket")
        return [upload["Key"] for upload in listed.get("Uploads", [])]

    # -- the queue --------------------------------------------------------------------------------

    def receive(self, queue_url: str | None = None) -> "list[MessageTypeDef]":
        answer = aws.sqs().receive_message(
            QueueUrl=queue_url or self.services.settings.queue_url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def take_messages(self) -> list[Message]:
        """Takes every message off the queue without doing its step."""
        taken = []
        while messages := self.receive():
            for message in messages:
                taken.append(from_body(message["Body"]))
                self._delete(message["ReceiptHandle"])
        return taken

    def run_queue(self, most: int = 200) -> list[dict[str, Any]]:
        """Does the step of each message, as Lambda's event source has it done, until no message is
        visible. Gives the records whose step is to be tried again."""
        failed: list[dict[str, Any]] = []
        for _ in range(most):
            records = [lambda_record(message) for message in self.receive()]
            if not records:
                return failed
            for record in records:
                failures = handle([record], self.services)["batchItemFailures"]
                if failures:
                    assert failures == [{"itemIdentifier": record["messageId"]}]
                    failed.append(record)
                else:
                    self._delete(record["receiptHandle"])
        raise AssertionError(f"the queue is not empty after {most} rounds")

    def discard_what_is_due(self) -> None:
        """Lets the time pass in which a failed job can be retried with what was uploaded for it."""
        self.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)
        sweep(self.services)
        assert self.run_queue() == []

    def planned(self) -> list[Message]:
        """Does the step `plan` of the one job in the queue; the messages that it sent."""
        (plan,) = self.take_messages()
        steps.run(plan, self.services, None)
        return self.take_messages()

    def run(self, message: Message) -> bool:
        """Does one step outside the queue's order; whether it succeeded."""
        self.services.queue.send([message], "anonymous")
        return not self.run_queue()

    def wake(self) -> None:
        """Ends the lease of every message under way, as time does after a worker's death."""
        queue = sqs_backends["123456789012"]["eu-central-1"].queues["ExportQueue"]
        for message in queue._messages:
            message.visible_at = 0

    def _delete(self, receipt: str) -> None:
        aws.sqs().delete_message(QueueUrl=self.services.settings.queue_url, ReceiptHandle=receipt)


def lambda_record(message: "MessageTypeDef") -> dict[str, Any]:
    """The message as Lambda hands it over."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message["Attributes"]),
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:ExportQueue",
        "awsRegion": "eu-central-1",
    }

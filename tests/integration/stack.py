"""A running stack for tests: its services, the clock, its buckets, and the worker of its queue."""

from base64 import b64encode
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zlib import crc32

from moto.s3.models import s3_backends
from moto.sqs.models import sqs_backends

from chalicelib import aws
from chalicelib.announcing import announcer
from chalicelib.jobs.model import Failure, Job, PlanRef
from chalicelib.jobs.request import ExportRequest
from chalicelib.jobs.wake import DISCARD_AFTER_MS
from chalicelib.pipeline import steps
from chalicelib.pipeline.accepting import stored_request
from chalicelib.pipeline.lease import Lease
from chalicelib.pipeline.sweeper import sweep
from chalicelib.pipeline.worker import handle
from chalicelib.queue.messages import Message, from_body
from chalicelib.queue.records import PartialFailure, Record
from chalicelib.s3 import clients
from chalicelib.services import Services
from tests.clock import Clock
from tests.integration.cloud import ACCOUNT, ARCHIVES, REGION, SOURCES, TABLE
from tests.integration.gateway import export

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

ITEM_MAX = 2048
"""Bytes of a job's item, at most: two write units (chalicelib/jobs/items.py)."""

_Handler = Callable[[Iterable[Record], Services], PartialFailure]

MIB = 1024**2
UNIT = MIB // 64
"""Stands for a MiB in the small layout (see conftest.py)."""


@dataclass(slots=True)
class Stack:
    """The app's routes and handlers work with these `services`, too."""

    services: Services
    clock: Clock

    def configure(self, **settings: Any) -> None:
        """Changes settings of the stack."""
        changed = replace(self.services.settings, **settings)
        self.services = replace(self.services, settings=changed)

    def configure_source(self, **facts: Any) -> None:
        """Changes the default source of the stack."""
        first, *others = self.services.settings.sources
        self.configure(sources=(replace(first, **facts), *others))

    def limit(self, **limits: Any) -> None:
        """Changes how much a worker does at a time."""
        self.services = replace(self.services, limits=replace(self.services.limits, **limits))

    def lay_out_with(self, **scale: Any) -> None:
        """Changes the scale of the archives' layout."""
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
        """Puts a source file, with its CRC-32 or without. Returns its content."""
        more: dict[str, Any] = {"Metadata": {"filename": filename}} if filename else {}
        if checksum:
            more["ChecksumAlgorithm"] = "CRC32"
            more["ChecksumCRC32"] = b64encode(crc32(content).to_bytes(4)).decode()
        clients.s3().put_object(Bucket=SOURCES, Key=key, Body=content, **more)
        return content

    def put_files(self, files: Mapping[str, bytes], *, unknown: Collection[str] = ()) -> None:
        """Puts source files under `in/`. S3 does not know the CRC-32s of the `unknown` ones."""
        for name, content in files.items():
            self.put_file(f"in/{name}", content, checksum=name not in unknown)

    def age_files(self) -> None:
        """Makes all source files older than the test's clock. What is put later is newer."""
        before = datetime.fromtimestamp(self.clock() / 1000 - 3600, UTC).replace(tzinfo=None)
        for one in s3_backends[ACCOUNT]["aws"].get_bucket(SOURCES).keys.values():
            one.last_modified = before

    def put_in_parts(self, key: str, content: bytes, *, part: int) -> str:
        """Puts a source file as clients upload large ones: S3 has the CRC-32s of its parts, and
        none of the whole. Returns S3's answer to GetObjectAttributes, which moto does not have."""
        s3, listed = clients.s3(), ""
        upload = s3.create_multipart_upload(
            Bucket=SOURCES, Key=key, ChecksumAlgorithm="CRC32", ChecksumType="COMPOSITE"
        )["UploadId"]
        target: Any = {"Bucket": SOURCES, "Key": key, "UploadId": upload}
        parts: list[Any] = []
        for number, start in enumerate(range(0, len(content), part), 1):
            body = content[start : start + part]
            answer = s3.upload_part(
                **target, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32"
            )
            crc = answer["ChecksumCRC32"]
            parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": crc})
            listed += f"<Part><ChecksumCRC32>{crc}</ChecksumCRC32><Size>{len(body)}</Size></Part>"
        s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
        etag = s3.head_object(Bucket=SOURCES, Key=key)["ETag"].strip('"')
        return (
            f"<GetObjectAttributesResponse><ETag>{etag}</ETag><ObjectSize>{len(content)}"
            f"</ObjectSize><ObjectParts><IsTruncated>false</IsTruncated>{listed}</ObjectParts>"
            "</GetObjectAttributesResponse>"
        )

    def delete_file(self, key: str) -> None:
        clients.s3().delete_object(Bucket=SOURCES, Key=key)

    # -- jobs -------------------------------------------------------------------------------------

    def completed(self, **request: object) -> str:
        """Returns the id of a job that has completed."""
        job_id = export(**request)
        assert self.run_queue() == []
        assert self.job(job_id).status == "completed"
        return job_id

    def give_up(self, job_id: str) -> None:
        """The job fails."""
        reason = Failure("given-up", "The job was given up", "it was tried five times")
        self.services.jobs.fail(job_id, self.clock(), reason)

    def job(self, job_id: str) -> Job:
        job = self.services.jobs.get(job_id)
        assert job is not None
        return job

    def request(self, job_id: str) -> ExportRequest | None:
        """Returns what the job was asked for; None if it is not kept any more."""
        return stored_request(self.services, self.job(job_id))

    def forget_request(self, job_id: str) -> None:
        """Loses what the job was asked for."""
        aws.dynamodb().update_item(
            TableName=TABLE,
            Key={"jobId": {"S": job_id}},
            UpdateExpression="REMOVE shortRequest",
        )
        self.services.archive.delete(self.job(job_id).request_key)

    def plan(self, job_id: str) -> PlanRef:
        plan = self.job(job_id).plan
        assert plan is not None
        return plan

    def parts(self, job_id: str) -> set[int]:
        """Returns the numbers of the parts that a planned job's upload has."""
        key, upload = self.job(job_id).archive_key, self.plan(job_id).upload
        return {part.number for part in self.services.archive.list_parts(key, upload)}

    def item(self, key: str) -> dict[str, Any]:
        """Returns an item of the table, as DynamoDB returns it."""
        item: dict[str, Any] = aws.dynamodb().get_item(
            TableName=TABLE, Key={"jobId": {"S": key}}, ConsistentRead=True
        )["Item"]
        return item

    def item_size(self, job_id: str) -> int:
        """Returns the bytes that DynamoDB counts for the job's item.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
        size = 0
        for name, value in self.item(job_id).items():
            size += len(name.encode())
            ((kind, content),) = value.items()
            # A number takes a byte for two digits, and one more.
            size += len(content.encode()) if kind == "S" else (len(content) + 1) // 2 + 1
        return size

    def archive(self, job_id: str) -> bytes | None:
        """Returns the archive that the job links to; None: it is not there."""
        return self.services.archive.read(self.job(job_id).archive_key)

    def stored(self, prefix: str = "") -> list[str]:
        """Returns the keys of the objects in the archive bucket."""
        return [found.key for found in self.services.archive.list_objects(prefix)]

    def uploads(self) -> list[str]:
        """Returns the keys of the multipart uploads under way."""
        listed = clients.s3().list_multipart_uploads(Bucket=ARCHIVES)
        return [upload["Key"] for upload in listed.get("Uploads", [])]

    # -- the queue --------------------------------------------------------------------------------

    def receive(self, queue_url: str | None = None) -> list[dict[str, Any]]:
        """Receives up to ten messages. Returns their records, as Lambda hands them over."""
        answer = aws.sqs().receive_message(
            QueueUrl=queue_url or self.services.settings.queue_url,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
        )
        return [_record(message) for message in answer.get("Messages", [])]

    def take_messages(self, queue_url: str | None = None) -> list[Message]:
        """Takes every message off the queue. Does none of the steps."""
        taken = []
        while records := self.receive(queue_url):
            for record in records:
                taken.append(from_body(record["body"]))
                self.delete(record, queue_url)
        return taken

    def take_announcements(self) -> list[Message]:
        """Takes every message off the queue of announcements. Announces nothing."""
        return self.take_messages(self.services.settings.announcement_queue_url)

    def delete(self, record: Mapping[str, Any], queue_url: str | None = None) -> None:
        """Deletes a message that was received."""
        url, receipt = queue_url or self.services.settings.queue_url, record["receiptHandle"]
        aws.sqs().delete_message(QueueUrl=url, ReceiptHandle=receipt)

    def run_queue(self, most: int = 200) -> list[dict[str, Any]]:
        """Does the steps of jobs, then announces what is to be announced. Returns the records of
        the messages that failed and will be tried again."""
        return self.run_steps(most) + self.announce(most)

    def run_steps(self, most: int = 200) -> list[dict[str, Any]]:
        """Does the step of each message, as Lambda's event source does, until no message is
        visible. Returns the records of those that failed."""
        return self._run(self.services.settings.queue_url, handle, most)

    def announce(self, most: int = 200) -> list[dict[str, Any]]:
        """Does the same with the queue of announcements alone."""
        return self._run(self.services.settings.announcement_queue_url, announcer.handle, most)

    def _run(self, queue_url: str, do: _Handler, most: int) -> list[dict[str, Any]]:
        failed: list[dict[str, Any]] = []
        for _ in range(most):
            records = self.receive(queue_url)
            if not records:
                return failed
            for record in records:
                failures = do([record], self.services)["batchItemFailures"]
                if failures:
                    assert failures == [{"itemIdentifier": record["messageId"]}]
                    failed.append(record)
                else:
                    self.delete(record, queue_url)
        raise AssertionError(f"the queue is not empty after {most} rounds")

    def do_record(self, record: Record) -> bool:
        """Does the step of a message that was received. Returns whether it succeeded."""
        return handle([record], self.services) == {"batchItemFailures": []}

    def discard_what_is_due(self) -> None:
        """Waits until a failed job's upload is not kept for a retry any more, and sweeps."""
        self.clock.advance(seconds=DISCARD_AFTER_MS / 1000 + 1)
        sweep(self.services)
        assert self.run_queue() == []

    def planned(self) -> list[Message]:
        """Does the step `plan` of the one job in the queue. Returns the messages that it sent."""
        (plan,) = self.take_messages()
        self.do(plan)
        return self.take_messages()

    def do(self, message: Message) -> None:
        """Does this one step. The messages that it sends wait in the queue."""
        steps.run(message, Lease(self.services, message.job_id, None))

    def send(self, messages: Iterable[Message]) -> None:
        self.services.queue.send(messages, "anonymous")

    def send_body(self, body: str) -> None:
        """Sends a message of any kind."""
        aws.sqs().send_message(QueueUrl=self.services.settings.queue_url, MessageBody=body)

    def run(self, message: Message) -> bool:
        """Sends the message, and runs the queue until it is empty. Returns whether all steps
        succeeded."""
        self.send([message])
        return not self.run_queue()

    def run_one(self, message: Message) -> None:
        """Does this one step as the queue's worker does. The messages that it sends wait."""
        body = message.to_body()
        assert handle([record_of(body)], self.services) == {"batchItemFailures": []}

    def wake(self) -> None:
        """Ends the lease of every message under way, as time does after a worker's death, and the
        delay of every message that is held back."""
        for name in ("ExportQueue", "AnnouncementQueue"):
            for message in sqs_backends[ACCOUNT][REGION].queues[name]._messages:
                message.visible_at = message.delayed_until = 0


def record_of(body: str) -> dict[str, Any]:
    """Returns the record of a message that was received once."""
    return {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1"},
    }


def _record(message: "MessageTypeDef") -> dict[str, Any]:
    """Returns the message as Lambda hands it over."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message["Attributes"]),
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:ExportQueue",
        "awsRegion": REGION,
    }

"""Errands: what each function is there for, in small. Together they need all that it may do.

An errand of the API asks the deployed one. The others run in this process (stage.py).
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from random import sample
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from chalicelib.announcing.announcer import announce
from chalicelib.archive.plan import Entry
from chalicelib.errors import LonghaulError
from chalicelib.jobs import places
from chalicelib.jobs.states import Status
from chalicelib.pipeline.abandoned import abort_abandoned
from chalicelib.pipeline.dead_letters import bury
from chalicelib.pipeline.sweeper import SWEEPS_MAX, sweep
from chalicelib.pipeline.worker import handle
from chalicelib.queue.messages import Message, Step
from chalicelib.queue.records import Record
from chalicelib.secret_keys import SecretKeys
from chalicelib.services import now_ms
from tests.e2e import handmade
from tests.e2e.sources import noise
from tests.e2e.stage import UNIT, Stage
from tests.unit.samples import Events

FAILURES = (AssertionError, ClientError, KeyError, LonghaulError)
"""How an errand fails."""

Errand = Callable[[Stage], None]

MAIL_FROM = "longhaul@example.com"

_TWO_HOURS_MS = 2 * 3600 * 1000
_UNPLANNED = Entry("a", "downloads/10001", '"0"', 1, None, 0)


# -- the API ---------------------------------------------------------------------------------------


def health(on: Stage) -> None:
    assert on.api.get("/health").status_code == 200


def export_and_cancel(on: Stage) -> None:
    before = on.backstage.messages_in(on.backstage.outputs.queue_url)
    job_id = on.api.export(file_ids=[on.sources.new_id()])
    assert on.backstage.messages_in(on.backstage.outputs.queue_url) > before
    assert on.api.delete(f"/v1/export/{job_id}").status_code == 202


def keep_a_long_request(on: Stage) -> None:
    """Asks for so many files that the request does not fit into the job's record."""
    job_id = on.api.export(file_ids=sample(range(10**7, 10**8), 200))
    assert on.backstage.archive_objects(on.job(job_id).request_key)


def announce_a_cancel(on: Stage) -> None:
    job_id = handmade.waiting(on.backstage)
    with _announced(on):
        assert on.api.delete(f"/v1/export/{job_id}").status_code == 202


def list_jobs(on: Stage) -> None:
    user = str(uuid4())
    handmade.waiting(on.backstage, user)
    assert len(on.api.jobs_of(user)) == 1


def browse(on: Stage) -> None:
    prefix = on.sources.new_prefix()
    on.sources.put_at(prefix, "a", b"1")
    answer = on.api.get("/v1/files", query={"prefix": prefix})
    assert [file["name"] for file in answer.json()["files"]] == ["a"]
    totals = on.api.get("/v1/files/totals", query={"prefix": prefix}).json()
    assert (totals["files"], totals["bytes"]) == (1, 1)


def check_files(on: Stage) -> None:
    there, gone = on.sources.put(b"1").file_id, on.sources.new_id()
    for file_id, available in ((there, True), (gone, False)):
        answer = on.api.post("/v1/download/check", {"file_id": file_id})
        assert answer.json()["available"] is available
    both = on.api.post("/v1/download/check", {"fileIds": [there, gone]}).json()["files"]
    assert [one["available"] for one in both] == [True, False]


def follow_a_link(on: Stage) -> None:
    job_id = _with_archive(on)
    assert on.api.archive(job_id) == b"archive"
    on.backstage.s3.delete_object(
        Bucket=on.backstage.outputs.archive_bucket, Key=places.archive(job_id)
    )
    assert on.api.get(f"/v1/export/{job_id}/download").status_code == 410


def delete_a_job(on: Stage) -> None:
    job_id = _with_archive(on)
    assert on.api.delete(f"/v1/export/{job_id}").status_code == 204
    assert not on.backstage.archive_objects(places.archive(job_id))


def retry(on: Stage) -> None:
    job_id = handmade.failed(on.backstage, on.sources.put(b"1"))
    assert on.api.post(f"/v1/export/{job_id}/retry").status_code == 202


def retry_what_is_not_kept(on: Stage) -> None:
    job_id = handmade.failed(on.backstage, on.sources.put(b"1"))
    _forget_request(on, job_id)
    assert on.api.post(f"/v1/export/{job_id}/retry").status_code == 410


def read_selection_keys(on: Stage) -> None:
    services = on.acting["APIHandler"]
    keys = SecretKeys(services.settings.selection_keys, lambda: on.secrets["APIHandler"])
    assert keys.find("1", services.now(), services.log)


@contextmanager
def _announced(on: Stage) -> Iterator[None]:
    """Fails if the body has nothing announced."""
    url = on.backstage.outputs.announcement_queue_url
    before = on.backstage.messages_in(url)
    yield
    assert on.backstage.messages_in(url) > before


def _with_archive(on: Stage) -> str:
    job_id = handmade.waiting(on.backstage)
    on.put(replace(on.job(job_id), status=Status.COMPLETED, bytes_total=7))
    on.backstage.s3.put_object(
        Bucket=on.backstage.outputs.archive_bucket, Key=places.archive(job_id), Body=b"archive"
    )
    return job_id


def _forget_request(on: Stage, job_id: str) -> None:
    key = on.job(job_id).request_key
    on.backstage.s3.delete_object(Bucket=on.backstage.outputs.archive_bucket, Key=key)


# -- the worker ------------------------------------------------------------------------------------


def build_twice(on: Stage) -> None:
    """Builds an archive of several segments. The second export of the same files finds it."""
    files = [on.sources.put(noise(size), checksum=size > UNIT) for size in (1, 9 * UNIT, 9 * UNIT)]
    asked: Any = {"file_ids": [*(file.file_id for file in files), on.sources.new_id()]}
    in_segments = on.with_layout(most_segment_seconds=0.0001)
    first = in_segments.completed(**asked)
    second = in_segments.completed(**asked)
    assert on.job(second).reused_from == first


def build_by_prefix(on: Stage) -> None:
    prefix = on.sources.new_prefix()
    on.sources.put_at(prefix, "a", b"1")
    with _announced(on):
        on.completed(prefix=prefix)


def build_nested(on: Stage) -> None:
    """Builds segments as objects of their own, and joins them. The messages come a second time, so
    parts may be there already."""
    files = [on.sources.put(noise(9 * UNIT), checksum=n not in (1, 7)) for n in range(9)]
    nested = on.with_layout(max_parts=4)
    job_id = nested.completed(file_ids=[file.file_id for file in files], attempt=2)
    kept = on.backstage.archive_objects(places.folder(job_id))
    assert not [key for key in kept if places.is_segment(key)]


def hand_a_step_over(on: Stage) -> None:
    """Has a worker do a step directly. It is one of a job that is not there."""
    function = on.backstage.functions()["Worker"]
    direct = replace(on.acting["Worker"].direct, function=function)
    assert not direct.send([Message(Step.FINALIZE, str(uuid4()))])


def read_first(on: Stage) -> None:
    """Reads a file whose CRC-32 nobody knows, as the work of several messages."""
    file = on.sources.put(noise(20 * UNIT), checksum=False)
    job_id = on.api.export(file_ids=[file.file_id])
    assert Step.READ in on.run_queue()
    assert on.job(job_id).status is Status.COMPLETED


def ask_for_the_parts(on: Stage) -> None:
    """Asks for the CRC-32s of the parts that a file was uploaded in. Here the request is all that
    can be seen: MiniStack does not know them, and without them the worker reads the file."""
    source = on.acting["Worker"].source()
    file = on.sources.put(b"1")
    source.client.get_object_attributes(
        Bucket=source.name, Key=file.key, ObjectAttributes=["ETag", "ObjectParts", "ObjectSize"]
    )


def keep_checksums(on: Stage) -> None:
    """Keeps and finds many items at once, as the store of checksums does."""
    table, key = on.acting["Worker"].jobs.table, {"jobId": {"S": f"checksum/{uuid4()}"}}
    table.client.batch_write_item(RequestItems={table.name: [{"PutRequest": {"Item": key}}]})
    found = table.client.batch_get_item(RequestItems={table.name: {"Keys": [key]}})
    assert found["Responses"][table.name] == [key]


def fail_without_a_request(on: Stage) -> None:
    job_id = handmade.queued(on.backstage, on.sources.put(b"1").file_id)
    _forget_request(on, job_id)
    _do(on, Message(Step.PLAN, job_id))
    failure = on.job(job_id).failure
    assert failure
    assert failure.slug == "given-up"


def discard_a_cancelled_job(on: Stage) -> None:
    job_id = handmade.planned(on.backstage, _UNPLANNED)
    job = on.job(job_id)
    assert job.plan
    bucket = on.backstage.outputs.archive_bucket
    segment = places.segment(job_id, job.plan.digest, 0)
    on.backstage.s3.create_multipart_upload(Bucket=bucket, Key=segment)
    for key in (segment, job.archive_key):
        on.backstage.s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    on.put(replace(job, status=Status.CANCELLED))
    _do(on, Message(Step.DISCARD, job_id))
    assert not _uploads(on, job_id)
    left = [*on.backstage.archive_objects(places.folder(job_id)), job.archive_key]
    assert segment not in left
    assert not on.backstage.archive_objects(job.archive_key)


def _do(on: Stage, message: Message) -> None:
    """Does one step as the worker."""
    failed = handle([_record(message)], on.acting["Worker"])["batchItemFailures"]
    assert not failed


def _uploads(on: Stage, job_id: str) -> list[str]:
    listed = on.backstage.s3.list_multipart_uploads(Bucket=on.backstage.outputs.archive_bucket)
    return [found["Key"] for found in listed.get("Uploads", []) if job_id in found["Key"]]


def _record(message: Message) -> Record:
    return {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": message.to_body(),
        "attributes": {"ApproximateReceiveCount": "1"},
    }


# -- the sweeper, and the dead letters' handler ----------------------------------------------------


def wake_a_job(on: Stage) -> None:
    on.clear()
    job_id = handmade.abandoned(on.backstage, on.sources.new_id())
    told = Events()
    sweep(replace(on.acting["Sweeper"], log=told))
    # Not what `sweep` returns: it counts what it announces, too.
    assert job_id in [facts["jobId"] for event, facts in told.kept if event == "job woken"]


def give_a_job_up(on: Stage) -> None:
    on.clear()
    job_id = handmade.abandoned(on.backstage, on.sources.new_id())
    on.put(replace(on.job(job_id), sweeps=SWEEPS_MAX))
    sweep(on.acting["Sweeper"])
    assert on.job(job_id).status is Status.FAILED


def announce_again(on: Stage) -> None:
    job_id = _ended_untold(on)
    on.backstage.move(job_id, announceAt=0, announceShard=0)
    with _announced(on):
        sweep(on.acting["Sweeper"])
    assert int(on.backstage.record(job_id)["announceAt"]["N"]) > now_ms()


def abort_uploads_of_nobody(on: Stage) -> None:
    job_id, bucket = str(uuid4()), on.backstage.outputs.archive_bucket
    for key in (places.archive(job_id), places.segment(job_id, "0" * 16, 0)):
        on.backstage.s3.create_multipart_upload(Bucket=bucket, Key=key)
    later = replace(on.acting["Sweeper"], now=lambda: now_ms() + _TWO_HOURS_MS)
    abort_abandoned(later)
    assert not _uploads(on, job_id)


def count_dead_letters(on: Stage) -> None:
    letters = on.acting["Sweeper"].dead_letters
    assert letters
    assert letters.held() >= 0


def bury_a_letter(on: Stage) -> None:
    job_id = handmade.waiting(on.backstage)
    letter = _record(Message(Step.PLAN, job_id))
    with _announced(on):
        assert not bury([letter], on.acting["DeadLetters"])["batchItemFailures"]
    assert on.job(job_id).status is Status.FAILED


def _ended_untold(on: Stage, **changed: Any) -> str:
    """Returns the id of a cancelled job of which nobody was told."""
    job_id = handmade.waiting(on.backstage)
    now = now_ms()
    on.put(replace(on.job(job_id), status=Status.CANCELLED, untold=(("ended", now),), **changed))
    return job_id


# -- the announcer ---------------------------------------------------------------------------------


def tell_the_bus(on: Stage) -> None:
    job_id = _ended_untold(on)
    announce(job_id, on.acting["Announcer"])
    assert not on.job(job_id).untold


def sign_a_webhook(on: Stage) -> None:
    services = on.acting["Announcer"]
    keys = SecretKeys(services.settings.webhook_secret, lambda: on.secrets["Announcer"])
    assert keys.find("1", services.now(), services.log)


def send_a_mail(on: Stage) -> None:
    services = on.acting["Announcer"]
    words = (
        f"From: {services.settings.mail_from}\r\nTo: ann@example.com\r\n\r\nThe archive is ready."
    )
    services.mail().send_raw_email(
        Source=services.settings.mail_from,
        Destinations=["ann@example.com"],
        RawMessage={"Data": words.encode()},
    )


def keep_an_address(on: Stage) -> None:
    services, secret = on.acting["Announcer"], uuid4().hex
    known = services.addresses.known(f"{uuid4()}@example.com", secret, services.now())
    assert known.token.endswith(secret)


def hide_and_send_an_announcement(on: Stage) -> None:
    """Holds a message back while it is worked on, and sends one for the next try."""
    queue = on.acting["Announcer"].announcements
    queue.send([Message(Step.ANNOUNCE, str(uuid4()))], "e2e")
    (message,) = queue.client.receive_message(QueueUrl=queue.url)["Messages"]
    queue.hide(message["ReceiptHandle"], 60)
    queue.client.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])


# -- the shipper -----------------------------------------------------------------------------------


def keep_what_was_not_sent(on: Stage) -> None:
    """Puts an event into the shipper's queue, as Lambda does after three tries, and takes it."""
    sqs, url = on.acting["Telemetry"].queue.client, on.backstage.output("TelemetryQueueUrl")
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    (message, *_) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


# -- several sources ------------------------------------------------------------------------------

OTHER_BUCKET = "a-bucket-of-others"
OTHER_PREFIX = "shared/"
SOURCES = json.dumps(
    [{"name": "own"}, {"name": "other", "bucket": OTHER_BUCKET, "prefix": OTHER_PREFIX}]
)
"""The stack's own bucket, and a folder of another one."""


def look_into(function: str, source: str) -> Errand:
    """Lists a source, and looks at one of its files."""

    def errand(on: Stage) -> None:
        bucket, key = _put(on, source)
        acting = on.acting[function].source(source)
        listed = acting.client.list_objects_v2(Bucket=bucket, Prefix=key)
        assert [found["Key"] for found in listed["Contents"]] == [key]
        assert acting.client.get_object(Bucket=bucket, Key=key)["Body"].read() == b"1"

    errand.__name__ = f"look_into_{source}_as_{function}"
    return errand


def bind_to_versions(source: str) -> Errand:
    """Asks whether a source keeps versions, lists them, and reads one."""

    def errand(on: Stage) -> None:
        bucket, key = _put(on, source)
        client = on.acting["Worker"].source(source).client
        client.get_bucket_versioning(Bucket=bucket)
        (listed,) = client.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
        one: Any = {"Bucket": bucket, "Key": key, "VersionId": listed["VersionId"]}
        assert client.get_object(**one)["Body"].read() == b"1"
        client.get_object_attributes(**one, ObjectAttributes=["ETag"])
        client.get_object_attributes(Bucket=bucket, Key=key, ObjectAttributes=["ETag"])

    errand.__name__ = f"bind_to_versions_of_{source}"
    return errand


def _put(on: Stage, source: str) -> tuple[str, str]:
    """Puts a file into the source. Returns bucket and key."""
    bucket = OTHER_BUCKET if source == "other" else on.backstage.outputs.source_bucket
    key = f"{OTHER_PREFIX}{uuid4()}"
    on.backstage.s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    return bucket, key


# -- what Lambda itself does with a role, and MiniStack does without -------------------------------


def poll(function: str, queue: str) -> Errand:
    """Polls the queue, as Lambda does for an event source.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""

    def errand(on: Stage) -> None:
        url, sqs = getattr(on.backstage.outputs, queue), on.acting[function].queue.client
        on.backstage.send("{}", url)
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        for message in sqs.receive_message(QueueUrl=url)["Messages"]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    errand.__name__ = f"poll_as_{function}"
    return errand


def log(function: str) -> Errand:
    """Writes a line of log, as Lambda does.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""

    def errand(on: Stage) -> None:
        place: Any = {
            "logGroupName": f"/aws/lambda/{on.backstage.functions()[function]}",
            "logStreamName": str(uuid4()),
        }
        on.logs[function].create_log_stream(**place)
        lines = [{"timestamp": now_ms(), "message": "a line"}]
        on.logs[function].put_log_events(**place, logEvents=lines)

    errand.__name__ = f"log_as_{function}"
    return errand


ERRANDS: dict[str, tuple[Errand, ...]] = {
    "APIHandler": (
        export_and_cancel,
        keep_a_long_request,
        announce_a_cancel,
        follow_a_link,
        delete_a_job,
        list_jobs,
        health,
        browse,
        check_files,
        retry,
        retry_what_is_not_kept,
        read_selection_keys,
        look_into("APIHandler", "other"),
        log("APIHandler"),
    ),
    "Worker": (
        poll("Worker", "queue_url"),
        log("Worker"),
        build_by_prefix,
        build_twice,
        discard_a_cancelled_job,
        fail_without_a_request,
        build_nested,
        hand_a_step_over,
        read_first,
        ask_for_the_parts,
        keep_checksums,
        look_into("Worker", "own"),
        look_into("Worker", "other"),
        bind_to_versions("own"),
        bind_to_versions("other"),
    ),
    "Announcer": (
        poll("Announcer", "announcement_queue_url"),
        log("Announcer"),
        tell_the_bus,
        sign_a_webhook,
        send_a_mail,
        keep_an_address,
        hide_and_send_an_announcement,
    ),
    "DeadLetters": (
        bury_a_letter,
        poll("DeadLetters", "dead_letter_queue_url"),
        log("DeadLetters"),
    ),
    "Sweeper": (
        wake_a_job,
        give_a_job_up,
        announce_again,
        abort_uploads_of_nobody,
        count_dead_letters,
        log("Sweeper"),
    ),
    "Telemetry": (keep_what_was_not_sent, log("Telemetry")),
}
"""The errands of each function. A grant that none of them needs is one too many."""


def failing(on: Stage, function: str) -> Iterator[Errand]:
    """Yields those errands of the function that fail."""
    for errand in ERRANDS[function]:
        done = False
        with suppress(*FAILURES):
            errand(on)
            done = True
        if not done:
            on.clear()
            yield errand

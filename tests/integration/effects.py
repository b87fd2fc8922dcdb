"""Names for what the requests of a worker do, so that a test can say at which of them it dies.

The operation and the parameters of wire.described tell the requests apart. The keys in S3 and in
the table are those of chalicelib/jobs/places.py.
"""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pytest

from chalicelib.jobs import places
from chalicelib.jobs.states import Stage, Status
from chalicelib.queue.messages import Step, from_body
from tests.integration.cloud import ARCHIVES, SOURCES
from tests.integration.wire import Requests, listening

Predicate = Callable[[str, dict[str, Any]], bool]
"""Takes an operation and its parameters. Returns whether they are of this request."""

_ARCHIVE = r"archives/.*"
_SEGMENT = r"jobs/.*/segment-\d+"
_COPY = r"jobs/.*/kept/.*"


before_and_after = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
"""Runs a test twice: the worker dies before the effect (`after` is False), and after it."""


class Crash(BaseException):
    """The end of a worker's process, as its code sees it."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a request does. If there are several `requests`, they happen in this order, and the last
    one has the effect."""

    name: str
    requests: tuple[Predicate, ...]

    def __str__(self) -> str:
        return self.name

    def then(self, later: "Effect", name: str = "") -> "Effect":
        """Returns the first later effect after this one."""
        named = name or f"{self}, then {later}"
        return Effect(named, (*self.requests, *later.requests))

    def is_of(self, operation: str, parameters: dict[str, Any]) -> bool:
        """Whether the request can have this effect, whatever came before it."""
        return self.requests[-1](operation, parameters)


@dataclass(slots=True)
class _Watch:
    """Waits for the effect in the requests of all threads."""

    effect: Effect
    seen: int = 0
    lock: Lock = field(default_factory=Lock)

    @property
    def happened(self) -> bool:
        return self.seen == len(self.effect.requests)

    def sees(self, operation: str, parameters: dict[str, Any]) -> bool:
        """Returns whether the effect happens with this request. It happens only once."""
        with self.lock:
            if self.happened or not self.effect.requests[self.seen](operation, parameters):
                return False
            self.seen += 1
            return self.happened


def unnamed(made: Requests, effects: Collection[Effect]) -> list[tuple[str, dict[str, Any]]]:
    """Returns those requests of workers that have none of the effects."""
    of_lambda = "ReceiveMessage", "DeleteMessage"
    return [
        (operation, parameters)
        for operation, parameters in made.made
        if operation not in of_lambda
        and not any(effect.is_of(operation, parameters) for effect in effects)
    ]


@contextmanager
def crashing(effect: Effect, *, after: bool = False) -> Iterator[None]:
    """The worker's process ends just before a request has this effect. With `after`, it ends when
    AWS has done the request, but has not answered yet. Fails the test if no request has it."""
    watch = _Watch(effect)

    def crash(operation: str, parameters: dict[str, Any]) -> None:
        if watch.sees(operation, parameters):
            raise Crash(effect)

    def is_over(_: str, __: dict[str, Any]) -> None:
        if watch.happened:
            raise Crash(effect)  # in another thread of the same process

    with listening(is_over), listening(crash, after=after):
        try:
            yield
        except Crash:
            return
    pytest.fail(f"no worker died: it never happened that {effect}")


@contextmanager
def before(effect: Effect, action: Callable[[], object]) -> Iterator[None]:
    """Calls `action` just before a request has this effect. Fails the test if no request has it."""
    watch = _Watch(effect)

    def interrupt(operation: str, parameters: dict[str, Any]) -> None:
        if watch.sees(operation, parameters):
            action()

    with listening(interrupt):
        yield
    if not watch.happened:
        pytest.fail(f"it never happened that {effect}")


# -- how requests are told from each other --------------------------------------------------------


def _in_s3(operation: str, bucket: str, key: str = ".*", copied_from: str = ".*") -> Predicate:
    """A request to S3. `key` is a pattern. So is `copied_from`, for the source's bucket and key."""

    def is_it(asked: str, parameters: dict[str, Any]) -> bool:
        return (
            asked == operation
            and parameters["Bucket"] == bucket
            and re.fullmatch(key, parameters["Key"]) is not None
            and re.fullmatch(copied_from, parameters.get("x-amz-copy-source", "")) is not None
        )

    return is_it


def _gets_item(key: str) -> Predicate:
    """A read of the table. `key` is a pattern."""

    def is_it(operation: str, parameters: dict[str, Any]) -> bool:
        return operation == "GetItem" and bool(re.fullmatch(key, parameters["Key"]["jobId"]["S"]))

    return is_it


def _puts_item(key: str) -> Predicate:
    """A write of a whole item. `key` is a pattern."""

    def is_it(operation: str, parameters: dict[str, Any]) -> bool:
        return operation == "PutItem" and bool(re.fullmatch(key, parameters["Item"]["jobId"]["S"]))

    return is_it


def _updates(*attributes: str, without: tuple[str, ...] = (), **values: str) -> Predicate:
    """A change of an item that names all these attributes, none of `without`, and sets those of
    `values` to these texts."""

    def is_it(operation: str, parameters: dict[str, Any]) -> bool:
        if operation != "UpdateItem":
            return False
        given = parameters["ExpressionAttributeValues"]
        named = set(re.findall(r"\w+", parameters["UpdateExpression"]))
        return (
            named.issuperset(attributes)
            and named.isdisjoint(without)
            and all(given.get(f":{name}") == {"S": text} for name, text in values.items())
        )

    return is_it


def _sends(step: Step) -> Predicate:
    """Messages of this step."""

    def is_it(operation: str, parameters: dict[str, Any]) -> bool:
        if operation != "SendMessageBatch":
            return False
        bodies = [entry["MessageBody"] for entry in parameters["Entries"]]
        return all(from_body(body).step is step for body in bodies)

    return is_it


def _forgets_untold(asked: dict[str, Any]) -> bool:
    removed = asked["UpdateExpression"].partition(" REMOVE ")[2]
    return "Untold" in removed


def _reports(stage: Stage) -> Predicate:
    return _updates("bytesDone", without=("status", "planDigest"), stage=stage)


def _effect(name: str, request: Predicate) -> Effect:
    return Effect(name, (request,))


# -- the effects ----------------------------------------------------------------------------------

MESSAGE_HIDDEN = _effect("the message is hidden", lambda name, _: name == "ChangeMessageVisibility")

JOB_READ = _effect("the job is read", _gets_item(places.JOB_ID.pattern))
ARCHIVE_LOOKED_FOR = _effect("a finished archive is looked for", _gets_item("fingerprint/.*"))
OTHER_JOB_READ = ARCHIVE_LOOKED_FOR.then(JOB_READ, "another job is read")
DONE_SEGMENTS_READ = _effect("the done segments are read", _gets_item(".*/segments"))
SEGMENT_UPLOAD_LOOKED_FOR = _effect(
    "a segment's upload is looked for", _gets_item(r".*/upload-\d+")
)
SEGMENT_UPLOAD_REGISTERED = _effect(
    "a segment's upload is registered", _puts_item(r".*/upload-\d+")
)
ARCHIVE_RECORDED = _effect("the archive is recorded", _puts_item("fingerprint/.*"))
CHECKSUMS_LOOKED_FOR = _effect("checksums are looked for", lambda name, _: name == "BatchGetItem")
CHECKSUMS_KEPT = _effect("checksums are kept", lambda name, _: name == "BatchWriteItem")

JOB_STARTED = _effect("the job is started", _updates("startedAt"))
PLANNING_REPORTED = _effect("planning is reported", _reports(Stage.PLANNING))
DAY_COUNTED = _effect("the bytes of the day are counted", _updates("ADD", "bytesUsed"))
PLAN_FIXED = _effect(
    "the plan is fixed", _updates("planDigest", "plannedAt", without=("planHome",))
)
PLAN_TAKEN_AWAY = _effect("the plan is taken away", _updates("previousPlan", "replanned"))
CHANGE_COUNTED = _effect("a change is counted", _updates("changes", "suspects"))
UPLOAD_CLAIMED = _effect("the upload is claimed", _updates("heir"))
PLAN_ADOPTED = _effect("the plan is adopted", _updates("planDigest", "plannedAt", "planHome"))
ASSEMBLING_REPORTED = _effect("assembling is reported", _reports(Stage.ASSEMBLING))
SEGMENT_COUNTED = _effect("a segment is counted", _updates("ADD", "done"))
SECOND_SEGMENT_COUNTED = SEGMENT_COUNTED.then(SEGMENT_COUNTED, "a second segment is counted")
FINALIZING_REPORTED = _effect("finalizing is reported", _reports(Stage.FINALIZING))
JOB_COMPLETED = _effect(
    "the job is completed", _updates(status=Status.COMPLETED, without=("reusedFrom",))
)
JOB_COMPLETED_WITH_ARCHIVE = _effect(
    "the job is completed with another one's archive",
    _updates("reusedFrom", status=Status.COMPLETED),
)

JOB_CANCELLED = _effect("the job is cancelled", _updates(status=Status.CANCELLED))
JOB_DELETED = _effect("the record becomes a tombstone", _updates("deletedAt"))
ARCHIVE_HELD = _effect("the archive is held", _updates("ADD", "holders"))
OWNER_LOST = _effect("the archive loses its owner", _updates("ownerGone"))
ARCHIVE_RELEASED = _effect("the archive is released", _updates("DELETE", "holders"))

PLAN_SENT = _effect("`plan` is sent", _sends(Step.PLAN))
SEGMENTS_SENT = _effect("the segments are sent", _sends(Step.ASSEMBLE))
STEPS_RECORDED = _effect("the steps are recorded as sent", _updates("stepsSent"))
DISCARD_SENT = _effect("`discard` is sent", _sends(Step.DISCARD))
FINALIZE_SENT = _effect("`finalize` is sent", _sends(Step.FINALIZE))
ANNOUNCE_SENT = _effect("`announce` is sent", _sends(Step.ANNOUNCE))

BUS_TOLD = _effect("the bus is told", lambda name, _: name == "PutEvents")
NOTICES_STORED = _effect("the notices are stored", _puts_item(".*/notices"))
NOTICES_READ = _effect("the notices are read", _gets_item(".*/notices"))
NOTICES_CHANGED = _effect("the notices are changed", _updates("notices", "version"))
NOTICES_CHANGED_AGAIN = NOTICES_CHANGED.then(NOTICES_CHANGED, "what came of a try is written")
ALL_TOLD = _effect(
    "all is told", lambda name, asked: name == "UpdateItem" and _forgets_untold(asked)
)

VERSIONS_ASKED_FOR = _effect(
    "it is asked whether the source has versions", _in_s3("GET versioning", SOURCES)
)
FILES_LISTED = _effect("the files are listed", _in_s3("ListObjectsV2", SOURCES))
FILE_LOOKED_UP = _effect("a file is looked up", _in_s3("HeadObject", SOURCES))
FILE_READ = _effect("a file is read", _in_s3("GetObject", SOURCES))
THIRD_PIECE_READ = FILE_READ.then(FILE_READ).then(FILE_READ, "a third piece of a file is read")

COPY_LOOKED_FOR = _effect("a copy is looked for", _in_s3("HeadObject", ARCHIVES, _COPY))
FILE_COPIED = _effect("a file is copied aside", _in_s3("CopyObject", ARCHIVES, _COPY))
COPY_TAKEN = _effect(
    "a part is copied from a copy",
    _in_s3("UploadPartCopy", ARCHIVES, copied_from=rf"/?{ARCHIVES}/{_COPY}"),
)
BATCH_KEPT = _effect(
    "the CRC-32s of a batch are kept", _in_s3("PutObject", ARCHIVES, r".*/crc32-\d+")
)

REQUEST_READ = _effect("the request is read", _in_s3("GetObject", ARCHIVES, r".*/request-.*"))
PLAN_STORED = _effect("the plan is stored", _in_s3("PutObject", ARCHIVES, ".*/plan"))
INDEX_STORED = _effect("the index is stored", _in_s3("PutObject", ARCHIVES, ".*/index"))
INDEX_READ = _effect("the index is read", _in_s3("GetObject", ARCHIVES, ".*/index"))
PLAN_READ = _effect("a slice of the plan is read", _in_s3("GetObject", ARCHIVES, ".*/plan"))
SECTION_KEPT = _effect(
    "a section of the tail is kept", _in_s3("PutObject", ARCHIVES, r".*/tail-\d+")
)
SECTION_READ = _effect(
    "a section of the tail is read", _in_s3("GetObject", ARCHIVES, r".*/tail-\d+")
)
ARCHIVE_LOOKED_AT = _effect(
    "the finished archive is looked at", _in_s3("HeadObject", ARCHIVES, _ARCHIVE)
)

ARCHIVE_DELETED = _effect("the archive is deleted", _in_s3("DeleteObject", ARCHIVES, _ARCHIVE))

UPLOAD_OPENED = _effect("the upload is opened", _in_s3("CreateMultipartUpload", ARCHIVES, _ARCHIVE))
PARTS_LISTED = _effect("the parts are listed", _in_s3("ListParts", ARCHIVES))
PART_UPLOADED = _effect("a part is uploaded", _in_s3("UploadPart", ARCHIVES))
SECOND_PART_UPLOADED = PART_UPLOADED.then(PART_UPLOADED, "a second part is uploaded")
THIRD_PART_UPLOADED = SECOND_PART_UPLOADED.then(PART_UPLOADED, "a third part is uploaded")
PART_COPIED = _effect(
    "a part is copied", _in_s3("UploadPartCopy", ARCHIVES, copied_from=rf"/?{SOURCES}/.*")
)
UPLOAD_COMPLETED = _effect(
    "the upload is completed", _in_s3("CompleteMultipartUpload", ARCHIVES, _ARCHIVE)
)

ARCHIVE_INDEX_WRITTEN = _effect(
    "the index beside an archive is written", _in_s3("PutObject", ARCHIVES, r"archives/.*\.index")
)

UPLOAD_ABORTED = _effect(
    "the upload is aborted", _in_s3("AbortMultipartUpload", ARCHIVES, _ARCHIVE)
)

SEGMENT_LOOKED_FOR = _effect(
    "a segment's object is looked for", _in_s3("HeadObject", ARCHIVES, _SEGMENT)
)
SEGMENT_OPENED = _effect(
    "a segment's upload is opened", _in_s3("CreateMultipartUpload", ARCHIVES, _SEGMENT)
)
SEGMENT_COMPLETED = _effect(
    "a segment's upload is completed", _in_s3("CompleteMultipartUpload", ARCHIVES, _SEGMENT)
)
SEGMENT_JOINED = _effect(
    "a segment is joined to the archive",
    _in_s3("UploadPartCopy", ARCHIVES, copied_from=rf"/?{ARCHIVES}/{_SEGMENT}"),
)
SEGMENTS_DELETED = _effect("the segments are deleted", _in_s3("DeleteObjects", ARCHIVES))
COPIES_DELETED = _effect("the copies are deleted", _in_s3("DeleteObjects", ARCHIVES))

_PACK = r"jobs/.*/pack-\d+-[^.]*"

PACKING_RECORDED = _effect("it is recorded what is packed", _updates("packing"))
PACKS_STORED = _effect(
    "the files of the packs are stored", _in_s3("PutObject", ARCHIVES, ".*/packs")
)
PACKING_STORED = _effect("the packing is stored", _in_s3("PutObject", ARCHIVES, ".*/packing"))
PACKS_SENT = _effect("the packs are sent", _sends(Step.PACK))
PACKING_READ = _effect("the packing is read", _in_s3("GetObject", ARCHIVES, ".*/packing"))
PACK_LOOKED_FOR = _effect("a pack is looked for", _in_s3("GetObject", ARCHIVES, r".*/packed-\d+"))
PACK_WRITTEN = _effect("a small pack is written", _in_s3("PutObject", ARCHIVES, _PACK))
PACK_OPENED = _effect("a pack's upload is opened", _in_s3("CreateMultipartUpload", ARCHIVES, _PACK))
PACK_UPLOADED = _effect("a part of a pack is uploaded", _in_s3("UploadPart", ARCHIVES, _PACK))
PACK_COMPLETED = _effect(
    "a pack's upload is completed", _in_s3("CompleteMultipartUpload", ARCHIVES, _PACK)
)
ROWS_KEPT = _effect("the rows of a pack are kept", _in_s3("PutObject", ARCHIVES, r".*\.rows"))
PACK_KEPT = _effect(
    "it is kept what is known of a pack", _in_s3("PutObject", ARCHIVES, r".*/packed-\d+")
)
HEADERS_KEPT = _effect(
    "the headers of large files are kept", _in_s3("PutObject", ARCHIVES, ".*/headers")
)
SPANS_KEPT = _effect("the rows of large files are kept", _in_s3("PutObject", ARCHIVES, ".*/spans"))
ROWS_READ = _effect("the rows of a pack are read", _in_s3("GetObject", ARCHIVES, r".*\.rows"))
PACK_COPIED = _effect(
    "a part is copied from a pack",
    _in_s3("UploadPartCopy", ARCHIVES, copied_from=rf"/?{ARCHIVES}/{_PACK}"),
)

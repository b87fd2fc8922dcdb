"""What Longhaul asks a bucket: lists, facts of objects, ranges; and what its failures mean.

The code above this file knows objects and uploads, and never botocore. Each method makes one
request (a listing makes one for each page). It raises Unavailable if a retry may help,
AccessDenied if S3 denies the request, and StorageRefused if S3 refuses it for another reason. What
S3 refuses for the sake of one source file is a SourceFault (refusals.py).
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from chalicelib.aws import could_not, http_status, not_allowed_to, translated
from chalicelib.errors import (
    AccessDenied,
    Reason,
    SourceChanged,
    SourceFault,
    StorageRefused,
    Unavailable,
    unknown_cursor,
)
from chalicelib.s3 import answers, refusals
from chalicelib.s3.access import Access
from chalicelib.s3.objects import (
    BY_KMS,
    FolderPage,
    ObjectFacts,
    ObjectPage,
    crc32_of_base64,
    filled,
    skipped,
)
from chalicelib.s3.refusals import asking, asking_for

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from chalicelib.s3.fastpath import FastPath

LISTED_AT_ONCE: Final = 1_000
"""The most that S3 lists on one page.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""

_READ_ATTEMPTS: Final = 4

_SAME_FAULTS: Final = 16
"""After so many objects in a row that are denied, all for the same reason, the next ones are not
read to find out theirs. A denied bucket would cost one more request for each of its objects. A HEAD
with the status 400 may mean anything, so its reason is always asked for."""


@dataclass(slots=True)
class _Learned:
    """What this process has learned of a bucket. `fault` is why an object that S3 denies cannot be
    read: that of the last `times` objects that S3 was asked for."""

    is_versioned: bool | None = None
    fault: tuple[Reason, str] | None = None
    times: int = 0


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket to read from, reached through one client: that of a source, or the archive bucket
    (archive_bucket.py).

    With `fast`, the requests that are made by the thousand take the fast path first. If that does
    not understand the answer, they are sent again through the client.
    """

    client: "S3Client"
    name: str
    fast: "FastPath | None" = None
    access: Access = field(default_factory=Access)
    _learned: _Learned = field(default_factory=_Learned, init=False, repr=False, compare=False)

    @property
    def source_access(self) -> Access | None:
        """`access`, as refusals.py takes it. None if the bucket is no source: then nothing that S3
        refuses is a fault of a source file."""
        return self.access

    def check(self, prefix: str = "") -> None:
        """Raises Unavailable if the bucket cannot be reached or does not exist.

        With a prefix, lists a key below it: HeadBucket wants the right to list the whole bucket,
        and cannot say that we pay.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html"""
        access = self.access
        with asking(f"reach the bucket {self.name}", self.source_access):
            try:
                if prefix or access.requester_pays:
                    listed: Any = {"Prefix": prefix, "MaxKeys": 1, **access.of_objects()}
                    self.client.list_objects_v2(Bucket=self.name, **listed)
                else:
                    self.client.head_bucket(Bucket=self.name, **access.of_bucket())
            except self.client.exceptions.ClientError as error:
                if http_status(error) != HTTPStatus.NOT_FOUND:
                    raise
                raise Unavailable(f"there is no bucket {self.name}") from error

    def is_versioned(self) -> bool:
        """Returns whether the bucket has versions of its objects. One whose versioning is suspended
        has them, too. False if S3 does not tell. Asks once in the life of the process."""
        learned = self._learned
        if learned.is_versioned is None:
            status = None
            with suppress(AccessDenied, StorageRefused), asking("ask for versioning"):
                asked = self.access.of_bucket()
                status = self.client.get_bucket_versioning(Bucket=self.name, **asked).get("Status")
            learned.is_versioned = status is not None
        return learned.is_versioned

    def head(
        self, key: str, *, checksum: bool = True, version: str | None = None
    ) -> ObjectFacts | None:
        """Returns the object's facts, with its CRC-32 if S3 has it; those of a version if one is
        named. None if there is no such object, or no such version of it.

        Raises SourceUnreadable if S3 refuses it.
        """
        learned = self._learned
        if self.fast:
            understood, facts = self.fast.head(self.name, key, version, self.access.headers())
            if understood:
                learned.times = 0
                return facts
        more: Any = {"ChecksumMode": "ENABLED"} if checksum else {}
        more |= _version(version) | self.access.of_objects()
        try:
            with translated(f"look at {key}"):
                answer = self.client.head_object(Bucket=self.name, Key=key, **more)
        except (AccessDenied, self.client.exceptions.ClientError) as error:
            cause = refusals.client_error(error)
            if not refusals.is_gone(cause, version):
                self._refuse(cause, key, version)
            return None
        learned.times = 0
        return answers.headed(key, answer, version)

    def why(self, key: str, version: str | None = None) -> SourceFault | None:
        """Returns why the object cannot be read: reads its first byte. None if it can be read.

        Raises Unavailable if nobody knows now, and AccessDenied or StorageRefused if it is not
        about this object.
        """
        try:
            self._read_once(memoryview(bytearray(1)), key, 0, None, version)
        except SourceFault as fault:
            if refusals.is_no_range(fault.__cause__):
                return None  # an empty object has no first byte
            if fault.reason is Reason.DENIED and self._is_under_a_key(key, version):
                return refusals.unreadable(key, Reason.KEY_UNUSABLE, refusals.KEY_DENIED)
            return fault
        return None

    def _is_under_a_key(self, key: str, version: str | None) -> bool:
        """Returns whether S3 lets us look at an object that a key of KMS encrypts. Both a HEAD and
        a GET take s3:GetObject, but a HEAD without checksums takes no key."""
        more = _version(version) | self.access.of_objects()
        try:
            with translated(f"look at {key}"):
                answer = self.client.head_object(Bucket=self.name, Key=key, **more)
        except (AccessDenied, self.client.exceptions.ClientError):
            return False
        return answer.get("ServerSideEncryption") in BY_KMS

    def _refuse(self, error: Exception, key: str, version: str | None) -> None:
        """Raises what a refused HEAD means; returns if there is no such version. An answer to a
        HEAD has no body, so a GET is asked for S3's reason.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""
        action, status = f"look at {key}", http_status(error)
        if self.source_access is None and status == HTTPStatus.FORBIDDEN:
            raise not_allowed_to(action) from error
        if status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN):
            raise refusals.meaning(error, action, key, self.source_access, version) from error
        learned = self._learned
        is_denied = status == HTTPStatus.FORBIDDEN
        if is_denied and learned.fault and learned.times >= _SAME_FAULTS:
            raise refusals.unreadable(key, *learned.fault) from error
        fault = self.why(key, version)
        if isinstance(fault, SourceChanged):
            return
        if fault is None:
            # It can be read by now: a key was throttled, or permission was given just now.
            raise could_not(action, "S3 refused it a moment ago") from error
        found = (fault.reason, fault.why) if is_denied else None
        learned.times = learned.times + 1 if found == learned.fault else 1
        learned.fault = found
        raise fault from error

    def part_crc32s(
        self, key: str, etag: str, version: str | None = None
    ) -> list[tuple[int, int]] | None:
        """Returns (CRC-32, length in bytes) of each part that the object was uploaded in. None if
        S3 does not report them for all parts, or if the object has another ETag by now."""
        parts: list[tuple[int, int]] = []
        asked = _version(version) | self.access.of_objects()
        more: Any = {}
        while True:
            try:
                with translated(f"look at the parts of {key}"):
                    answer = self.client.get_object_attributes(
                        Bucket=self.name,
                        Key=key,
                        ObjectAttributes=["ETag", "ObjectParts", "ObjectSize"],
                        **asked,
                        **more,
                    )
            except (AccessDenied, self.client.exceptions.ClientError):
                return None  # the object may be readable all the same; a read says what is wrong
            page = answer.get("ObjectParts", {})
            for part in page.get("Parts", []):
                crc32 = crc32_of_base64(part.get("ChecksumCRC32"))
                if crc32 is None:
                    return None
                parts.append((crc32, part["Size"]))
            if not page.get("IsTruncated"):
                same = answer.get("ETag", "").strip('"') == etag.strip('"')
                whole = sum(length for _, length in parts) == answer.get("ObjectSize")
                return parts if parts and same and whole else None
            more = {"PartNumberMarker": page["NextPartNumberMarker"]}

    def list_page(self, prefix: str, after: str = "") -> ObjectPage:
        """Returns the first objects, a thousand at most, whose keys begin with `prefix` and come
        after `after`."""
        if self.fast and (
            page := self.fast.list_page(self.name, prefix, after, self.access.headers())
        ):
            return page
        asked: Any = {"Prefix": prefix, **({"StartAfter": after} if after else {})}
        with asking(f"list {_below(prefix)}", self.source_access):
            answer = self.client.list_objects_v2(
                Bucket=self.name, **asked, **self.access.of_objects()
            )
        facts = tuple(map(answers.listed, answer.get("Contents", [])))
        return ObjectPage(facts, answer["IsTruncated"])

    def list_versions_page(self, prefix: str, after: str = "") -> ObjectPage:
        """Returns the newest versions of the first objects whose keys begin with `prefix` and come
        after `after`. An object without a version id has the version "null". The page may be empty
        and have a next one, which begins after `page.end`."""
        if self.fast and (
            page := self.fast.list_versions_page(self.name, prefix, after, self.access.headers())
        ):
            return page
        # S3 lists the versions of a key from the newest to the oldest. After a marker without a
        # version comes the next key.
        asked: Any = {"Prefix": prefix, **({"KeyMarker": after} if after else {})}
        with asking(f"list the versions of {_below(prefix)}", self.source_access):
            answer = self.client.list_object_versions(
                Bucket=self.name, **asked, **self.access.of_objects()
            )
        return answers.newest(answer)

    def list_objects(self, prefix: str) -> Iterator[ObjectFacts]:
        """Yields every object whose key begins with `prefix`, in key order. Makes one request after
        another."""
        page = self.list_page(prefix)
        yield from page.facts
        while page.more:
            page = self.list_page(prefix, page.facts[-1].key)
            yield from page.facts

    def list_folder(
        self, prefix: str, limit: int, after: str | None = None, *, is_deep: bool = False
    ) -> FolderPage:
        """Returns one page of what is below `prefix`, in key order, without the contents of the
        folders there. `is_deep`: with their contents, and without the folders.

        `after` is the `next` of the page before. Raises InvalidRequest if S3 does not accept it.
        """
        more: Any = {"ContinuationToken": after} if after else {}
        more |= {} if is_deep else {"Delimiter": "/"}
        with asking(f"list {_below(prefix)}", self.source_access):
            try:
                page = self.client.list_objects_v2(
                    Bucket=self.name,
                    Prefix=prefix,
                    MaxKeys=limit,
                    OptionalObjectAttributes=["RestoreStatus"],
                    **more,
                    **self.access.of_objects(),
                )
            except self.client.exceptions.ClientError as error:
                if after and http_status(error) == HTTPStatus.BAD_REQUEST:
                    raise unknown_cursor() from error
                raise
        return FolderPage(
            tuple(found["Prefix"] for found in page.get("CommonPrefixes", [])),
            tuple(map(answers.listed, page.get("Contents", []))),
            page.get("NextContinuationToken"),
        )

    def read(self, key: str) -> bytes | None:
        """Returns the whole object, which must be small. None if there is none."""
        if self.fast and (body := self.fast.read(self.name, key, self.access.headers())):
            return body
        asked = self.access.of_objects()
        with asking_for(f"read {key}", key, self.source_access):
            try:
                return self.client.get_object(Bucket=self.name, Key=key, **asked)["Body"].read()
            except self.client.exceptions.ClientError as error:
                if http_status(error) != HTTPStatus.NOT_FOUND:
                    raise
                return None

    def read_range(
        self,
        key: str,
        start: int,
        length: int,
        etag: str | None = None,
        version: str | None = None,
    ) -> bytes:
        """Returns `length` bytes (at least one) from `start`. Raises what `read_into` raises."""
        buffer = bytearray(length)
        self.read_into(memoryview(buffer), key, start, etag, version)
        return bytes(buffer)

    def read_into(
        self,
        buffer: memoryview,
        key: str,
        start: int = 0,
        etag: str | None = None,
        version: str | None = None,
    ) -> None:
        """Fills `buffer` (which is not empty) with the object's bytes from `start`, those of a
        version if one is named.

        Raises SourceChanged if the object is gone, is shorter, or has another ETag than the given
        one, and SourceUnreadable if S3 refuses it.
        """
        if self.fast and self.fast.read_into(
            buffer,
            self.name,
            key,
            start,
            etag=etag,
            version=version,
            access=self.access.headers(),
        ):
            return
        for attempt in range(1, _READ_ATTEMPTS + 1):
            try:
                self._read_once(buffer, key, start, etag, version)
            except Unavailable:
                if attempt == _READ_ATTEMPTS:
                    raise
            else:
                return

    def _read_once(
        self, buffer: memoryview, key: str, start: int, etag: str | None, version: str | None
    ) -> None:
        action, end = f"read {key}", start + len(buffer)
        more: Any = {"IfMatch": etag} if etag else {}
        more |= _version(version) | self.access.of_objects()
        try:
            with asking_for(action, key, self.source_access, version):
                answer: Any = self.client.get_object(
                    Bucket=self.name, Key=key, Range=f"bytes={start}-{end - 1}", **more
                )
                body = answer["Body"]
                # A server may send the whole object instead: MiniStack does, of a version.
                # https://www.rfc-editor.org/rfc/rfc9110#name-range
                status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
                is_whole = status == HTTPStatus.OK
                if (is_whole and not skipped(body, start)) or not filled(buffer, body):
                    raise could_not(action, "the answer was cut short")
        except OSError as error:  # the connection was lost in the middle of the body
            raise could_not(action, type(error).__name__) from error


def _below(prefix: str) -> str:
    return repr(prefix) if prefix else "the top of the source"


def _version(version: str | None) -> Any:
    return {"VersionId": version} if version else {}

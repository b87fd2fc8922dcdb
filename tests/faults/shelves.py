"""One bucket of S3 in memory: its objects and, if it has versioning, all of their versions."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, Literal

from botocore.exceptions import ClientError

from tests.faults.refusals import refused
from tests.faults.stored import DeleteMarker, Lock, Stored

Versioning = Literal["", "Enabled", "Suspended"]
"""Empty: it was never enabled."""

NULL: Final = "null"
"""The version id of what was put while versioning was not enabled."""

OWNER: Final = "111122223333"
_NOT_FOUND: Final = 404
_OF_BUCKETS: Final = ("HeadBucket", "GetBucketVersioning")


@dataclass(slots=True)
class Shelf:
    """`newest` has the objects that a request without a version id finds. `versions` has what a
    bucket with versioning has of each key, the oldest first.

    `owner` is the account that the bucket belongs to. `pays`: requesters must say that they pay.
    `put_over` is told of each object that takes the place of another one: its key, the one that is
    there, and the new one.
    """

    newest: dict[str, Stored] = field(default_factory=dict)
    versions: dict[str, list[Stored | DeleteMarker]] = field(default_factory=dict)
    versioning: Versioning = ""
    owner: str = OWNER
    pays: bool = False
    put_over: Callable[[str, Stored, Stored], None] = lambda *_: None
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def enable(self, versioning: Versioning) -> None:
        """Enables or suspends versioning. What is there already has the version id `null`."""
        if not self.versioning:
            for key, stored in self.newest.items():
                self.newest[key] = replace(stored, version=NULL)
                self.versions[key] = [self.newest[key]]
        self.versioning = versioning

    def check(self, operation: str, asked: dict[str, str]) -> None:
        """Raises what S3 answers to a requester who names another owner, or does not pay."""
        if more := asked.keys() - {"ExpectedBucketOwner", "RequestPayer"}:
            raise TypeError(f"{operation} does not take {sorted(more)}")
        is_owners = asked.get("ExpectedBucketOwner", self.owner) == self.owner
        is_paid = not self.pays or asked.get("RequestPayer") == "requester"
        # Botocore cannot say who pays in requests for the bucket itself.
        if not is_owners or not (is_paid or operation in _OF_BUCKETS):
            raise refused(operation, "AccessDenied", 403)

    def put(self, key: str, stored: Stored) -> Stored:
        """Puts an object. Returns it with its version id."""
        if key in self.newest:
            self.put_over(key, self.newest[key], stored)
        if self.versioning:
            stored = replace(stored, version=self._next())
            self._append(key, stored)
        self.newest[key] = stored
        return stored

    def change(self, key: str, stored: Stored) -> None:
        """Replaces the facts of a version, as S3 does when it archives or restores an object."""
        if key in self.versions:
            versions = self.versions[key]
            self.versions[key] = [stored if v.version == stored.version else v for v in versions]
        if key in self.newest and self.newest[key].version == stored.version:
            self.newest[key] = stored

    def delete(self, key: str, now: int) -> None:
        """Deletes an object. Its versions stay, with a delete marker on top."""
        self.newest.pop(key, None)
        if self.versioning:
            self._append(key, DeleteMarker(self._next(), now))

    def forget(self, key: str, version: str) -> None:
        """Deletes a version for good. The one before it is the newest then."""
        left = [v for v in self.versions.get(key, ()) if v.version != version]
        self.versions[key] = left
        self.newest.pop(key, None)
        if left and isinstance(left[-1], Stored):
            self.newest[key] = left[-1]

    def find(self, operation: str, key: str, version: str | None = None) -> Stored:
        """Returns the object, or the version of it. Raises what S3 answers if there is none.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html"""
        if version is None or (version == NULL and not self.versioning):
            if key not in self.newest:
                raise _refused(operation, "NoSuchKey", _NOT_FOUND)
            return self.newest[key]
        if version != NULL and not version.startswith("v"):
            raise _refused(operation, "InvalidArgument", 400, "Invalid version id specified")
        for found in self.versions.get(key, ()):
            if found.version == version:
                if isinstance(found, DeleteMarker):
                    raise _refused(operation, "MethodNotAllowed", 405)
                return found
        raise _refused(operation, "NoSuchVersion", _NOT_FOUND)

    def _append(self, key: str, version: Stored | DeleteMarker) -> None:
        kept = [v for v in self.versions.get(key, ()) if v.version != version.version]
        self.versions[key] = [*kept, version]

    def _next(self) -> str:
        return f"v{next(self._numbers)}" if self.versioning == "Enabled" else NULL


def check_facts(operation: str, stored: Stored, *, checksum: bool) -> None:
    """Raises what S3 answers to somebody who asks for the facts of an object that they may not see.
    `checksum`: for its checksum too, which is encrypted as the object is.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""
    if stored.lock in (Lock.DENIED, Lock.ENCRYPTED):
        check_bytes(operation, stored)
    if checksum and stored.lock in (Lock.KEY_DISABLED, Lock.KEY_THROTTLED):
        check_bytes(operation, stored)


def check_bytes(operation: str, stored: Stored) -> None:
    """Raises what S3 answers to somebody who wants the bytes of an object that cannot be read.
    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""
    if stored.lock in (Lock.ARCHIVED, Lock.TIERED) and not stored.restored:
        message = "The operation is not valid for the object's storage class"
        raise _refused(operation, "InvalidObjectState", 403, message)
    if stored.lock is Lock.DENIED:
        raise _refused(operation, "AccessDenied", 403, "Access Denied")
    if stored.lock is Lock.ENCRYPTED:
        message = (
            "The object was stored using a form of Server Side Encryption. The correct parameters "
            "must be provided to retrieve the object."
        )
        raise _refused(operation, "InvalidRequest", 400, message)
    if stored.lock is Lock.KEY_DISABLED:
        raise _refused(operation, "KMS.DisabledException", 400, "the key is disabled")
    if stored.lock is Lock.KEY_THROTTLED:
        raise _refused(operation, "KMS.ThrottlingException", 400, "You have exceeded the rate")


def _refused(operation: str, code: str, status: int, message: str = "") -> ClientError:
    """Returns the error. The answer to a HEAD has no body, so botocore only knows its status."""
    if operation == "HeadObject":
        return refused(operation, str(status), status, "no more is known")
    return refused(operation, code, status, message)

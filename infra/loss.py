"""What a stack's deletion would take with it, and whether the stack is protected from it."""

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chalicelib.jobs.by_user import BY_USER
from infra.console import counted
from infra.deploy import Stack
from infra.errors import ProtectedError
from infra.parameters import PROTECTION_VARIABLE
from infra.targets import Target
from infra.template import AUTH_PARAMETER

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_LISTED_AT_MOST: Final = 20_000
"""Objects that are counted. To list these takes 20 requests, and some seconds."""


@dataclass(frozen=True)
class Loss:
    """What would be lost. `bytes_` and `objects` are of the archive bucket."""

    table: str
    jobs: int
    """As DynamoDB counts them in the index that has jobs only: it looks every six hours. The table
    holds other items too, such as kept checksums.
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html"""
    archive_bucket: str
    objects: int
    bytes_: int
    has_more: bool
    """Whether there are more objects than were counted."""
    source_bucket: str

    def __str__(self) -> str:
        more = "more than " if self.has_more else ""
        return (
            f"  about {counted(self.jobs, 'job')}, in the table {self.table}\n"
            f"  {more}{counted(self.objects, 'object')} with {self.bytes_ / 1e9:,.2f} GB, in the "
            f"archive bucket {self.archive_bucket}\n"
            f"The source bucket {self.source_bucket} stays, with all its files."
        )


def of(target: Target, stack: Stack) -> Loss:
    """Returns what the deletion of a stack on AWS would take with it.

    Raises ProtectedError if the stack is protected, and NotDeployedError if there is none.
    """
    values = stack.outputs()
    check_protection(target, stack)
    session = target.session()
    table = session.client("dynamodb").describe_table(TableName=values["JobsTable"])["Table"]
    objects, size, has_more = _held(session.client("s3"), values["ArchiveBucket"])
    return Loss(
        table=values["JobsTable"],
        jobs=sum(
            index.get("ItemCount", 0)
            for index in table.get("GlobalSecondaryIndexes", [])
            if index.get("IndexName") == BY_USER
        ),
        archive_bucket=values["ArchiveBucket"],
        objects=objects,
        bytes_=size,
        has_more=has_more,
        source_bucket=values["SourceBucket"],
    )


def check_protection(target: Target, stack: Stack) -> None:
    """Raises ProtectedError, with the command that ends it, if the stack may not be deleted."""
    session = target.session()
    table = session.client("dynamodb").describe_table(TableName=stack.outputs()["JobsTable"])
    if not stack.is_protected and not table["Table"].get("DeletionProtectionEnabled", False):
        return
    raise ProtectedError(
        f"The stack {stack.name} is protected from deletion. To end that, and keep all else as it "
        f"is:\n\n  {_command(target, stack)}\n\nThen repeat this command."
    )


def _command(target: Target, stack: Stack) -> str:
    """Returns the command that deploys the stack as it is now, without protection."""
    words = [f"{PROTECTION_VARIABLE}=off", f"AWS_REGION={target.region}"]
    if stack.name != f"longhaul-{target.stage}":
        words.append(f"STACK_NAME={stack.name}")
    auth = stack.parameters().get(AUTH_PARAMETER, "none")
    words += [f"AUTH={auth}", *(["I_KNOW_IT_IS_PUBLIC=yes"] if auth == "none" else [])]
    return " ".join(shlex.quote(word) for word in [*words, "make", "up", f"TARGET={target.name}"])


def _held(s3: "S3Client", bucket: str) -> tuple[int, int, bool]:
    """Returns the number of a bucket's objects, their bytes, and whether there are more."""
    objects = size = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        found = page.get("Contents", [])
        objects += len(found)
        size += sum(it["Size"] for it in found)
        if objects >= _LISTED_AT_MOST and page["IsTruncated"]:
            return objects, size, True
    return objects, size, False

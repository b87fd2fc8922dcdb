"""What a deletion takes with it is said before, and a protected stack is not deleted."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from infra import loss
from infra.deploy import Stack
from infra.errors import ProtectedError
from infra.targets import Target

VALUES = {"JobsTable": "jobs", "ArchiveBucket": "archives", "SourceBucket": "my-files"}


@dataclass
class Aws:
    """A stack, its table and its bucket."""

    name: str = "longhaul-prod"
    is_protected: bool = False
    table_is_protected: bool = False
    auth: str = "jwt"
    pages: list[dict[str, Any]] = field(default_factory=lambda: [{"IsTruncated": False}])

    def outputs(self) -> dict[str, str]:
        return VALUES

    def parameters(self) -> dict[str, str]:
        return {"Auth": self.auth}

    def client(self, _: str) -> "Aws":
        return self

    def describe_table(self, **request: str) -> dict[str, Any]:
        assert request == {"TableName": "jobs"}
        protected = self.table_is_protected
        indexes = [
            {"IndexName": "wake", "ItemCount": 9},
            {"IndexName": "byUser", "ItemCount": 1234},
        ]
        return {
            "Table": {
                "ItemCount": 56_789,  # with kept checksums, tickets, rates
                "DeletionProtectionEnabled": protected,
                "GlobalSecondaryIndexes": indexes,
            }
        }

    def get_paginator(self, _: str) -> "Aws":
        return self

    def paginate(self, **request: str) -> list[dict[str, Any]]:
        assert request == {"Bucket": "archives"}
        return self.pages


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    made = Aws()
    monkeypatch.setattr(Target, "session", lambda _: made)
    return made


TARGET = Target("aws", "prod", "eu-west-1")


def _loss(aws: Aws) -> loss.Loss:
    return loss.of(TARGET, cast("Stack", aws))


def test_jobs_archives_and_what_stays_are_named(aws: Aws) -> None:
    aws.pages = [
        {"Contents": [{"Size": 2_000_000_000}], "IsTruncated": True},
        {"Contents": [{"Size": 500_000_000}], "IsTruncated": False},
    ]

    said = str(_loss(aws))

    assert "about 1,234 jobs, in the table jobs" in said
    assert "2 objects with 2.50 GB, in the archive bucket archives" in said
    assert "The source bucket my-files stays" in said


def test_a_large_bucket_is_not_counted_to_its_end(aws: Aws) -> None:
    page = {"Contents": [{"Size": 1}] * 1000, "IsTruncated": True}
    aws.pages = [page] * 100

    found = _loss(aws)

    assert (found.objects, found.has_more) == (20_000, True)
    assert "more than 20,000 objects" in str(found)


def test_an_empty_stack_loses_nothing_of_the_archives(aws: Aws) -> None:
    assert "0 objects with 0.00 GB" in str(_loss(aws))


@pytest.mark.parametrize("protected", ["is_protected", "table_is_protected"])
def test_a_protected_stack_says_the_command_that_ends_it(aws: Aws, protected: str) -> None:
    setattr(aws, protected, True)

    with pytest.raises(ProtectedError) as refused:
        _loss(aws)

    command = "DELETION_PROTECTION=off AWS_REGION=eu-west-1 AUTH=jwt make up TARGET=aws\n"
    assert command in str(refused.value)


def test_the_command_also_names_what_else_a_stack_needs(aws: Aws) -> None:
    aws.is_protected, aws.auth, aws.name = True, "none", "my stack"

    with pytest.raises(ProtectedError) as refused:
        _loss(aws)

    for word in ("'STACK_NAME=my stack'", "AUTH=none", "I_KNOW_IT_IS_PUBLIC=yes"):
        assert word in str(refused.value)

"""What S3's listings say of objects: storage classes, restored ones, and the newest versions."""

from urllib.parse import quote

import pytest

from chalicelib.s3.access import Access
from chalicelib.s3.objects import ObjectFacts, ObjectPage
from tests.unit.s3.script import Said, Script

SOURCE = Access()
RESTORED = (
    "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
    "<RestoreExpiryDate>2026-12-01T00:00:00Z</RestoreExpiryDate></RestoreStatus>"
)
IN_PROGRESS = "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>"


def _item(key: str, *more: str, kept: str = "STANDARD") -> str:
    return (
        f"<Key>{quote(key)}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>&quot;e&quot;</ETag><Size>5</Size><StorageClass>{kept}</StorageClass>"
        f"{''.join(more)}"
    )


def _listing(*items: str) -> Said:
    rows = "".join(f"<Contents>{item}</Contents>" for item in items)
    return _answer("ListBucketResult", rows, more=False)


def _version(key: str, version: str, *more: str, latest: bool, kept: str = "STANDARD") -> str:
    told = f"<VersionId>{version}</VersionId><IsLatest>{str(latest).lower()}</IsLatest>"
    return f"<Version>{_item(key, told, *more, kept=kept)}</Version>"


def _marker(key: str, *, latest: bool = True) -> str:
    return (
        f"<DeleteMarker><Key>{quote(key)}</Key><VersionId>m</VersionId>"
        f"<IsLatest>{str(latest).lower()}</IsLatest>"
        "<LastModified>2024-01-01T00:00:00.000Z</LastModified></DeleteMarker>"
    )


def _answer(root: str, rows: str, *, more: bool) -> Said:
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    truncated = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
    encoded = "<EncodingType>url</EncodingType>"
    return Said(200, {}, f'<{root} xmlns="{space}">{encoded}{truncated}{rows}</{root}>'.encode())


def _facts(key: str, **more: object) -> ObjectFacts:
    return ObjectFacts(key, 5, '"e"', 1_704_067_200, **more)  # type: ignore[arg-type]  # any fields


@pytest.mark.parametrize("fast", [True, False])
def test_a_page_tells_what_is_in_cold_storage_by_the_class_alone(fast: bool) -> None:  # noqa: FBT001 - a parameter
    classes = ("STANDARD", "GLACIER_IR", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE")
    answer = _listing(*(_item(kept, kept=kept) for kept in classes))

    page = Script([answer]).bucket(SOURCE, fast=fast).list_page("")

    assert [(fact.storage_class, fact.is_archived) for fact in page.facts] == [
        ("", False),
        ("GLACIER_IR", False),
        ("INTELLIGENT_TIERING", False),
        ("GLACIER", True),
        ("DEEP_ARCHIVE", True),
    ]


@pytest.mark.parametrize(
    ("kept", "status", "is_archived"),
    [
        ("GLACIER", "", True),
        ("GLACIER", IN_PROGRESS, True),
        ("GLACIER", RESTORED, False),
        ("DEEP_ARCHIVE", RESTORED, False),
        ("STANDARD", "", False),
    ],
)
def test_a_folder_tells_what_was_restored(kept: str, status: str, is_archived: bool) -> None:  # noqa: FBT001 - a parameter
    page = Script([_listing(_item("a", status, kept=kept))]).bucket(SOURCE).list_folder("", 9)

    assert [fact.is_archived for fact in page.files] == [is_archived]


@pytest.mark.parametrize("fast", [True, False])
def test_a_page_of_versions_has_the_newest_ones(fast: bool) -> None:  # noqa: FBT001 - a parameter
    checked = "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
    rows = (
        _version("in/a b", "v2", checked, latest=True),
        _version("in/a b", "v1", latest=False),
        _marker("in/deleted"),
        _version("in/deleted", "v1", latest=False),
        _version("in/é", "null", latest=True, kept="GLACIER"),
    )
    answer = _answer("ListVersionsResult", "".join(rows), more=True)

    page = Script([answer]).bucket(SOURCE, fast=fast).list_versions_page("in/")

    assert page == ObjectPage(
        (
            _facts("in/a b", version="v2", in_s3=True),
            _facts("in/é", version="null", storage_class="GLACIER", is_archived=True),
        ),
        more=True,
        last="in/é",
    )
    assert page.end == "in/é"


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        ((_version("in/a", "v1", latest=False), _marker("in/b")), "in/b"),
        ((_marker("in/a"), _version("in/b", "v1", latest=False)), "in/b"),
        ((_marker("in/a"),), "in/a"),
        ((_version("in/a", "v1", latest=False),), "in/a"),
        ((), ""),
    ],
)
@pytest.mark.parametrize("fast", [True, False])
def test_a_page_without_newest_versions_says_where_the_next_one_begins(
    rows: tuple[str, ...],
    last: str,
    fast: bool,  # noqa: FBT001 - a parameter
) -> None:
    answer = _answer("ListVersionsResult", "".join(rows), more=True)
    script = Script([answer, answer])
    bucket = script.bucket(SOURCE, fast=fast)

    page = bucket.list_versions_page("in/")
    bucket.list_versions_page("in/", page.end)

    assert (page.facts, page.end) == ((), last)
    assert script.asked[1].query.get("key-marker", "") == last


def test_a_page_of_objects_ends_with_its_last_object() -> None:
    assert ObjectPage((_facts("a"), _facts("b")), more=True).end == "b"
    assert ObjectPage((), more=False).end == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Error><Code>SlowDown</Code></Error>",
        b"<ListVersionsResult></ListVersionsResult>",
        b"<ListVersionsResult><EncodingType>url</EncodingType></ListVersionsResult>",
        b"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>",
        b"<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>"
        b"<Version/></ListVersionsResult>",
    ],
)
def test_what_is_no_list_of_versions_is_asked_for_again(body: bytes) -> None:
    good = _answer("ListVersionsResult", _version("a", "v", latest=True), more=False)
    script = Script([Said(200, {}, body), good])

    page = script.bucket(SOURCE, fast=True).list_versions_page("")

    assert [fact.version for fact in page.facts] == ["v"]
    assert not script.answers

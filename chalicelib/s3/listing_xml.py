"""Parses S3's answers to ListObjectsV2 and ListObjectVersions. Pure.

botocore's parser works with a model of each answer. That takes ten times as long: minutes for a
million files.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote_plus
from xml.etree import ElementTree  # nosec B405 - what it parses, S3 wrote; botocore does so too

from chalicelib.s3.objects import COLD, ObjectFacts, ObjectPage, has_crc32, storage_class


@dataclass(frozen=True, slots=True)
class _Tags:
    """The tags of an item's elements, made once for a page."""

    key: str
    modified: str
    etag: str
    size: str
    storage_class: str
    algorithm: str
    checksum_type: str
    version: str


def listed_page(body: bytes) -> ObjectPage | None:
    """Returns the page in an answer with `encoding-type=url`; None if the answer is not understood.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    """
    try:
        root, space = _root(body, "ListBucketResult")
        tags = _tags(space)
        facts = tuple(_listed(item, tags) for item in root.iter(f"{space}Contents"))
        return ObjectPage(facts, _text(root, f"{space}IsTruncated") == "true")
    except (ElementTree.ParseError, ValueError):
        return None


def _root(body: bytes, name: str) -> tuple[ElementTree.Element, str]:
    """Returns the root element, which has this name, and its namespace, as it stands before the
    names of elements. Raises ParseError."""
    # Our own S3 has sent it. If it is hostile all the same, expat bounds what entities grow to.
    root = ElementTree.fromstring(body)  # noqa: S314  # nosec B314 - S3's, and bounded
    return root, root.tag.removesuffix(name)


def newest_page(body: bytes) -> ObjectPage | None:
    """Returns the newest versions in a page of versions, whose answer has `encoding-type=url`; None
    if the answer is not understood.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
    """
    try:
        root, space = _root(body, "ListVersionsResult")
        if root.findtext(f"{space}EncodingType") != "url":
            return None  # some emulators write the keys as they are
        tags = _tags(space)
        versions = root.findall(f"{space}Version")
        facts = tuple(
            _listed(item, tags, _text(item, tags.version))
            for item in versions
            if _text(item, f"{space}IsLatest") == "true"
        )
        # The reason for `last` is in answers.py.
        kinds = versions, root.findall(f"{space}DeleteMarker")
        last = max((_key(rows[-1], tags) for rows in kinds if rows), default="")
        return ObjectPage(facts, _text(root, f"{space}IsTruncated") == "true", last)
    except (ElementTree.ParseError, ValueError):
        return None


def _tags(space: str) -> _Tags:
    return _Tags(
        key=f"{space}Key",
        modified=f"{space}LastModified",
        etag=f"{space}ETag",
        size=f"{space}Size",
        storage_class=f"{space}StorageClass",
        algorithm=f"{space}ChecksumAlgorithm",
        checksum_type=f"{space}ChecksumType",
        version=f"{space}VersionId",
    )


def _key(item: ElementTree.Element, tags: _Tags) -> str:
    return unquote_plus(_text(item, tags.key), errors="strict")


def _listed(item: ElementTree.Element, tags: _Tags, version: str | None = None) -> ObjectFacts:
    kept = item.findtext(tags.storage_class)
    return ObjectFacts(
        key=_key(item, tags),
        size=int(_text(item, tags.size)),
        etag=_text(item, tags.etag),
        modified=int(datetime.fromisoformat(_text(item, tags.modified)).timestamp()),
        in_s3=has_crc32(
            [found.text for found in item.findall(tags.algorithm)],
            item.findtext(tags.checksum_type),
        ),
        version=version,
        storage_class=storage_class(kept),
        is_archived=kept in COLD,
    )


def _text(element: ElementTree.Element, name: str) -> str:
    """Returns the text of the child with this name. Raises ValueError if there is none."""
    text = element.findtext(name)
    if not text:
        raise ValueError(f"there is no {name}")
    return text

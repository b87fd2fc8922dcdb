"""Makes and compares the ETags of answers. Pure."""

import hashlib


def etag_of(text: str) -> str:
    """Returns the ETag of an answer with this text."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


def matches(if_none_match: str, etag: str) -> bool:
    """Returns whether the header If-None-Match names this ETag, or any with "*". The header is a
    list of tags, which are compared weakly (RFC 9110, section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags

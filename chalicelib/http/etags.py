"""ETags of answers. Pure."""

import hashlib


def etag_of(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


def matches(if_none_match: str, etag: str) -> bool:
    """RFC 9110, section 13.1.2: a list of tags, compared weakly, or any."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags

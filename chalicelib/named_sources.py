"""The sources of a stack: buckets that hold source files, each with a name that a request can say.
Pure."""

from dataclasses import dataclass
from typing import Final

DEFAULT_NAME: Final = "default"
"""The name of the only source of a stack without SOURCES."""

NAME_MAX: Final = 32
"""Characters of a source's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A bucket, or a part of one. docs/configuration.md explains each field.

    `prefix` is what all keys of a request begin with. `region` is empty for the stack's own.
    `owner` is the id of the account that must own the bucket; empty: any. `kms_keys` are the ARNs
    of the keys that encrypt its objects.
    """

    name: str
    bucket: str
    prefix: str = ""
    key_template: str = "downloads/{file_id}"
    region: str = ""
    owner: str = ""
    requester_pays: bool = False
    kms_keys: tuple[str, ...] = ()

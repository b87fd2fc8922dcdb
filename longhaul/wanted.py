"""What a request names: its files, what the archive is to be like, and who is told."""

from typing import Literal, TypedDict

Format = Literal["zip", "tar", "tar.gz"]

Compression = Literal["none", "deflate", "auto"]
"""How files are compressed: not, all of them, or all but those that are compressed already."""


class Wanted(TypedDict, total=False):
    """A file by its id or its key, or all files whose key begins with a prefix.

    Exactly one of `id`, `key` and `prefix` is given. `name` is the file's path in the archive, or
    the folder there that the files of a prefix go to. `version` is a version id of the object; it
    is not for a prefix.
    """

    id: int | str
    key: str
    prefix: str
    name: str
    version: str


class Notify(TypedDict, total=False):
    """Who is told of a job's end: a URL that takes webhooks, a mail address, or both."""

    url: str
    email: str

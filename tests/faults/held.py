"""What the strict readers of archives give: zips.py, gzips.py and tars.py.

They read as no ordinary reader does: no byte of an archive may be left unexplained. They know the
specifications of the formats, and nothing of chalicelib.
"""

from dataclasses import dataclass


class Broken(Exception):
    """An archive is broken. Says where, and how."""


@dataclass(frozen=True, slots=True)
class Held:
    """A file in an archive. Its header begins `at`, in bytes from the beginning of the ZIP or the
    tar, and its own bytes at `data`. `stored` is how many bytes the archive has of its content.
    `modified` is Unix time in seconds."""

    name: str
    content: bytes
    at: int
    data: int
    stored: int
    modified: int

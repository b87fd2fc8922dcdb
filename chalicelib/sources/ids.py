"""The ids of source files, and the keys that they stand for. Pure."""

from chalicelib.jobs.request import FileId
from chalicelib.named_sources import Source


def key_of(file_id: FileId, source: Source) -> str:
    """Returns the key of the source file with this id."""
    return source.key_template.format(file_id=file_id)

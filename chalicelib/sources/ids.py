"""The ids of source files, and the keys that they stand for. Pure."""

from chalicelib.settings import Settings


def key_of(file_id: int, settings: Settings) -> str:
    """Returns the key of the source file with this id."""
    return settings.source_key_template.format(file_id=file_id)

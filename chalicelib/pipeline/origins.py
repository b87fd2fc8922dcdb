"""Where the bytes of an entry are read from: the source file, or a copy of ours."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.s3.bucket import Bucket
from chalicelib.services import Services


class Placed(Protocol):
    """What says where bytes are: an `Entry`, or a `Run` of one."""

    @property
    def key(self) -> str: ...
    @property
    def version(self) -> str | None: ...
    @property
    def copy(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Origin:
    """An object, in one version of it if its bucket has versions."""

    bucket: Bucket
    key: str
    version: str | None


def origin(services: Services, source: str | None, placed: Placed) -> Origin:
    """Returns where the bytes are. `source` is the name of the job's source; None: the default."""
    if placed.copy:
        return Origin(services.archive, placed.copy, None)
    return Origin(services.source(source), placed.key, placed.version)

"""Where the bytes of an entry are read from: the source file, or a copy of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from chalicelib.errors import SourceChanged, SourceFault, shortened
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


@contextmanager
def faults_named(placed: Placed) -> Iterator[None]:
    """Names the source file in the error for a copy of ours that is gone or was replaced. Then the
    job is planned again, and the file is copied again."""
    try:
        yield
    except SourceFault as fault:
        if not placed.copy:
            raise
        raise SourceChanged(
            f"the copy of {shortened(placed.key)} that was kept is gone; export again",
            key=placed.key,
        ) from fault

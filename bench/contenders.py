"""Who is measured, and how one run of each is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from uuid import uuid4

from bench import archives, ours, processes
from bench.cases import Case
from bench.measure import Usage
from bench.place import Place

Kind = Literal["ours", "peer", "floor"]

_SCRATCH: Final = "bench/"
"""Below this the archives of peers and floor lie."""


@dataclass(frozen=True, slots=True)
class Contender:
    """`run` makes the archive of a case: its key (None: nobody could open it), the start's usage,
    and the run's."""

    name: str
    title: str
    kind: Kind
    run: Callable[[Place, Case], tuple[str | None, Usage, Usage]]
    for_many_files: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One contender's run of one case, by their names. `start` is what its process took before: its
    imports and clients."""

    case: str
    contender: str
    start: Usage
    usage: Usage


def made(contender: Contender, case: Case, place: Place) -> Run:
    """Has the contender make the case's archive, looks if it is one, and deletes it."""
    try:
        key, start, usage = contender.run(place, case)
        if key is not None:
            archives.check_names(place, key, case)
    finally:
        archives.delete(place, _SCRATCH)
    if key is not None:
        place.s3.delete_object(Bucket=place.outputs.archive_bucket, Key=key)
    return Run(case.name, contender.name, start, usage)


def _worker(place: Place, case: Case, *, by_keys: bool = False) -> tuple[str, Usage, Usage]:
    keys = [case.key(index) for index in range(len(case.sizes))]
    asked = {"keys": keys} if by_keys else {"prefix": case.prefix}
    with processes.running("bench.worker:worker", place.environment) as worker:
        job_id, usage = ours.export(place, {**asked, "fresh": True}, worker)
    return ours.archive_key(job_id), worker.start, usage


def _worker_by_keys(place: Place, case: Case) -> tuple[str, Usage, Usage]:
    return _worker(place, case, by_keys=True)


def _over_http(place: Place, case: Case) -> tuple[str, Usage, Usage]:
    job_id, seconds = ours.export_over_http(place, {"prefix": case.prefix, "fresh": True})
    return ours.archive_key(job_id), Usage(), Usage(seconds=seconds)


def _alone(
    factory: str, *, gives_archive: bool = True
) -> Callable[[Place, Case], tuple[str | None, Usage, Usage]]:
    """A contender that is one function from files to an archive."""

    def run(place: Place, case: Case) -> tuple[str | None, Usage, Usage]:
        key = f"{_SCRATCH}{uuid4()}.zip"
        task = {
            "source_bucket": place.outputs.source_bucket,
            "archive_bucket": place.outputs.archive_bucket,
            "prefix": case.prefix,
            "archive_key": key,
        }
        with processes.running(factory, place.environment) as process:
            _, usage = process.do(task)
        return key if gives_archive else None, process.start, usage

    return run


CONTENDERS: Final = (
    Contender("longhaul", "Longhaul, its worker", "ours", _worker),
    Contender(
        "longhaul-keys", "Longhaul, asked by keys", "ours", _worker_by_keys, for_many_files=True
    ),
    Contender("longhaul-http", "Longhaul, POST to completed", "ours", _over_http),
    Contender("zipfile", "zipfile", "peer", _alone("bench.peers:zipfile_peer")),
    Contender("zipstream-ng", "zipstream-ng", "peer", _alone("bench.peers:zipstream_peer")),
    Contender("stream-zip", "stream-zip", "peer", _alone("bench.peers:stream_zip_peer")),
    Contender(
        "floor", "S3's own copies", "floor", _alone("bench.floor:floor", gives_archive=False)
    ),
)

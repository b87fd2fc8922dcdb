"""The contenders: what the bench measures, and how it runs each of them once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal
from uuid import uuid4

from bench import archives, ours, processes
from bench.cases import Case
from bench.measure import Usage
from bench.place import Place
from infra.paths import REPOSITORY

Kind = Literal["ours", "peer", "floor"]

_SCRATCH: Final = "bench/"
"""The prefix of the archives that the peers and the floor make."""


@dataclass(frozen=True, slots=True)
class Contender:
    """`run` makes the archive of a case. It returns the archive's key, the usage of the process's
    start, and that of the run. The key is None if the result is no archive that opens."""

    name: str
    title: str
    kind: Kind
    run: Callable[[Place, Case], tuple[str | None, Usage, Usage]]
    for_many_files: bool = False

    def takes_part(self, case: Case) -> bool:
        """Without CRC-32s, the peers would read all bytes twice, or do not work at all. They make
        nothing but ZIPs."""
        return (case.has_many_files or not self.for_many_files) and (
            (case.has_crc32s and case.form == "zip") or self.kind != "peer"
        )


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a contender on a case, both by name. `start` is what the process used before the
    run, for its imports and clients."""

    case: str
    contender: str
    start: Usage
    usage: Usage


def run_once(contender: Contender, case: Case, place: Place) -> Run:
    """Has the contender make the archive of the case, checks it, and deletes it.

    Raises ContenderError if the archive does not hold the case's files.
    """
    try:
        key, start, usage = contender.run(place, case)
        if key is not None:
            archives.check_names(place, key, case)
    finally:
        archives.delete(place, _SCRATCH)
    if key is not None:
        place.s3.delete_object(Bucket=place.outputs.archive_bucket, Key=key)
    return Run(case.name, contender.name, start, usage)


def worker_once(place: Place, case: Case, code: Path = REPOSITORY) -> Run:
    """Has the worker of the repository in `code` export the case once."""
    return run_once(Contender("longhaul", "", "ours", partial(_worker, code=code)), case, place)


def _worker(
    place: Place, case: Case, *, by_keys: bool = False, code: Path = REPOSITORY
) -> tuple[str, Usage, Usage]:
    keys = [case.key(index) for index in range(len(case.sizes))]
    asked = {"keys": keys} if by_keys else {"prefix": case.prefix}
    with processes.running("bench.worker:worker", place.environment, code) as worker:
        job_id, usage = ours.export(place, {**asked, "format": case.form, "fresh": True}, worker)
    return ours.archive_key(job_id, case.form), worker.start, usage


def _worker_by_keys(place: Place, case: Case) -> tuple[str, Usage, Usage]:
    return _worker(place, case, by_keys=True)


def _over_http(place: Place, case: Case) -> tuple[str, Usage, Usage]:
    asked = {"prefix": case.prefix, "format": case.form, "fresh": True}
    job_id, seconds = ours.export_over_http(place, asked)
    return ours.archive_key(job_id, case.form), Usage(), Usage(seconds=seconds)


def _alone(
    factory: str, *, makes_archive: bool = True
) -> Callable[[Place, Case], tuple[str | None, Usage, Usage]]:
    """Returns a `run` for a contender that makes the archive of a prefix in one event."""

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
        return key if makes_archive else None, process.start, usage

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
        "floor", "S3's own copies", "floor", _alone("bench.floor:floor", makes_archive=False)
    ),
)

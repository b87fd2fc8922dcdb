"""Keeps what was found for a job whose files are packed by several workers.

Such a job is planned once more when its packs are made. If its files were looked for again then, a
file that is written again and again would be another one each time, and all files would be packed
again, without end. So what was found first counts until a change of a file is counted.
"""

import gzip
import json
from dataclasses import astuple
from typing import Any, Final

from chalicelib.archive.manifest import Skipped
from chalicelib.archive.plan import Entry
from chalicelib.errors import Unavailable
from chalicelib.jobs import places
from chalicelib.jobs.model import Job
from chalicelib.services import Services
from chalicelib.sources.find import Found

ENTRY_FIELDS: Final = 10
"""How many fields of an entry are stored: all but those of a run of packed files."""


def pinned(job: Job, services: Services) -> tuple[Found, str] | None:
    """Returns (what was found, its fingerprint); None if nothing is kept."""
    body = services.archive.read(_key(job, services))
    if body is None:
        return None
    stored: dict[str, Any] = json.loads(gzip.decompress(body))
    entries = tuple(Entry(*row) for row in stored["entries"])
    unreadable = tuple(Skipped(*row) for row in stored["unreadable"])
    return Found(entries, tuple(stored["missing"]), unreadable), stored["mark"]


def pin(found: Found, mark: str, job: Job, services: Services) -> None:
    """Keeps what was found. `mark` is its fingerprint. Raises Unavailable if another worker has
    found something else before."""
    stored = {
        "mark": mark,
        "missing": found.missing,
        "unreadable": [astuple(one) for one in found.unreadable],
        "entries": [astuple(one)[:ENTRY_FIELDS] for one in found.entries],
    }
    # mtime=0: the same files always have the same bytes.
    body = gzip.compress(json.dumps(stored, separators=(",", ":")).encode(), 1, mtime=0)
    key = _key(job, services)
    if not services.archive.write_new(key, body) and services.archive.read(key) != body:
        raise Unavailable("another worker has just found the files")


def _key(job: Job, services: Services) -> str:
    return places.found(job.job_id, services.plan_version, job.changes)

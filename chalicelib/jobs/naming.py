"""The name of an archive, from what was asked for. Pure."""

from dataclasses import replace
from typing import Final

from chalicelib.archive.names import archive_filename, chosen_stem
from chalicelib.instants import iso
from chalicelib.jobs.model import Job
from chalicelib.jobs.request import ExportRequest

_DAY: Final = len("2026-11-25")
_TOP: Final = "."
"""The name of a prefix whose files lie at the top of the archive: it says nothing of them."""


def filename(asked: ExportRequest, at: int) -> str:
    """Returns the name of the archive of a request that was accepted `at` (Unix time in ms): the
    one that it asks for, or else one that tells what was chosen, and on which day (UTC)."""
    return archive_filename(asked.filename, _chosen(asked, iso(at)[:_DAY]), f".{asked.format}")


def given(job: Job, asked: ExportRequest) -> str | None:
    """Returns the name that somebody has given the job's archive, when they asked for it or later.
    None: nobody has, so its name was made from what was chosen."""
    made = filename(asked, job.created_at)
    made_once = f"longhaul-{job.job_id[:8]}.zip"  # by 0.1.0
    return asked.filename if job.filename in (made, made_once) else job.filename


def kept(job: Job, first: ExportRequest, asked: ExportRequest) -> ExportRequest:
    """Returns the request `asked`, by which `job` is retried, with the name that somebody has given
    the job's archive. `first` is what the job itself was asked for: an archive of another format
    does not keep the extension."""
    name, extension = given(job, first), f".{job.format}"
    if name and asked.format != job.format and name.lower().endswith(extension):
        name = name[: -len(extension)]
    return replace(asked, filename=name)


def _chosen(asked: ExportRequest, day: str) -> str:
    """Returns the name, without .zip, that tells what was chosen first and how much besides."""
    if asked.files:
        first, others = asked.files[0], len(asked.files) - 1
        name = None if first.prefix is not None and first.name == _TOP else first.name
        if first.id is not None and name is None:
            return chosen_stem(str(first.id), others, day, is_file=False)
        is_file = first.prefix is None
        path = name or first.key or first.prefix or asked.source or ""
        return chosen_stem(path, others, day, is_file=is_file)
    if asked.file_ids:
        return chosen_stem(str(asked.file_ids[0]), len(asked.file_ids) - 1, day, is_file=False)
    if asked.keys:
        return chosen_stem(asked.keys[0], len(asked.keys) - 1, day)
    return chosen_stem(asked.prefix or asked.source or "", 0, day, is_file=False)

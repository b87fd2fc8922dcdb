"""Where everything of a job is stored: makes the keys of S3 and of the table, and reads them. Pure.

    archives/{home}.{format}                the archive; of several, the last one
    archives/{home}-{n}.{format}            archive n, from 1, of several
    archives/{home}.{format}.index          where each file is in a tar
    archives/{home}-{n}.{format}.index      where each file is in tar n of several
    jobs/{job}/request-{digest}.json        the request
    jobs/{home}/{plan}/plan                 the plan: its slices, one after another
    jobs/{home}/{plan}/index                the facts of the plan, and where each slice is
    jobs/{home}/{plan}/segment-{n}          segment n of a nested plan, until S3 has joined it
    jobs/{home}/{plan}/tail-{n}             segment n's section of the archive's tail
    jobs/{job}/found-{version}-{changes}    what was found, if files are packed
    jobs/{job}/{packing}/packing            what is to be packed: how, and where each pack's part is
    jobs/{job}/{packing}/packs              these parts, one after another: the files of each pack
    jobs/{job}/{packing}/pack-{n}-{id}      pack n, as the attempt with this id has made it
    jobs/{job}/{packing}/packed-{n}         what is known of pack n; who writes it first has made it
    jobs/{job}/{packing}/headers            what stands before files that lie in several packs
    jobs/{job}/{packing}/spans              what is known of these files
    jobs/{job}/reading-{digest}/segments    what is to be read for its CRC-32, in batches
    jobs/{job}/reading-{digest}/crc32-{n}   the CRC-32s of batch n
    jobs/{job}/kept/{digest}                a copy of a source file that keeps changing

`home` is the job's own id or, if it has taken over the plan of another job, that job's id. `plan`
is the plan's digest, `packing` that of what is packed. In the table, the key of a job's record is
the job's id. What is stored beside it has the key `{home}/…` or `fingerprint/…`. What is known of a
user has the key `rate/…` or `quota/…`, and what is known of a source file `checksum/…`.
"""

import hashlib
import re
from typing import Final

from chalicelib import trace_ids

JOB_ID: Final = re.compile(trace_ids.JOB_ID)

# Texts and not patterns: few processes need them, and `re` compiles each when it is first used.
_OF_A_JOB: Final = rf"(?:archives/({JOB_ID.pattern})[-.].*|jobs/({JOB_ID.pattern})/.*)"
_REQUEST: Final = rf"jobs/{JOB_ID.pattern}/request-[^/]*\.json"
_OF_A_PLAN: Final = (
    rf"jobs/{JOB_ID.pattern}/([0-9a-f]+)/"
    r"(?:plan|index|packing|packs|headers|spans|(?:segment|tail|packed)-([0-9]+)|pack-([0-9]+)-.*)"
)
_PACK: Final = rf"jobs/{JOB_ID.pattern}/[^/]+/pack-[0-9]+-.*"
_PACKING: Final = rf"jobs/{JOB_ID.pattern}/[^/]+/packing"
_SEGMENT: Final = rf"jobs/{JOB_ID.pattern}/[^/]+/segment-[0-9]+"
_KEPT: Final = rf"jobs/{JOB_ID.pattern}/kept/[0-9a-f]+"
_OF_A_READING: Final = rf"jobs/{JOB_ID.pattern}/reading-([0-9a-f]+)/(?:segments|crc32-([0-9]+))"

# -- S3 -------------------------------------------------------------------------------------------


def archive(home: str, form: str = "zip", number: int | None = None) -> str:
    """Returns the key of the archive. `number` is that of one of several, from 1; None: there is
    one, or it is the last one."""
    return f"archives/{home}{'' if number is None else f'-{number}'}.{form}"


def archives(home: str) -> str:
    """Returns the prefix of all archives of a home, and of what stands beside them."""
    return f"archives/{home}"


def archive_index(home: str, form: str, number: int | None = None) -> str:
    """Returns the key of the index beside an archive, which is named as in `archive`."""
    return f"{archive(home, form, number)}.index"


def folder(home: str) -> str:
    """Returns the prefix of all keys of a job but the archive's."""
    return f"jobs/{home}/"


def request(job_id: str, digest: str) -> str:
    return f"{folder(job_id)}request-{digest}.json"


def plan(home: str, digest: str) -> str:
    return f"{folder(home)}{digest}/plan"


def index(home: str, digest: str) -> str:
    return f"{folder(home)}{digest}/index"


def segment(home: str, digest: str, number: int) -> str:
    return f"{segments(home, digest)}{number}"


def segments(home: str, digest: str) -> str:
    """Returns the prefix of the keys of all segments of a plan, and of no others."""
    return f"{folder(home)}{digest}/segment-"


def tail_section(home: str, digest: str, number: int) -> str:
    return f"{folder(home)}{digest}/tail-{number}"


def found(job_id: str, version: int, changes: int) -> str:
    """Returns the key of what was found for a job after so many changes of its files. `version` is
    that of the plans."""
    return f"{folder(job_id)}found-{version}-{changes}"


def packing(job_id: str, digest: str) -> str:
    return f"{folder(job_id)}{digest}/packing"


def packs(job_id: str, packing: str) -> str:
    return f"{folder(job_id)}{packing}/packs"


def pack(job_id: str, packing: str, number: int, attempt: str) -> str:
    return f"{folder(job_id)}{packing}/pack-{number}-{attempt}"


def packed(job_id: str, packing: str, number: int) -> str:
    return f"{folder(job_id)}{packing}/packed-{number}"


def headers(job_id: str, packing: str) -> str:
    return f"{folder(job_id)}{packing}/headers"


def spans(job_id: str, packing: str) -> str:
    return f"{folder(job_id)}{packing}/spans"


def readings(job_id: str) -> str:
    """Returns the prefix of the keys of all readings of a job."""
    return f"{folder(job_id)}reading-"


def batches_to_read(job_id: str, reading: str) -> str:
    return f"{readings(job_id)}{reading}/segments"


def crc32s(job_id: str, reading: str, number: int | None = None) -> str:
    """Returns the key of batch `number`; None: the prefix of the keys of all batches."""
    return f"{readings(job_id)}{reading}/crc32-{'' if number is None else number}"


def reading_of(key: str) -> tuple[str, int | None] | None:
    """Returns (the reading's digest, the batch's number) of an object that belongs to a reading.
    The number is None if the object says what is to be read. None if it belongs to no reading."""
    found = re.fullmatch(_OF_A_READING, key)
    return (found[1], int(found[2]) if found[2] else None) if found else None


def copies(job_id: str) -> str:
    """Returns the prefix of the keys of all copies of source files that a job keeps."""
    return f"{folder(job_id)}kept/"


def kept(job_id: str, mark: str, etag: str) -> str:
    """Returns the key of a copy of a source file, which had this ETag. `mark` is the file's mark
    (model.file_mark)."""
    return copies(job_id) + hashlib.sha256(f"{mark} {etag}".encode()).hexdigest()[:32]


def job_of(key: str) -> str | None:
    """Returns the id of the job that an object or an upload belongs to; None if it belongs to
    none."""
    found = re.fullmatch(_OF_A_JOB, key, re.DOTALL)
    return found[1] or found[2] if found else None


def segment_of(key: str) -> tuple[str, int | None] | None:
    """Returns (the plan's digest, the segment's number) of an object that belongs to a plan. The
    number is None if it belongs to no segment. None if it belongs to no plan."""
    found = re.fullmatch(_OF_A_PLAN, key)
    if not found:
        return None
    number = found[2] or found[3]
    return found[1], int(number) if number else None


def is_pack(key: str) -> bool:
    """Returns whether the key is that of a pack."""
    return re.fullmatch(_PACK, key) is not None


def is_packing(key: str) -> bool:
    """Returns whether the key is that of what says how files are packed."""
    return re.fullmatch(_PACKING, key) is not None


def is_request(key: str) -> bool:
    """Returns whether the key is that of a request."""
    return re.fullmatch(_REQUEST, key) is not None


def is_segment(key: str) -> bool:
    """Returns whether the key is that of a segment of any nested plan."""
    return re.fullmatch(_SEGMENT, key) is not None


def is_temporary(key: str) -> bool:
    """Returns whether the key is of something that is of no use once the archive is there: a
    segment, a pack, or a copy of a source file."""
    return is_segment(key) or is_pack(key) or is_copy(key)


def is_copy(key: str) -> bool:
    """Returns whether the key is that of a copy of a source file."""
    return re.fullmatch(_KEPT, key) is not None


# -- the table ------------------------------------------------------------------------------------


def record(job_id: str) -> str:
    return job_id


def done_segments(home: str, plan_digest: str) -> str:
    return f"{home}/{plan_digest}/segments"


def segment_upload(home: str, plan_digest: str, number: int) -> str:
    return f"{home}/{plan_digest}/upload-{number}"


def holders(home: str) -> str:
    return f"{home}/holders"


def fingerprint(mark: str) -> str:
    return f"fingerprint/{mark}"


def tickets(job_id: str) -> str:
    """Returns the key of the tickets of a job, whatever its home."""
    return f"{job_id}/tickets"


def notices(job_id: str) -> str:
    """Returns the key of what is known of those who are told of a job's end."""
    return f"{job_id}/notices"


def job_of_item(item: str) -> str:
    """Returns the id of the job whose record, or whose notices, have this key."""
    return item.partition("/")[0]


def address(digest: str) -> str:
    """Returns the key of what is known of a mail address."""
    return f"address/{digest}"


def selection(digest: str) -> str:
    return f"selection/{digest}"


def rate(digest: str) -> str:
    return f"rate/{digest}"


def quota(user: str, day: str) -> str:
    """Returns the key of what a user has exported on a day. `user` is the user's mark, `day` is
    like 2026-11-25."""
    return f"quota/{user}/{day}"


def checksum(digest: str) -> str:
    """Returns the key of a source file's CRC-32. `digest` names the file."""
    return f"checksum/{digest}"


def is_record(key: str) -> bool:
    """Returns whether a key of the table is that of a job's record, and not of what is stored
    beside it."""
    return "/" not in key

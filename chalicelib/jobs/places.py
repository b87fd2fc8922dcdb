"""Where everything of a job lies: the keys of S3 and of the table, and back. Pure.

    archives/{home}.zip                     the archive
    jobs/{job}/request-{digest}.json        what was asked for
    jobs/{home}/{plan}/plan                 the plan: its slices, one after another
    jobs/{home}/{plan}/index                the facts of the plan, and where each slice lies
    jobs/{home}/{plan}/segment-{n}          segment n of a nested plan, until S3 has joined it
    jobs/{home}/{plan}/tail-{n}             segment n's section of the archive's tail
    jobs/{home}/reading-{digest}/segments   what is to be read for its CRC-32, in batches
    jobs/{home}/reading-{digest}/crc32-{n}  the CRC-32s that batch n has

`home` is the job's own id or, where it has taken over what another one has made, that job's.
`plan` is the plan's digest. The table's keys are the job's id for its record, and
`{home}/…` or `fingerprint/…` for what lies beside it.
"""

import re
from typing import Final

JOB_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_OF_A_JOB: Final = re.compile(rf"(?:archives|jobs)/({JOB_ID.pattern})[./].*", re.DOTALL)
_REQUEST: Final = re.compile(rf"jobs/{JOB_ID.pattern}/request-[^/]*")
_SEGMENT: Final = re.compile(rf"jobs/{JOB_ID.pattern}/[^/]+/segment-\d+")

# -- S3 -------------------------------------------------------------------------------------------


def archive(home: str) -> str:
    return f"archives/{home}.zip"


def folder(home: str) -> str:
    """Returns what the keys of everything but the archive begin with."""
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
    """Returns what the keys of all segments of a plan begin with, and no others."""
    return f"{folder(home)}{digest}/segment-"


def tail_section(home: str, digest: str, number: int) -> str:
    return f"{folder(home)}{digest}/tail-{number}"


def batches_to_read(home: str, reading: str) -> str:
    return f"{folder(home)}reading-{reading}/segments"


def crc32s(home: str, reading: str, number: int | None = None) -> str:
    """Returns the key of batch `number`; None: what the keys of all batches begin with."""
    return f"{folder(home)}reading-{reading}/crc32-{'' if number is None else number}"


def job_of(key: str) -> str | None:
    """Returns the id of the job that an object or an upload belongs to; None: to no job."""
    found = _OF_A_JOB.fullmatch(key)
    return found[1] if found else None


def is_request(key: str) -> bool:
    """Whether the key is that of what was asked for."""
    return _REQUEST.fullmatch(key) is not None


def is_segment(key: str) -> bool:
    """Whether the key is that of a segment of any nested plan."""
    return _SEGMENT.fullmatch(key) is not None


# -- the table ------------------------------------------------------------------------------------


def record(job_id: str) -> str:
    return job_id


def done_segments(home: str, plan_digest: str) -> str:
    return f"{home}/{plan_digest}/segments"


def segment_upload(home: str, plan_digest: str, number: int) -> str:
    return f"{home}/{plan_digest}/upload-{number}"


def fingerprint(mark: str) -> str:
    return f"fingerprint/{mark}"


def is_record(key: str) -> bool:
    """Whether a key of the table is that of a job's record, and not of what lies beside it."""
    return "/" not in key

"""Makes an archive of 8 GB with an entry over 4 GiB, and one of 100,000 entries.

`make bench-large` runs it, on LocalStack, which keeps objects on disk. Each archive is downloaded,
and `unzip -t` reads every byte and checks every CRC-32.
"""

import shutil
import subprocess
import sys
import time
import zlib
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from botocore.exceptions import BotoCoreError, ClientError

from bench import archives, cases, ours, processes, results
from bench.cases import GB, KB, MB, Case
from bench.measure import Usage
from bench.place import Place, stack_of_its_own
from bench.processes import ContenderError
from infra import bucket
from infra.console import complain, say, step
from infra.errors import InfraError
from infra.paths import STATE
from infra.targets import TARGET_NAMES, TargetName

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

BYTES: Final = Case("8-gb", "8 GB in 4 files, one over 4 GiB", (4_400 * MB, *(1_200 * MB,) * 3))
FILES: Final = Case("100000-files", "100,000 files of 1 kB", (KB,) * 100_000)

_PART: Final = 100 * MB
_UPLOADS: Final = 4
_DISK: Final = 40 * GB
"""Bytes of free disk that this needs: for the files, the parts, the archive, and the copy of it
that is checked."""

_MIB: Final = 1024**2


def checked(place: Place, case: Case, show: Callable[[str], None]) -> tuple[Usage, float]:
    """Makes the archive of the case, and has every byte of it checked.

    Returns the worker's usage, and the seconds that the download and the check took. Raises
    ContenderError if the archive is not whole.
    """
    show("putting the files")
    if max(case.sizes) > _PART:
        put_large(place, case, show)
    else:
        total = len(case.sizes)
        cases.put(place, case, lambda done: None if done % 1000 else show(f"{done} of {total}"))
    show("archiving")
    with processes.running("bench.worker:worker", place.environment) as worker:
        job_id, usage = ours.export(place, {"prefix": case.prefix, "fresh": True}, worker)
    bucket.empty(place.s3, place.outputs.source_bucket, case.prefix)
    key = ours.archive_key(job_id)
    archives.check_names(place, key, case)
    copy = STATE / "bench" / f"{case.name}.zip"
    started = time.monotonic()
    try:
        show("downloading")
        place.s3.download_file(place.outputs.archive_bucket, key, str(copy))
        show("unzip -t")
        _unzip(copy)
    finally:
        copy.unlink(missing_ok=True)
        archives.delete(place, key)
    return usage, time.monotonic() - started


def put_large(place: Place, case: Case, show: Callable[[str], None]) -> None:
    """Puts files that are too large for one request, each with the CRC-32 of the whole file."""
    for index, size in enumerate(case.sizes):
        show(f"putting file {index + 1} of {len(case.sizes)}")
        to: Any = {"Bucket": place.outputs.source_bucket, "Key": case.key(index)}
        upload = place.s3.create_multipart_upload(
            **to, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT"
        )["UploadId"]

        def put(number: int, body: bytes, to: Any, id_: str) -> "CompletedPartTypeDef":
            answer = place.s3.upload_part(
                Bucket=to["Bucket"],
                Key=to["Key"],
                UploadId=id_,
                PartNumber=number,
                Body=body,
                ChecksumAlgorithm="CRC32",
            )
            return {"PartNumber": number, "ETag": answer["ETag"]}

        crc32, parts = 0, []
        with ThreadPoolExecutor(_UPLOADS) as pool:
            for number, start in enumerate(range(0, size, _PART), 1):
                body = cases.content(min(_PART, size - start))
                crc32 = zlib.crc32(body, crc32)
                parts.append(pool.submit(put, number, body, to, upload))
        place.s3.complete_multipart_upload(
            **to,
            UploadId=upload,
            MultipartUpload={"Parts": [part.result() for part in parts]},
            ChecksumCRC32=b64encode(crc32.to_bytes(4, "big")).decode(),
            ChecksumType="FULL_OBJECT",
        )


def _unzip(archive: Path) -> None:
    program = shutil.which("unzip")
    if program is None:
        raise ContenderError("unzip is not installed. On Debian and Ubuntu: apt install unzip")
    done = subprocess.run(
        [program, "-tqq", str(archive)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ContenderError(f"unzip says of the archive: {done.stdout}{done.stderr}")


def page(about: results.Circumstances, found: list[tuple[Case, Usage, float]]) -> str:
    """Returns the results as a page of Markdown."""
    lines = [
        f"# Large archives, {about.date}",
        "",
        *results.sentences(about),
        "",
        "| | wall s | CPU s | peak RSS MiB | MiB in | MiB out | requests | `unzip -t` |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for case, usage, seconds in found:
        lines.append(
            f"| {case.title} | {usage.seconds:.1f} | {usage.cpu:.2f} "
            f"| {usage.peak_rss / _MIB:.0f} | {usage.bytes_in / _MIB:.0f} "
            f"| {usage.bytes_out / _MIB:.0f} | {sum(usage.requests.values()):,} "
            f"| no errors, {seconds:.0f} s with the download |"
        )
    return "\n".join(lines) + "\n"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--target", type=click.Choice(TARGET_NAMES), default="localstack")
@click.option("--only", type=click.Choice([BYTES.name, FILES.name]), help="Make only this one.")
def main(target: TargetName, only: str | None) -> None:
    """Makes two large archives, and checks every byte of them."""
    about = results.circumstances(target, 1, 0, quick=False)
    found = []
    try:
        if shutil.disk_usage(STATE.parent).free < _DISK:
            raise ContenderError(f"This needs {_DISK / GB:.0f} GB of free disk. There is less.")
        with stack_of_its_own(target) as place:
            for case in (BYTES, FILES):
                if only in {None, case.name}:
                    with step(case.title) as show:
                        usage, seconds = checked(place, case, show)
                        found.append((case, usage, seconds))
                        show("no errors")
    except (InfraError, BotoCoreError, ClientError, OSError) as error:
        complain(str(error))
        sys.exit(1)
    written = page(about, found)
    if only is None:
        results.RESULTS.mkdir(exist_ok=True)
        (results.RESULTS / "large.md").write_text(written)
    click.echo(written)
    say("Every byte was read, and every CRC-32 checked.")


if __name__ == "__main__":
    main()

"""Compressed archives of text: Longhaul's workers beside one worker with pigz, zipfile or gzip.
`python -m bench.compress` runs it, on a MiniStack of its own.
"""

import gzip
import json
import shutil
import statistics
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, Literal, cast

import click
from botocore.exceptions import BotoCoreError, ClientError

from bench import archives, cases, ours, processes, results
from bench.cases import MB
from bench.measure import Usage
from bench.place import Place, stack_of_its_own
from bench.processes import ContenderError
from bench.texts import Texts
from chalicelib import deflate
from infra import bucket
from infra.console import complain, say, step
from infra.errors import InfraError
from infra.paths import STATE

Format = Literal["zip", "tar.gz"]

FILES: Final = 1000
QUICK_FILES: Final = 100
ROUNDS: Final = 3

_PREFIX: Final = "bench/text/"
_SCRATCH: Final = "bench/"
_MIB: Final = 1024**2
_PUTS: Final = 4


@dataclass(frozen=True, slots=True)
class Contender:
    """`peer` is a factory of bench/compressors.py; without one, Longhaul's `worker` runs, in as
    many processes as `workers` says. `program` is what must be installed for it."""

    name: str
    title: str
    form: Format
    peer: str = ""
    workers: int = 1
    worker: str = "worker"
    compression: str = "deflate"
    program: str = ""


CONTENDERS: Final = (
    Contender("ours-2", "Longhaul, two workers", "zip", workers=2),
    Contender("ours-1", "Longhaul, one worker", "zip"),
    Contender("ours-tar-2", "Longhaul, two workers", "tar.gz", workers=2),
    Contender(
        "ours-zlib-2",
        "Longhaul, two workers without zlib-ng",
        "zip",
        workers=2,
        worker="worker_without_zlib_ng",
    ),
    Contender("stored", "Longhaul, one worker, not compressed", "zip", compression="none"),
    Contender("pigz-1", "tar, pigz with one thread", "tar.gz", "pigz_peer", program="pigz"),
    Contender(
        "pigz-2", "tar, pigz with two threads", "tar.gz", "pigz_on_two_cores_peer", program="pigz"
    ),
    Contender("zipfile", "zipfile", "zip", "zipfile_peer"),
    Contender("gzip", "tar, gzip", "tar.gz", "gzip_peer", program="gzip"),
)

GOAL: Final = ("ours-2", "pigz-1", 0.6)
"""The first is to take at most this part of the second's wall time."""

USUAL: Final = "zipfile"
"""Whose archive is zlib's level 6 of each file: what the size of the others is compared to."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a contender. `size` is that of its archive, in bytes."""

    contender: str
    usage: Usage
    size: int


def put(place: Place, texts: Texts, sizes: Sequence[int], show: Callable[[str], None]) -> None:
    """Puts the files into the source bucket, with their CRC-32."""

    def put_one(number: int) -> None:
        place.s3.put_object(
            Bucket=place.outputs.source_bucket,
            Key=_key(number),
            Body=texts.file(number, sizes[number]),
            ContentType="text/plain",
            ChecksumAlgorithm="CRC32",
        )

    with ThreadPoolExecutor(_PUTS) as pool:
        for done, _ in enumerate(pool.map(put_one, range(len(sizes))), start=1):
            show(f"{done} of {len(sizes)} files put")


def run_once(contender: Contender, place: Place, sizes: Sequence[int]) -> Run:
    """Has the contender make an archive of the files, reads every byte of it, and deletes it.
    Raises ContenderError if it does not hold the files."""
    key = _SCRATCH
    try:
        key, usage = _peer(contender, place) if contender.peer else _ours(contender, place)
        size = place.s3.head_object(Bucket=place.outputs.archive_bucket, Key=key)["ContentLength"]
        _check(contender.form, place, key, size, sizes)
    finally:
        archives.delete(place, key)  # nothing else: the bucket may have other archives
    return Run(contender.name, usage, size)


def installed() -> list[Contender]:
    """Returns the contenders whose program is installed."""
    return [one for one in CONTENDERS if not one.program or shutil.which(one.program)]


def _ours(contender: Contender, place: Place) -> tuple[str, Usage]:
    asked = {"prefix": _PREFIX, "fresh": True, "format": contender.form}
    factory = f"bench.worker:{contender.worker}"
    with ExitStack() as opened:
        workers = [
            opened.enter_context(processes.running(factory, place.environment))
            for _ in range(contender.workers)
        ]
        job_id, usage = ours.export(
            place, {**asked, "compression": contender.compression}, *workers
        )
    return ours.archive_key(job_id, contender.form), usage


def _peer(contender: Contender, place: Place) -> tuple[str, Usage]:
    key = f"{_SCRATCH}archive.{contender.form}"
    task = {
        "source_bucket": place.outputs.source_bucket,
        "archive_bucket": place.outputs.archive_bucket,
        "prefix": _PREFIX,
        "archive_key": key,
    }
    with processes.running(f"bench.compressors:{contender.peer}", place.environment) as process:
        child, usage = process.do(task)
    if child:
        # Both processes are needed, so their memory is added.
        usage = replace(
            usage, cpu=usage.cpu + child["cpu"], peak_rss=usage.peak_rss + child["peak_rss"]
        )
    return key, usage


def _check(form: Format, place: Place, key: str, size: int, sizes: Sequence[int]) -> None:
    name = place.outputs.archive_bucket
    if form == "zip":
        remote = archives.Remote(place.s3, name, key, size)
        with zipfile.ZipFile(BufferedReader(remote, 4 * _MIB)) as archive:
            there = {entry.filename: entry.file_size for entry in archive.infolist()}
            if broken := archive.testzip():
                raise ContenderError(f"{broken} in {key} is broken.")
    else:
        body = cast("Any", place.s3.get_object(Bucket=name, Key=key)["Body"])
        # tarfile's own "r|gz" ends at the end of the first gzip member (RFC 1952, section 2.2).
        with (
            gzip.open(body) as opened,
            tarfile.open(fileobj=opened, mode="r|", bufsize=_MIB) as archive_of_tar,
        ):
            there = {member.name: member.size for member in archive_of_tar}
    there = {name.removeprefix(_PREFIX): size for name, size in there.items()}
    there.pop("manifest.json", None)
    if there != {_key(n).removeprefix(_PREFIX): size for n, size in enumerate(sizes)}:
        raise ContenderError(f"The archive {key} does not hold the files.")


def _key(number: int) -> str:
    return f"{_PREFIX}file-{number:04}.txt"


def measured(
    place: Place,
    texts: Texts,
    sizes: Sequence[int],
    rounds: int,
    taking_part: Sequence[Contender],
) -> list[Run]:
    """Measures the contenders, and shows its progress on the terminal."""
    runs = []
    with step("Text") as show:
        put(place, texts, sizes, show)
        for number in range(rounds):
            # Each round begins with another one, so that none is always first.
            turn = number % len(taking_part)
            for contender in (*taking_part[turn:], *taking_part[:turn]):
                show(f"round {number + 1} of {rounds}: {contender.title}, {contender.form}")
                runs.append(run_once(contender, place, sizes))
        bucket.empty(place.s3, place.outputs.source_bucket, _PREFIX)
        show(results.rounds(rounds))
    return runs


def page(about: results.Circumstances, sizes: Sequence[int], runs: Sequence[Run]) -> str:
    """Returns the results as a page of Markdown."""
    of = {
        one: [run for run in runs if run.contender == one.name]
        for one in CONTENDERS
        if any(run.contender == one.name for run in runs)
    }
    wall = {one.name: _median(found, lambda run: run.usage.seconds) for one, found in of.items()}
    size = {one.name: _median(found, lambda run: run.size) for one, found in of.items()}
    lines = [
        f"# Compressed archives of text, {about.date}",
        "",
        results.sentences(about)[0],
        "The emulator runs on the same cores. How to read this: [docs/bench.md]"
        "(../../docs/bench.md#compressed-text).",
        "",
        f"{len(sizes):,} files of {sum(sizes) / len(sizes) / MB:.1f} MB on average, "
        f"{sum(sizes) / MB:,.0f} MB together. Longhaul compresses with {deflate.ENGINE}, level "
        f"{deflate.LEVEL}; the others with level 6. Every byte of each archive was read.",
        "",
        f"| | format | wall s | of {_title(GOAL[1])} | MB/s | CPU s | peak RSS MiB | archive MB "
        "| times smaller | size, zlib 6 = 1 |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one, found in of.items():
        share = f"{wall[one.name] / wall[GOAL[1]]:.2f}" if GOAL[1] in wall else ""
        beside = f"{size[one.name] / size[USUAL]:.3f}" if USUAL in size else ""
        lines.append(
            f"| {one.title} | {one.form} | {wall[one.name]:.1f} | {share} "
            f"| {sum(sizes) / MB / wall[one.name]:.0f} "
            f"| {_median(found, lambda run: run.usage.cpu):.1f} "
            f"| {_median(found, lambda run: run.usage.peak_rss) / _MIB:.0f} "
            f"| {size[one.name] / MB:.1f} | {sum(sizes) / size[one.name]:.2f} | {beside} |"
        )
    lines += ["", *_verdict(wall, size)]
    return "\n".join(lines) + "\n"


def _verdict(wall: Mapping[str, float], size: Mapping[str, float]) -> list[str]:
    own, other, most = GOAL
    if not {own, other, USUAL} <= wall.keys():
        return []
    return [
        f"The goal: {_title(own)} take at most {most} times the wall time of one worker with "
        f"{_title(other)}, and the archive is at most 2 % larger than by zlib's level 6. Measured: "
        f"{wall[own] / wall[other]:.2f} times, {100 * (size[own] / size[USUAL] - 1):+.1f} %."
    ]


def _title(name: str) -> str:
    return next(one.title for one in CONTENDERS if one.name == name)


def _median(runs: Sequence[Run], value: Callable[[Run], float]) -> float:
    return statistics.median(value(run) for run in runs)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="A tenth of the files, one round.")
@click.option("--rounds", default=ROUNDS, show_default=True, type=click.IntRange(1))
@click.option("--only", multiple=True, type=click.Choice([one.name for one in CONTENDERS]))
def main(*, quick: bool, rounds: int, only: tuple[str, ...]) -> None:
    """Measures compressed archives of 1 GB of text."""
    sizes = cases.mix(QUICK_FILES if quick else FILES, MB)
    rounds = 1 if quick else rounds
    there = installed()
    if absent := [one.title for one in CONTENDERS if one not in there]:
        say(f"Not installed, so left out: {'; '.join(absent)}.")
    taking_part = [one for one in there if not only or one.name in only]
    about = results.circumstances("ministack", rounds, 0, quick=quick)
    try:
        with stack_of_its_own("ministack") as place:
            runs = measured(place, Texts(), sizes, rounds, taking_part)
    except (InfraError, BotoCoreError, ClientError, OSError) as error:
        complain(str(error))
        sys.exit(1)
    directory = STATE / "bench" if quick or only else results.RESULTS
    written = page(about, sizes, runs)
    _write(directory, written, about, runs)
    click.echo(written)
    say(f"Written to {directory / 'compress.md'}")


def _write(
    directory: Path, written: str, about: results.Circumstances, runs: Sequence[Run]
) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "compress.md").write_text(written)
    figures = {"circumstances": asdict(about), "runs": [asdict(run) for run in runs]}
    (directory / "compress.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()

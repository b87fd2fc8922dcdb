"""The peers of the bench of compression: how one worker makes a compressed archive on S3, as people
do it today. All bytes go through the worker and through one compressor.

What is not the compressor is the same for all, and that of bench/peers.py: files are read ahead,
and parts are uploaded while the next one is filled.
"""

import fcntl
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import IO, Any, Final, TypedDict, cast

from bench.peers import CHUNK, PartedUpload, SourceFile, Writer, peer

LEVEL: Final = 6

_PIPE: Final = CHUNK
"""Bytes that a pipe holds. Linux gives 64 KiB, with which both ends wait more often."""


class Child(TypedDict):
    """What a compressor's own process has used: CPU seconds, and its peak RSS in bytes."""

    cpu: float
    peak_rss: int


Run = Callable[[Mapping[str, str]], Child | None]


def zipfile_peer() -> Run:
    """zipfile of Python's standard library, which has zlib."""
    return peer(_with_zipfile)


def gzip_peer() -> Run:
    """`tar | gzip`."""
    return _piped(["gzip", f"-{LEVEL}"])


def pigz_peer() -> Run:
    """`tar | pigz`, with one thread that compresses."""
    return _piped(["pigz", f"-{LEVEL}", "--processes", "1"])


def pigz_on_two_cores_peer() -> Run:
    """`tar | pigz`, with two threads that compress."""
    return _piped(["pigz", f"-{LEVEL}", "--processes", "2"])


def _with_zipfile(files: Iterator[SourceFile], to: PartedUpload) -> None:
    how = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(cast("Any", to), "w", how, compresslevel=LEVEL) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, file.modified.timetuple()[:6])
            entry.compress_type = how
            entry.file_size = file.size  # zipfile decides by it whether to use ZIP64
            with archive.open(entry, "w") as content:
                for chunk in file.chunks:
                    content.write(chunk)


def _piped(command: Sequence[str]) -> Run:
    """Returns the peer that writes a tar into this command, and uploads what comes out of it."""
    used: list[Child] = []
    run = peer(cast("Writer", partial(_through, command, used)))

    def run_and_tell(task: Mapping[str, str]) -> Child:
        run(task)
        return used.pop()

    return run_and_tell


def _through(
    command: Sequence[str], used: list[Child], files: Iterator[SourceFile], to: PartedUpload
) -> None:
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
        ThreadPoolExecutor(1) as uploads,
    ):
        source, result = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        if sys.platform == "linux":
            for pipe in (source, result):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
        uploaded = uploads.submit(_upload, result, to)
        _write_tar(files, source)
        source.close()
        uploaded.result()
        # Only so does the system tell what this process alone has used.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    used.append(Child(cpu=usage.ru_utime + usage.ru_stime, peak_rss=usage.ru_maxrss * 1024))


def _upload(result: IO[bytes], to: PartedUpload) -> None:
    while chunk := cast("Any", result).read1(CHUNK):
        to.write(chunk)


def _write_tar(files: Iterator[SourceFile], to: IO[bytes]) -> None:
    size = 0
    for file in files:
        about = tarfile.TarInfo(file.name)
        about.size, about.mtime = file.size, int(file.modified.timestamp())
        header = about.tobuf()
        to.write(header)
        for chunk in file.chunks:
            to.write(chunk)
        padding = -file.size % tarfile.BLOCKSIZE
        to.write(bytes(padding))
        size += len(header) + file.size + padding
    to.write(bytes(2 * tarfile.BLOCKSIZE + -(size + 2 * tarfile.BLOCKSIZE) % tarfile.RECORDSIZE))

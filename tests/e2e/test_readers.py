"""The archive opens in common ZIP tools."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.api import Api
from tests.e2e.sources import MIB, Sources, noise

NAMES = ("Übergröße/日本語.txt", "empty", "large.bin", "manifest.json")
_IN_UTF8 = "-J-Dsun.stdout.encoding=UTF-8"


@pytest.fixture(scope="module")
def archive(api: Api, sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive on the disk, with empty, small and large files, and ASCII and other names."""
    files = [
        sources.put(noise(300), filename=NAMES[0]),
        sources.put(b"", filename=NAMES[1]),
        sources.put(noise(17 * MIB), filename=NAMES[2]),
    ]
    job_id = api.export(file_ids=[file.file_id for file in files])
    api.completed(job_id)
    path = tmp_path_factory.mktemp("archive") / "archive.zip"
    path.write_bytes(api.archive(job_id))
    return path


def run(command: tuple[str, ...], piped: Path | None = None) -> str:
    """Runs the tool, and returns its output. Fails with the output if the tool fails."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        command,
        input=piped.read_bytes() if piped else None,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    printed = done.stdout.decode(errors="replace")
    assert done.returncode == 0, printed
    return printed


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("unzip", "-tq"), id="unzip -t"),
        pytest.param(("7z", "t"), id="7z t"),
        pytest.param((sys.executable, "-m", "zipfile", "-t"), id="python -m zipfile -t"),
    ],
)
def test_every_byte_is_correct_for(command: tuple[str, ...], archive: Path) -> None:
    run((*command, str(archive)))


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("unzip", "-l"), id="unzip -l"),
        pytest.param(("bsdtar", "-tf"), id="bsdtar -tf"),
        pytest.param(("7z", "l", "-sccUTF-8"), id="7z l"),
        pytest.param(("jar", _IN_UTF8, "tf"), id="jar tf"),
    ],
)
def test_every_name_is_read_correctly_by(command: tuple[str, ...], archive: Path) -> None:
    printed = run((*command, str(archive)))

    assert [name for name in NAMES if name not in printed] == []


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("bsdtar", "-tf", "-"), id="bsdtar -tf -"),
        pytest.param(("jar", _IN_UTF8, "t"), id="jar t"),
    ],
)
def test_the_archive_can_be_read_from_a_pipe_by(command: tuple[str, ...], archive: Path) -> None:
    # In a pipe, tools cannot seek to the central directory: they read the local headers.
    printed = run(command, piped=archive)

    assert [name for name in NAMES if name not in printed] == []

"""Real readers extract an archive of 2,600 hostile keys, file for file."""

import os
import shutil
import subprocess
import sys
import unicodedata
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.archive import layout
from chalicelib.archive.names import manifest_name, unique_names
from tests.unit.archive import hostile
from tests.unit.archive.archives import HEAD, an_entry, assembled, manifest_of

KEYS = hostile.keys(2_600, seed=2_600)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """An archive of these keys on the disk, and the content of each entry by its name. A file holds
    its own key."""
    names = list(unique_names(KEYS))
    head = replace(HEAD, name=manifest_name(names))
    contents = {name: key.encode() for name, key in zip(names, KEYS, strict=True)}
    entries = [
        an_entry(index, len(content), crc32=zlib.crc32(content), name=name)
        for index, (name, content) in enumerate(contents.items())
    ]
    plan = layout.lay_out(entries, head)
    in_order = [contents[entry.name] for entry in plan.entries]
    path = tmp_path_factory.mktemp("hostile") / "archive.zip"
    path.write_bytes(assembled(plan, in_order, head))
    listed = [(entry, entry.crc32 or 0) for entry in plan.entries]
    return path, contents | {head.name: manifest_of(head, listed)}


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("unzip", "-qq"), id="unzip"),
        pytest.param(("7z", "x", "-bd"), id="7z"),
        pytest.param(("bsdtar", "-xf"), id="bsdtar"),
        pytest.param((sys.executable, "-m", "zipfile", "-e"), id="zipfile"),
        pytest.param(("jar", "xf"), id="java"),
    ],
)
def test_every_file_has_its_path_and_its_content_with(
    command: tuple[str, ...], packed: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    archive, contents = packed
    into = (".",) if "zipfile" in command else ()

    done = subprocess.run(
        (*command, str(archive), *into),
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    # bsdtar composes names. No two are the same then: that is a part of being unique.
    found = {
        unicodedata.normalize("NFC", str(path.relative_to(tmp_path))): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    expected = {unicodedata.normalize("NFC", name): data for name, data in contents.items()}
    assert len(expected) == len(KEYS) + 1
    assert sorted(found.keys() ^ expected.keys()) == []
    assert [name for name in expected if found[name] != expected[name]] == []

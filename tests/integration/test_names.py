"""The names of the files in an archive."""

from email.header import Header

import pytest

from tests.archives import check_archive
from tests.integration.gateway import export
from tests.integration.stack import Stack


def test_a_file_id_has_the_name_in_its_metadata(stack: Stack) -> None:
    content = stack.put_file("downloads/10001", b"pdf", filename="Invoice March.pdf")
    job_id = export(file_ids=[10001])

    stack.run_queue()

    check_archive(stack.archive(job_id), {"Invoice March.pdf": content})


@pytest.mark.parametrize("name", ["Übersicht für März.pdf", "日本語.txt", "a — b 🎉.zip"])
@pytest.mark.parametrize("longest", [60, 1000])
def test_a_name_in_metadata_may_be_in_any_language(stack: Stack, name: str, longest: int) -> None:
    encoded = Header(name, "utf-8", maxlinelen=longest).encode(linesep="")
    content = stack.put_file("downloads/10001", b"x", filename=encoded)
    job_id = export(file_ids=[10001])

    stack.run_queue()

    check_archive(stack.archive(job_id), {name: content})


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ("=?utf-8?q?=C3=BCber?= alles.pdf", "über alles.pdf"),
        ("=?no-such-charset?q?abc?=", "=?no-such-charset?q?abc?="),
        ("what=?.txt", "what=?.txt"),
        ("   ", "10001"),
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\Windows\\system32\\x.dll", "Windows/system32/x.dll"),
        ("..", "file"),
        ("/", "file"),
    ],
)
def test_odd_metadata_makes_a_safe_name(stack: Stack, metadata: str, name: str) -> None:
    content = stack.put_file("downloads/10001", b"x", filename=metadata)
    job_id = export(file_ids=[10001])

    stack.run_queue()

    check_archive(stack.archive(job_id), {name: content})


def test_metadata_that_only_looks_encoded_is_used_as_it_is(stack: Stack) -> None:
    content = stack.put_file("downloads/10001", b"x", filename="=?utf-8?b?a?=")
    job_id = export(file_ids=[10001])

    stack.run_queue()

    check_archive(stack.archive(job_id), {"=?utf-8?b?a?=": content})


def test_files_with_the_same_name_are_numbered(stack: Stack) -> None:
    files = {
        "same.txt": stack.put_file("downloads/10001", b"1", filename="same.txt"),
        "same (2).txt": stack.put_file("downloads/10002", b"2", filename="same.txt"),
        "SAME (3).txt": stack.put_file("downloads/10003", b"3", filename="SAME.txt"),
    }
    job_id = export(file_ids=[10001, 10002, 10003])

    stack.run_queue()

    check_archive(stack.archive(job_id), files)


def test_no_file_gets_the_manifests_name(stack: Stack) -> None:
    files = {
        "manifest (2).json": stack.put_file("in/manifest.json", b"mine"),
        "manifest.json (2)/x": stack.put_file("in/manifest.json/x", b"folder"),
    }
    job_id = export(prefix="in/")

    stack.run_queue()

    check_archive(stack.archive(job_id), files)


def test_keys_keep_their_whole_path(stack: Stack) -> None:
    keys = ["a/b c.txt", "a/ü+%20&?#.txt", "x=1/'quoted'.txt", "日本/語", "a//b"]
    files = {key.replace("//", "/"): stack.put_file(key, key.encode()) for key in keys}
    job_id = export(keys=keys)

    stack.run_queue()

    check_archive(stack.archive(job_id), files)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("/absolute", "absolute"),
        ("a/../../up", "a/up"),
        ("./here", "here"),
        ("C:/drive", "drive"),
        ("back\\slash", "back/slash"),
        ("bidi\u202egpj.exe", "bidi_gpj.exe"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
    ],
)
def test_a_hostile_key_is_exported_under_a_safe_name(stack: Stack, key: str, name: str) -> None:
    content = stack.put_file(key, key.encode())
    job_id = export(keys=[key])

    stack.run_queue()

    check_archive(stack.archive(job_id), {name: content})

"""The names of the files in an archive."""

from email.header import Header

import pytest

from tests.archives import check_archive
from tests.integration.gateway import export, post_retry
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
        ("=?no-such-charset?q?abc?=", "=_no-such-charset_q_abc_="),
        ("what=?.txt", "what=_.txt"),
        ("   ", "10001"),
        ("../../etc/passwd", "__/__/etc/passwd"),
        ("C:\\Windows\\system32\\x.dll", "C_/Windows/system32/x.dll"),
        ("..", "__"),
        ("/", "_/_"),
    ],
)
def test_odd_metadata_makes_a_safe_name(stack: Stack, metadata: str, name: str) -> None:
    content = stack.put_file("downloads/10001", b"x", filename=metadata)
    job_id = export(file_ids=[10001])

    stack.run_queue()

    check_archive(stack.archive(job_id), {name: content})


def test_metadata_that_only_looks_encoded_is_not_decoded(stack: Stack) -> None:
    content = stack.put_file("downloads/10001", b"x", filename="=?utf-8?b?a?=")
    job_id = export(file_ids=[10001])

    stack.run_queue()

    check_archive(stack.archive(job_id), {"=_utf-8_b_a_=": content})


def test_files_with_the_same_name_are_numbered(stack: Stack) -> None:
    files = {
        "same.txt": stack.put_file("downloads/10001", b"1", filename="same.txt"),
        "same (2).txt": stack.put_file("downloads/10002", b"2", filename="same.txt"),
        "SAME (3).txt": stack.put_file("downloads/10003", b"3", filename="SAME.txt"),
    }
    job_id = export(file_ids=[10001, 10002, 10003])

    stack.run_queue()

    check_archive(stack.archive(job_id), files)


@pytest.mark.parametrize("name", ["manifest.json", "manifest.json/x", "MANIFEST.json"])
def test_the_manifest_gives_way_to_a_users_file(stack: Stack, name: str) -> None:
    files = {name: stack.put_file(f"in/{name}", b"mine"), "a": stack.put_file("in/a", b"a")}
    job_id = export(prefix="in/")

    stack.run_queue()

    check_archive(stack.archive(job_id), files, manifest_name="manifest (2).json")


def test_names_that_windows_forbids_are_exported_beside_exact_ones(stack: Stack) -> None:
    names = {
        "w/what?.txt": "w/what_ (2).txt",
        "w/what*.txt": "w/what_ (3).txt",
        "w/what_.txt": "w/what_.txt",
        "w/aux/readme.md": "w/aux_/readme.md",
        "w/file.txt:Zone.Identifier": "w/file.txt_Zone.Identifier",
        "C:N ratio.csv": "C_N ratio.csv",
        "N ratio.csv": "N ratio.csv",
        "n/./dup.txt": "n/_/dup.txt",
        "n/dup.txt": "n/dup.txt",
    }
    files = {name: stack.put_file(key, key.encode()) for key, name in names.items()}
    job_id = export(keys=list(names))

    stack.run_queue()

    check_archive(stack.archive(job_id), files)


def test_keys_keep_their_whole_path(stack: Stack) -> None:
    keys = ["a/b c.txt", "a/ü+%20&#.txt", "x=1/'quoted'.txt", "日本/語"]
    files = {key: stack.put_file(key, key.encode()) for key in keys}
    job_id = export(keys=keys)

    stack.run_queue()

    check_archive(stack.archive(job_id), files)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("/absolute", "_/absolute"),
        ("a/../../up", "a/__/__/up"),
        ("./here", "_/here"),
        ("a//b", "a/_/b"),
        ("C:/drive", "C_/drive"),
        ("back\\slash", "back/slash"),
        ("bidi\u202egpj.exe", "bidi_gpj.exe"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_hostile_key_is_exported_under_a_safe_name(stack: Stack, key: str, name: str) -> None:
    content = stack.put_file(key, key.encode())
    job_id = export(keys=[key])

    stack.run_queue()

    check_archive(stack.archive(job_id), {name: content})


def test_an_archive_is_shared_only_by_requests_that_name_its_files_alike(stack: Stack) -> None:
    content = stack.put_file("in/10001", b"pdf", filename="Invoice.pdf")
    stack.age_files()

    by_key = stack.completed(keys=["in/10001"])
    own, again = (stack.completed(keys=["in/10001"], names="own") for _ in range(2))

    check_archive(stack.archive(by_key), {"in/10001": content})
    check_archive(stack.archive(own), {"in/Invoice.pdf": content})
    reused = [stack.job(one).reused_from for one in (by_key, own, again)]
    assert reused == [None, None, own]


def test_a_retry_names_files_as_the_job_before_did(stack: Stack) -> None:
    content = stack.put_file("in/10001", b"pdf", filename="Invoice.pdf")
    failed = export(prefix="in/", names="own")
    stack.give_up(failed)

    again = str(post_retry(failed).body["jobId"])
    stack.run_queue()

    check_archive(stack.archive(again), {"Invoice.pdf": content})

"""`longhaul export --dry-run`: what would be exported, without an export."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.cli.test_checking import CHECK, files, gone, there
from tests.unit.longhaul.stub import Reply, Stub, problem


def estimate(seconds: int = 12, *exceeded: dict[str, Any]) -> Reply:
    return Reply(
        200, {"files": 0, "bytes": 0, "seconds": seconds, "limits": {}, "exceeded": exceeded}
    )


def totals(number: int, size: int, cursor: str | None = None, unreadable: int = 0) -> Reply:
    content = {"prefix": "p/", "source": "", "files": number, "bytes": size, "cursor": cursor}
    return Reply(200, content | {"unreadableFiles": unreadable})


def asks(stub: Stub, query: str, *replies: Reply) -> None:
    stub.on(f"GET /v1/estimate?{query}", *replies)


def test_ids_are_looked_at_and_summed_up(stub: Stub, run: Run) -> None:
    stub.on(CHECK, files(there(10001), there(10002)))
    asks(stub, "files=2&bytes=10000&entries=2", estimate())

    ran = run("export", "10001,10002", "--dry-run")

    assert ran.code == 0
    assert ran.out == "Files    2 files, 10.0 kB\nTakes    about 12 s\n"
    assert ran.err.endswith("Nothing was started.\n")
    assert stub.of("POST /v1/export") == []


def test_what_would_be_left_out_is_named_and_the_code_is_9(stub: Stub, run: Run) -> None:
    stub.on(CHECK, files(there(10001), gone(10002)))
    asks(stub, "files=1&bytes=5000&entries=2", estimate())

    ran = run("export", "10001-10002", "--dry-run")
    printed = json.loads(run("export", "10001-10002", "--dry-run", "--json").out)

    assert ran.code == 9
    assert "Without  1 file\n         10002 (missing)\n" in ran.out
    assert printed == {
        "dryRun": True,
        "files": 1,
        "bytes": 5000,
        "seconds": 12,
        "missingFiles": 1,
        "unreadableFiles": 0,
        "uncheckedFiles": 0,
        "skipped": [{"file": 10002, "reason": "missing", "detail": "does not exist"}],
        "emptyPrefixes": [],
        "exceeded": [],
        "wouldFail": False,
    }


@pytest.mark.parametrize(
    ("options", "reason", "code", "said"),
    [
        (["--on-missing", "fail"], "missing", 1, "with --on-missing skip"),
        ([], "archived", 1, "with --on-unreadable skip"),
        (["--on-unreadable", "skip"], "archived", 9, "Without  1 file"),
    ],
)
def test_an_export_that_would_fail_says_so(
    stub: Stub, run: Run, *, options: list[str], reason: str, code: int, said: str
) -> None:
    stub.on(CHECK, files(there(10001), {**gone(10002), "reason": reason}))
    asks(stub, "files=1&bytes=5000&entries=2", estimate())

    ran = run("export", "10001", "10002", "--dry-run", *options)

    assert ran.code == code
    assert said in ran.out


def test_an_export_of_nothing_would_fail(stub: Stub, run: Run) -> None:
    stub.on(CHECK, files(gone(10001)))
    asks(stub, "files=0&bytes=0&entries=1", estimate())

    ran = run("export", "10001", "--dry-run")

    assert ran.code == 1
    assert "Fails    no file would be left\n" in ran.out


def test_a_folder_is_counted_to_its_end(stub: Stub, run: Run) -> None:
    stub.on("GET /v1/files/totals?prefix=p%2F", totals(1000, 5000, "c"))
    stub.on("GET /v1/files/totals?prefix=p%2F&cursor=c", totals(500, 2000, None, unreadable=2))
    asks(stub, "files=1500&bytes=7000", estimate(65))

    ran = run("export", "--prefix", "p/", "--dry-run", "--on-unreadable", "skip")

    assert ran.code == 9
    assert ran.out.splitlines() == [
        "Files    1,500 files, 7.0 kB",
        "Takes    about 1:05 min",
        "Without  2 files",
        "         2 files in folders (cannot be read)",
    ]


def test_a_list_has_ids_keys_prefixes_and_versions(stub: Stub, run: Run) -> None:
    stub.on(CHECK, files(there(7)), files(there("k")))
    stub.on("GET /v1/files/totals?prefix=p%2F&source=s", totals(0, 0))
    asks(stub, "files=2&bytes=10000&entries=5", estimate())
    listed = [{"id": 7}, {"key": "k"}, {"key": "k"}, {"prefix": "p/"}, {"key": "v", "version": "1"}]

    ran = run(
        "export", "--files", "-", "--source", "s", "--dry-run", stdin=json.dumps(listed).encode()
    )

    asked = [one.content for one in stub.of(CHECK)]
    assert asked == [{"fileIds": [7], "source": "s"}, {"keys": ["k"], "source": "s"}]
    assert ran.code == 9
    assert "Files    at least 2 files, 10.0 kB\n" in ran.out
    assert "and 1 file with a version, not looked at\n" in ran.out
    assert "p/ (no file begins with it)\n" in ran.out


def test_too_much_is_said_with_its_limit(stub: Stub, run: Run) -> None:
    over = {"limit": "filesPerJob", "most": 1, "detail": "these are 2 files"}
    stub.on(CHECK, files(there(10001), there(10002)))
    asks(stub, "files=2&bytes=10000&entries=2", estimate(12, over))

    ran = run("export", "10001,10002", "--dry-run")

    assert ran.code == 6
    assert "Too much an export may have 1 file; export fewer at a time\n" in ran.out


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("", 1),
        ("--format=tar", 1),
        ("--compression=none", 1),
        ("--compression=auto", 0),
        ("--format=tar.gz", 0),
    ],
)
def test_a_file_that_fits_into_no_archive_is_said(
    stub: Stub, run: Run, form: str, code: int
) -> None:
    large = there(10002) | {"size": 3_000_000}
    stub.on(CHECK, files(there(10001), large))
    option, _, value = form.removeprefix("--").partition("=")
    query = f"files=2&bytes=3005000&entries=2{form and f'&{option}={value}'}&split=1048576"
    asks(stub, query, estimate())

    ran = run("export", "10001,10002", "--dry-run", "--split", "1MiB", *filter(None, [form]))

    said = "Fails    10002 has 3.0 MB, and --split allows 1.0 MB; choose a larger --split\n"
    assert ran.code == code
    assert (said in ran.out) is (code == 1)


def test_too_many_archives_are_said_with_the_option(stub: Stub, run: Run) -> None:
    over = {"limit": "archiveBytes", "most": 1000 * 2**20, "detail": "these files have too many"}
    stub.on(CHECK, files(there(10001)))
    asks(stub, "files=1&bytes=5000&entries=1&split=1048576", estimate(12, over))

    ran = run("export", "10001", "--dry-run", "--split", "1MiB")

    assert ran.code == 6
    assert "1.05 GB is the most for all archives together" in ran.out


def test_an_older_stack_gives_no_time(stub: Stub, run: Run) -> None:
    stub.on(CHECK, files(there(10001)))
    detail = "there is no /v1/estimate; see /openapi.json"
    asks(stub, "files=1&bytes=5000&entries=1", problem(404, "not-found", detail))

    ran = run("export", "10001", "--dry-run")

    assert (ran.code, ran.out) == (0, "Files    1 file, 5.0 kB\n")


def test_a_selection_is_not_tried_out(stub: Stub, run: Run) -> None:
    ran = run("export", "--selection", "-", "--dry-run", "-o", "x.zip")

    assert (ran.code, stub.asked) == (2, [])
    assert "to ask is to use it" in ran.err


@pytest.mark.parametrize(
    ("words", "listed", "said"),
    [
        (["--prefix", ""], "", "the prefix: must not be empty."),
        (["--prefix", "p/", "--filename", ""], "", "the archive's name: must not be empty."),
        (["--prefix", "p/", "--filename", "a\tb"], "", 'name: "a\\tb" holds a control character.'),
        (["--files", "-"], '{"id": 7}\n\n{"prefix": ""}', "Line 3 of --files, prefix: must not be"),
        (["--files", "-"], '{"id": 7, "name": ""}', "Line 1 of --files, name: must not be empty."),
        (["--files", "-"], '{"prefix": "p/", "version": "1"}', "must not be given with a prefix."),
    ],
)
def test_what_an_export_refuses_is_refused_without_one(
    stub: Stub, run: Run, *, words: list[str], listed: str, said: str
) -> None:
    ran = run("export", *words, "--dry-run", stdin=listed.encode())

    assert (ran.code, ran.out, stub.asked) == (2, "", [])
    assert said in ran.err


def test_an_output_that_cannot_be_written_is_refused_without_an_export(
    stub: Stub, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "a.zip").write_bytes(b"mine")

    ran = run("export", "10001", "-o", "a.zip", "--dry-run")

    assert (ran.code, ran.out, stub.asked) == (7, "", [])


def test_a_refused_id_of_a_list_is_named_by_its_line(stub: Stub, run: Run) -> None:
    wrong = [{"pointer": "/fileIds/1", "detail": '"x" must be integer'}]
    stub.on(CHECK, problem(400, "invalid-request", "fileIds/1: …", errors=wrong))
    listed = b'{"id": 7}\n{"key": "k"}\n\n{"id": "x"}'

    ran = run("export", "--files", "-", "--dry-run", stdin=listed)

    assert ran.code == 2
    assert 'Line 4 of --files, id: "x" must be integer.\n' in ran.err
    assert "--keys" not in ran.err

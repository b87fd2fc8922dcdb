"""`longhaul check`: whether files can be exported."""

import json
from typing import Any

from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import Reply, Stub, problem

CHECK = "POST /v1/download/check"


def test_many_files_are_checked_at_once(stub: Stub, run: Run) -> None:
    stub.on(CHECK, files(there(10001), gone(10002)))

    ran = run("check", "10001-10002")

    assert (ran.code, ran.out) == (3, "10001\tavailable\t5.0 kB\n10002\tmissing\n")
    assert [asked.content for asked in stub.asked] == [{"fileIds": [10001, 10002]}]


def test_json_has_both_spellings_of_the_id(stub: Stub, run: Run) -> None:
    stub.on(CHECK, files(there(10001)))

    ran = run("check", "10001", "--json")

    assert ran.code == 0
    assert json.loads(ran.out) == {**there(10001), "fileId": 10001, "file_id": 10001}


def test_keys_are_checked_and_their_own_names_shown(stub: Stub, run: Run) -> None:
    stub.on(CHECK, files({**there("a/1"), "name": "March\x1b[2J.pdf"}))

    ran = run("check", "--keys", "a/1")

    assert stub.asked[0].content == {"keys": ["a/1"]}
    assert (ran.code, ran.out) == (0, "a/1\tavailable\t5.0 kB\tMarch.pdf\n")


def test_an_older_stack_is_asked_one_by_one(stub: Stub, run: Run) -> None:
    missing = [{"pointer": "/file_id", "detail": "is missing"}]
    refused = problem(400, "invalid-request", "file_id: is missing", errors=missing)
    old = {"file_id": 10001, "available": True, "s3Key": "k", "size": 5000}
    stub.on(CHECK, refused, Reply(200, old))

    assert run("check", "10001").out == "10001\tavailable\t5.0 kB\n"


def test_it_says_why_a_file_of_a_source_cannot_be_exported(stub: Stub, run: Run) -> None:
    frozen = {
        "file": "0b-\x1b[2Jx",
        "available": False,
        "s3Key": "k",
        "size": 5,
        "name": None,
        "reason": "archived",
        "detail": "in GLACIER; restore\x07 it first",
    }
    stub.on(CHECK, files(frozen))

    ran = run("check", "0b-x", "--source", "scans")

    assert stub.asked[0].content == {"fileIds": ["0b-x"], "source": "scans"}
    assert (ran.code, ran.out) == (3, "0b-x\tarchived\tin GLACIER; restore� it first\n")


def files(*several: dict[str, Any]) -> Reply:
    return Reply(200, {"files": several})


def there(file: int | str) -> dict[str, Any]:
    return {
        "file": file,
        "available": True,
        "s3Key": f"downloads/{file}",
        "size": 5000,
        "name": None,
        "reason": None,
        "detail": None,
    }


def gone(file: int | str) -> dict[str, Any]:
    return {
        **there(file),
        "available": False,
        "s3Key": None,
        "size": None,
        "reason": "missing",
        "detail": "does not exist",
    }


def test_a_refused_id_is_counted_among_all_that_were_named(stub: Stub, run: Run) -> None:
    wrong = [{"pointer": "/fileIds/0", "detail": "5 is too small"}]
    refused = problem(400, "invalid-request", "fileIds/0: …", errors=wrong)
    stub.on(CHECK, files(*map(there, range(10_000, 10_100))), refused)

    ran = run("check", "10000-10099", "5")

    assert "FILE number 101: 5 is too small." in ran.err

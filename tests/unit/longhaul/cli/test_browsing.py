"""`longhaul ls` and `longhaul open`."""

import json
import sys
from typing import Any

import pytest

from longhaul.cli import inforce
from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import JOB_ID, Reply, Stub, problem

FIRST = "GET /v1/files?limit=100"
CHECK = "POST /v1/download/check"
TICKET = "lht_0123456789"


def test_folders_and_files_have_their_whole_keys_in_a_pipe(stub: Stub, run: Run) -> None:
    frozen = {"reason": "archived", "detail": "in GLACIER"}
    stub.on(FIRST, listing(["a/r/"], [file("a/1", 5000), file("a/2", 7, unreadable=frozen)]))
    stub.on(CHECK, names({"a/1": "March\x07.pdf", "a/2": "2"}))

    ran = run("ls")

    folder, one, two = [line.split("\t") for line in ran.out.splitlines()]
    assert ran.code == 0
    assert folder == ["a/r/"]
    assert (one[:2], one[3:]) == (["a/1", "5000"], ["March�.pdf", ""])
    assert (two[:2], two[3:]) == (["a/2", "7"], ["", "archived: in GLACIER"])
    assert ran.err == "In a/:\n"


def test_a_terminal_shows_names_relative_to_the_folder(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    stub.on(FIRST, listing(["a/r/"], [file("a/1", 5000)]))
    stub.on(CHECK, names({"a/1": "March.pdf"}))

    header, folder, one = run("ls").out.splitlines()

    assert header.split() == ["SIZE", "CHANGED", "FILE", "NAME"]
    assert folder.split() == ["r/"]
    assert one.startswith("5.0 kB  2026-01-0")
    assert one.split()[-2:] == ["1", "March.pdf"]


def test_a_folder_may_be_named_without_its_slash(stub: Stub, run: Run) -> None:
    stub.on("GET /v1/files?prefix=a%2Fr&limit=100", listing(["a/r/"], [], prefix="a/r"))
    stub.on("GET /v1/files?prefix=a%2Fr%2F&limit=100", listing([], [file("a/r/1")], prefix="a/r/"))

    assert run("ls", "a/r", "--names", "key").out.startswith("a/r/1\t")


def test_pages_are_asked_for_only_when_they_are_needed(stub: Stub, run: Run) -> None:
    some = [file(f"a/{i}") for i in range(150)]
    for limit in ("100", "120", "1000"):
        stub.on(f"GET /v1/files?limit={limit}", listing([], some[:100], cursor="c"))
    stub.on("GET /v1/files?prefix=a%2F&limit=1000&cursor=c", listing([], some[100:]))

    first = run("ls", "--names", "key")
    more = run("ls", "--names", "key", "-n", "120")
    every = run("ls", "--names", "key", "--all", "--json")

    assert [len(ran.out.splitlines()) for ran in (first, more, every)] == [100, 120, 150]
    assert "These are the first 100. --all lists all" in first.err
    assert "These are the first 120." in more.err
    assert json.loads(every.out.splitlines()[149])["key"] == "a/149"
    assert len(stub.asked) == 1 + 2 + 2


def test_an_older_stack_lists_without_own_names(stub: Stub, run: Run) -> None:
    missing = [{"pointer": "/file_id", "detail": "is missing"}]
    stub.on(FIRST, listing([], [file("a/1")] * 2))
    stub.on(CHECK, problem(400, "invalid-request", "file_id: is missing", errors=missing))

    ran = run("ls")

    assert (ran.code, len(ran.out.splitlines())) == (0, 2)


def test_several_sources_are_named(stub: Stub, run: Run) -> None:
    stub.on(FIRST, listing(["a/r/"], [], source="main", sources=["main", "scans"]))

    assert "In a/ of source main: Others, with --source: scans.\n" in run("ls").err


def test_nothing_there_is_said(stub: Stub, run: Run) -> None:
    stub.on(FIRST, listing([], []))
    stub.on("GET /v1/files?prefix=a%2Fx&limit=100", listing([], [], prefix="a/x"))

    top, below = run("ls"), run("ls", "a/x")

    assert (top.code, below.code) == (0, 3)
    assert "There are no files yet." in top.err
    assert "Nothing begins with 'a/x'. See what there is: longhaul ls\n" in below.err


def test_an_empty_stack_of_this_machine_can_be_seeded(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LONGHAUL_URL")
    monkeypatch.setattr(inforce, "LOCAL_URL", f"{stub.url}/local")
    stub.on("GET /local/v1/files?limit=100", listing([], []))
    stub.on(FIRST, listing([], []))

    guessed, named = run("ls"), run("ls", "--url", stub.url)

    assert guessed.err.endswith("sample files there: make seed\n")
    assert "make seed" not in named.err


def test_a_prefix_that_the_api_refuses_is_named_without_its_field(stub: Stub, run: Run) -> None:
    found = [{"pointer": "prefix", "detail": "\"x\" must begin with 'a/'"}]
    line = "GET /v1/files?prefix=x&limit=100"
    stub.on(line, problem(400, "invalid-request", "prefix: no", errors=found))

    ran = run("ls", "x")

    assert ran.code == 2
    assert "the prefix: \"x\" must begin with 'a/'." in ran.err


# -- open ------------------------------------------------------------------------------------------


def test_open_prints_the_url_in_a_pipe(stub: Stub, run: Run) -> None:
    link = f"{stub.url}/prod/#/jobs/{JOB_ID}?ticket={TICKET}"

    assert run("open").out == f"{stub.url}/\n"
    assert run("open", JOB_ID).out == f"{stub.url}/#/jobs/{JOB_ID}\n"
    assert run("open", link).out == f"{link}\n"
    assert json.loads(run("open", "--json").out) == {"url": f"{stub.url}/"}
    assert stub.asked == []


@pytest.mark.parametrize(("has_display", "is_open"), [(True, True), (True, False), (False, False)])
def test_open_opens_a_browser_where_there_is_a_display(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch, *, has_display: bool, is_open: bool
) -> None:
    opened: list[str] = []

    def fake(url: str) -> bool:
        opened.append(url)
        return is_open

    monkeypatch.setattr("webbrowser.open", fake)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    if has_display:
        monkeypatch.setenv("DISPLAY", ":0")

    ran = run("open", f"{stub.url}/#/jobs/{JOB_ID}?ticket={TICKET}")

    assert len(opened) == has_display
    assert (TICKET in ran.out) == (not is_open)
    assert ran.err == (f"Opened {stub.url}/#/jobs/{JOB_ID}\n" if is_open else "")


# -- answers ---------------------------------------------------------------------------------------


def listing(
    folders: list[str], files: list[dict[str, Any]], *, prefix: str = "a/", **more: object
) -> Reply:
    content = {
        "prefix": prefix,
        "topPrefix": "a/",
        "folders": [{"name": one.split("/")[-2], "prefix": one} for one in folders],
        "files": files,
        "cursor": None,
    }
    return Reply(200, content | more)


def file(key: str, size: int = 1, unreadable: object = None) -> dict[str, Any]:
    return {
        "name": key.rpartition("/")[2],
        "key": key,
        "size": size,
        "lastModified": "2026-01-02T12:00:00.000Z",
        "unreadable": unreadable,
    }


def names(known: dict[str, str]) -> Reply:
    files = [
        {"file": key, "available": True, "s3Key": key, "size": 1, "name": name}
        for key, name in known.items()
    ]
    return Reply(200, {"files": files})

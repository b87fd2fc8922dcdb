"""Downloads: an archive gets its final name only when it is whole and checked."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from longhaul import Client, Job, answers, download, errors
from longhaul.transfer import Saved, Ticks, stream
from tests.unit.longhaul.build_archive import FILES, build_archive
from tests.unit.longhaul.stub import (
    CUT,
    JOB,
    Reply,
    Stored,
    Stub,
    completed,
    job,
    link,
    problem,
)

LINK = f"GET {JOB}/download"
OBJECT = "/s3/archive?signature=1"
ARCHIVE = build_archive()


def done(size: int = len(ARCHIVE)) -> Job:
    """A completed job with an archive of this size, in bytes."""
    return answers.read(json.dumps(completed(size)), Job)


@pytest.fixture
def stored(stub: Stub) -> Stored:
    """The archive in S3, at the link that the API returns."""
    stub.on(LINK, link(stub.url + OBJECT))
    stub.objects[OBJECT] = Stored(ARCHIVE)
    return stub.objects[OBJECT]


def requests(stub: Stub) -> list[str]:
    """The ranges of the requests to S3, without the first one, which asks for the size."""
    first, *others = [request.headers["range"] for request in stub.of(f"GET {OBJECT}")]
    assert first == "bytes=0-0"
    return others


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- the file and its final place-------------------------------------------------------------------


def test_a_download_leaves_the_whole_archive_and_nothing_else(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    saved = download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE
    assert files(tmp_path) == ["x.zip"]
    assert (saved.path, saved.size, saved.was_there) == (tmp_path / "x.zip", len(ARCHIVE), False)
    assert len(saved.manifest.files) == len(FILES)


def test_in_a_folder_the_archive_gets_the_name_of_the_api(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    saved = download(client, done(), tmp_path)

    assert saved.path == tmp_path / "march.zip"


def test_a_hostile_name_does_not_leave_the_folder(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.disposition = "attachment; filename*=UTF-8''..%2F..%2Fetc%2Fcron.d%2Fx%0A"

    saved = download(client, done(), tmp_path)

    assert saved.path.parent == tmp_path
    assert files(tmp_path) == ["_.._etc_cron.d_x_"]


def test_the_progress_of_download_and_check_is_reported(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    came: list[tuple[int, int]] = []
    checked: list[tuple[int, int]] = []

    ticks = Ticks(lambda *tick: came.append(tick), lambda *tick: checked.append(tick))
    download(client, done(), tmp_path, ticks=ticks)

    assert came[-1] == (len(ARCHIVE), len(ARCHIVE))
    assert checked[-1][0] == checked[-1][1] > 0


def test_an_existing_file_is_not_replaced(client: Client, stored: Stored, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("mine")

    with pytest.raises(errors.CannotSave, match="exists already"):
        download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_text() == "mine"


def test_an_existing_file_with_the_name_of_the_api_is_not_replaced(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    (tmp_path / "march.zip").write_text("mine")

    with pytest.raises(errors.CannotSave, match="exists already"):
        download(client, done(), tmp_path)


def test_force_replaces_a_file(client: Client, stored: Stored, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("mine")

    download(client, done(), tmp_path / "x.zip", force=True)

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE


def test_an_archive_on_the_disk_is_not_downloaded_again(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    download(client, done(), tmp_path / "x.zip")
    asked_before = len(stub.asked)

    saved = download(client, done(), tmp_path / "x.zip")

    assert saved.was_there
    assert len(stub.asked) == asked_before


def test_an_archive_of_an_earlier_job_is_not_downloaded_again(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.content = build_archive(job_id="the-first")
    result = completed(len(stored.content))["result"] | {
        "s3Key": "archives/the-first.zip",
        "reusedFrom": "the-first",
    }
    reused = answers.read(json.dumps(job("completed", result=result)), Job)
    download(client, reused, tmp_path / "x.zip")

    saved = download(client, reused, tmp_path / "x.zip")

    assert saved.was_there


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (build_archive(job_id="another"), "exists already\\."),
        (ARCHIVE.replace(b"first", b"FIRST", 1), "exists already, but is broken"),
    ],
)
def test_an_archive_that_differs_is_not_replaced(
    client: Client, stored: Stored, tmp_path: Path, there: bytes, words: str
) -> None:
    (tmp_path / "x.zip").write_bytes(there)

    with pytest.raises(errors.CannotSave, match=words):
        download(client, done(len(there)), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == there


def test_an_older_archive_of_the_same_job_is_not_replaced(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    (tmp_path / "x.zip").write_bytes(build_archive({"a.txt": b"before"}))

    with pytest.raises(errors.CannotSave, match="exists already"):
        download(client, done(), tmp_path / "x.zip")


def test_a_file_that_appears_during_the_download_is_not_replaced(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    place = tmp_path / "x.zip"

    with pytest.raises(errors.CannotSave, match="exists already") as error:
        download(client, done(), place, ticks=Ticks(lambda *_: place.touch()))

    (partial,) = tmp_path.glob("*.part")
    assert f"The archive is kept as {partial}." in str(error.value)
    assert error.value.is_replaceable
    assert (place.read_bytes(), partial.read_bytes()) == (b"", ARCHIVE)


@pytest.mark.parametrize("when", ["download", "check"])
def test_two_downloads_of_one_archive_to_one_place_are_one(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path, when: str
) -> None:
    others: list[Saved] = []

    def other(*_: int) -> None:
        if not others:
            with Client(stub.url) as second:
                others.append(download(second, done(), tmp_path / "x.zip"))

    saved = download(client, done(), tmp_path / "x.zip", ticks=Ticks(**{when: other}))

    assert (saved.was_there, [other.was_there for other in others]) == (True, [False])
    assert saved.path.read_bytes() == ARCHIVE
    assert files(tmp_path) == ["x.zip"]


def test_a_download_that_begins_as_another_one_ends_leaves_no_partial_file(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    place = tmp_path / "x.zip"

    def other(*_: int) -> None:
        place.write_bytes(ARCHIVE)

    saved = download(client, done(), place, ticks=Ticks(other))

    assert saved.was_there
    assert files(tmp_path) == ["x.zip"]


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("nowhere/x.zip", "There is no folder .*nowhere"),
        ("nowhere/", "There is no folder .*nowhere"),
        ("x" * 250, "Cannot write .*name too long"),
        ("pipe", "pipe is not a file"),
    ],
)
def test_an_unusable_place_is_an_error(
    client: Client, stored: Stored, tmp_path: Path, output: str, words: str
) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(errors.CannotSave, match=f"(?i){words}"):
        download(client, done(), f"{tmp_path}/{output}", force=True)


def test_a_disk_that_is_too_small_is_an_error_before_the_download(
    client: Client, stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = shutil._ntuple_diskusage(10, 5, 5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: small)

    with pytest.raises(errors.CannotSave, match=f"5 bytes free; the download needs {len(ARCHIVE)}"):
        download(client, done(), tmp_path / "x.zip")


# -- failures on the way ---------------------------------------------------------------------------


def test_a_download_resumes_where_the_connection_broke(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.cuts = [1000, 2000, 3000]

    download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE
    assert requests(stub) == ["bytes=0-", "bytes=1000-", "bytes=3000-", "bytes=6000-"]
    assert {asked.headers.get("if-range") for asked in stub.of(f"GET {OBJECT}")} == {None, '"one"'}


def test_broken_connections_are_no_failure_while_bytes_arrive(
    stub: Stub, stored: Stored, tmp_path: Path
) -> None:
    stored.cuts = [500] * 100

    with Client(stub.url, patience=0) as client:
        download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE


def test_another_run_resumes_the_download(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    _interrupted_download(stub, stored, tmp_path / "x.zip", after=5000)
    left = files(tmp_path)
    stub.asked.clear()

    download(client, done(), tmp_path / "x.zip")

    assert len(left) == 1
    assert left[0].endswith(".part")
    assert requests(stub) == ["bytes=5000-"]
    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE
    assert files(tmp_path) == ["x.zip"]


def test_another_run_starts_again_if_the_archive_was_built_again(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    _interrupted_download(stub, stored, tmp_path / "x.zip", after=5000)
    stub.asked.clear()
    stored.etag = '"two"'

    download(client, done(), tmp_path / "x.zip")

    assert requests(stub) == ["bytes=0-"]
    assert files(tmp_path) == ["x.zip"]


def test_a_damaged_partial_file_is_downloaded_again(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    _interrupted_download(stub, stored, tmp_path / "x.zip", after=5000)
    (partial,) = tmp_path.iterdir()
    partial.write_bytes(bytes(5000))

    download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE
    assert files(tmp_path) == ["x.zip"]


def test_a_partial_file_that_is_too_long_is_downloaded_again(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    _interrupted_download(stub, stored, tmp_path / "x.zip", after=5000)
    (partial,) = tmp_path.iterdir()
    partial.write_bytes(ARCHIVE + b"and more")

    download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE


def test_an_archive_that_changes_during_the_download_is_downloaded_again(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    def change(done: int, _: int) -> None:
        if done >= 1000:
            stored.etag = '"two"'

    stored.cuts = [1000]

    saved = download(client, done(), tmp_path / "x.zip", ticks=Ticks(change))

    assert saved.path.read_bytes() == ARCHIVE
    assert files(tmp_path) == ["x.zip"]


def test_an_archive_that_keeps_changing_is_an_error(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.cuts = [1000] * 9

    with pytest.raises(errors.BrokenArchive, match="changed during each download"):
        download(client, done(), tmp_path / "x.zip", ticks=Ticks(_new_etags(stored)))


def test_a_server_without_ranges_sends_everything_again(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.cuts, stored.knows_ranges = [1, 4000, 9000], False

    saved = download(client, done(), tmp_path / "x.zip")

    assert saved.path.read_bytes() == ARCHIVE


def test_an_empty_archive_is_an_error(client: Client, stored: Stored, tmp_path: Path) -> None:
    stored.content = b""

    with pytest.raises(errors.BrokenArchive, match="changed during each download"):
        download(client, done(), tmp_path / "x.zip")


def test_a_weak_etag_is_compared_but_not_sent_in_if_range(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.etag, stored.cuts = 'W/"one"', [1000]

    saved = download(client, done(), tmp_path / "x.zip")

    assert saved.path.read_bytes() == ARCHIVE
    assert {asked.headers.get("if-range") for asked in stub.asked} == {None}


def test_an_expired_link_is_replaced(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    ended = Reply(403, b"<Error><Code>AccessDenied</Code></Error>")
    stub.on(LINK, link(f"{stub.url}/s3/old"), link(stub.url + OBJECT))
    stub.objects["/s3/old"] = Stored(ARCHIVE, cuts=[1000])

    def end(done: int, _: int) -> None:
        stub.on("GET /s3/old", ended)

    saved = download(client, done(), tmp_path / "x.zip", ticks=Ticks(end))

    assert saved.path.read_bytes() == ARCHIVE
    assert stub.asked[-1].headers["range"] == "bytes=1000-"


def test_a_new_link_that_is_refused_is_an_error(stub: Stub, client: Client, tmp_path: Path) -> None:
    stub.on(LINK, link(stub.url + OBJECT))
    stub.on(f"GET {OBJECT}", Reply(403, b"<Error><Code>AccessDenied</Code></Error>"))

    with pytest.raises(errors.LinkRefused, match="the API has made: AccessDenied"):
        download(client, done(), tmp_path / "x.zip")

    assert len(stub.of(LINK)) == 1


def test_an_archive_that_expires_during_the_download_is_an_error(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    stub.on(LINK, link(stub.url + OBJECT), problem(410, "expired", "it was deleted"))
    stored.cuts = [1000]

    def expire(done: int, _: int) -> None:
        stub.on(f"GET {OBJECT}", Reply(404, b"<Error><Code>NoSuchKey</Code></Error>"))

    with pytest.raises(errors.Expired):
        download(client, done(), tmp_path / "x.zip", ticks=Ticks(expire))


def test_a_job_that_has_not_completed_is_an_error(
    stub: Stub, client: Client, tmp_path: Path
) -> None:
    stub.on(LINK, problem(409, "not-ready", "the job is processing"))

    with pytest.raises(errors.NotPossibleNow):
        download(client, done(), tmp_path / "x.zip")


def test_a_busy_s3_is_asked_again(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    busy = Reply(503, b"<Error><Code>SlowDown</Code></Error>")
    whole = Reply(200, ARCHIVE, {"ETag": '"one"'})
    stub.on(f"GET {OBJECT}", busy, CUT, whole, busy, CUT, whole)

    saved = download(client, done(), tmp_path / "x.zip")

    assert saved.path.read_bytes() == ARCHIVE
    assert len(stub.of(LINK)) == 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://[::1/x", "", "no url"])
def test_an_invalid_link_is_an_error(stub: Stub, client: Client, tmp_path: Path, url: str) -> None:
    stub.on(LINK, link(url))

    with pytest.raises(errors.UnexpectedAnswer, match="not a URL that can be requested"):
        download(client, done(), tmp_path / "x.zip")


def test_the_token_is_not_sent_to_s3(stub: Stub, stored: Stored, tmp_path: Path) -> None:
    with Client(stub.url, token="secret") as client:
        download(client, done(), tmp_path / "x.zip")

    sent = {asked.line: "authorization" in asked.headers for asked in stub.asked}
    assert sent == {LINK: True, f"GET {OBJECT}": False}


# -- something else than the archive ---------------------------------------------------------------


def test_a_broken_archive_never_gets_the_final_name(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.content = ARCHIVE.replace(b"firstfirst", b"firstFirst", 1)

    with pytest.raises(errors.BrokenArchive, match=r"Bad CRC-32 .* kept as .*x\.zip\.broken"):
        download(client, done(), tmp_path / "x.zip")

    assert files(tmp_path) == ["x.zip.broken"]


def test_an_archive_of_another_size_is_not_downloaded(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    with pytest.raises(errors.BrokenArchive, match=f"{len(ARCHIVE)} bytes in S3, .* built 5"):
        download(client, done(5), tmp_path / "x.zip")

    assert requests(stub) == []


def test_an_s3_answer_without_a_size_is_an_error(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    stub.on(f"GET {OBJECT}", Reply(206, b"x", {"Content-Range": "bytes 0-0/*"}))

    with pytest.raises(errors.UnexpectedAnswer, match="does not send a size"):
        download(client, done(), tmp_path / "x.zip")


# -- to an open file -------------------------------------------------------------------------------


def test_a_stream_continues_after_broken_connections(client: Client, stored: Stored) -> None:
    stored.cuts = [1000, 1000]
    sink = io.BytesIO()

    stream(client, done(), sink)

    assert sink.getvalue() == ARCHIVE


def test_a_stream_fails_if_the_archive_changes(client: Client, stored: Stored) -> None:
    stored.cuts = [1000]

    with pytest.raises(errors.BrokenArchive, match="changed during the download"):
        stream(client, done(), io.BytesIO(), _new_etags(stored))


def _interrupted_download(stub: Stub, stored: Stored, path: Path, after: int) -> None:
    """Runs a download that gets `after` bytes, and then no answer."""
    stored.cuts = [after]

    def break_off(done: int, _: int) -> None:
        stub.on(f"GET {OBJECT}", CUT)

    with Client(stub.url, patience=0) as client, pytest.raises(errors.Unreachable):
        download(client, done(), path, ticks=Ticks(break_off))
    stub.replies.clear()
    stub.on(LINK, link(stub.url + OBJECT))


def _new_etags(stored: Stored) -> Callable[[int, int], None]:
    """A progress callback that changes the archive's ETag each time."""

    def change(done: int, _: int) -> None:
        stored.etag = f'"{stored.etag.strip(chr(34))}+"'

    return change

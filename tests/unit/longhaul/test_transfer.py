"""Downloads: whole, in their place, and only then."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from longhaul import Client, Job, answers, download, errors
from longhaul.transfer import Ticks, stream
from tests.unit.longhaul.archives import FILES, archive
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
ARCHIVE = archive()


def done(size: int = len(ARCHIVE)) -> Job:
    """A job that has completed, with an archive of that size."""
    return answers.read(json.dumps(completed(size)), Job)


@pytest.fixture
def stored(stub: Stub) -> Stored:
    """The archive, under the link that the API gives."""
    stub.on(LINK, link(stub.url + OBJECT))
    stub.objects[OBJECT] = Stored(ARCHIVE)
    return stub.objects[OBJECT]


def requests(stub: Stub) -> list[str]:
    """The ranges that S3 was asked for, after the first look."""
    looked, *asked = [request.headers["range"] for request in stub.of(f"GET {OBJECT}")]
    assert looked == "bytes=0-0"
    return asked


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- the file and its place ------------------------------------------------------------------------


def test_an_archive_is_saved_whole_and_nothing_else_is_left(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    saved = download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE
    assert files(tmp_path) == ["x.zip"]
    assert (saved.path, saved.size, saved.was_there) == (tmp_path / "x.zip", len(ARCHIVE), False)
    assert len(saved.manifest.files) == len(FILES)


def test_in_a_folder_it_gets_the_name_that_the_api_tells(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    saved = download(client, done(), tmp_path)

    assert saved.path == tmp_path / "march.zip"


def test_a_hostile_name_stays_in_the_folder(client: Client, stored: Stored, tmp_path: Path) -> None:
    stored.disposition = "attachment; filename*=UTF-8''..%2F..%2Fetc%2Fcron.d%2Fx%0A"

    saved = download(client, done(), tmp_path)

    assert saved.path.parent == tmp_path
    assert files(tmp_path) == ["_.._etc_cron.d_x_"]


def test_all_of_it_is_told(client: Client, stored: Stored, tmp_path: Path) -> None:
    came: list[tuple[int, int]] = []
    checked: list[tuple[int, int]] = []

    ticks = Ticks(lambda *tick: came.append(tick), lambda *tick: checked.append(tick))
    download(client, done(), tmp_path, ticks=ticks)

    assert came[-1] == (len(ARCHIVE), len(ARCHIVE))
    assert checked[-1][0] == checked[-1][1] > 0


def test_a_file_that_is_there_stays(client: Client, stored: Stored, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("mine")

    with pytest.raises(errors.CannotSave, match="is there already"):
        download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_text() == "mine"


def test_a_file_that_is_there_under_the_apis_name_stays(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    (tmp_path / "march.zip").write_text("mine")

    with pytest.raises(errors.CannotSave, match="is there already"):
        download(client, done(), tmp_path)


def test_force_replaces_a_file(client: Client, stored: Stored, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("mine")

    download(client, done(), tmp_path / "x.zip", force=True)

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE


def test_the_very_archive_that_is_there_need_not_come_again(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    download(client, done(), tmp_path / "x.zip")
    asked_before = len(stub.asked)

    saved = download(client, done(), tmp_path / "x.zip")

    assert saved.was_there
    assert len(stub.asked) == asked_before


def test_so_it_is_where_the_archive_was_built_for_another_job(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.content = archive(job_id="the-first")
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
        (archive(job_id="another"), "is there already\\."),
        (ARCHIVE.replace(b"first", b"FIRST", 1), "is there already, but broken"),
    ],
)
def test_an_archive_that_is_not_quite_the_same_stays(
    client: Client, stored: Stored, tmp_path: Path, there: bytes, words: str
) -> None:
    (tmp_path / "x.zip").write_bytes(there)

    with pytest.raises(errors.CannotSave, match=words):
        download(client, done(len(there)), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == there


def test_an_archive_of_the_job_before_it_was_built_anew_stays(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    (tmp_path / "x.zip").write_bytes(archive({"a.txt": b"before"}))

    with pytest.raises(errors.CannotSave, match="is there already"):
        download(client, done(), tmp_path / "x.zip")


def test_a_file_that_comes_meanwhile_stays(client: Client, stored: Stored, tmp_path: Path) -> None:
    place = tmp_path / "x.zip"

    with pytest.raises(errors.CannotSave, match="is there already"):
        download(client, done(), place, ticks=Ticks(lambda *_: place.touch()))

    assert place.read_bytes() == b""


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("nowhere/x.zip", "There is no folder .*nowhere"),
        ("x" * 250, "Cannot write .*name too long"),
        ("pipe", "pipe is not a file"),
    ],
)
def test_a_place_that_is_none_is_told(
    client: Client, stored: Stored, tmp_path: Path, output: str, words: str
) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(errors.CannotSave, match=f"(?i){words}"):
        download(client, done(), tmp_path / output, force=True)


def test_a_disk_that_is_too_small_is_told_before_it_is_full(
    client: Client, stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = shutil._ntuple_diskusage(10, 5, 5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: small)

    with pytest.raises(errors.CannotSave, match=f"5 bytes left, and {len(ARCHIVE)} are to come"):
        download(client, done(), tmp_path / "x.zip")


# -- what goes wrong on the way --------------------------------------------------------------------


def test_a_download_goes_on_where_it_was_cut(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.cuts = [1000, 2000, 3000]

    download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE
    assert requests(stub) == ["bytes=0-", "bytes=1000-", "bytes=3000-", "bytes=6000-"]
    assert {asked.headers.get("if-range") for asked in stub.of(f"GET {OBJECT}")} == {None, '"one"'}


def test_cuts_without_number_are_no_failure_while_bytes_come(
    stub: Stub, stored: Stored, tmp_path: Path
) -> None:
    stored.cuts = [500] * 100

    with Client(stub.url, patience=0) as client:
        download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE


def test_another_run_goes_on_where_the_last_one_ended(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    _broken_off(stub, stored, tmp_path / "x.zip", after=5000)
    left = files(tmp_path)
    stub.asked.clear()

    download(client, done(), tmp_path / "x.zip")

    assert len(left) == 1
    assert left[0].endswith(".part")
    assert requests(stub) == ["bytes=5000-"]
    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE
    assert files(tmp_path) == ["x.zip"]


def test_another_run_finds_an_archive_that_was_built_anew_and_begins_anew(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    _broken_off(stub, stored, tmp_path / "x.zip", after=5000)
    stub.asked.clear()
    stored.etag = '"two"'

    download(client, done(), tmp_path / "x.zip")

    assert requests(stub) == ["bytes=0-"]
    assert files(tmp_path) == ["x.zip"]


def test_a_part_that_this_machine_has_spoilt_is_not_built_upon(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    _broken_off(stub, stored, tmp_path / "x.zip", after=5000)
    (part,) = tmp_path.iterdir()
    part.write_bytes(bytes(5000))

    download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE
    assert files(tmp_path) == ["x.zip"]


def test_a_part_that_is_too_long_is_not_built_upon(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    _broken_off(stub, stored, tmp_path / "x.zip", after=5000)
    (part,) = tmp_path.iterdir()
    part.write_bytes(ARCHIVE + b"and more")

    download(client, done(), tmp_path / "x.zip")

    assert (tmp_path / "x.zip").read_bytes() == ARCHIVE


def test_an_archive_that_changes_half_way_is_downloaded_anew(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    def change(done: int, _: int) -> None:
        if done >= 1000:
            stored.etag = '"two"'

    stored.cuts = [1000]

    saved = download(client, done(), tmp_path / "x.zip", ticks=Ticks(change))

    assert saved.path.read_bytes() == ARCHIVE
    assert files(tmp_path) == ["x.zip"]


def test_an_archive_that_never_stays_the_same_is_given_up(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.cuts = [1000] * 9

    with pytest.raises(errors.BrokenArchive, match="another one each time"):
        download(client, done(), tmp_path / "x.zip", ticks=Ticks(_new_etags(stored)))


def test_a_server_without_ranges_sends_it_all_again(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.cuts, stored.knows_ranges = [1, 4000, 9000], False

    saved = download(client, done(), tmp_path / "x.zip")

    assert saved.path.read_bytes() == ARCHIVE


def test_an_archive_without_a_byte_is_told(client: Client, stored: Stored, tmp_path: Path) -> None:
    stored.content = b""

    with pytest.raises(errors.BrokenArchive, match="another one each time"):
        download(client, done(), tmp_path / "x.zip")


def test_a_weak_etag_is_held_to_though_if_range_does_not_take_it(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.etag, stored.cuts = 'W/"one"', [1000]

    saved = download(client, done(), tmp_path / "x.zip")

    assert saved.path.read_bytes() == ARCHIVE
    assert {asked.headers.get("if-range") for asked in stub.asked} == {None}


def test_a_link_that_has_ended_is_replaced(
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


def test_a_fresh_link_that_is_refused_is_told(stub: Stub, client: Client, tmp_path: Path) -> None:
    stub.on(LINK, link(stub.url + OBJECT))
    stub.on(f"GET {OBJECT}", Reply(403, b"<Error><Code>AccessDenied</Code></Error>"))

    with pytest.raises(errors.UnexpectedAnswer, match=r"own download link \(403 AccessDenied\)"):
        download(client, done(), tmp_path / "x.zip")

    assert len(stub.of(LINK)) == 1


def test_an_archive_that_expires_on_the_way_is_told(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    stub.on(LINK, link(stub.url + OBJECT), problem(410, "expired", "it was deleted"))
    stored.cuts = [1000]

    def expire(done: int, _: int) -> None:
        stub.on(f"GET {OBJECT}", Reply(404, b"<Error><Code>NoSuchKey</Code></Error>"))

    with pytest.raises(errors.Expired):
        download(client, done(), tmp_path / "x.zip", ticks=Ticks(expire))


def test_a_job_that_is_not_completed_is_told(stub: Stub, client: Client, tmp_path: Path) -> None:
    stub.on(LINK, problem(409, "not-ready", "the job is processing"))

    with pytest.raises(errors.NotPossibleNow):
        download(client, done(), tmp_path / "x.zip")


def test_an_s3_that_is_busy_is_asked_again(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    busy = Reply(503, b"<Error><Code>SlowDown</Code></Error>")
    whole = Reply(200, ARCHIVE, {"ETag": '"one"'})
    stub.on(f"GET {OBJECT}", busy, CUT, whole, busy, CUT, whole)

    saved = download(client, done(), tmp_path / "x.zip")

    assert saved.path.read_bytes() == ARCHIVE
    assert len(stub.of(LINK)) == 1


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://[::1/x", "", "no url"])
def test_a_link_that_is_none_is_told(stub: Stub, client: Client, tmp_path: Path, url: str) -> None:
    stub.on(LINK, link(url))

    with pytest.raises(errors.UnexpectedAnswer, match="not a URL that can be asked"):
        download(client, done(), tmp_path / "x.zip")


def test_the_token_is_not_for_s3(stub: Stub, stored: Stored, tmp_path: Path) -> None:
    with Client(stub.url, token="secret") as client:
        download(client, done(), tmp_path / "x.zip")

    told = {asked.line: "authorization" in asked.headers for asked in stub.asked}
    assert told == {LINK: True, f"GET {OBJECT}": False}


# -- what is not the archive -----------------------------------------------------------------------


def test_a_broken_archive_never_takes_its_place(
    client: Client, stored: Stored, tmp_path: Path
) -> None:
    stored.content = ARCHIVE.replace(b"firstfirst", b"firstFirst", 1)

    with pytest.raises(errors.BrokenArchive, match=r"Bad CRC-32 .* kept as .*x\.zip\.broken"):
        download(client, done(), tmp_path / "x.zip")

    assert files(tmp_path) == ["x.zip.broken"]


def test_an_archive_of_another_size_is_not_even_downloaded(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    with pytest.raises(errors.BrokenArchive, match=f"{len(ARCHIVE)} bytes in S3, .* made 5"):
        download(client, done(5), tmp_path / "x.zip")

    assert requests(stub) == []


def test_an_s3_that_does_not_tell_a_size_is_told(
    stub: Stub, client: Client, stored: Stored, tmp_path: Path
) -> None:
    stub.on(f"GET {OBJECT}", Reply(206, b"x", {"Content-Range": "bytes 0-0/*"}))

    with pytest.raises(errors.UnexpectedAnswer, match="does not tell a size"):
        download(client, done(), tmp_path / "x.zip")


# -- to an open file -------------------------------------------------------------------------------


def test_a_stream_goes_on_through_cuts(client: Client, stored: Stored) -> None:
    stored.cuts = [1000, 1000]
    sink = io.BytesIO()

    stream(client, done(), sink)

    assert sink.getvalue() == ARCHIVE


def test_a_stream_cannot_begin_anew(client: Client, stored: Stored) -> None:
    stored.cuts = [1000]

    with pytest.raises(errors.BrokenArchive, match="built anew"):
        stream(client, done(), io.BytesIO(), _new_etags(stored))


def _broken_off(stub: Stub, stored: Stored, path: Path, after: int) -> None:
    """A run that gets so many bytes, and then no answer any more."""
    stored.cuts = [after]

    def break_off(done: int, _: int) -> None:
        stub.on(f"GET {OBJECT}", CUT)

    with Client(stub.url, patience=0) as client, pytest.raises(errors.Unreachable):
        download(client, done(), path, ticks=Ticks(break_off))
    stub.replies.clear()
    stub.on(LINK, link(stub.url + OBJECT))


def _new_etags(stored: Stored) -> Callable[[int, int], None]:
    """The archive is another one after each byte that came."""

    def change(done: int, _: int) -> None:
        stored.etag = f'"{stored.etag.strip(chr(34))}+"'

    return change

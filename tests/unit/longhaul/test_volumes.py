"""Downloads of tars, and of jobs that have several archives."""

import io
import json
from pathlib import Path

import pytest

from longhaul import Client, Job, answers, download, download_all, errors
from longhaul.archive import check, check_volume, job_id_of
from longhaul.errors import BrokenArchive, CannotSave
from longhaul.names import NAME_MAX_BYTES, safe
from longhaul.transfer import Ticks, stream
from tests.unit.longhaul.build_archive import FILES
from tests.unit.longhaul.build_volumes import (
    VOLUMES,
    archives,
    done,
    listing,
    name,
    one_archive,
    packed,
    stored,
)
from tests.unit.longhaul.stub import JOB, JOB_ID, Stored, Stub, accepted, completed, link

FORMS = pytest.mark.parametrize("form", ["zip", "tar", "tar.gz"])
TARS = pytest.mark.parametrize("form", ["tar", "tar.gz"])


def several(form: str = "zip") -> Job:
    return answers.read(json.dumps(done(form)), Job)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "archive"
    path.write_bytes(content)
    return path


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# -- what is in an archive -------------------------------------------------------------------------


@FORMS
def test_an_archive_of_each_format_is_checked(tmp_path: Path, form: str) -> None:
    seen: list[tuple[int, int]] = []

    manifest = check(
        written(tmp_path, one_archive(form)), lambda done, total: seen.append((done, total))
    )

    assert [file.name for file in manifest.files] == list(FILES)
    assert manifest.job_id == JOB_ID
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


@TARS
def test_a_byte_that_is_not_as_it_was_is_found_in_a_tar(tmp_path: Path, form: str) -> None:
    files = {"a.txt": b"first" * 1000, "manifest.json": listing([{"a.txt": b"fIrst" * 1000}])}

    with pytest.raises(BrokenArchive, match=r"differ in 'a\.txt'"):
        check(written(tmp_path, packed(files, form)))


def test_a_manifest_of_the_user_is_a_file_in_a_tar_too(tmp_path: Path) -> None:
    files = {"manifest.json": b"of the user", "b": b""}
    content = packed({**files, "manifest (2).json": listing([files])}, "tar")

    assert [file.name for file in check(written(tmp_path, content)).files] == list(files)


@TARS
@pytest.mark.parametrize("left", [0.2, 0.5, 0.9])
def test_a_tar_that_is_cut_is_broken(tmp_path: Path, form: str, left: float) -> None:
    content = one_archive(form)

    with pytest.raises(BrokenArchive):
        check(written(tmp_path, content[: int(len(content) * left)]))


def test_bytes_after_the_end_of_a_tar_are_none_of_ours(tmp_path: Path) -> None:
    with pytest.raises(BrokenArchive, match="bytes follow its end"):
        check(written(tmp_path, one_archive("tar") + b"x" * 512))


def test_a_damaged_member_of_a_tar_gz_is_broken(tmp_path: Path) -> None:
    content = bytearray(one_archive("tar.gz"))
    content[-6] ^= 1

    with pytest.raises(BrokenArchive, match="CRC check failed"):
        check(written(tmp_path, bytes(content)))


@FORMS
def test_of_several_archives_each_is_held_to_the_manifest_in_the_last(
    tmp_path: Path, form: str
) -> None:
    paths = [tmp_path / str(number) for number in range(3)]
    for path, content in zip(paths, archives(form), strict=True):
        path.write_bytes(content)
    *others, last = paths

    manifest = check(last, number=len(VOLUMES))

    assert [file.archive for file in manifest.files] == [1, 2, 2, 3]
    for number, path in enumerate(others, 1):
        check_volume(path, manifest, number)
    with pytest.raises(BrokenArchive, match="differ"):
        check_volume(others[0], manifest, 2)
    with pytest.raises(BrokenArchive, match="manifest"):
        check(others[0])


def test_a_last_archive_with_nothing_but_the_manifest_is_whole(tmp_path: Path) -> None:
    manifest = listing([{"a.txt": b"a"}, {}])
    path = written(tmp_path, packed({"manifest.json": manifest}, "zip"))

    assert len(check(path, number=2).files) == 1


def test_nobody_knows_at_a_glance_which_job_has_made_a_tar(tmp_path: Path) -> None:
    assert job_id_of(written(tmp_path, one_archive("zip"))) == JOB_ID
    assert job_id_of(written(tmp_path, one_archive("tar"))) is None


# -- downloads -------------------------------------------------------------------------------------


@TARS
def test_a_tar_is_downloaded_and_found_there_again(
    client: Client, stub: Stub, tmp_path: Path, form: str
) -> None:
    content = one_archive(form)
    path = "/s3/archive?signature=1"
    stub.objects[path] = Stored(content, disposition=f'attachment; filename="march.{form}"')
    stub.on(f"GET {JOB}/download", link(stub.url + path))
    answer = completed(len(content))
    answer["result"]["s3Key"] = f"archives/{JOB_ID}.{form}"
    job = answers.read(json.dumps({**answer, "format": form, "archives": 1}), Job)

    first, second = download(client, job, tmp_path), download(client, job, tmp_path)

    assert there(tmp_path) == {f"march.{form}": content}
    assert (first.was_there, second.was_there) == (False, True)
    assert (first.archive, first.files) == (1, len(FILES))


@FORMS
def test_all_archives_are_saved_under_their_names_the_last_one_first(
    client: Client, stub: Stub, tmp_path: Path, form: str
) -> None:
    contents = [one.content for one in stored(stub, form)]

    saved = list(download_all(client, several(form), tmp_path))

    assert [one.archive for one in saved] == [3, 1, 2]
    assert [one.files for one in saved] == [1, 1, 2]
    assert [one.size for one in saved] == [len(contents[n]) for n in (2, 0, 1)]
    assert there(tmp_path) == {name(n, form): contents[n - 1] for n in (1, 2, 3)}
    assert all(len(one.manifest.files) == 4 for one in saved)


def test_a_second_download_finds_them_all_and_fetches_nothing(
    client: Client, stub: Stub, tmp_path: Path
) -> None:
    stored(stub)
    list(download_all(client, several(), tmp_path))
    stub.asked.clear()

    saved = list(download_all(client, several(), tmp_path))

    assert all(one.was_there for one in saved)
    ranges = [one.headers["range"] for one in stub.asked if "/s3/" in one.line]
    assert ranges == ["bytes=0-0"] * 3


def test_a_download_that_was_cut_goes_on_where_it_was(
    client: Client, stub: Stub, tmp_path: Path
) -> None:
    first, second, _ = stored(stub)
    got: list[int] = []

    def stop(done: int, _: int) -> None:
        got.append(done)
        if len(got) > 1:
            raise KeyboardInterrupt

    first.cuts = [1, 700]
    with pytest.raises(KeyboardInterrupt):
        list(download_all(client, several(), tmp_path, ticks=Ticks(stop)))
    saved = {one.archive: one for one in download_all(client, several(), tmp_path)}

    assert (saved[3].was_there, saved[1].was_there) == (True, False)
    assert saved[2].path.read_bytes() == second.content
    assert sorted(there(tmp_path)) == [name(n) for n in (1, 2, 3)]


def test_another_file_of_the_same_size_is_not_taken_for_an_archive(
    client: Client, stub: Stub, tmp_path: Path
) -> None:
    first, *_ = stored(stub)
    (tmp_path / name(1)).write_bytes(b"x" * len(first.content))

    with pytest.raises(CannotSave, match="exists already"):
        list(download_all(client, several(), tmp_path))
    assert (tmp_path / name(1)).read_bytes() == b"x" * len(first.content)

    list(download_all(client, several(), tmp_path, force=True))
    assert (tmp_path / name(1)).read_bytes() == first.content


def test_an_archive_of_another_size_than_the_api_says_is_broken(
    client: Client, stub: Stub, tmp_path: Path
) -> None:
    *_, last = stored(stub)
    last.content += b"x"

    with pytest.raises(BrokenArchive, match="bytes in S3"):
        list(download_all(client, several(), tmp_path))


def test_several_archives_go_to_a_folder(client: Client, stub: Stub, tmp_path: Path) -> None:
    stored(stub)

    with pytest.raises(CannotSave, match="has 3 archives: they go to a folder"):
        list(download_all(client, several(), tmp_path / "x.zip"))
    with pytest.raises(CannotSave, match="3 archives"):
        download(client, several(), tmp_path)
    with pytest.raises(CannotSave, match="not one file"):
        stream(client, several(), io.BytesIO())
    assert stub.asked == []


def test_the_archives_are_listed(client: Client, stub: Stub) -> None:
    stored(stub)

    listed = client.archives(JOB_ID)

    assert [one.filename for one in listed] == [name(n) for n in (1, 2, 3)]
    assert [one.archive for one in listed] == [1, 2, 3]


def test_a_link_to_one_of_several_wants_its_number(client: Client, stub: Stub) -> None:
    stored(stub)

    assert client.download_link(JOB_ID, archive=2).download_url.endswith("archive-2?signature=1")
    with pytest.raises(errors.UnexpectedAnswer):
        client.download_link(JOB_ID)


def test_the_index_of_a_tar_has_a_link(client: Client, stub: Stub) -> None:
    stub.on(f"GET {JOB}/download?index=true", link("https://s3/index"))

    assert client.index_link(JOB_ID).download_url == "https://s3/index"


def test_a_long_name_keeps_which_archive_it_is() -> None:
    first, second = (safe(f"{'n' * 240}-{n:02}-of-12.tar.gz") for n in (1, 2))

    assert first.endswith("n-01-of-12.tar.gz")
    assert second.endswith("n-02-of-12.tar.gz")
    assert len(first) == NAME_MAX_BYTES


def test_what_an_older_api_says_of_a_job_is_one_zip() -> None:
    job = answers.read(json.dumps(completed()), Job)

    assert (job.format, job.archives) == ("zip", 1)
    assert job.result
    assert (job.result.link_url, job.result.index_url) == (None, None)


def test_a_request_says_what_the_archive_is_to_be_like(client: Client, stub: Stub) -> None:
    stub.on("POST /v1/export", accepted())

    client.create(prefix="a/", format="tar.gz", compression="auto", split=2_000_000)

    said = {"format": "tar.gz", "compression": "auto", "split": 2_000_000}
    assert stub.asked[0].content == {"prefix": "a/", **said}

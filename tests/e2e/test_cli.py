"""The command line with a deployed stack, over a network that fails."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest

from infra.outputs import Outputs
from tests.archives import check_archive
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.contract import JSON
from tests.e2e.cutting import CuttingProxy, cutting
from tests.e2e.sources import MIB, Sources, noise

PROGRAM = Path(sys.executable).with_name("longhaul")
"""The program that `make setup` installs."""

WITHIN_SECONDS = 300


@dataclass(frozen=True)
class Cli:
    """The program, in an empty folder, for one stack."""

    folder: Path
    environment: dict[str, str]

    def start(self, *words: str, stdin: int | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [PROGRAM, *words],
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment,
        )

    def run(self, *words: str, stdin: str = "", code: int = 0) -> str:
        """Runs the program and returns its standard output. Fails if it exits with another code."""
        with self.start(*words, stdin=subprocess.PIPE) as process:
            out, err = process.communicate(stdin, timeout=WITHIN_SECONDS)
        assert process.returncode == code, err
        return out

    def through(self, proxy: CuttingProxy) -> "Cli":
        """Returns the same program, behind this proxy."""
        return Cli(self.folder, {**self.environment, "http_proxy": proxy.url})


@pytest.fixture
def cli(outputs: Outputs, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    own = {
        "LONGHAUL_URL": outputs.api_url,
        "LONGHAUL_USER": f"cli-{uuid4()}",
        "LONGHAUL_TOKEN": "",
        "XDG_CONFIG_HOME": str(tmp_path_factory.mktemp("config")),
    }
    proxies = re.compile("(http|https|all|no)_proxy", re.IGNORECASE)
    environment = {name: value for name, value in os.environ.items() if not proxies.fullmatch(name)}
    return Cli(tmp_path, {**environment, **own})


@pytest.fixture
def only_plain_http(outputs: Outputs) -> None:
    if not outputs.api_url.startswith("http:"):
        pytest.skip("a proxy cannot cut the answers in HTTPS")


def test_an_export_saves_the_file(cli: Cli, sources: Sources) -> None:
    files = [sources.put(noise(50_000), filename=f"{name}.bin") for name in ("a", "ü b")]
    missing = sources.new_id()
    ids = [str(file.file_id) for file in files]

    out = cli.run(
        "export", *ids, str(missing), "--filename", "März.zip", "-o", ".", "--json", code=9
    )

    printed = json.loads(out)
    assert printed["download"]["path"] == "März.zip"
    assert printed["download"]["missing"] == [missing]
    archive = (cli.folder / "März.zip").read_bytes()
    check_archive(archive, files, [missing], job_id=printed["jobId"])


@pytest.mark.usefixtures("only_plain_http")
@pytest.mark.parametrize(
    ("number", "size"), [(4, 10 * MIB), pytest.param(20, 50_000_000, marks=pytest.mark.large)]
)
def test_a_file_is_whole_after_three_broken_connections(
    cli: Cli, sources: Sources, number: int, size: int
) -> None:
    files = [sources.put(noise(size)) for _ in range(number)]
    ids = [str(file.file_id) for file in files]

    with cutting(after=number * size // 5, most=3) as proxy:
        out = cli.through(proxy).run("export", *ids, "--wait", "-o", "out.zip", "--json")

    assert proxy.cuts == 3
    assert names(cli.folder) == ["out.zip"]
    check_archive((cli.folder / "out.zip").read_bytes(), files, job_id=json.loads(out)["jobId"])


@pytest.mark.usefixtures("only_plain_http")
def test_an_interrupted_download_resumes_in_another_run(
    cli: Cli, api: Api, sources: Sources
) -> None:
    file = sources.put(noise(12 * MIB))
    job_id = api.export(file_ids=[file.file_id])
    api.completed(job_id)

    with cutting(after=5 * MIB, most=1, is_last=True) as proxy:
        cli.through(proxy).run("download", job_id, "-o", "out.zip", "--patience", "0", code=4)
    left = [path.stat().st_size // MIB for path in cli.folder.glob("out.zip.*.part")]
    with cutting() as proxy:
        cli.through(proxy).run("download", job_id, "-o", "out.zip")

    assert left == [4]  # nearly 5 MiB: the headers count too
    assert proxy.passed < 8 * MIB
    assert names(cli.folder) == ["out.zip"]
    check_archive((cli.folder / "out.zip").read_bytes(), [file], job_id=job_id)


@pytest.mark.usefixtures("only_plain_http")
def test_watch_needs_only_events(cli: Cli, backstage: Backstage) -> None:
    job_id = handmade.waiting(backstage)

    with cutting() as proxy, cli.through(proxy).start("watch", job_id, "--json") as process:
        first = line_of(process)
        backstage.move(job_id, status="processing", stage="assembling", bytesTotal=9, bytesDone=3)
        second = line_of(process)
        backstage.move(job_id, status="completed", stage="done", bytesDone=9)
        third = line_of(process)
        rest, _ = process.communicate(timeout=WITHIN_SECONDS)

    seen = [(job["status"], job["progress"]["percent"]) for job in (first, second, third)]
    assert seen == [("queued", 0), ("processing", 33), ("completed", 100)]
    assert rest == ""
    assert process.returncode == 0
    assert {line.rpartition("/")[2] for line in proxy.requests} == {"progress"}


def test_ctrl_c_does_not_end_the_job_and_prints_how_to_return(
    cli: Cli, api: Api, backstage: Backstage
) -> None:
    job_id = handmade.waiting(backstage)

    with cli.start("watch", job_id, "--json") as process:
        line_of(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=WITHIN_SECONDS)

    assert process.returncode == 130
    assert err.endswith(
        f"The job goes on without you. Come back with:\n  longhaul watch {job_id}\n"
    )
    assert api.job(job_id)["status"] == "queued"


def test_thousands_of_ids_can_come_from_a_pipe(cli: Cli, sources: Sources) -> None:
    file = sources.put(b"the one that is there")
    ids = "\n".join(str(sources.new_id()) for _ in range(2000))

    out = cli.run("export", "-", "-o", "x.zip", "--json", stdin=f"{ids} {file.file_id}\n", code=9)

    printed = json.loads(out)
    assert (printed["download"]["files"], len(printed["download"]["missing"])) == (1, 2000)


def test_what_cannot_be_read_is_named_or_left_out(cli: Cli, sources: Sources) -> None:
    prefix = sources.new_prefix()
    file = sources.put_at(prefix, "a.txt", b"readable", name="All/a.txt")
    for name in ("b.bin", "c/d.bin"):
        sources.put_at(prefix, name, b"frozen", storage_class="GLACIER")
    (cli.folder / "list.json").write_text(json.dumps([{"prefix": prefix, "name": "All"}]), "utf-16")
    words = ("export", "--files", "list.json", "-o", "out.zip")

    with cli.start(*words) as process:
        out, err = process.communicate(timeout=WITHIN_SECONDS)
    printed = json.loads(cli.run(*words, "--on-unreadable", "skip", "--json", code=9))

    assert (process.returncode, out) == (1, "")
    assert "The job has failed. A source file cannot be read: 2 of 3 files cannot be read: " in err
    assert all(f"{prefix}{name} (archived: in GLACIER" in err for name in ("b.bin", "c/d.bin"))
    assert " --on-unreadable skip\n" in err
    skipped = printed["download"]["skipped"]
    assert skipped == printed["result"]["skipped"]
    assert [(one["file"], one["reason"]) for one in skipped] == [
        (f"{prefix}b.bin", "archived"),
        (f"{prefix}c/d.bin", "archived"),
    ]
    check_archive((cli.folder / "out.zip").read_bytes(), [file], job_id=printed["jobId"])


def test_a_key_list_of_windows_is_read(cli: Cli, sources: Sources) -> None:
    prefix = sources.new_prefix()
    files = [sources.put_at(prefix, n, noise(9), name=prefix + n) for n in ("ü.txt", "b c.txt")]
    keys = "".join(f"{file.key}\r\n" for file in files)

    out = cli.run("export", "--keys", "-", "-o", "x.zip", "--json", stdin=f"\ufeff{keys}\r\n")

    check_archive((cli.folder / "x.zip").read_bytes(), files, job_id=json.loads(out)["jobId"])


def test_an_export_of_nothing_fails_and_saves_nothing(cli: Cli, sources: Sources) -> None:
    ids = [str(sources.new_id()) for _ in range(3)]

    with cli.start("export", *ids, "-o", "out.zip") as process:
        out, err = process.communicate(timeout=WITHIN_SECONDS)

    assert (process.returncode, out) == (1, "")
    assert f"{ids[0]} (missing)" in err
    assert names(cli.folder) == []


def test_an_unknown_source_is_refused_with_the_known_ones(cli: Cli) -> None:
    with cli.start("export", "10001", "--source", "nowhere") as process:
        _, err = process.communicate(timeout=WITHIN_SECONDS)

    assert process.returncode == 2
    assert "source" in err
    assert "nowhere" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["whoami"], 8, "and nobody has to be."),
        (["export", "licences/"], 2, "For a folder: longhaul export --prefix licences/"),
        (["export", "--prefix", ""], 2, "the prefix: must not be empty."),
        (["export", "--prefix", "", "--dry-run"], 2, "the prefix: must not be empty."),
    ],
)
def test_what_leads_nowhere_is_said_as_the_stack_means_it(
    cli: Cli, words: list[str], code: int, said: str
) -> None:
    with cli.start(*words) as process:
        _, err = process.communicate(timeout=WITHIN_SECONDS)

    assert process.returncode == code
    assert said in err


def test_the_same_key_leads_to_the_same_job(cli: Cli, sources: Sources) -> None:
    words = ("export", str(sources.put(b"x").file_id), "--idempotency-key", str(uuid4()))

    assert cli.run(*words) == cli.run(*words)


def test_an_archive_can_go_to_standard_output(cli: Cli, sources: Sources) -> None:
    prefix = sources.new_prefix()
    files = [sources.put_at(prefix, name, noise(1000)) for name in ("a.txt", "b/c.txt")]

    command = [str(PROGRAM), "export", "--prefix", prefix, "--quiet", "--output", "-"]
    out = subprocess.run(command, env=cli.environment, capture_output=True, check=True).stdout

    job_id = cli.run("list").partition("\t")[0]
    check_archive(out, files, job_id=job_id)


def test_a_failed_job_is_printed_with_its_reason(cli: Cli, sources: Sources) -> None:
    with cli.start("export", str(sources.new_id()), "--on-missing", "fail", "--wait") as process:
        out, err = process.communicate(timeout=WITHIN_SECONDS)

    assert process.returncode == 1
    assert out.strip()
    assert "The job has failed. A source file is missing: " in err


def test_a_failed_job_can_be_retried_and_saved(cli: Cli, sources: Sources) -> None:
    prefix = sources.new_prefix()
    failed = cli.run("export", "--prefix", prefix).strip()
    cli.run("watch", failed, code=1)
    file = sources.put_at(prefix, "a.txt", b"there now")

    printed = json.loads(cli.run("retry", failed, "-o", "out.zip", "--json"))
    again = cli.run("retry", failed).strip()

    assert printed["retryOf"] == failed
    assert again == printed["jobId"]
    check_archive((cli.folder / "out.zip").read_bytes(), [file], job_id=printed["jobId"])


def test_the_advice_for_a_failed_job_mends_it(cli: Cli, sources: Sources) -> None:
    file, missing = sources.put(noise(2000)), sources.new_id()
    words = ("export", f"{file.file_id},{missing}", "--on-missing", "fail", "--wait")

    with cli.start(*words) as process:
        _, err = process.communicate(timeout=WITHIN_SECONDS)
    found = re.search(r"To leave these files out: longhaul (retry \S+ --on-missing skip)\n", err)
    assert found, err
    printed = json.loads(cli.run(*found[1].split(), "-o", "out.zip", "--json", code=9))

    archive = (cli.folder / "out.zip").read_bytes()
    check_archive(archive, [file], [missing], job_id=printed["jobId"])


def test_a_folder_is_listed_tried_out_and_exported_by_its_keys(cli: Cli, sources: Sources) -> None:
    prefix = sources.new_prefix()
    files = [sources.put_at(prefix, n, noise(900), name=prefix + n) for n in ("a.txt", "b/c.txt")]
    sources.put_at(prefix, "d.txt", b"frozen", storage_class="GLACIER")

    rows = [row.split("\t") for row in cli.run("ls", prefix.rstrip("/")).splitlines()]
    tried = json.loads(cli.run("--json", "export", "--prefix", prefix, "--dry-run", code=1))
    cli.run("export", "--prefix", prefix, "--dry-run", "--on-unreadable", "skip", code=9)
    assert cli.run("list") == ""
    keys = "".join(f"{file.key}\n" for file in files)
    out = cli.run("export", "--keys", "-", "-o", "x.zip", "--json", stdin=keys)

    assert [row[0] for row in rows] == [f"{prefix}b/", f"{prefix}a.txt", f"{prefix}d.txt"]
    assert rows[2][4].startswith("archived: in GLACIER")
    assert (tried["files"], tried["bytes"], tried["unreadableFiles"]) == (2, 1800, 1)
    check_archive((cli.folder / "x.zip").read_bytes(), files, job_id=json.loads(out)["jobId"])


def test_files_of_keys_may_have_their_own_names(cli: Cli, sources: Sources) -> None:
    key = sources.put(b"named", filename="März.txt").key

    for names in ("key", "own"):
        cli.run("export", "--keys", key, "--names", names, "-o", f"{names}.zip")

    found = [ZipFile(cli.folder / f"{names}.zip").namelist()[0] for names in ("key", "own")]
    assert found == [key, f"{key.rpartition('/')[0]}/März.txt"]


def test_an_archive_is_downloaded_under_its_new_name(cli: Cli, sources: Sources) -> None:
    job_id = cli.run("export", str(sources.put(b"x").file_id), "--filename", "a.zip").strip()

    cli.run("rename", job_id, "日本 b.zip")

    assert cli.run("download", job_id, "--wait") == "日本 b.zip\n"
    assert cli.run("list").rstrip("\n").rpartition("\t")[2] == "日本 b.zip"


def test_a_job_whose_request_is_gone_is_not_retried(cli: Cli, backstage: Backstage) -> None:
    job_id = handmade.waiting(backstage)
    cli.run("cancel", job_id)

    with cli.start("retry", job_id) as process:
        out, err = process.communicate(timeout=WITHIN_SECONDS)

    assert (process.returncode, out) == (3, "")
    assert "Name the files again" in err


def test_an_archive_on_the_disk_is_not_downloaded_again(cli: Cli, sources: Sources) -> None:
    file = sources.put(noise(2000))
    first = cli.run("export", str(file.file_id), "-o", "one.zip", "--json")

    with cli.start("export", str(file.file_id), "--wait") as process:
        out, err = process.communicate(timeout=WITHIN_SECONDS)
    with cli.start("download", out.strip(), "-o", "one.zip") as process:
        _, more = process.communicate(timeout=WITHIN_SECONDS)

    assert ", from an earlier export" in err
    assert ", already downloaded" in more
    check_archive((cli.folder / "one.zip").read_bytes(), [file], job_id=json.loads(first)["jobId"])


def test_too_many_open_exports_are_an_error_with_advice(
    cli: Cli, backstage: Backstage, sources: Sources
) -> None:
    user = cli.environment["LONGHAUL_USER"]
    with backstage.api_setting("MAX_OPEN_JOBS_PER_USER", "1"):
        handmade.waiting(backstage, user, counted=True)
        backstage.wait_until_counted(user, 1, WITHIN_SECONDS)

        with cli.start("export", str(sources.new_id()), "--patience", "0") as process:
            out, err = process.communicate(timeout=WITHIN_SECONDS)

    assert (process.returncode, out) == (6, "")
    assert "Too many exports are open" in err
    assert "longhaul cancel JOB" in err
    assert "may or may not have started" not in err


def test_a_job_is_cancelled_once(cli: Cli, backstage: Backstage, api: Api) -> None:
    job_id = handmade.waiting(backstage)

    cli.run("cancel", f"{api.base_url}/v1/export/{job_id}")
    cli.run("watch", job_id, code=1)
    cli.run("cancel", job_id)

    assert api.job(job_id)["status"] == "cancelled"


def test_missing_jobs_files_and_archives_have_their_own_exit_code(
    cli: Cli, api: Api, sources: Sources, backstage: Backstage
) -> None:
    job_id = api.export(file_ids=[sources.put(b"x").file_id])
    api.completed(job_id)
    backstage.set_number(job_id, "expiresAt", 1)

    cli.run("download", job_id, code=3)
    cli.run("watch", job_id, code=3)
    cli.run("status", str(uuid4()), code=3)
    cli.run("check", str(sources.new_id()), code=3)
    cli.run("check", str(sources.put(b"x").file_id))


def test_a_running_job_cannot_be_downloaded(cli: Cli, backstage: Backstage) -> None:
    cli.run("download", handmade.waiting(backstage), code=6)


def test_each_error_in_a_request_is_printed(cli: Cli) -> None:
    with cli.start("export", "5", "6") as process:
        _, err = process.communicate(timeout=WITHIN_SECONDS)

    assert process.returncode == 2
    assert "  FILE number 1: 5 must be bigger than or equal to 10000\n" in err
    assert "  FILE number 2: 6 must be" in err


def test_a_share_link_downloads_until_it_is_revoked(cli: Cli, api: Api, sources: Sources) -> None:
    file = sources.put(noise(2000))
    job_id = api.export(file_ids=[file.file_id])
    api.completed(job_id)
    other = Cli(cli.folder, {**cli.environment, "LONGHAUL_URL": "", "LONGHAUL_USER": "other"})

    link = cli.run("share", job_id, "--for", "10m")
    other.run("download", "-", "-o", "out.zip", stdin=link)
    share_id = cli.run("share", job_id, "--list").partition("\t")[0]
    cli.run("share", job_id, "--revoke", share_id)

    check_archive((cli.folder / "out.zip").read_bytes(), [file], job_id=job_id)
    other.run("status", "-", stdin=link, code=8)
    cli.run("share", job_id, "--revoke", share_id, code=3)


def test_a_deleted_job_is_gone_and_a_cancel_deletes_none(
    cli: Cli, api: Api, sources: Sources, backstage: Backstage
) -> None:
    job_id = api.export(file_ids=[sources.put(noise(2000)).file_id])
    api.completed(job_id)
    waiting = handmade.waiting(backstage)

    cli.run("cancel", job_id, code=6)
    cli.run("download", job_id, "-o", "out.zip")
    cli.run("delete", job_id, code=2)
    cli.run("delete", job_id, "--yes")
    cli.run("delete", waiting, "--yes", code=6)
    cli.run("delete", waiting, "--yes", "--cancel")

    for gone in (job_id, waiting):
        cli.run("status", gone, code=3)
        cli.run("cancel", gone, code=3)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def line_of(process: "subprocess.Popen[str]") -> JSON:
    """Returns the next line of JSON that the program prints."""
    assert process.stdout
    return dict(json.loads(process.stdout.readline()))

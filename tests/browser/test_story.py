"""The whole story of a user: choose files, start, watch, leave, come back, download."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.archives import check_archive
from tests.browser.stage import Stage
from tests.e2e import handmade
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import MIB, Sources, noise

COUNTED_SECONDS = 30
"""More than enough time for an index to follow its table."""


def percent(page: Page) -> int:
    return int(page.get_by_role("progressbar").get_attribute("aria-valuenow") or -1)


def test_files_chosen_by_id_are_exported_and_downloaded(stage: Stage, sources: Sources) -> None:
    files = [sources.put(noise(MIB), filename=f"{i}.bin") for i in range(3)]
    gone = sources.new_id()
    page = stage.open("#/new")
    page.get_by_label("File ids").fill(", ".join(str(f.file_id) for f in files) + f"\n{gone}")
    page.get_by_label("Name of the archive").fill("March.zip")

    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download ZIP").click()

    expect(page.get_by_text("1 file not found")).to_be_visible()
    expect(page.get_by_role("list", name="not found")).to_have_text(str(gone))
    assert download.value.suggested_filename == "March.zip"
    job_id = page.url.rpartition("/")[2]
    check_archive(download.value.path().read_bytes(), files, [gone], job_id=job_id)


def test_files_are_chosen_in_folders(stage: Stage, sources: Sources) -> None:
    top = stage.folder
    wanted = [
        sources.put_at(top, name, noise(10), name=top + name) for name in ("a.txt", "in/b c.txt")
    ]
    sources.put_at(top, "in/other.txt", b"not this one")
    page = stage.open_folder()

    stage.box("a.txt").check()
    stage.enter_folder("in")
    stage.box("b c.txt").check()
    expect(page.locator(".summary")).to_have_text("2 files, 20 bytes")
    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download ZIP").click()

    check_archive(download.value.path().read_bytes(), wanted, job_id=page.url.rpartition("/")[2])


def test_a_whole_folder_is_chosen_at_once(stage: Stage, sources: Sources) -> None:
    sources.put_many(f"{stage.folder}all/", [(f"{i:03}.txt", b"1") for i in range(120)])
    page = stage.open_folder()

    stage.box("Whole folder all").check()
    expect(page.locator(".summary")).to_have_text("120 files, 120 bytes")
    page.get_by_role("button", name="Start export").click()

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    expect(page.get_by_text("120 files")).to_be_visible()


def test_progress_is_shown_while_the_job_runs(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip", 10)
    page = stage.open_job(job_id)
    expect(page.get_by_text("10%", exact=True)).to_be_visible()

    stage.records.advance(job_id, 55)

    expect(page.get_by_text("55%", exact=True)).to_be_visible()
    expect(page.get_by_text("22 of 40", exact=True)).to_be_visible()
    expect(page.get_by_text("110 of 200 MB", exact=True)).to_be_visible()
    expect(page.get_by_text("B/s")).to_be_visible()
    expect(page.get_by_text(" left", exact=False)).to_be_visible()
    assert percent(page) == 55


def test_the_end_is_shown_even_if_the_workers_clock_is_slow(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip", 99)
    page = stage.open_job(job_id)
    expect(page.get_by_text("99%", exact=True)).to_be_visible()

    stage.records.finish(job_id, updated_at=1_700_000_000_000)

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()


def test_a_closed_tab_can_be_opened_again_by_its_link(
    stage: Stage, context: BrowserContext
) -> None:
    job_id = stage.records.running("Recordings.zip", 50)
    page = stage.open_job(job_id)
    expect(page.get_by_text("50%", exact=True)).to_be_visible()
    link = page.url
    page.close()
    stage.records.advance(job_id, 80)

    again = context.new_page()
    again.goto(link)

    expect(again.get_by_text("80%", exact=True)).to_be_visible()
    stage.records.advance(job_id, 90)
    expect(again.get_by_text("90%", exact=True)).to_be_visible()


def test_the_page_says_that_it_is_offline_and_then_catches_up(
    stage: Stage, context: BrowserContext
) -> None:
    job_id = stage.records.running("Recordings.zip", 30)
    page = stage.open_job(job_id)
    expect(page.get_by_text("30%", exact=True)).to_be_visible()

    context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    stage.records.advance(job_id, 70)
    expect(page.get_by_text("30%", exact=True)).to_be_visible()
    context.set_offline(False)

    expect(page.get_by_text("You are offline.")).to_be_hidden()
    expect(page.get_by_text("70%", exact=True)).to_be_visible()
    stage.records.advance(job_id, 75)
    expect(page.get_by_text("75%", exact=True)).to_be_visible()


def test_the_page_says_that_the_server_is_silent_and_asks_again(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip", 30)
    page = stage.open_job(job_id)
    expect(page.get_by_text("30%", exact=True)).to_be_visible()

    page.route("**/v1/**", lambda route: route.fulfill(status=502, body="<h1>Bad gateway"))
    expect(page.get_by_text("The server does not answer.")).to_be_visible()
    stage.records.advance(job_id, 70)
    page.unroute("**/v1/**")

    expect(page.get_by_text("70%", exact=True)).to_be_visible()
    expect(page.get_by_text("The server does not answer.")).to_be_hidden()


def test_a_running_job_is_cancelled(stage: Stage, api: Api) -> None:
    job_id = stage.records.running("Recordings.zip", 30)
    page = stage.open_job(job_id)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Keep going").click()
    expect(page.get_by_role("progressbar")).to_be_visible()

    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel export").click()

    expect(page.get_by_role("heading", name="The export was cancelled")).to_be_visible()
    assert api.job(job_id)["status"] == "cancelled"


def test_cancelling_a_job_that_has_just_ended_says_so(stage: Stage) -> None:
    job_id = stage.records.running("Recordings.zip", 99)
    page = stage.open_job(job_id)
    page.get_by_role("button", name="Cancel").click()
    page.route("**/progress**", lambda route: route.abort())

    stage.records.finish(job_id)
    page.get_by_role("button", name="Cancel export").click()

    expect(page.get_by_text("so there is nothing to cancel")).to_be_visible()


def test_an_expired_archive_is_not_downloaded(stage: Stage) -> None:
    job_id = stage.records.completed("March.zip")
    page = stage.open_job(job_id)
    expect(page.get_by_role("link", name="Download ZIP")).to_be_visible()
    stage.records.change(job_id, expires_at=1_700_000_000_000)

    page.get_by_role("link", name="Download ZIP").click()

    expect(page.get_by_text("It was deleted. Export the files again.")).to_be_visible()
    expect(page.get_by_role("heading", name="The archive has expired")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="The archive has expired")).to_be_visible()


def test_an_archive_that_was_deleted_early_is_exported_again(
    stage: Stage, api: Api, sources: Sources, backstage: Backstage
) -> None:
    file = sources.put(noise(1000))
    first = api.ended(api.export(fileIds=[file.file_id], userId=stage.user))["jobId"]
    page = stage.open_job(first)
    expect(page.get_by_role("link", name="Download ZIP")).to_be_visible()
    backstage.s3.delete_object(Bucket=backstage.outputs.archive_bucket, Key=f"archives/{first}.zip")

    page.get_by_role("link", name="Download ZIP").click()
    page.get_by_role("button", name="Export again", exact=True).click()

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download ZIP").click()
    check_archive(download.value.path().read_bytes(), [file], job_id=page.url.rpartition("/")[2])


def test_a_failed_request_is_explained_and_can_be_sent_again(stage: Stage) -> None:
    file = stage.sources.put(b"here")
    page = stage.open("#/new")
    page.get_by_label("File ids").fill(str(file.file_id))
    keys: list[str] = []
    page.on("request", lambda sent: keys.append(sent.headers.get("idempotency-key", "")))
    page.route("**/v1/export", lambda route: route.abort(), times=1)

    page.get_by_role("button", name="Start export").click()
    expect(page.get_by_role("alert")).to_contain_text("The server could not be reached.")
    page.get_by_role("button", name="Start export").click()

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    first, second = filter(None, keys)
    assert first == second


# -- again --------------------------------------------------------------------------------------


def test_the_same_files_are_ready_at_once_and_the_page_says_why(
    stage: Stage, api: Api, sources: Sources
) -> None:
    ids = [sources.put(noise(1000)).file_id]
    api.completed(api.export(file_ids=ids, user_id=stage.user))

    page = stage.open_job(api.export(file_ids=ids, user_id=stage.user))

    expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()
    expect(page.get_by_text("It was there already, from an earlier export.")).to_be_visible()


def test_with_too_many_exports_a_user_cancels_one_and_the_form_is_kept(
    stage: Stage, backstage: Backstage, sources: Sources
) -> None:
    with backstage.api_setting("MAX_OPEN_JOBS_PER_USER", "1"):
        handmade.waiting(backstage, stage.user, counted=True)
        backstage.wait_until_counted(stage.user, 1, COUNTED_SECONDS)
        page = stage.open("#/new")
        page.get_by_label("File ids").fill(str(sources.put(b"x").file_id))
        page.get_by_role("button", name="Start export").click()
        expect(page.get_by_role("alert")).to_contain_text("Too many exports are running")

        page.get_by_role("link", name="Exports", exact=True).click()
        page.get_by_role("link", name="handmade.zip").click()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Cancel export").click()
        expect(page.get_by_role("heading", name="The export was cancelled")).to_be_visible()
        backstage.wait_until_counted(stage.user, 0, COUNTED_SECONDS)
        page.get_by_role("navigation").get_by_role("link", name="New export").click()
        page.get_by_role("button", name="Start export").click()

        expect(page.get_by_role("heading", name="Ready to download")).to_be_visible()

"""The component exports what it is given, and ends as a download."""

import json
import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.js.element.stage import CREATE, LINK, Stage

SEEN = "Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '%s' })"


def _names(page: Page, act: str) -> list[str]:
    """Returns what is in the archive that comes after a click on this button."""
    with page.expect_download() as download:
        page.get_by_role("button", name=act).click()
    with zipfile.ZipFile(download.value.path()) as archive:
        return archive.namelist()


def test_a_click_exports_a_selection_and_the_download_starts_by_itself(stage: Stage) -> None:
    stage.open(stage.order(filename="March.zip"), label="All files of March")

    with stage.page.expect_download() as download:
        stage.start("All files of March")

    assert download.value.suggested_filename == "March.zip"
    stage.expect_state("ready")
    link = stage.page.get_by_role("link", name="Download")
    expect(link).to_be_visible()
    expect(stage.page.get_by_text("March.zip")).to_be_visible()
    with stage.page.expect_download() as again:
        link.click()
    assert again.value.path().read_bytes() == download.value.path().read_bytes()


def test_each_way_to_say_what_to_export_works(stage: Stage) -> None:
    prefix = stage.sources.new_prefix()
    keys = [stage.sources.put_at(prefix, name, b"1").key for name in ("a, b.txt", "c.txt")]
    ids = [stage.sources.put(b"2").file_id for _ in range(2)]
    ways = {
        f'file-ids="{ids[0]}, {ids[1]}"': {str(one) for one in ids},
        f'file-ids="[{ids[0]}]"': {str(ids[0])},
        f'keys="{keys[0]}&#10;{keys[1]}"': set(keys),
        f'prefix="{prefix}"': {"a, b.txt", "c.txt"},
    }

    for attributes, names in ways.items():
        stage.open(attributes)
        assert set(_names(stage.page, "Export")) - {"manifest.json"} == names


def test_attributes_say_what_the_archive_is_to_be_like(stage: Stage) -> None:
    said = 'filename="March" format="zip" compression="auto" split="20000000"'
    stage.open(f'prefix="{stage.sources.new_prefix()}" {said}')

    with stage.page.expect_request(CREATE) as asked:
        stage.start()

    body = asked.value.post_data_json
    assert isinstance(body, dict)
    del body["prefix"]
    assert body == {
        "filename": "March",
        "format": "zip",
        "compression": "auto",
        "split": 20_000_000,
    }


def test_a_request_may_be_given_as_a_property_before_the_module_is_there(stage: Stage) -> None:
    source = stage.sources.put(b"early")
    request = {"files": [{"id": source.file_id, "name": "in/early.txt"}]}
    given = f"document.querySelector('longhaul-export').request = {json.dumps(request)}"
    stage.page.add_init_script(
        f"document.addEventListener('readystatechange', () => {{ {given} }}, {{ once: true }})"
    )

    stage.open('id="one"')

    assert "in/early.txt" in _names(stage.page, "Export")


@pytest.mark.parametrize("kind", ["text", "function"])
def test_a_selection_may_be_given_as_a_property(stage: Stage, kind: str) -> None:
    source = stage.sources.put(b"signed")
    selection = json.dumps(stage.shop.signed(stage.user, fileIds=[source.file_id], jti="1"))
    given = selection if kind == "text" else f"async () => {selection}"
    element = stage.open('id="order"')
    element.evaluate(f"element => {{ element.selection = {given} }}")

    assert str(source.file_id) in _names(stage.page, "Export")

    again = stage.shop.signed(stage.user, fileIds=[source.file_id], exp=2_000_000_000, jti="2")
    given = given.replace(selection, json.dumps(again))
    stage.reload()
    stage.element.evaluate(f"element => {{ element.selection = {given} }}")
    stage.expect_state("ready")


def test_events_tell_of_each_step_and_none_has_the_ticket(stage: Stage) -> None:
    urls: list[str] = []
    stage.page.on("request", lambda request: urls.append(request.url))
    stage.open(stage.order())

    with stage.page.expect_download():
        stage.start()

    noted = stage.noted()
    kinds = [kind for kind, _, _ in noted]
    assert kinds[0] == "start"
    assert kinds[-1] == "end"
    assert set(kinds[1:-1]) <= {"progress"}
    assert noted[-1][2] == "completed"
    kept = stage.page.evaluate("Object.values(sessionStorage)")
    ticket = json.loads(kept[0])["ticket"]
    assert ticket.startswith("lht_")
    told = [detail for _, detail, _ in noted]
    job = stage.element.evaluate("element => JSON.stringify(element.job)")
    html = stage.element.evaluate("element => element.shadowRoot.innerHTML")
    assert not [text for text in (*told, *urls, job, html) if "lht_" in text]


def test_files_that_were_left_out_are_counted(stage: Stage) -> None:
    there = stage.sources.put(b"there")
    stage.open(f'file-ids="{there.file_id},{stage.sources.new_id()},{stage.sources.new_id()}"')

    with stage.page.expect_download():
        stage.start()

    expect(stage.page.get_by_text("Files left out: 2", exact=True)).to_be_visible()


def test_a_link_that_is_old_is_asked_for_again(stage: Stage) -> None:
    stage.page.clock.install()
    stage.open(stage.order())
    with stage.page.expect_download():
        stage.start()
    link = stage.page.get_by_role("link", name="Download")

    stage.page.clock.set_system_time(stage.page.evaluate("Date.now() + 3_600_000"))
    with stage.page.expect_download(), stage.page.expect_request(LINK):
        link.click()


def test_a_download_waits_until_the_person_is_back(stage: Stage) -> None:
    hide = f"{SEEN}; document.dispatchEvent(new Event('visibilitychange'))"
    downloads: list[str] = []
    stage.page.on("download", lambda download: downloads.append(download.url))
    stage.open(stage.order())
    stage.page.evaluate(hide % "hidden")

    stage.element.evaluate("element => element.start()")
    stage.expect_state("ready")
    assert downloads == []
    with stage.page.expect_download():
        stage.page.evaluate(hide % "visible")
    stage.page.evaluate(hide % "hidden")
    stage.page.evaluate(hide % "visible")
    with stage.page.expect_download():
        stage.page.get_by_role("link", name="Download").click()

    assert len(downloads) == 2


def test_a_person_who_comes_back_late_gets_a_fresh_link(stage: Stage) -> None:
    stage.page.clock.install()
    stage.open(stage.order())
    stage.page.evaluate(SEEN % "hidden")
    stage.element.evaluate("element => element.start()")
    stage.expect_state("ready")
    stage.page.clock.set_system_time(stage.page.evaluate("Date.now() + 3_600_000"))
    stage.page.evaluate(SEEN % "visible")

    with stage.page.expect_download(), stage.page.expect_request(LINK):
        stage.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_an_export_of_nothing_says_so_and_may_be_tried_again(stage: Stage) -> None:
    stage.open(f'file-ids="{stage.sources.new_id()}"')

    stage.start()

    stage.expect_state("failed")
    expect(stage.page.locator("strong", has_text="There is nothing to export")).to_be_visible()
    assert stage.noted()[-1][2] == "failed"
    stage.start("Try again")
    stage.expect_state("failed")
    assert [kind for kind, _, _ in stage.noted()].count("start") == 2


def test_claims_in_other_scripts_are_no_trouble(stage: Stage) -> None:
    stage.user = "Ælice-日本"
    stage.open(stage.order(filename="März ⽂.zip"))

    with stage.page.expect_download() as download:
        stage.start()

    assert download.value.suggested_filename == "März ⽂.zip"
    stage.reload()
    stage.expect_state("ready")

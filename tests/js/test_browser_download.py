"""A download in a browser is the browser's own."""

from pathlib import Path

from playwright.sync_api import Browser

from infra.outputs import Outputs
from tests.js.scripted import Server

_DOWNLOAD = """async ([url, ids]) => {
  const { Longhaul } = await import("/client.js");
  const client = new Longhaul({ url });
  window.job = await client.wait(await client.create({ fileIds: ids, filename: "March.zip" }));
  return [await client.download(job), job.result.fileSize, location.pathname];
}"""


def test_it_has_the_archives_name_and_the_page_stays(
    browser: Browser, outputs: Outputs, server: Server, ids: list[int], tmp_path: Path
) -> None:
    page = browser.new_page()
    page.goto(f"{server.url}/page.html")

    with page.expect_download() as begun:
        saved, size, path = page.evaluate(_DOWNLOAD, [outputs.api_url, ids])

    begun.value.save_as(tmp_path / "a.zip")
    assert begun.value.suggested_filename == "March.zip"
    assert (tmp_path / "a.zip").stat().st_size == size
    assert (saved, path) == (None, "/page.html")
    page.close()

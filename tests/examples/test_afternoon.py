"""docs/how-to/behind-your-login.md, followed word by word from an empty folder, against a stack.

Once with Express and once with Django: each has a clone of its own, a stack of its own, and a shop
that is made by hand of what the page says. Then Alice and Bob use it, in Chromium.
"""

import base64
import json
import os
import re
import socket
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, expect

from infra import access
from infra.parameters import VARIABLES
from infra.paths import REPOSITORY
from infra.targets import Target
from tests.browser import chromium
from tests.examples.howto import PAGE, blocks, with_files_of
from tests.examples.reader import reader

PATIENCE_MS = 30_000
HEADINGS = {"express": "2. The shop, with Express", "django": "2. The shop, with Django"}
FOLDERS = {heading: REPOSITORY / "examples" / name for name, heading in HEADINGS.items()}
USUAL_PORT = {"express": "3000", "django": "8000"}

FILES = {"Order 4711/Type checker.tar": "mypy", "Order 4711/Linter.tar": "ruff"}
"""Names in Alice's archive, and the packages of which `make seed` has made these files."""

JOB = "(element) => element.job.jobId"
WATCH = """(element) => {
  window.seen = [];
  const see = () => window.seen.push(element.getAttribute("state"));
  new MutationObserver(see).observe(element, { attributes: true, attributeFilter: ["state"] });
  element.addEventListener("longhaul-progress", (event) => {
    window.seen.push(event.detail.job.progress.percent);
  });
}"""


@dataclass(frozen=True)
class Shop:
    """A shop that was made by hand. `clone` has the samples that its stack was given."""

    name: str
    url: str
    longhaul: str
    clone: Path


@dataclass(frozen=True)
class Customer:
    """Somebody who has signed in, in a browser of their own."""

    page: Page
    shop: Shop

    @property
    def export(self) -> Locator:
        """The first component of the page."""
        return self.page.locator("longhaul-export").first

    def get(self, path: str) -> requests.Response:
        """Asks the shop, as this customer's browser does."""
        cookies = {
            cookie["name"]: cookie["value"] for cookie in self.page.context.cookies(self.shop.url)
        }
        return requests.get(self.shop.url + path, cookies=cookies, timeout=PATIENCE_MS / 1000)

    def types(self, lines: str) -> Any:
        """Types lines in the browser's console. Returns what the last one prints.

        Each line that has a number beside it must print that.
        """
        printed = self.page.evaluate(
            f"async () => {{ const printed = [], console = {{ log: (each) => printed.push(each) }};"
            f"\n{lines}\nreturn printed; }}"
        )
        wanted = [int(number) for number in re.findall(r"; // (\d+)$", lines, re.MULTILINE)]
        assert printed[: len(wanted)] == wanted, lines
        return printed[-1]


@pytest.fixture(scope="module", params=HEADINGS)
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """The how-to, followed up to "Open …"."""
    name = request.param
    with reader(tmp_path_factory.mktemp(name)) as someone:
        clone = someone.folder
        for block in blocks("1. "):
            someone.type(block.text)
        assert not any(someone.folder.iterdir())
        section = blocks(HEADINGS[name])
        someone.save(section)
        [typed] = [block.text for block in section if block.language == "sh"]
        *lines, last = typed.strip().splitlines()
        someone.type("\n".join(lines))
        port = _free_port()
        someone.environment["PORT"] = port
        url = f"http://127.0.0.1:{port}"
        # Somebody may have the usual port.
        with someone.serving(last.replace(USUAL_PORT[name], port), url):
            yield Shop(name, url, someone.environment["LONGHAUL_URL"], clone)


def _free_port() -> str:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return str(tried.getsockname()[1])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with chromium.launched() as opened:
        yield opened


@pytest.fixture
def alice(shop: Shop, browser: Browser) -> Iterator[Customer]:
    yield from _customer(shop, browser, "alice")


@pytest.fixture
def bob(shop: Shop, browser: Browser) -> Iterator[Customer]:
    yield from _customer(shop, browser, "bob")


def _customer(shop: Shop, browser: Browser, name: str) -> Iterator[Customer]:
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Policy" in line.text else None)
    page.goto(f"{shop.url}/")
    page.get_by_role("button", name=f"Sign in as {name}").click()
    expect(page.get_by_text(f"You are {name}.")).to_be_visible()
    yield Customer(page, shop)
    context.close()
    assert errors == []


def test_alice_sees_progress_and_gets_the_files_of_her_order(
    alice: Customer, tmp_path: Path
) -> None:
    page, archive = alice.page, tmp_path / "archive.zip"
    expect(alice.export).to_have_attribute("state", "idle")
    alice.export.evaluate(WATCH)

    page.get_by_role("button", name="Download order 4711").click()
    some = re.compile(r"[1-9]\d?")
    expect(alice.export.get_by_role("progressbar")).to_have_attribute("aria-valuenow", some)
    seen, job = page.evaluate("window.seen"), alice.export.evaluate(JOB)
    page.reload()
    expect(alice.export).to_have_attribute("state", "ready")
    with page.expect_download() as downloading:
        alice.export.get_by_role("link", name="Download").click()

    downloading.value.save_as(archive)
    states = [state for state in seen if isinstance(state, str)]
    assert list(dict.fromkeys(states))[:2] == ["starting", "running"]
    assert any(0 < percent < 100 for percent in seen if not isinstance(percent, str)), seen
    assert alice.export.evaluate(JOB) == job
    assert downloading.value.suggested_filename == "Order 4711.zip"
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        names = set(opened.namelist())
        assert names >= {*FILES, "Order 4711/Licences/mypy.txt"}
        assert {name.split("/")[0] for name in names} == {"Order 4711", "manifest.json"}
        for name, package in FILES.items():
            [packed] = (alice.shop.clone / ".longhaul/demo/files").glob(f"{package}-*.tar")
            assert opened.read(name) == packed.read_bytes()


def test_who_stays_on_the_page_gets_the_download_by_one_click(alice: Customer) -> None:
    with alice.page.expect_download() as downloading:
        alice.page.get_by_role("button", name="Download order 4712").click()

    assert downloading.value.suggested_filename == "Order 4712.zip"


def test_what_the_page_says_of_alice_and_bob_is_so(alice: Customer, bob: Customer) -> None:
    hers, his, changed = [block.text for block in blocks("3. ") if block.language == "js"]

    job = alice.types(hers)
    bob.types(his.replace("ALICES_JOB", job))
    bob.page.evaluate(changed)
    with bob.page.expect_response("**/orders/4711/selection") as asked:
        bob.export.locator("[part=button]").click()

    assert asked.value.status == 403
    expect(bob.export).to_have_attribute("state", "failed")
    expect(bob.export.locator("[part=error]")).to_contain_text("This is not allowed")


def test_nobody_else_gets_a_selection(shop: Shop, alice: Customer, bob: Customer) -> None:
    strangers = requests.get(f"{shop.url}/orders/4711/selection", timeout=PATIENCE_MS / 1000)

    answers = {
        401: strangers,
        403: bob.get("/orders/4711/selection"),
        404: alice.get("/orders/9999/selection"),
        200: alice.get("/orders/4711/selection"),
    }

    for status, answer in answers.items():
        assert answer.status_code == status
        assert "no-store" in answer.headers["Cache-Control"]
        assert ("selection" in answer.json()) == (status == 200)


def test_a_selection_is_for_one_export_of_one_user_within_ten_minutes(
    alice: Customer, bob: Customer
) -> None:
    hers, again, his = [
        _claims(customer.get(f"/orders/{number}/selection"))
        for customer, number in ((alice, 4711), (alice, 4711), (bob, 4713))
    ]

    assert 0 < hers["exp"] - time.time() <= 600
    assert hers["uses"] == 1
    assert len({hers["jti"], again["jti"], his["jti"]}) == 3
    assert hers["sub"] == again["sub"] != his["sub"]


def _claims(answer: requests.Response) -> dict[str, Any]:
    _, payload, _ = answer.json()["selection"].split(".")
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims


def test_the_session_is_no_scripts_business(alice: Customer) -> None:
    session = [cookie for cookie in alice.page.context.cookies() if cookie["httpOnly"]]

    assert session
    assert {cookie["sameSite"] for cookie in session} == {"Lax"}
    assert not alice.page.evaluate("document.cookie.match(/session|shop/)")


def test_the_page_has_the_files_of_the_examples() -> None:
    """After a change: `WRITE_DOCS=yes pytest tests/examples/test_afternoon.py -k page_has`."""
    text = with_files_of(FOLDERS)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(text)

    assert PAGE.read_text() == text


@pytest.mark.parametrize("name", HEADINGS)
def test_no_file_of_an_example_is_missing_in_the_page(name: str) -> None:
    folder = REPOSITORY / "examples" / name
    told = {block.path for block in blocks(HEADINGS[name]) if block.path}
    unwritten = {"README.md", "package-lock.json", "requirements.txt"}

    assert told | unwritten >= {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.suffix in {".js", ".json", ".py", ".html", ".css", ".txt", ".in", ".md"}
        and "node_modules" not in path.parts
    }


def test_what_is_deployed_to_aws_is_what_make_up_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    [typed] = [block.text for block in blocks("4. ") if block.language == "sh"]
    given = dict(re.findall(r"\b([A-Z_]+)=(\S+)", typed))
    monkeypatch.setenv("SELECTION_KEYS", given["SELECTION_KEYS"])
    targets = re.findall(r"\bmake ([a-z-]+)", typed)

    chosen = access.chosen(given, Target("aws", "prod", given["AWS_REGION"]))

    assert (chosen.auth, chosen.issuer, chosen.source_prefix) == ("jwt", "", "orders/")
    assert given.keys() <= {*VARIABLES, "AUTH", "TARGET", "AWS_REGION"}
    assert targets == ["up", "url", "selection-key"]
    assert all(f"\n{name}: " in (REPOSITORY / "Makefile").read_text() for name in targets)

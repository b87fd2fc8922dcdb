"""The two ways to get an archive: wait for it, or let a job make it."""

import io
import time
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from infra.scenario.browser import AnswerError, Browser, Request
from infra.scenario.naive import PATH, Naive
from infra.scenario.profiles import Profile

ONE_REQUEST: Final = "one request"
JOB: Final = "Longhaul job"
"""The ways, as people read them."""

FIRST_ID: Final = 10_000
"""The id of file 0."""

DOWNLOAD: Final = "download"
"""The one request that does not go through nginx: to S3, by a presigned link."""

_HALF = 50
_LIMIT_SECONDS = 120.0
"""A run that takes this much longer than its reads has hung."""


@dataclass
class Run:
    """One profile in one of the two ways: what one can see of it, and in the end how it went.

    Times are monotonic seconds. Each is None until it has come.
    """

    profile: Profile
    way: str
    began: float = field(default_factory=time.monotonic)
    browser: Browser = field(default_factory=Browser)
    percent: int = 0
    text: str = ""
    told: list[tuple[float, str]] = field(default_factory=list)
    closed: float | None = None
    reopened: float | None = None
    worked_until: float | None = None
    ended: float | None = None
    succeeded: bool = False

    @property
    def requests(self) -> list[Request]:
        """Those that went through nginx."""
        return [request for request in self.browser.requests if request.what != DOWNLOAD]

    def tell(self, text: str) -> None:
        """Says what has happened. `text` is worth a line."""
        self.text = text
        self.told.append((time.monotonic() - self.began, text))


@dataclass(frozen=True)
class Place:
    """Where both servers are, through nginx, and the CRC-32 of each source file."""

    proxy_url: str
    api_url: str
    crc32s: Sequence[int]
    naive: Naive


def one_request(run: Run, place: Place, seconds: float) -> None:
    """Asks the synchronous server, and waits. All the reads take `seconds`."""
    count = run.profile.files
    run.text = "waiting for the answer"
    status, body = run.browser.ask("archive", f"{place.proxy_url}{PATH}?files={count}")
    run.ended = time.monotonic()
    run.succeeded = status == HTTPStatus.OK
    if run.succeeded:
        check(body, [str(number) for number in range(count)], place.crc32s)
        run.percent = 100
        run.tell(f"{status}: {count} files, checked")
        return
    run.tell(f"{status}; the server works on")
    run.worked_until = place.naive.ready(count).result(seconds + _LIMIT_SECONDS)
    run.tell(f"{status}; the server worked {run.worked_until - run.ended:.1f} s more, for nobody")


def job(run: Run, place: Place, seconds: float) -> None:
    """Asks Longhaul for the archive, closes the browser at half of it, and comes back later."""
    count = run.profile.files
    ids = list(range(FIRST_ID, FIRST_ID + count))
    asked = {"fileIds": ids, "filename": f"{run.profile.name}.zip", "fresh": True}
    accepted = run.browser.ask_json("export", f"{place.api_url}/v1/export", body=asked)
    run.tell(f"accepted after {time.monotonic() - run.began:.1f} s")
    _watch(run, accepted["sseUrl"], seconds, until=_HALF)
    run.closed = time.monotonic()
    run.tell(f"browser closed at {run.percent} %")
    time.sleep(seconds / 5)
    run.reopened = time.monotonic()
    run.tell("browser open again, by the same link")
    _watch(run, accepted["sseUrl"], seconds, until=None)
    link = run.browser.ask_json("link", accepted["linkUrl"])["downloadUrl"]
    status, body = run.browser.ask(DOWNLOAD, link)
    if status != HTTPStatus.OK:
        raise AnswerError(f"The archive's link was answered {status}.")
    check(body, [*map(str, ids), "manifest.json"], place.crc32s)
    run.ended = time.monotonic()
    run.succeeded = True
    run.tell(f"{count} files, downloaded and checked")


def check(archive: bytes, names: Sequence[str], crc32s: Sequence[int]) -> None:
    """Raises AnswerError unless the archive is whole and holds these names in this order.

    Its files must have the first CRC-32s of `crc32s`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            found = {name: zlib.crc32(opened.read(name)) for name in opened.namelist()}
    except zipfile.BadZipFile as error:
        raise AnswerError(f"The archive cannot be read: {error}") from error
    if list(found) != list(names):
        raise AnswerError(f"The archive holds {list(found)}, not {list(names)}.")
    files = [crc32 for name, crc32 in found.items() if name.isdigit()]
    if files != list(crc32s[: len(files)]):
        raise AnswerError("A file in the archive is not what the source bucket holds.")


def _watch(run: Run, url: str, seconds: float, *, until: int | None) -> None:
    """Follows the job up to `until` percent, or to its end."""
    status = ""
    for seen in run.browser.watch(url, run.began + seconds + _LIMIT_SECONDS):
        status, progress = seen["status"], seen["progress"]
        run.percent = progress["percent"]
        run.text = f"{progress['currentFile']}/{progress['totalFiles']} files"
        if until is not None and run.percent >= until:
            return
    if status != "completed":
        raise AnswerError(f"The {run.profile.name} job is {status}.")

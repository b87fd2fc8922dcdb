"""Starts all of it: a stack with a slow storage, its files, and both servers behind nginx."""

import random
import time
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from infra import daemon, stack, targets
from infra.console import step
from infra.outputs import Outputs
from infra.scenario import naive, nginx
from infra.scenario.browser import Browser
from infra.scenario.profiles import FILE_BYTES, Profile, Scale
from infra.scenario.runs import FIRST_ID, Place

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_AT_ONCE = 4
_WARM_UP_SECONDS = 60.0


@contextmanager
def staged(scale: Scale, profiles: Sequence[Profile], folder: Path) -> Iterator[Place]:
    """Runs all that the profiles need while the body runs. Nothing else may use `folder`.

    A stack that runs already stays as it is: the slow storage belongs to a MiniStack of its own.
    """
    nginx.found()
    # Two scenarios of one checkout take turns.
    with daemon.exclusively(folder / "running"), daemon.listen([0]) as listener:
        proxy_url = f"http://{daemon.HOST}:{listener.getsockname()[1]}"
        settings = {
            "SOURCE_DELAY_MS": str(scale.delay_ms),
            "PROGRESS_HOLD_SECONDS": str(scale.hold_seconds),
            # So that the links in the API's answers lead through nginx.
            "API_URL_TEMPLATE": targets.named("ministack").at(proxy_url).api_url_template,
        }
        with stack.running(folder, settings=settings) as deployed:
            s3 = _s3(deployed)
            bucket = deployed.source_bucket

            def read(number: int) -> bytes:
                return s3.get_object(Bucket=bucket, Key=_key(number))["Body"].read()

            crc32s = _put_files(s3, bucket, max(profile.files for profile in profiles))
            _warm_up(deployed.api_url, len(profiles))
            with naive.running(read, scale.delay_ms / 1000) as server:
                upstreams = {naive.PATH: server.url, "/": deployed.endpoint_url or ""}
                with nginx.running(folder / "nginx", listener, scale.timeout_seconds, upstreams):
                    api_url = f"{proxy_url}{urlsplit(deployed.api_url).path}"
                    yield Place(proxy_url, api_url, crc32s, server)


def _s3(deployed: Outputs) -> "S3Client":
    target = targets.named("ministack").at(deployed.endpoint_url or "")
    client: S3Client = target.session().client("s3")
    return client


def _key(number: int) -> str:
    return f"downloads/{FIRST_ID + number}"


def _put_files(s3: "S3Client", bucket: str, count: int) -> list[int]:
    """Uploads files of random bytes. Returns their CRC-32s."""

    def put(number: int) -> int:
        body = random.randbytes(FILE_BYTES)
        s3.put_object(Bucket=bucket, Key=_key(number), Body=body, ChecksumAlgorithm="CRC32")
        return zlib.crc32(body)

    with step("Files") as note, ThreadPoolExecutor(_AT_ONCE) as pool:
        crc32s = list(pool.map(put, range(count)))
        note(f"{count} files of {FILE_BYTES / 1e3:.0f} kB")
    return crc32s


def _warm_up(api_url: str, count: int) -> None:
    """Exports a file `count` times at once, so that the functions have started.

    Their start is no part of the comparison, and no factor makes it shorter.
    """

    def export(_: int) -> None:
        browser, asked = Browser(), {"fileIds": [FIRST_ID], "fresh": True}
        job_id = browser.ask_json("export", f"{api_url}/v1/export", body=asked)["jobId"]
        deadline = time.monotonic() + _WARM_UP_SECONDS
        for _ in browser.watch(f"{api_url}/v1/export/{job_id}/progress", deadline):
            pass

    with step("Warm up") as note, ThreadPoolExecutor(count) as pool:
        list(pool.map(export, range(count)))
        note(f"{count} small exports")

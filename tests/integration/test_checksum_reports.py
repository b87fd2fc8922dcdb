"""`make checksums`: a report of S3 Batch Operations is taken, then its files are exported."""

import csv
import hashlib
import io
import json
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote_plus
from zlib import crc32

import pytest

from chalicelib.s3 import clients
from infra.checksums import fill
from infra.errors import InfraError
from tests.archives import check_archive, noise
from tests.integration.cloud import ARCHIVES, SOURCES
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import TABLE_IS_DOWN, Requests, answering

pytestmark = pytest.mark.usefixtures("small_layout")

FILES = {f"a b+{n}%.bin": noise(n, 20 * UNIT) for n in range(3)}
FOLDER = "reports/job-1"


@pytest.fixture
def rows(stack: Stack) -> str:
    """The source files, and the CSV file of the tasks that have read them."""
    stack.put_files(FILES, unknown=FILES)
    text = io.StringIO()
    writer = csv.writer(text)
    for name, content in FILES.items():
        facts = stack.services.source().head(f"in/{name}")
        assert facts
        crc = crc32(content).to_bytes(4)
        message = {
            "checksum_base64": b64encode(crc).decode(),
            "etag": facts.etag.strip('"'),
            "checksumAlgorithm": "CRC32",
            "checksumType": "FULL_OBJECT",
            "checksum_hex": crc.hex().upper(),
        }
        key = quote_plus(f"in/{name}", safe="/")
        writer.writerow([SOURCES, key, "", "succeeded", "200", "", json.dumps(message)])
    return text.getvalue()


def manifest(rows: str, **more: str) -> str:
    def result(status: str, name: str) -> dict[str, str]:
        md5 = hashlib.md5(rows.encode(), usedforsecurity=False).hexdigest()
        key = f"{FOLDER}/results/{name}.csv"
        return {"TaskExecutionStatus": status, "Bucket": ARCHIVES, "MD5Checksum": md5, "Key": key}

    return json.dumps(
        {
            "Format": "Report_CSV_20180820",
            "Results": [result("succeeded", "good") | more, result("failed", "bad")],
        }
    )


def put(stack: Stack, name: str, text: str) -> str:
    stack.services.archive.write(f"{FOLDER}/{name}", text.encode())
    return f"s3://{ARCHIVES}/{FOLDER}/{name}"


def filled(stack: Stack, report: str) -> str:
    return str(fill(stack.services, clients.s3(), report, lambda _: None))


def test_after_a_report_in_s3_no_file_of_it_is_read(
    stack: Stack, rows: str, requests: Requests
) -> None:
    put(stack, "results/good.csv", rows)
    report = put(stack, "manifest.json", manifest(rows))

    told = filled(stack, report)

    assert told.startswith("Kept 3 checksums.")
    requests.clear()
    job_id = stack.completed(prefix="in/")
    check_archive(stack.archive(job_id), FILES)
    assert max(requests.source_reads()) <= 5 * UNIT


@pytest.mark.parametrize("folder", ["", "results"])
def test_a_report_is_read_from_disk_too(
    stack: Stack, rows: str, tmp_path: Path, folder: str
) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / "good.csv").write_text(rows, newline="")
    (tmp_path / "manifest.json").write_text(manifest(rows))

    assert filled(stack, str(tmp_path / "manifest.json")).startswith("Kept 3 checksums.")
    assert filled(stack, str(tmp_path / folder / "good.csv")).startswith("Kept 3 checksums.")


def test_nothing_is_taken_from_a_file_that_is_not_that_of_the_manifest(
    stack: Stack, rows: str, requests: Requests
) -> None:
    put(stack, "results/good.csv", rows.replace("CRC32", "CRC23"))
    report = put(stack, "manifest.json", manifest(rows))

    with pytest.raises(InfraError, match=r"good\.csv does not have the MD5"):
        filled(stack, report)

    assert requests.count()["BatchWriteItem"] == 0


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"Results": 7}', '{"Results": [{}]}', '{"Results": ["x"]}', "[" * 99999],
)
def test_what_is_no_manifest_is_refused(stack: Stack, tmp_path: Path, content: str) -> None:
    report = tmp_path / "manifest.json"
    report.write_text(content)

    with pytest.raises(InfraError, match=r"is not the manifest\.json of a completion report"):
        filled(stack, str(report))


@pytest.mark.parametrize("report", ["nowhere.csv", "nowhere/manifest.json", f"s3://{SOURCES}/no"])
def test_what_is_not_there_is_named(stack: Stack, report: str) -> None:
    with pytest.raises(InfraError, match=f"Cannot read {report}"):
        filled(stack, report)


def test_a_byte_order_mark_is_no_part_of_a_bucket(stack: Stack, rows: str, tmp_path: Path) -> None:
    """A spreadsheet writes one."""
    (tmp_path / "report.csv").write_text(rows, encoding="utf-8-sig")

    assert filled(stack, str(tmp_path / "report.csv")).startswith("Kept 3 checksums.")


def test_bytes_that_are_no_text_are_refused(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\xff\n")

    with pytest.raises(InfraError, match="no CSV file of a report"):
        filled(stack, str(tmp_path / "a.csv"))


@pytest.mark.usefixtures("no_backoff")
def test_it_says_if_dynamodb_takes_nothing(stack: Stack, rows: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows, newline="")

    with (
        answering(TABLE_IS_DOWN, "BatchWriteItem"),
        pytest.raises(InfraError, match=r"could not keep checksums.*run this again"),
    ):
        filled(stack, str(tmp_path / "a.csv"))

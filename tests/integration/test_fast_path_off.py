"""Exports with FAST_PATH=no: botocore makes every request."""

import pytest

from tests.archives import check_archive, noise
from tests.integration.gateway import export, status
from tests.integration.stack import UNIT, Stack
from tests.integration.wire import MotoWire, Requests

FILES = {"copied": noise(1, 9 * UNIT), "read": noise(2, 17 * UNIT), "small": b"small", "none": b""}
FAST = ("HeadObject", "ListObjectsV2", "GetObject", "UploadPart", "UploadPartCopy")


@pytest.fixture(autouse=True)
def _no_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before `stack` is made."""
    monkeypatch.setenv("FAST_PATH", "no")

    def refuse(*_: object) -> None:
        raise AssertionError("a request took the fast path")

    monkeypatch.setattr(MotoWire, "exchange", refuse)


def test_an_export_works_without_the_fast_path(
    stack: Stack, small_layout: None, requests: Requests
) -> None:
    stack.put_files(FILES, unknown={"read"})
    job_id = export(prefix="in/")

    failed = stack.run_queue()

    assert failed == []
    assert status(job_id)["status"] == "completed"
    check_archive(stack.archive(job_id), FILES)
    assert not set(FAST) - set(requests.count())


def test_the_services_have_no_fast_path(stack: Stack) -> None:
    assert stack.services.source().fast is None
    assert stack.services.archive.fast is None

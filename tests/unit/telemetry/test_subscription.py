"""What CloudWatch Logs hands over, and what is no such thing."""

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.telemetry import subscription
from chalicelib.telemetry.lines import Line
from chalicelib.telemetry.subscription import BadBatch, batch
from tests.unit.telemetry.samples import AT

ONE = {"id": "7", "timestamp": AT, "message": "hello"}


def _handed_over(said: object) -> dict[str, Any]:
    return {"awslogs": {"data": _packed(json.dumps(said).encode())}}


def _packed(text: bytes) -> str:
    return base64.b64encode(gzip.compress(text, mtime=0)).decode()


def _data(*events: object, group: str = "/aws/lambda/longhaul-prod-Worker") -> dict[str, Any]:
    said = {"messageType": "DATA_MESSAGE", "logGroup": group, "logEvents": events}
    return _handed_over({**said, "owner": "1", "logStream": "x", "subscriptionFilters": ["y"]})


def test_a_batch_has_the_lines_of_one_function() -> None:
    found = batch(_data(ONE, {**ONE, "id": "8"}))

    assert found.group == "/aws/lambda/longhaul-prod-Worker"
    assert found.lines == (Line("7", AT, "Worker", "hello"), Line("8", AT, "Worker", "hello"))
    assert found.unreadable == 0


def test_a_question_whether_somebody_is_there_has_no_lines() -> None:
    said = {"messageType": "CONTROL_MESSAGE", "logEvents": [ONE], "logGroup": ""}

    assert batch(_handed_over(said)).lines == ()


def test_what_is_no_line_is_counted() -> None:
    wrong = [None, "x", {}, {**ONE, "id": ""}, {**ONE, "timestamp": "1"}, {**ONE, "message": None}]

    found = batch(_data(ONE, *wrong))

    assert len(found.lines) == 1
    assert found.unreadable == len(wrong)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (None, "not one of CloudWatch Logs"),
        ({}, "not one of CloudWatch Logs"),
        ({"awslogs": {"data": None}}, "not one of CloudWatch Logs"),
        ({"awslogs": {"data": "%%%"}}, "cannot be decompressed"),
        ({"awslogs": {"data": "é"}}, "cannot be decompressed"),
        ({"awslogs": {"data": base64.b64encode(b"hello").decode()}}, "cannot be decompressed"),
        ({"awslogs": {"data": ""}}, "has no end"),
        (
            {"awslogs": {"data": base64.b64encode(gzip.compress(b"{}", mtime=0)[:-9]).decode()}},
            "has no end",
        ),
        ({"awslogs": {"data": _packed(b"{")}}, "is not JSON"),
        ({"awslogs": {"data": _packed(b"\xff\xfe\xfd")}}, "is not JSON"),
        ({"awslogs": {"data": _packed(b"[" * 100_000)}}, "is not JSON"),
        (_handed_over([]), "no lines of a log group"),
        (_handed_over({"messageType": "DATA_MESSAGE"}), "no lines of a log group"),
    ],
    ids=lambda it: str(it)[:40],
)
def test_what_is_no_batch_says_why(event: object, why: str) -> None:
    with pytest.raises(BadBatch, match=why):
        batch(event)


def test_a_batch_takes_no_more_memory_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "BYTES_MAX", 10_000)

    with pytest.raises(BadBatch, match="is longer than 10000 bytes"):
        batch({"awslogs": {"data": _packed(b" " * 100_000_000)}})


@given(st.text() | st.binary().map(lambda it: base64.b64encode(it).decode()))
def test_no_data_raises_anything_else(data: str) -> None:
    with pytest.raises(BadBatch):
        batch({"awslogs": {"data": data}})

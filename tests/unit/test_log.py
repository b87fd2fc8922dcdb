"""The log: what a line has, and what it never has."""

import json
from functools import partial
from io import StringIO
from uuid import uuid4

import aws_lambda_powertools
import pytest
from aws_lambda_powertools import Logger

from chalicelib import log
from chalicelib.log import JsonLines, write_line
from chalicelib.trace_ids import job_digest

JOB = "0b0e8f36-5a51-4f0e-9c3e-2f1f0a7d5b11"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What Powertools writes. It keeps a logger and its stream by name: this one is new."""
    stream = StringIO()
    new = partial(Logger, service=str(uuid4()), stream=stream)
    monkeypatch.setattr(aws_lambda_powertools, "Logger", new)
    made = log.logger.__wrapped__()
    monkeypatch.setattr(log, "logger", lambda: made)
    return stream


def read(text: str) -> dict[str, object]:
    assert JOB not in text
    line: dict[str, object] = json.loads(text)
    return line


def test_a_request_is_one_line_without_powertools(capsys: pytest.CaptureFixture[str]) -> None:
    write_line("request", jobId=JOB, path="/v1/export/{jobId}", ms=1.5)
    assert read(capsys.readouterr().out) == {
        "level": "INFO",
        "message": "request",
        "job": job_digest(JOB),
        "path": "/v1/export/{jobId}",
        "ms": 1.5,
    }


def test_a_line_keeps_what_is_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    write_line("request", jobId=None, note="half \ud800 a character")
    assert read(capsys.readouterr().out)["job"] is None


@pytest.mark.parametrize("level", ["info", "warning", "error"])
def test_no_line_has_the_id_of_a_job(level: str, lines: StringIO) -> None:
    getattr(JsonLines(), level)("x", jobId=JOB, retryOf=JOB, reason=f"no jobs/{JOB}/plan")
    line = read(lines.getvalue())
    assert line["job"] == line["retryOf"] == job_digest(JOB)
    assert line["reason"] == f"no jobs/{job_digest(JOB)}/plan"


def test_a_traceback_has_no_id_of_a_job(lines: StringIO) -> None:
    try:
        raise KeyError(f"jobs/{JOB}/plan")
    except KeyError:
        JsonLines().exception("step broke", jobId=JOB)
    line = read(lines.getvalue())
    assert line["level"] == "ERROR"
    assert f"jobs/{job_digest(JOB)}/plan" in str(line["exception"])


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\u2029", "\x1c", "\ud800"])
def test_no_text_ends_a_line_or_keeps_it_from_being_written(
    lines: StringIO, capsys: pytest.CaptureFixture[str], end: str
) -> None:
    forged = f'a{end}{{"message":"job ended"}}'

    JsonLines().info("step failed", reason=forged)
    write_line("request", reason=forged)

    for text in (lines.getvalue(), capsys.readouterr().out):
        (line,) = text.encode().decode().splitlines()
        assert read(line)["reason"] == forged

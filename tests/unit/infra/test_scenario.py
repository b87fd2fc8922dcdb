"""The parts of the scenario that need no stack."""

import io
import zipfile
import zlib

import pytest

from infra.scenario import browser, nginx, report, runs
from infra.scenario.browser import AnswerError, Request
from infra.scenario.nginx import NginxError
from infra.scenario.profiles import FAST, MEDIUM, PROFILES, SLOW, Scale
from infra.scenario.runs import Run

FILES = [b"first", b"second"]
CRC32S = [zlib.crc32(body) for body in FILES]


def an_archive(*bodies: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as opened:
        for number, body in enumerate(bodies):
            opened.writestr(str(number), body)
    return written.getvalue()


def test_at_factor_1_the_profiles_take_as_long_as_slow_downloads_do() -> None:
    real = Scale(1)

    assert 10 <= real.seconds(FAST) <= 15
    assert 30 <= real.seconds(MEDIUM) <= 60
    assert 60 <= real.seconds(SLOW) <= 120


@pytest.mark.parametrize("factor", [0.1, 0.25, 1, 2])
def test_at_each_factor_only_the_fast_profile_beats_the_timeout(factor: float) -> None:
    scale = Scale(factor)

    late = [scale.seconds(profile) > scale.timeout_seconds for profile in PROFILES]
    assert late == [False, True, True]
    assert scale.hold_seconds < scale.timeout_seconds / 2


def test_nginx_keeps_all_its_files_in_one_folder() -> None:
    text = nginx.configuration(8080, 7.25, {"/": "http://127.0.0.1:4566"})

    assert "listen 127.0.0.1:8080;" in text
    assert "proxy_read_timeout 7250ms;" in text
    assert "location / { proxy_pass http://127.0.0.1:4566; }" in text
    paths = [line.split()[-1] for line in text.splitlines() if "_path" in line or "_log" in line]
    assert len(paths) == 7
    assert [path for path in paths if "/" in path] == []


def test_without_nginx_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nginx, "_PLACES", "/nowhere")

    with pytest.raises(NginxError, match="apt install nginx"):
        nginx.found()


def test_an_answer_has_one_event_or_none() -> None:
    told = 'retry: 1000\nid: 3f9a\nevent: processing\ndata: {"a": "b: c"}\n\n'

    assert browser.event(told) == {
        "retry": "1000",
        "id": "3f9a",
        "event": "processing",
        "data": '{"a": "b: c"}',
    }
    assert browser.event("retry: 1000\n: nothing new\n") == {"retry": "1000"}


def test_an_archive_is_right_if_its_files_are() -> None:
    runs.check(an_archive(*FILES), ["0", "1"], CRC32S)


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (an_archive(*FILES[:1]), "holds"),
        (an_archive(*reversed(FILES)), "not what the source bucket holds"),
        (an_archive(*FILES)[:-30], "cannot be read"),
    ],
)
def test_another_archive_is_refused(archive: bytes, words: str) -> None:
    with pytest.raises(AnswerError, match=words):
        runs.check(archive, ["0", "1"], CRC32S)


def test_the_table_has_the_status_and_the_work_for_nobody() -> None:
    cut = Run(SLOW, "one request", began=100.0, ended=129.0, worked_until=190.5)
    cut.browser.requests.append(Request("archive", 100.0, 129.0, 504))

    assert report.row(cut) == (
        "slow",
        "one request",
        "[red]504; 61.5 s more for nobody[/]",
        "29.0 s",
        "29.0 s",
        "1",
    )


def test_a_download_by_a_presigned_link_does_not_count_as_a_request_to_nginx() -> None:
    job = Run(FAST, "Longhaul job", began=0.0)
    job.browser.requests += [Request("watch", 1.0, 2.0, 200), Request("download", 2.0, 9.0, 200)]

    assert [request.what for request in job.requests] == ["watch"]

"""`longhaul listen`: what it shows, and what it answers."""

import json
import re
import signal
import socket
import threading
from contextlib import suppress
from http.client import RemoteDisconnected
from pathlib import Path

import pytest

from longhaul.cli.receiver import BODY_MAX
from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.cli.listening import SECONDS, Listening, listening, started
from tests.unit.longhaul.hooks import KEY, OTHER_KEY, body, signed
from tests.unit.longhaul.stub import JOB_ID
from tests.waiting import wait_for

RIGHT = f"completed  {JOB_ID}  4 files, 192.0 MB  signature right"


def test_it_says_how_to_send_webhooks_here() -> None:
    with listening() as ran:
        wait_for(lambda: ran.err.count(b"\n") >= 4, SECONDS, "four lines")
        ran.ended()

    assert ran.err.decode().splitlines() == [
        f"Listening on http://127.0.0.1:{ran.port}/ until Ctrl-C.",
        "To have a local stack send here:",
        f"  make up WEBHOOK_HOSTS=127.0.0.1:{ran.port}",
        f"  longhaul export FILE... --notify http://127.0.0.1:{ran.port}/",
    ]


def test_each_webhook_is_a_line_with_what_its_signature_is() -> None:
    with listening() as ran:
        answers = [
            ran.post(body(), signed(body(), OTHER_KEY, KEY)),
            ran.post(body(filesSkipped=2), signed(body(filesSkipped=2), KEY)),
            ran.post(body("failed"), signed(body("failed"), KEY)),
            ran.post(body("cancelled"), signed(body("cancelled"), KEY)),
            ran.post(body(), signed(body(), OTHER_KEY)),
            ran.post(body()),
        ]
        lines = ran.lines(6)
        code = ran.ended()

    assert answers == [204, 204, 204, 204, 401, 401]
    assert lines == [
        RIGHT,
        f"completed  {JOB_ID}  4 files, 192.0 MB, 2 left out  signature right",
        f"failed     {JOB_ID}  source-unreadable  signature right",
        f"cancelled  {JOB_ID}  signature right",
        f"completed  {JOB_ID}  4 files, 192.0 MB  "
        "wrong signature: no matching signature found  answered 401",
        f"completed  {JOB_ID}  4 files, 192.0 MB  "
        "wrong signature: missing required headers  answered 401",
    ]
    assert code == 130


def test_without_a_secret_no_signature_is_checked_and_it_says_so() -> None:
    with listening(secret="") as ran:
        answered = ran.post(body())
        lines = ran.lines(1)
        ran.ended()

    assert answered == 204
    assert lines == [f"completed  {JOB_ID}  4 files, 192.0 MB  signature not checked"]
    assert b"LONGHAUL_WEBHOOK_SECRET is not set.\nHow to read it: docs/webhooks.md." in ran.err


def test_the_secret_may_be_the_json_of_secrets_manager() -> None:
    with listening(secret=json.dumps({"1": OTHER_KEY, "2": KEY})) as ran:
        assert ran.post(body(), signed(body(), KEY)) == 204
        assert ran.lines(1) == [RIGHT]


def test_another_status_is_answered_and_shown() -> None:
    with listening("--status", "503") as ran:
        assert ran.post(body(), signed(body(), KEY)) == 503
        assert ran.lines(1) == [f"{RIGHT}  answered 503"]


def test_json_has_each_webhook_on_a_line_but_for_those_of_strangers() -> None:
    nasty = body("failed", reason="\x1b[2J\u202e").replace(b", ", b",\n")
    with listening("--json") as ran:
        ran.post(body(), signed(body(), OTHER_KEY))
        ran.post(nasty, signed(nasty, KEY))
        wait_for(lambda: ran.out.count(b"\n"), SECONDS, "a line")
        said = ran.said(2)
        ran.ended()

    assert [json.loads(line) for line in ran.out.splitlines()] == [json.loads(nasty)]
    assert b"\x1b" not in ran.out
    assert [line.split()[0] for line in said] == ["completed", "failed"]


def test_no_control_character_of_a_webhook_reaches_the_terminal() -> None:
    content = body("failed\x1b[31m", jobId="j\x1b]0;x\x07\n\x9b2J", reason="\u202ey\r\x08")
    with listening() as ran:
        ran.post(content, signed(content, KEY))
        ran.raw(b"\x1b[2J\x07 / HTTP/1.1\r\n\r\n")
        ran.lines(1)
        ran.said(1)
        ran.ended()

    assert (ran.out + ran.err).decode().replace("\n", "").isprintable()


def test_a_long_text_is_cut() -> None:
    content = body("failed", reason="x" * 200_000, jobId="j" * 50_000)
    with listening() as ran:
        ran.post(content, signed(content, KEY))
        ran.raw(b"x" * 60_000 + b"\r\n\r\n")
        (line,), (said,) = ran.lines(1), ran.said(1)
        ran.ended()

    assert line == f"failed     {'j' * 99}…  {'x' * 99}…  signature right"
    assert len(said) < 120


@pytest.mark.parametrize(
    ("request_bytes", "answer", "said"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"405 Method Not Allowed", "a webhook is a POST"),
        (b"HEAD / HTTP/1.1\r\n\r\n", b"405 Method Not Allowed", "a webhook is a POST"),
        (b"DELETE / HTTP/1.1\r\n\r\n", b"501 Not Implemented", "Unsupported method ('DELETE')"),
        (b"POST / HTTP/1.1\r\n\r\n", b"411 Length Required", "the request has no Content-Length"),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"411 Length Required",
            "the request has no Content-Length",
        ),
        (
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"400 Bad Request",
            "its Content-Length is not a number",
        ),
        (
            b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
            b"400 Bad Request",
            "its Content-Length is not a number",
        ),
        (
            b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
            b"400 Bad Request",
            "not a webhook of Longhaul: Object missing required field `type`",
        ),
    ],
)
def test_a_request_that_is_no_webhook_is_answered_and_shown(
    request_bytes: bytes, answer: bytes, said: str
) -> None:
    with listening() as ran:
        answered = ran.raw(request_bytes)
        shown = ran.said(1)
        ran.ended()

    assert answered.partition(b" ")[2] == answer
    assert shown == [f"{said}  answered {answer[:3].decode()}"]
    assert ran.out == b""


def test_a_body_is_bounded_and_a_client_that_breaks_off_does_no_harm() -> None:
    with listening() as ran:
        too_large = ran.post(b" " * (BODY_MAX + 1))
        with socket.create_connection(("127.0.0.1", ran.port)) as way:
            way.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
        with socket.create_connection(("127.0.0.1", ran.port)):  # says nothing
            after = ran.post(body(), signed(body(), KEY))
        ran.lines(1)
        said = ran.said(2)
        ran.ended()

    assert (too_large, after) == (413, 204)
    assert said[0] == f"its body has {BODY_MAX + 1:,} bytes  answered 413"
    assert said[1] == "its body broke off  answered 400"
    assert b"Traceback" not in ran.err


def test_many_webhooks_at_once_are_all_shown() -> None:
    headers = signed(body(), KEY)
    with listening() as ran:
        threads = [threading.Thread(target=ran.post, args=(body(), headers)) for _ in range(150)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SECONDS)
        assert ran.lines(150) == [RIGHT] * 150


def test_only_this_machine_can_reach_it() -> None:
    with listening() as ran:
        table = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        ran.ended()

    places = re.findall(rf"\s([0-9A-F]+):{ran.port:04X} 0+:0000 0A ", table)
    assert places == ["0100007F"]


@pytest.mark.parametrize(
    ("secret", "words"),
    [("nonsense", []), (KEY, ["--status", "100"]), (KEY, ["--port", "65536"])],
)
def test_a_wrong_command_line_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, secret: str, words: list[str]
) -> None:
    monkeypatch.setenv("LONGHAUL_WEBHOOK_SECRET", secret)

    ran = run("listen", *words)

    assert (ran.code, ran.out) == (2, "")
    assert "nonsense" not in ran.err


def test_a_port_that_is_in_use_is_said(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        ran = run("listen", "--port", str(port))

    assert ran.code == 2
    assert f"Cannot listen on port {port}: another program listens there." in ran.err


def test_quiet_shows_webhooks_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = started("--quiet", "--port", str(port))
    ran = Listening(process, port)

    answered = wait_for(lambda: _answered(ran), SECONDS, "an answer")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)

    assert (answered, process.returncode, err) == (204, 130, b"")
    assert out.decode().endswith(f"{RIGHT}\n")


def _answered(ran: Listening) -> int:
    with suppress(ConnectionRefusedError):
        return ran.post(body(), signed(body(), KEY))
    return 0


def test_a_reader_that_goes_away_ends_it() -> None:
    process = started("--port", "0")
    assert process.stdout
    assert process.stderr
    found = re.search(rb":(\d+)/", process.stderr.readline())
    assert found
    ran = Listening(process, int(found[1]))
    process.stdout.close()
    with suppress(RemoteDisconnected, ConnectionResetError):  # it may end before it answers
        ran.post(body(), signed(body(), KEY))
    with process.stderr:
        rest = process.stderr.read()

    assert process.wait(SECONDS) == 141
    assert b"Traceback" not in rest


@pytest.mark.parametrize("no_color", ["", "1"])
def test_on_a_terminal_a_mark_shows_the_signature_and_a_line_has_80_columns(no_color: str) -> None:
    with listening(columns=80, NO_COLOR=no_color) as ran:
        ran.post(body(), signed(body(), KEY))
        ran.post(body(), signed(body(), OTHER_KEY))
        wait_for(lambda: ran.out.count(JOB_ID.encode()) >= 2, SECONDS, "two lines")
        code = ran.ended()

    text = ran.out.decode()
    right, wrong = (line for line in text.splitlines() if JOB_ID in line)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", right)
    assert re.fullmatch(rf"✓ \d\d:\d\d:\d\d  completed  {JOB_ID}  4 files, 192.0 MB", plain)
    assert len(plain) <= 80
    assert "✗" in wrong
    assert ("\x1b[32m✓" in right, "\x1b[31m✗" in wrong) == (not no_color, not no_color)
    assert (code, "Traceback" in text) == (130, False)

"""Which failures are retried, with which pauses, and for how long."""

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from longhaul import Client, Job, errors, retries
from longhaul.errors import LonghaulError
from longhaul.retries import Retries
from tests.unit.longhaul.stub import CUT, JOB, JOB_ID, Reply, Stub, job, problem


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_retried(stub: Stub, client: Client, status: int) -> None:
    stub.on(f"GET {JOB}", CUT, problem(status, "x", "y"), Reply(200, job()))

    assert client.status(JOB_ID).status == "processing"


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 501])
def test_a_failure_that_cannot_pass_is_raised_at_once(
    stub: Stub, client: Client, status: int
) -> None:
    stub.on(f"GET {JOB}", problem(status, "x", "y"))

    with pytest.raises(errors.Refused):
        client.status(JOB_ID)

    assert len(stub.asked) == 1


def test_retry_after_is_obeyed(stub: Stub, client: Client, pauses: list[float]) -> None:
    busy = Reply(429, b"", {"Retry-After": "17"})
    stub.on(f"GET {JOB}", busy, busy, Reply(200, job()))

    client.status(JOB_ID)

    assert [int(pause) for pause in pauses] == [17, 17]


def test_pauses_grow_and_are_random(stub: Stub, client: Client, pauses: list[float]) -> None:
    stub.on(f"GET {JOB}", Reply(200, job()), *[CUT] * 30, Reply(200, job()))

    client.status(JOB_ID)
    client.status(JOB_ID)

    assert all(0.2 <= pause <= 15 for pause in pauses)
    assert max(pauses[:2]) <= 2
    assert max(pauses) > 4
    assert len(set(pauses)) > 10


def test_a_retry_after_beyond_the_patience_ends_the_call(stub: Stub, pauses: list[float]) -> None:
    stub.on(f"GET {JOB}", problem(429, "x", "y"), Reply(503, b"", {"Retry-After": "3600"}))

    with Client(stub.url, patience=60) as client, pytest.raises(errors.Unavailable):
        client.status(JOB_ID)

    assert len(stub.asked) == 2
    assert len(pauses) == 1


def test_retries_end_when_the_patience_is_over(stub: Stub) -> None:
    stub.on(f"GET {JOB}", Reply(503))

    with Client(stub.url, patience=0.05) as client, pytest.raises(errors.Unavailable):
        client.status(JOB_ID)


def test_a_server_that_has_never_answered_is_retried_for_less_time(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_CONTACT_SECONDS", 0.0)
    stub.on(f"GET {JOB}", Reply(200, job()), CUT, Reply(200, job()))
    never_met = Client(f"http://127.0.0.1:{_closed_port()}")

    with never_met, pytest.raises(errors.Unreachable):
        never_met.status(JOB_ID)
    with Client(stub.url) as met:
        met.status(JOB_ID)
        met.status(JOB_ID)

    assert len(stub.asked) == 3


def test_each_retried_failure_is_reported(stub: Stub) -> None:
    reported: list[tuple[str, bool]] = []
    stub.on(f"GET {JOB}", CUT, Reply(502), Reply(200, job()))

    def notice(error: LonghaulError, seconds: float) -> None:
        reported.append((str(error), seconds > 0))

    with Client(stub.url, notice=notice) as client:
        client.status(JOB_ID)

    assert reported == [
        (f"Cannot reach {stub.url}: the connection broke.", True),
        (f"{stub.url} answered 502 Bad Gateway.", True),
    ]


def test_a_closed_port_is_unreachable() -> None:
    url = f"http://127.0.0.1:{_closed_port()}"

    with Client(url, patience=0) as client, pytest.raises(errors.Unreachable) as unreachable:
        client.status(JOB_ID)

    assert str(unreachable.value) == f"Cannot reach {url}: connection refused."


def test_an_unknown_host_is_unreachable() -> None:
    with (
        Client("http://nowhere.invalid", patience=0) as client,
        pytest.raises(errors.Unreachable, match="there is no such host"),
    ):
        client.status(JOB_ID)


def test_a_server_that_sends_nothing_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longhaul.http.READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(f"http://127.0.0.1:{listener.getsockname()[1]}", patience=0)
        with client, pytest.raises(errors.Unreachable, match="no answer within"):
            client.status(JOB_ID)


@pytest.mark.parametrize("ask", [Client.status, lambda client, job_id: next(client.watch(job_id))])
def test_a_first_answer_gets_no_longer_than_all_its_tries(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float], ask: Callable[[Client, str], Job]
) -> None:
    monkeypatch.setattr(retries, "FIRST_CONTACT_SECONDS", 0.1)
    monkeypatch.setattr(retries, "_FIRST_ANSWER_MIN_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with client, pytest.raises(errors.Unreachable, match=r"no answer within 0\.1 s"):
            ask(client, JOB_ID)

    assert pauses == []


@pytest.mark.parametrize(("patience", "seconds"), [(0, 10), (1, 3), (3, 3), (7, 7), (300, 10)])
def test_only_a_server_that_has_answered_may_hold_requests(patience: float, seconds: float) -> None:
    made = Retries(patience, None)
    first = made.answer_wait
    made.had_an_answer = True

    assert (first, made.answer_wait) == (seconds, None)


def test_an_untrusted_certificate_is_not_retried(
    stub: Stub, tmp_path: Path, pauses: list[float]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path / "server.pem"))
    stub.socket = context.wrap_socket(stub.socket, server_side=True)
    url = stub.url.replace("http:", "https:")

    with Client(url) as client, pytest.raises(errors.Untrusted) as untrusted:
        client.status(JOB_ID)

    assert (
        str(untrusted.value) == f"The certificate of {url} is not trusted: self-signed certificate."
    )
    assert pauses == []


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _self_signed(pem: Path) -> Path:
    """Writes a key and a self-signed certificate, which nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return pem

"""Receivers of webhooks, on this machine. What one answers stands in the path of its URL."""

import datetime
import random
import socket
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Lock, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HANG = "hang"
"""The first part of a path that is answered when the test says so, or after HANG_SECONDS."""

HANG_SECONDS = 20
"""Longer than a webhook may take (chalicelib/outbound.py)."""

_HOST = "127.0.0.1"

# Below the ports that systems give to connections by themselves, so that a port which is free stays
# free until it is used.
_PORTS = range(20_000, 30_000)


@dataclass(frozen=True)
class Post:
    """One webhook that came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receivers:
    """One that speaks plain HTTP, one whose certificate nobody has signed, and one that is down."""

    port: int
    unsigned_port: int
    down_port: int
    release: Event = field(default_factory=Event)
    hanging: list[str] = field(default_factory=list)
    """The paths of the webhooks that wait for their answer."""
    _posts: list[Post] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def hosts(self) -> str:
        """Returns what WEBHOOK_HOSTS must have. Those without a port are not
        on this machine: nothing goes there."""
        ports = (self.port, self.unsigned_port, self.down_port)
        return ",".join([*(f"{_HOST}:{port}" for port in ports), "localhost", "10.1.2.3"])

    def url(self, path: str) -> str:
        """Returns a URL. Its path is `STATUS/anything` or `hang/anything`."""
        return f"http://{_HOST}:{self.port}/{path}"

    @property
    def unsigned_url(self) -> str:
        return f"https://{_HOST}:{self.unsigned_port}/204/unsigned"

    def down_url(self, path: str) -> str:
        return f"http://{_HOST}:{self.down_port}/{path}"

    @contextmanager
    def up(self) -> Iterator[None]:
        """Has the one that is down listen while the body runs."""
        with _serving(self, self.down_port):
            yield

    def posts(self, path: str) -> list[Post]:
        """Returns what came to this path, in order."""
        with self._lock:
            return [post for post in self._posts if post.path == f"/{path}"]

    def keep(self, post: Post) -> None:
        with self._lock:
            self._posts.append(post)

    def hang(self, path: str) -> None:
        """Returns when the test releases all that hang, or after HANG_SECONDS."""
        with self._lock:
            self.hanging.append(path)
        self.release.wait(HANG_SECONDS)
        with self._lock:
            self.hanging.remove(path)


@contextmanager
def receiving() -> Iterator[Receivers]:
    """Yields the receivers, of which one is down."""
    port, unsigned_port, down_port = _free_ports(3)
    made = Receivers(port, unsigned_port, down_port)
    with ExitStack() as opened:
        opened.enter_context(_serving(made, made.port))
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        opened.enter_context(_serving(made, made.unsigned_port, _unsigned(folder)))
        opened.callback(made.release.set)
        yield made


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, receivers: Receivers, *arguments: object) -> None:
        self._receivers = receivers
        super().__init__(*arguments)  # type: ignore[arg-type]  # what the server gives it

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._receivers.keep(Post(self.path, dict(self.headers.items()), body))
        how = self.path.split("/")[1]
        if how == HANG:
            self._receivers.hang(self.path)
        with suppress(ConnectionError):  # whoever asked may have gone
            self.send_response(204 if how == HANG else int(how))
            if how.startswith("3"):
                self.send_header("Location", self.path.replace(how, "204"))
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Says nothing: a handshake that fails is what a test wants."""


@contextmanager
def _serving(receivers: Receivers, port: int, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    server = _Server((_HOST, port), partial(_Handler, receivers))
    if tls:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _unsigned(folder: Path) -> ssl.SSLContext:
    """Returns a context with a certificate for this machine that only it itself has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(_HOST))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def _free_ports(number: int) -> list[int]:
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind((_HOST, port))
            found.append(port)
        if len(found) == number:
            return found
    raise RuntimeError("no port is free")

"""A cheap server that answers as S3 does, over TLS.

bench/simulate/measure.py sends requests to it, to measure what the client's side of them costs.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PAGE = 1000  # keys of a listing's page
_COPIED = b"<CopyPartResult><ETag>&quot;0&quot;</ETag></CopyPartResult>"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    listing = b""

    def do_GET(self) -> None:
        if "list-type" in parse_qs(urlsplit(self.path).query):
            self._answer(200, self.listing)
            return
        asked = self.headers["range"].removeprefix("bytes=")
        first, last = asked.split("-")
        content_range = {"Content-Range": f"bytes {asked}/*"}
        self._answer(206, bytes(int(last) - int(first) + 1), content_range)

    def do_HEAD(self) -> None:
        self._answer(200, b"")

    def do_PUT(self) -> None:
        left = int(self.headers["content-length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        self._answer(200, _COPIED)

    def _answer(
        self, status: int, body: bytes, headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("ETag", '"0123456789abcdef0123456789abcdef"')
        self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        self.send_header("x-amz-checksum-crc32", "AAAAAA==")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def stand_in(folder: Path) -> Iterator[tuple[str, Path]]:
    """Runs the server in a process of its own while the `with` block runs. Yields its URL, and the
    certificate to trust."""
    certificate = folder / "certificate.pem"
    certificate.write_bytes(_self_signed())
    context = get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=_serve, args=(certificate, there), daemon=True)
    server.start()
    try:
        yield f"https://localhost:{here.recv()}", certificate
    finally:
        server.terminate()
        server.join()


def _serve(certificate: Path, pipe: Connection) -> None:
    _Handler.listing = _listing()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    pipe.send(server.server_address[1])
    server.serve_forever()


def _self_signed() -> bytes:
    """Returns a key and a certificate of localhost, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)


def _listing() -> bytes:
    rows = "".join(
        f"<Contents><Key>photos/2024/file-{number:07d}.jpg</Key>"
        "<LastModified>2024-01-01T00:00:00.000Z</LastModified>"
        "<ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag>"
        "<Size>5000000</Size><StorageClass>STANDARD</StorageClass></Contents>"
        for number in range(PAGE)
    )
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()

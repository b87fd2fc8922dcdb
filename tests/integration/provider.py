"""A provider of tokens that answers over HTTP, as a stack reaches it."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.errors import Unavailable
from tests.unit.http.signing import ISSUER, Provider


@contextmanager
def serving(provider: Provider) -> Iterator[str]:
    """Serves the provider's documents, under an address of their own. Yields the issuer."""

    class Documents(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                body = provider.fetch(self.path)
            except Unavailable:
                self.send_error(503)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.replace(ISSUER.encode(), url.encode()))

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Documents) as server:
        url = f"http://127.0.0.1:{server.server_port}/tenant"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield url
        finally:
            server.shutdown()
            thread.join()

"""The provider's process: `python -m infra.issuer`. `process.start` starts it."""

import argparse
import logging
from pathlib import Path

from werkzeug.serving import make_server

from infra.daemon import HOST
from infra.issuer import app, keys


def main() -> None:
    """Serves until it is stopped, on a socket that it has inherited."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--descriptor", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--access-seconds", type=int, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    # It would log each request with its query: codes and states of sign-ins.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    issuer = f"http://{HOST}:{options.port}"
    made = app.make(issuer, keys.key(options.directory), access_seconds=options.access_seconds)
    logging.info("%s", f"{issuer}: {app.WARNING}")
    make_server(HOST, options.port, made, threaded=True, fd=options.descriptor).serve_forever()


if __name__ == "__main__":
    main()

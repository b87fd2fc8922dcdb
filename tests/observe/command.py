"""`python -m tests.observe.command FOLDER`: what `make observe` runs, on the stacks whose state is
below a folder of the tests, and not of this checkout.

It is the same but for two things: Prometheus scrapes each second, as tests wait for it, and Docker
is left alone. What the tests need of it, other programs do here.
"""

import sys
from pathlib import Path

from infra import paths

paths.STATE = Path(sys.argv.pop(1))
paths.SCENARIO = paths.STATE / "scenario"

# They must not be imported earlier: they read the folders then.
from infra import docker_command  # noqa: E402
from infra.__main__ import main  # noqa: E402
from infra.observe import configuration  # noqa: E402

_FASTER = (
    ("scrape_interval: 5s", "scrape_interval: 1s"),
    ("scrape_timeout: 4s", "scrape_timeout: 1s"),
)


def _write(run: Path, shipper: str, write: object = configuration.write) -> Path:
    assert callable(write)
    folder = Path(write(run, shipper))
    settings = folder / "prometheus" / "prometheus.yml"
    text = settings.read_text()
    for given, faster in _FASTER:
        assert given in text
        text = text.replace(given, faster)
    settings.write_text(text)
    return folder


if __name__ == "__main__":
    configuration.write = _write
    docker_command.obstacle = lambda: "these tests do without."
    sys.argv.append("observe")
    main()

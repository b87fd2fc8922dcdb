"""A real shipper in a process of its own: `python -m tests.unit.observe.shipped FOLDER PORT`.

FOLDER has the log: lines.jsonl, which grows. The answers are those of MiniStack: no pages, and no
ids of events.
"""

import json
import signal
import sys
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

from chalicelib.telemetry.endpoints import endpoints
from infra import daemon
from infra.observe import shipper
from infra.targets import Target
from tests.unit.observe.fake_logs import FakeLogs

LINES = "lines.jsonl"


@dataclass
class FileLogs(FakeLogs):
    """The log groups of lines in a file: each is [time, log group, text]."""

    path: Path = Path()
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    read: int = 0

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        """FilterLogEvents."""
        self._read()
        events = self.events.get(asked["logGroupName"], [])
        first = bisect_left(events, asked["startTime"], key=lambda one: int(one["timestamp"]))
        return {"events": events[first : first + asked["limit"]]}

    def _read(self) -> None:
        with self.path.open("rb") as file:
            file.seek(self.read)
            # Only whole lines: the rest is still being written.
            for line in file.read().splitlines(keepends=True):
                if line.endswith(b"\n"):
                    self.read += len(line)
                    at, group, text = json.loads(line)
                    events = self.events.setdefault(group, [])
                    event = {"logStreamName": "s", "timestamp": at, "message": text}
                    events.append(event)


@dataclass(frozen=True)
class Place:
    target: Target
    id: str = "arn"
    stack_name: str = "longhaul-file"


def main(folder: Path, backend: str) -> None:
    """Ships until SIGTERM. Prints the port of /metrics."""
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    fake = FileLogs(path=folder / LINES)
    session = SimpleNamespace(client=lambda *_, **__: fake)
    target = cast("Target", _FileTarget(session))
    sent_to = endpoints({"OTLP_ENDPOINT": backend} if backend else {})
    with daemon.listen([0]) as listener:
        print(listener.getsockname()[1], flush=True)
        shipper.run(lambda: [Place(target)], folder / "state", sent_to, listener, stop)


@dataclass(frozen=True, eq=False)
class _FileTarget:
    fakes: Any
    is_local: bool = True

    def session(self) -> Any:
        return self.fakes


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")

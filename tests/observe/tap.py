"""An OTLP receiver of somebody else's: oteltap, which prints a line of JSON for each span and each
log record that it takes."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.daemon import HOST
from tests.waiting import wait_for

_START_SECONDS = 20
_STOP_SECONDS = 10


@dataclass(frozen=True)
class Received:
    """A span or a log record, as it came in. Times are Unix time in ns."""

    fields: Mapping[str, Any]

    @property
    def trace(self) -> str:
        return str(self.fields["traceId"])

    @property
    def span(self) -> str:
        return str(self.fields["spanId"])

    def __getitem__(self, attribute: str) -> object:
        """Returns the value of an attribute. Raises KeyError if it has none of that name."""
        return self.attributes[attribute]

    @property
    def attributes(self) -> dict[str, object]:
        return {
            one["key"]: _plain(one["value"]) for one in self.fields["attributes"] if "value" in one
        }


@dataclass(frozen=True)
class Span(Received):
    @property
    def name(self) -> str:
        return str(self.fields["name"])

    @property
    def parent(self) -> str:
        """Empty: it has none."""
        return str(self.fields["parentSpanId"])

    @property
    def begin(self) -> int:
        return int(self.fields["startTimeUnixNano"])

    @property
    def end(self) -> int:
        return int(self.fields["endTimeUnixNano"])

    @property
    def links(self) -> list[tuple[str, str]]:
        """The trace and the span of each."""
        return [(one["traceId"], one["spanId"]) for one in self.fields["links"]]

    @property
    def is_error(self) -> bool:
        return bool((self.fields.get("status") or {}).get("code") == _ERROR)


@dataclass(frozen=True)
class Record(Received):
    @property
    def body(self) -> str:
        return str(self.fields["body"]["stringValue"])

    @property
    def logged_at(self) -> int:
        """Unix time in ms."""
        return int(self.fields["timeUnixNano"]) // 10**6


# https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
_ERROR = 2


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port: int = taken.getsockname()[1]
        return port


@dataclass
class Tap:
    """oteltap on one port, which may be stopped and started again. All that it has ever received is
    kept."""

    folder: Path
    port: int = field(default_factory=_free_port)
    _outputs: list[Path] = field(default_factory=list)
    _running: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        output = self.folder / f"oteltap-{len(self._outputs)}.ndjson"
        self._outputs.append(output)
        command = [sys.executable, "-u", "-m", "oteltap", "--port", str(self.port)]
        with output.open("wb") as written:
            self._running = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=written, stderr=subprocess.STDOUT
            )
        wait_for(self._listens, _START_SECONDS, f"oteltap on port {self.port}")

    def stop(self) -> None:
        if self._running is None:
            return
        self._running.send_signal(signal.SIGTERM)
        self._running.wait(_STOP_SECONDS)
        self._running = None

    def text(self) -> str:
        """Returns all that it has printed."""
        return "".join(output.read_text() for output in self._outputs)

    def spans(self) -> list[Span]:
        """Returns the spans that it has received, in their order. One that came twice is there
        twice."""
        return [Span(it) for it in self._received() if "startTimeUnixNano" in it]

    def records(self) -> list[Record]:
        """Returns the log records that it has received, as `spans` does."""
        return [Record(it) for it in self._received() if "severityNumber" in it]

    def _received(self) -> Iterator[dict[str, Any]]:
        for line in self.text().splitlines(keepends=True):
            # The last one may not be there as a whole yet.
            if line.startswith("{") and line.endswith("\n"):
                yield json.loads(line)

    def _listens(self) -> bool:
        assert self._running is not None
        assert self._running.poll() is None, self._outputs[-1].read_text()
        with socket.socket() as asked:
            return asked.connect_ex((HOST, self.port)) == 0


def _plain(value: Mapping[str, Any]) -> object:
    (kind, plain), *_ = value.items()
    return int(plain) if kind == "intValue" else plain

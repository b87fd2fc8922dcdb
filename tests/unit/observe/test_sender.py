"""What waits is sent, once it can be, in its order; and what cannot be is dropped and counted."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from chalicelib.telemetry.endpoints import Endpoint, endpoints
from chalicelib.telemetry.lines import Line
from chalicelib.telemetry.otlp import Partial, Signal
from chalicelib.telemetry.send import NotSent
from infra.observe import sender, store
from infra.observe.counting import Wanted
from infra.observe.store import Store
from tests.unit.observe.scrapes import scrape, value
from tests.waiting import wait_for

ENDPOINTS = endpoints({"OTLP_LOGS_ENDPOINT": "http://127.0.0.1:9/v1/logs"})


@dataclass
class Backend:
    """Takes requests, or answers with the errors that it is given, one for each request."""

    errors: list[Exception | Partial] = field(default_factory=list)
    is_down: threading.Event = field(default_factory=threading.Event)
    bodies: list[str] = field(default_factory=list)
    tries: int = 0

    def post(self, endpoint: Endpoint, body: bytes) -> Partial:
        assert endpoint.signal is Signal.LOGS
        self.tries += 1
        if self.is_down.is_set():
            raise NotSent("no answer")
        answer = self.errors.pop(0) if self.errors else Partial()
        if isinstance(answer, Exception):
            raise answer
        sent = ExportLogsServiceRequest.FromString(body)
        self.bodies += [
            record.body.string_value
            for of_resource in sent.resource_logs
            for scope in of_resource.scope_logs
            for record in scope.log_records
        ]
        return answer


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    with store.opened(tmp_path, Wanted(traces=False), print) as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "_PAUSES", (0.01,))
    monkeypatch.setattr(sender, "_LOOK_SECONDS", 0.01)


def put(kept: Store, first: int, last: int) -> None:
    """Counts lines, each in a transaction and so in a request of its own."""
    log = kept.log(kept.stack("arn"), "group", 0, 30_000)
    for number in range(first, last):
        kept.count(log, [Line(str(number), 1, "Worker", f"line {number}")], 0, 0)


def told(kept: Store, name: str, **labels: str) -> float:
    return value(scrape(kept.path), name, signal="logs", **labels)


def sent(kept: Store, count: float) -> Callable[[], bool]:
    return lambda: told(kept, "telemetry_sent_total") == count


def until(condition: Callable[[], bool]) -> None:
    wait_for(condition, 30, "the sender", pause=0.01)


def test_all_that_waits_is_sent_in_its_order(kept: Store) -> None:
    backend = Backend()
    put(kept, 0, 5)
    with sender.sending(kept, ENDPOINTS, print, backend.post):
        until(sent(kept, 5))
        put(kept, 5, 8)
        until(sent(kept, 8))

    assert backend.bodies == [f"line {number}" for number in range(8)]
    assert told(kept, "telemetry_outbox_rows") == 0


def test_a_backend_that_was_down_gets_all_of_it_once(kept: Store) -> None:
    backend, said = Backend(), list[str]()
    backend.is_down.set()
    with sender.sending(kept, ENDPOINTS, said.append, backend.post):
        put(kept, 0, 30)
        until(lambda: backend.tries > 5)
        assert told(kept, "telemetry_outbox_rows") == 30
        backend.is_down.clear()
        until(sent(kept, 30))

    assert backend.bodies == [f"line {number}" for number in range(30)]
    assert said == ["logs: not sent, and kept: no answer", "logs: the backend takes them again."]


def test_what_is_refused_for_good_is_dropped_and_counted(kept: Store) -> None:
    backend = Backend([NotSent("HTTP 400", is_final=True)])
    put(kept, 0, 3)
    with sender.sending(kept, ENDPOINTS, print, backend.post):
        until(sent(kept, 2))

    assert backend.bodies == ["line 1", "line 2"]
    assert told(kept, "telemetry_dropped_total", reason="refused") == 1


def test_what_is_rejected_of_a_request_is_counted_as_dropped(kept: Store) -> None:
    backend = Backend([Partial(1, "too old")])
    put(kept, 0, 2)
    with sender.sending(kept, ENDPOINTS, print, backend.post):
        until(sent(kept, 1))

    assert told(kept, "telemetry_dropped_total", reason="rejected") == 1


def test_a_bug_in_the_sending_ends_no_thread_and_loses_nothing(kept: Store) -> None:
    backend = Backend([ZeroDivisionError("oh"), ZeroDivisionError("oh")])
    put(kept, 0, 2)
    with sender.sending(kept, ENDPOINTS, print, backend.post):
        until(sent(kept, 2))


def test_a_backend_that_hangs_does_not_keep_lines_from_being_counted(kept: Store) -> None:
    hangs, goes_on = threading.Event(), threading.Event()

    def post(*_: object) -> Partial:
        hangs.set()
        assert goes_on.wait(30)
        return Partial()

    put(kept, 0, 1)
    with sender.sending(kept, ENDPOINTS, print, post):
        assert hangs.wait(30)
        put(kept, 1, 20)
        found = value(scrape(kept.path), "telemetry_lines_total", function="Worker")
        goes_on.set()

    assert found == 20


def test_what_was_not_sent_is_there_for_the_next_run(tmp_path: Path) -> None:
    backend = Backend()
    with store.opened(tmp_path, Wanted(traces=False), print) as kept:
        put(kept, 0, 4)
    with (
        store.opened(tmp_path, Wanted(traces=False), print) as kept,
        sender.sending(kept, ENDPOINTS, print, backend.post),
    ):
        until(sent(kept, 4))

    assert len(backend.bodies) == 4


def test_a_pause_that_the_backend_asks_for_is_kept_within_limits(kept: Store) -> None:
    one = sender.Sender(kept, ENDPOINTS[Signal.LOGS], print, Backend().post)

    assert one.pause("HTTP 429", 20) == 20
    assert one.pause("HTTP 429", 3_600) == 300
    assert one.pause("HTTP 503", None) == 0.01

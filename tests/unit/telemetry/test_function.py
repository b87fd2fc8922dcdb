"""The function `telemetry`, with a backend in this process."""

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from chalicelib.telemetry import function, otlp, shipping
from chalicelib.telemetry.endpoints import Endpoint, endpoints
from chalicelib.telemetry.function import LAST_TRY_MS, Telemetry
from chalicelib.telemetry.otlp import Partial, Signal
from chalicelib.telemetry.secret_headers import FRESH_MS, HeadersNotRead, SecretHeaders
from chalicelib.telemetry.send import NotSent
from chalicelib.telemetry.shipping import LEFT_MS, Recent, Shipper, Undelivered
from tests.unit.telemetry import backend as backends
from tests.unit.telemetry.samples import AT, JOB, SPAN_FIELDS

OWN = "/aws/lambda/longhaul-prod-Telemetry"
NOW = AT + 1000


@dataclass
class Lines:
    """A log that keeps what is written."""

    said: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)

    def info(self, event: str, /, **facts: object) -> None:
        self.said.append(("info", event, facts))

    def warning(self, event: str, /, **facts: object) -> None:
        self.said.append(("warning", event, facts))

    def error(self, event: str, /, **facts: object) -> None:
        self.said.append(("error", event, facts))

    def exception(self, event: str, /, **facts: object) -> None:
        self.said.append(("exception", event, facts))


@dataclass
class Posts:
    """Takes what is posted, and answers as a test says."""

    taken: list[tuple[Signal, bytes]] = field(default_factory=list)
    answers: dict[Signal, list[Exception | Partial]] = field(default_factory=dict)

    def __call__(self, endpoint: Endpoint, body: bytes) -> Partial:
        answer = self.answers[endpoint.signal].pop(0) if self.answers.get(endpoint.signal) else None
        if isinstance(answer, Exception):
            raise answer
        self.taken.append((endpoint.signal, body))
        return answer or Partial()

    @property
    def spans(self) -> list[str]:
        requests = [
            ExportTraceServiceRequest.FromString(body)
            for signal, body in self.taken
            if signal is Signal.TRACES
        ]
        return [
            span.name
            for request in requests
            for group in request.resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]

    @property
    def records(self) -> list[str]:
        requests = [
            ExportLogsServiceRequest.FromString(body)
            for signal, body in self.taken
            if signal is Signal.LOGS
        ]
        return [
            record.body.string_value
            for request in requests
            for group in request.resource_logs
            for scope in group.scope_logs
            for record in scope.log_records
        ]


@dataclass
class Context:
    left: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@dataclass
class Rig:
    telemetry: Telemetry
    posts: Posts
    log: Lines
    refused: list[None]

    def handle(self, event: Mapping[str, Any], context: Context | None = None) -> object:
        return self.telemetry.handle(event, context or Context())


@pytest.fixture
def rig() -> Rig:
    posts, log, refused = Posts(), Lines(), list[None]()
    shipper = Shipper(post=posts, refused=lambda: refused.append(None), log=log)
    to = endpoints({"OTLP_ENDPOINT": "http://backend"})
    telemetry = Telemetry(shipper=shipper, endpoints=lambda: to, now=lambda: NOW, own_group=OWN)
    return Rig(telemetry, posts, log, refused)


def _event(*texts: str, group: str = "/aws/lambda/longhaul-prod-Worker") -> dict[str, Any]:
    said = {
        "messageType": "DATA_MESSAGE",
        "logGroup": group,
        "logEvents": [
            {"id": f"{text[:40]}{n}", "timestamp": AT, "message": text}
            for n, text in enumerate(texts)
        ],
    }
    packed = base64.b64encode(gzip.compress(json.dumps(said).encode())).decode()
    return {"awslogs": {"data": packed}}


def _queued(event: object, *, sent_at: int = NOW, message: str = "m") -> dict[str, Any]:
    body = json.dumps({"version": "1.0", "requestPayload": event})
    return {
        "messageId": message,
        "body": body,
        "attributes": {"SentTimestamp": str(sent_at), "ApproximateReceiveCount": "1"},
    }


STEP = json.dumps({"message": "step done", **SPAN_FIELDS, "step": "plan", "job": JOB})
ENDED = json.dumps({"message": "job ended", **SPAN_FIELDS, "span": "1" * 16, "job": JOB})
ANNOUNCED = json.dumps({"message": "job announced", **SPAN_FIELDS, "span": "1" * 16, "job": JOB})


def test_lines_become_spans_and_records(rig: Rig) -> None:
    rig.handle(_event(STEP, "hello", "START RequestId: 1"))

    assert rig.posts.spans == ["plan"]
    assert rig.posts.records == ["step done", "hello"]
    assert rig.log.said == []


def test_what_comes_a_second_time_is_not_sent_again(rig: Rig) -> None:
    rig.handle(_event(STEP))
    rig.handle(_event(STEP))

    assert (rig.posts.spans, rig.posts.records) == (["plan"], ["step done"])


def test_the_end_of_a_job_that_two_functions_tell_of_is_one_span(rig: Rig) -> None:
    rig.handle(_event(ENDED))
    rig.handle(_event(ANNOUNCED, group="/aws/lambda/longhaul-prod-Announcer"))

    assert rig.posts.spans == ["export"]
    assert rig.posts.records == ["job ended", "job announced"]


def test_while_a_backend_is_down_an_event_comes_again_and_what_is_missing_is_sent(
    rig: Rig,
) -> None:
    rig.posts.answers[Signal.LOGS] = [NotSent("HTTP 503")]
    with pytest.raises(Undelivered):
        rig.handle(_event(STEP))
    sent = (rig.posts.spans, rig.posts.records)

    rig.handle(_event(STEP))

    assert sent == (["plan"], [])
    assert (rig.posts.spans, rig.posts.records) == (["plan"], ["step done"])
    assert rig.log.said == [
        ("warning", "telemetry not sent", {"signal": Signal.LOGS, "reason": "HTTP 503"})
    ]


def test_of_many_lines_those_that_were_sent_are_not_sent_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otlp, "ITEMS_MAX", 10)
    texts = [f"line {n}" for n in range(35)]
    rig.posts.answers[Signal.LOGS] = [Partial(), Partial(), NotSent("no answer")]

    with pytest.raises(Undelivered):
        rig.handle(_event(*texts))
    before = list(rig.posts.records)
    rig.handle(_event(*texts))

    assert before == texts[:20]
    assert rig.posts.records == texts


def test_what_is_refused_for_good_is_dropped_and_said(rig: Rig) -> None:
    rig.posts.answers[Signal.TRACES] = [NotSent("HTTP 400", is_final=True, status=400)]
    rig.posts.answers[Signal.LOGS] = [Partial(1, "too old")]

    rig.handle(_event(STEP, "hello"))
    rig.handle(_event(STEP, "hello"))

    assert [said for said in rig.log.said if said[1] == "telemetry dropped"] == [
        (
            "error",
            "telemetry dropped",
            {"signal": Signal.TRACES, "items": 1, "reason": "HTTP 400"},
        ),
        ("error", "telemetry dropped", {"signal": Signal.LOGS, "items": 1, "reason": "too old"}),
    ]


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_known_keeps_the_lines_and_reads_the_secret_again(rig: Rig, status: int) -> None:
    rig.posts.answers[Signal.LOGS] = [NotSent("HTTP 401", is_final=True, status=status)]

    with pytest.raises(Undelivered):
        rig.handle(_event("hello"))

    assert rig.refused == [None]
    rig.handle(_event("hello"))
    assert rig.posts.records == ["hello"]


def test_no_request_is_begun_without_the_time_for_it(rig: Rig) -> None:
    with pytest.raises(Undelivered):
        rig.handle(_event("hello"), Context(left=LEFT_MS - 1))

    assert rig.posts.taken == []
    rig.handle(_event("hello"), Context(left=LEFT_MS))
    assert rig.posts.records == ["hello"]


def test_its_own_lines_are_not_sent_if_somebody_subscribes_them(rig: Rig) -> None:
    rig.handle(_event("telemetry dropped", group=OWN))

    assert rig.posts.taken == []
    assert rig.log.said == []


def test_what_is_no_event_is_dropped_and_said(rig: Rig) -> None:
    rig.handle({"hello": 1})

    ((level, event, facts),) = rig.log.said
    assert (level, event, facts["lines"]) == ("error", "telemetry dropped", None)


def test_a_bad_setting_keeps_the_lines(rig: Rig) -> None:
    rig.telemetry = replace(
        rig.telemetry, endpoints=lambda: endpoints({"OTLP_ENDPOINT": "nowhere"})
    )

    with pytest.raises(Undelivered):
        rig.handle(_event("hello"))

    ((level, event, facts),) = rig.log.said
    assert (level, event) == ("error", "telemetry not sent")
    assert "OTLP_ENDPOINT must be https://host/" in str(facts["reason"])


# -- the queue -----------------------------------------------------------------------------------


def test_of_the_queue_only_what_could_not_be_sent_comes_again(rig: Rig) -> None:
    rig.posts.answers[Signal.LOGS] = [NotSent("HTTP 503")]
    records = [_queued(_event("a"), message="1"), _queued(_event("b"), message="2")]

    assert rig.handle({"Records": records}) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert rig.posts.records == ["b"]


def test_what_has_waited_too_long_is_dropped_and_said(rig: Rig) -> None:
    young, old = NOW - LAST_TRY_MS + 1, NOW - LAST_TRY_MS
    rig.posts.answers[Signal.LOGS] = [NotSent("HTTP 503"), NotSent("HTTP 503")]
    records = [
        _queued(_event("a"), sent_at=young, message="young"),
        _queued(_event("b", "c"), sent_at=old, message="old"),
    ]

    answer = rig.handle({"Records": records})

    assert answer == {"batchItemFailures": [{"itemIdentifier": "young"}]}
    dropped = [facts for _, event, facts in rig.log.said if event == "telemetry dropped"]
    assert dropped == [{"lines": 2, "reason": "could not be sent in 94 hours"}]


def test_the_last_try_of_an_old_message_may_well_send_it(rig: Rig) -> None:
    assert rig.handle({"Records": [_queued(_event("a"), sent_at=0)]}) == {"batchItemFailures": []}
    assert rig.posts.records == ["a"]


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", "[" * 100_000])
def test_a_message_that_holds_no_lines_is_dropped_and_said(rig: Rig, body: str) -> None:
    message = {**_queued(None), "body": body}

    assert rig.handle({"Records": [message]}) == {"batchItemFailures": []}
    assert [event for _, event, _ in rig.log.said] == ["telemetry dropped"]


def test_a_message_that_breaks_it_holds_up_no_other_one(rig: Rig) -> None:
    rig.posts.answers[Signal.LOGS] = [ZeroDivisionError()]
    records = [_queued(_event("a"), message="1"), _queued(_event("b"), message="2")]

    assert rig.handle({"Records": records}) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert ("exception", "telemetry broke", {}) in rig.log.said


# -- what it knows -------------------------------------------------------------------------------


def test_it_knows_only_so_many_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "RECENT_MAX", 3)
    recent = Recent()

    recent.add("ab")
    recent.add("cd")

    assert [key for key in "abcd" if key in recent] == ["b", "c", "d"]


@dataclass
class Secrets:
    """Secrets Manager, as far as it is used here."""

    answers: list[object]

    def get_secret_value(self, **asked: str) -> dict[str, Any]:
        assert asked == {"SecretId": "arn"}
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"SecretString": answer}


def test_the_headers_are_read_again_after_some_minutes_or_when_they_are_refused() -> None:
    secrets = Secrets(["a=1", "a=2", "a=3"])
    headers = SecretHeaders("arn", lambda: secrets)

    first = [headers.text(NOW), headers.text(NOW + FRESH_MS - 1)]
    later = headers.text(NOW + FRESH_MS)
    headers.forget()

    assert (first, later) == (["a=1", "a=1"], "a=2")
    assert headers.text(NOW + FRESH_MS) == "a=3"
    assert "a=3" not in repr(headers)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (ClientError({"Error": {"Code": "AccessDenied"}}, "GetSecretValue"), "AccessDenied"),
        (None, "is binary"),
    ],
)
def test_headers_that_cannot_be_read_say_why(answer: object, why: str) -> None:
    with pytest.raises(HeadersNotRead, match=why):
        SecretHeaders("arn", lambda: Secrets([answer])).text(NOW)


def test_without_a_secret_there_are_no_headers() -> None:
    assert SecretHeaders("", lambda: Secrets([])).text(NOW) == ""


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[backends.Backend]:
    with backends.running() as started:
        monkeypatch.setenv("OTLP_ENDPOINT", started.url)
        monkeypatch.delenv("OTLP_HEADERS", raising=False)
        function._telemetry.cache_clear()
        yield started
        function._telemetry.cache_clear()


def test_the_deployed_handler_posts_both_signals(backend: backends.Backend) -> None:
    said = ExportLogsServiceResponse().SerializeToString()
    backend.answers += [(200, {}, said), (200, {}, said)]

    assert function.handle(_event(STEP), Context()) is None

    assert [path for path, _, _ in backend.posted] == ["/v1/traces", "/v1/logs"]

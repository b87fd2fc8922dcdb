"""Which calls to AWS were slow: of botocore's clients and of the fast path."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib import aws, slow_calls
from tests.clock import START, Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock(START)
    monkeypatch.setattr(slow_calls, "clock", lambda: clock.seconds)
    monkeypatch.setattr(slow_calls, "time_ns", lambda: clock.now * 1_000_000)
    slow_calls.taken(0, 0)
    yield clock
    slow_calls.taken(0, 0)


class Answering:
    """Stands for AWS: each answer takes a while."""

    def __init__(self, clock: Clock, ms: int, error: Exception | None = None) -> None:
        self._clock, self._ms, self._error = clock, ms, error

    def __call__(self, **_: Any) -> Any:
        self._clock.advance(seconds=self._ms / 1000)
        if self._error:
            raise self._error
        answer = type("Answer", (), {"status_code": 200, "headers": {}, "content": b"{}"})()
        answer.text = "{}"
        return answer


def _client(service: str, answering: Answering) -> Any:
    made: Any = aws.session().create_client(
        service, region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    slow_calls.watch(made)
    made.meta.events.register("before-send", answering)
    return made


def test_a_slow_call_of_a_client_has_its_name_and_its_time(clock: Clock) -> None:
    table = _client("dynamodb", Answering(clock, 250))
    clock.advance(seconds=1)

    table.list_tables()

    assert slow_calls.taken(START, 5000) == [("DynamoDB.ListTables", 1000, 250)]


def test_a_service_of_two_words_is_one_word(clock: Clock) -> None:
    _client("secretsmanager", Answering(clock, 200)).list_secrets()

    assert slow_calls.taken(START, 5000) == [("SecretsManager.ListSecrets", 0, 200)]


def test_a_call_that_is_not_slow_is_not_kept(clock: Clock) -> None:
    _client("dynamodb", Answering(clock, 199)).list_tables()

    assert slow_calls.taken(START, 5000) == []


def test_a_slow_call_that_fails_is_kept(clock: Clock) -> None:
    table = _client("dynamodb", Answering(clock, 300, KeyError("broken")))

    with pytest.raises(KeyError):
        table.list_tables()

    assert slow_calls.taken(START, 5000) == [("DynamoDB.ListTables", 0, 300)]


def test_only_the_longest_are_kept_in_the_order_of_their_time(clock: Clock) -> None:
    for ms in (*range(300, 320), 200):
        clock.advance(seconds=ms / 1000)
        slow_calls.keep(f"S3.{ms}", ms / 1000)

    found = slow_calls.taken(START, 60_000)

    assert [ms for _, _, ms in found] == list(range(312, 320))
    assert [offset for _, offset, _ in found] == sorted(offset for _, offset, _ in found)


def test_what_is_taken_is_gone(clock: Clock) -> None:
    clock.advance(seconds=1)
    slow_calls.keep("S3.GetObject", 0.5)

    assert slow_calls.taken(START, 5000)
    assert slow_calls.taken(START, 5000) == []


@pytest.mark.parametrize(
    ("ended_at", "seconds", "kept"),
    [
        (-1, 3, []),  # over before the span began
        (500, 3, [("S3.X", 0, 500)]),
        (1500, 1, [("S3.X", 500, 500)]),
        (5000, 1, []),  # begun after it was over
        (9000, 20, [("S3.X", 0, 1000)]),
    ],
)
def test_a_call_is_cut_to_its_span(
    clock: Clock, ended_at: int, seconds: float, kept: list[tuple[str, int, int]]
) -> None:
    clock.now = START + ended_at
    slow_calls.keep("S3.X", seconds)

    assert slow_calls.taken(START, 1000) == kept


def test_threads_may_keep_calls_at_the_same_time(clock: Clock) -> None:
    clock.advance(seconds=60)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda ms: slow_calls.keep("S3.X", ms / 1000), range(200, 1200)))

    assert sorted(ms for _, _, ms in slow_calls.taken(START, 90_000)) == list(range(1192, 1200))

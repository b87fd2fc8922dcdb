"""The bytes of an event stream, read as the standard says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.http import events
from chalicelib.http.events import Event
from tests.eventsource import ConnectionLost, EventSource, Message, Response, parsed

texts = st.text(st.characters(codec="utf-8"))
lines = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


@given(lines, lines, json_values, st.integers(0, 10**6), lines | st.just(""))
def test_a_reader_gets_the_event_that_was_written(
    event_id: str, name: str, content: object, retry_ms: int, comment: str
) -> None:
    data = json.dumps(content, ensure_ascii=False)

    text = events.stream(Event(event_id, name, data), retry_ms, comment)

    assert parsed(text.encode()) == [Message(name, data, event_id)]


@given(st.lists(lines | st.just(""), min_size=1).map("\n".join))
def test_data_of_several_lines_arrives_line_by_line(data: str) -> None:
    text = events.stream(Event("1", "x", data), 1)

    assert [message.data for message in parsed(text.encode())] == [data]


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_no_end_of_a_line_within_data_ends_the_event(end: str) -> None:
    text = events.stream(Event("1", "x", f"one{end}id: forged{end}{end}two"), 1)

    assert parsed(text.encode()) == [Message("x", "one\nid: forged\n\ntwo", "1")]


@given(st.integers(0, 10**6), lines | st.just(""))
def test_a_stream_without_an_event_tells_nothing_and_leaves_the_id(
    retry_ms: int, comment: str
) -> None:
    source = EventSource(connect=_nowhere, pause=_nothing, last_event_id="kept")

    told = list(source.interpret(events.stream(None, retry_ms, comment).encode()))

    assert (told, source.last_event_id) == ([], "kept")
    assert source.reconnection_ms == retry_ms


def test_the_time_to_reconnect_is_known_before_the_event() -> None:
    text = events.stream(Event("1", "completed", "{}"), 1500)

    assert text == "retry: 1500\nid: 1\nevent: completed\ndata: {}\n\n"


@given(st.data())
def test_of_a_stream_that_was_cut_a_reader_has_the_whole_event_or_nothing(
    data: st.DataObject,
) -> None:
    body = events.stream(Event("new", "x", '{"name": "日本語"}'), 1500, "hello").encode()
    cut = data.draw(st.integers(0, len(body) - 1))
    source = EventSource(connect=_nowhere, pause=_nothing, last_event_id="old")

    told = list(source.interpret(body[:cut]))

    assert (told, source.last_event_id) == ([], "old")


def _nowhere(_: dict[str, str]) -> Response:
    raise ConnectionLost


def _nothing(_: float) -> None:
    pass

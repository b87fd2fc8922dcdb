"""Server-sent events, however their bytes are split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longhaul import events
from longhaul.events import Event, EventTooLong, Stream

LINES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=20)
CHUNKS = st.lists(st.integers(1, 9))


def read(text: str, stream: Stream | None = None) -> list[Event]:
    return list((stream or Stream()).events([text.encode()]))


def test_an_event_has_a_name_data_and_an_id() -> None:
    stream = Stream()

    found = read('retry: 1500\nid: 7\nevent: processing\ndata: {"a": 1}\n\n', stream)

    assert found == [Event("processing", '{"a": 1}', "7")]
    assert (stream.last_id, stream.retry_seconds) == ("7", 1.5)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("data\n\n", [""], id="a field without a colon has an empty value"),
        pytest.param("data:x\n\n", ["x"], id="the space is not needed"),
        pytest.param("data:  x\n\n", [" x"], id="one space goes"),
        pytest.param("data: a\ndata: b\n\n", ["a\nb"], id="several lines of data"),
        pytest.param(": hello\ndata: x\n\n", ["x"], id="a comment"),
        pytest.param("other: y\ndata: x\n\n", ["x"], id="an unknown field"),
        pytest.param("event: x\n\ndata: y\n\n", ["y"], id="no data, no event"),
        pytest.param("data: x\n", [], id="an event that has not ended"),
        pytest.param("data: x\n\ndata: y", ["x"], id="the last one has not ended"),
        pytest.param("\ufeffdata: x\n\n", ["x"], id="a byte order mark"),
        pytest.param("data: x\r\rdata: y\r\n\r\n", ["x", "y"], id="other ends of lines"),
    ],
)
def test_examples_of_the_standard_are_parsed(text: str, found: list[str]) -> None:
    assert [event.data for event in read(text)] == found


def test_an_id_stays_until_the_next_one_even_on_a_new_connection() -> None:
    stream = Stream()

    first = read("id: 1\ndata: a\n\ndata: b\n\n", stream)
    second = read("data: c\n\nid\ndata: d\n\n", stream)

    assert [event.id for event in first + second] == ["1", "1", "1", ""]


def test_an_id_counts_only_after_its_event_has_ended() -> None:
    stream = Stream()

    read("id: 1\ndata: a\n\nid: 2\ndata: b\n", stream)

    assert stream.last_id == "1"


@pytest.mark.parametrize("line", ["retry: soon", "retry: -5", "retry:", "retry: " + "9" * 5000])
def test_an_invalid_retry_field_is_ignored(line: str) -> None:
    stream = Stream(retry_seconds=2.0)

    read(f"{line}\n\n", stream)

    assert stream.retry_seconds == 2.0


def test_an_id_with_a_null_character_is_ignored() -> None:
    assert read("id: a\0b\ndata: x\n\n") == [Event("message", "x", "")]


@pytest.mark.parametrize("text", ["x" * 60, "data: 123456789\n" * 6], ids=["line", "event"])
def test_an_endless_line_or_event_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "EVENT_MAX", 50)

    with pytest.raises(EventTooLong):
        read(text)


@given(st.lists(st.lists(LINES, min_size=1)), st.sampled_from(["\n", "\r\n", "\r"]), CHUNKS)
def test_every_event_arrives_once_and_whole_however_it_is_split(
    sent: list[list[str]], end: str, sizes: list[int]
) -> None:
    text = "".join("".join(f"data: {line}{end}" for line in data) + end for data in sent)

    found = list(Stream().events(_cut(text.encode(), sizes)))

    assert [event.data for event in found] == ["\n".join(data) for data in sent]


@given(st.binary(), CHUNKS)
def test_any_bytes_are_read_without_an_error(content: bytes, sizes: list[int]) -> None:
    for event in Stream().events(_cut(content, sizes)):
        assert "\n" not in event.name + event.id


def _cut(content: bytes, sizes: list[int]) -> list[bytes]:
    chunks = []
    for size in sizes:
        chunks.append(content[:size])
        content = content[size:]
    return [*chunks, content]

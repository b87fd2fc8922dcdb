"""What Lambda hands over of a queue, and what it is answered."""

from typing import Any

import pytest

from chalicelib.queue.records import attempt, partial_failure


def _record(message_id: str, **attributes: str) -> dict[str, Any]:
    return {"messageId": message_id, "body": "{}", "attributes": attributes}


def test_the_messages_that_failed_come_again_and_no_others() -> None:
    answer = partial_failure([_record("b"), _record("a")])

    assert answer == {"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "a"}]}


def test_where_none_failed_none_comes_again() -> None:
    assert partial_failure(iter([])) == {"batchItemFailures": []}


@pytest.mark.parametrize(("received", "which"), [("1", 1), ("2", 2), ("12", 12)])
def test_an_attempt_is_as_often_as_the_message_was_handed_out(received: str, which: int) -> None:
    record = _record("a", ApproximateReceiveCount=received, SentTimestamp="1700000000000")

    assert attempt(record) == which

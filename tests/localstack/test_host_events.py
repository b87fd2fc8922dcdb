"""Queues, the API and schedules call functions in host mode, and its S3 checks links."""

import json
import urllib.error
import urllib.request

import pytest

from tests.localstack.deployment import Eventually, Stack

pytestmark = pytest.mark.localstack


def test_messages_reach_the_function_and_a_failed_one_comes_again(
    stack: Stack, eventually: Eventually
) -> None:
    sqs, queue = stack.client("sqs"), stack.outputs["Queue"]
    bodies = {"good": {"id": "good", "failures": 0}, "late": {"id": "late", "failures": 1}}
    sqs.send_message_batch(
        QueueUrl=queue,
        Entries=[{"Id": it, "MessageBody": json.dumps(body)} for it, body in bodies.items()],
    )

    good = eventually(lambda: stack.item("good"), within=30)
    late = eventually(lambda: stack.item("late"), within=60)

    assert good["attempt"] == {"N": "1"}
    assert late["attempt"] == {"N": "2"}


def test_several_messages_are_worked_on_at_the_same_time(
    stack: Stack, eventually: Eventually
) -> None:
    sqs, queue = stack.client("sqs"), stack.outputs["Meetings"]
    body = json.dumps({"meet": "queue", "count": 4})

    sqs.send_message_batch(
        QueueUrl=queue, Entries=[{"Id": str(it), "MessageBody": body} for it in range(4)]
    )

    # A message that must wait for the one before would wait for a minute.
    assert eventually(lambda: stack.item("queue-met"), within=50)


def test_the_rest_api_reaches_the_function(stack: Stack) -> None:
    url = f"{stack.endpoint}/_aws/execute-api/{stack.outputs['Api']}/Prod/hello/reader"

    with urllib.request.urlopen(url, timeout=30) as answer:
        assert json.load(answer) == {"hello": "reader"}


def test_a_schedule_calls_the_function(stack: Stack, eventually: Eventually) -> None:
    tick = eventually(lambda: stack.item("tick"), within=150)

    assert tick["source"] == {"S": "aws.events"}


def test_a_link_to_an_object_works(stack: Stack) -> None:
    assert _status(_link(stack, expires=60)) == 200


def test_a_link_that_has_expired_is_refused(stack: Stack, eventually: Eventually) -> None:
    link = _link(stack, expires=1)

    assert eventually(lambda: _status(link) == 403, within=10)


def test_a_link_that_was_changed_is_refused(stack: Stack) -> None:
    link = _link(stack, expires=60)

    assert _status(link.replace("X-Amz-Expires=60", "X-Amz-Expires=6000")) == 403


def _link(stack: Stack, *, expires: int) -> str:
    s3, bucket = stack.client("s3"), stack.outputs["Bucket"]
    s3.put_object(Bucket=bucket, Key="note", Body=b"a note")
    link: str = s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "note"}, ExpiresIn=expires
    )
    return link


def _status(link: str) -> int:
    try:
        with urllib.request.urlopen(link, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code

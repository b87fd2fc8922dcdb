"""Who is told when a job ends: what the client requests, and what it returns."""

from longhaul import Client, Notification
from tests.unit.longhaul.stub import (
    JOB,
    JOB_ID,
    Reply,
    Stub,
    accepted,
    completed,
    job,
    notification,
)


def test_an_export_names_who_is_told(stub: Stub, client: Client) -> None:
    stub.on("POST /v1/export", accepted())

    client.create(file_ids=[10001], notify={"url": "https://a.example/in", "email": "b@c.example"})

    assert stub.asked[0].content == {
        "file_ids": [10001],
        "notify": {"url": "https://a.example/in", "email": "b@c.example"},
    }


def test_a_job_says_who_is_told_and_an_older_stack_does_not(stub: Stub, client: Client) -> None:
    late = {"lastError": "it answered 500", "nextAttemptAt": "2026-01-01T00:05:00.000Z", "new": 1}
    told = [notification(), notification("https://a.example/in", "retrying", **late)]
    stub.on(f"GET {JOB}", Reply(200, completed() | {"notifications": told}), Reply(200, job()))

    found, older = client.status(JOB_ID).notifications, client.status(JOB_ID).notifications

    assert found
    assert found[0] == Notification("mail", "ann@example.com", "sent", attempts=1)
    assert (found[1].kind, found[1].last_error) == ("webhook", "it answered 500")
    assert found[1].next_attempt_at
    assert found[1].next_attempt_at.minute == 5
    assert older is None


def test_a_text_of_a_job_does_not_say_who_is_told(stub: Stub, client: Client) -> None:
    stub.on(f"GET {JOB}", Reply(200, job(notifications=[notification("https://a.example/token")])))

    assert "token" not in repr(client.status(JOB_ID))


def test_all_are_told_again_or_one_more_is_told(stub: Stub, client: Client) -> None:
    stub.on(f"POST {JOB}/notify", Reply(202, {"notifications": [notification(status="pending")]}))

    again = client.notify(JOB_ID)
    more = client.notify(JOB_ID, {"email": "ann@example.com"})

    assert again == more == (Notification("mail", "ann@example.com", "pending", attempts=1),)
    assert [asked.content for asked in stub.asked] == [{}, {"email": "ann@example.com"}]

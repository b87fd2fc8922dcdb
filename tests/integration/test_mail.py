"""Mail at a job's end, from the request to the opt-out."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import boto3
import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from chalicelib import aws
from chalicelib.announcing import announcer
from chalicelib.announcing.outcomes import CLAIM_MS
from chalicelib.jobs.arrivals import Arrival
from chalicelib.jobs.notices import Notice, State
from chalicelib.jobs.request import ExportRequest, Notify
from chalicelib.pipeline import accepting
from tests.integration.cloud import REGION, TABLE
from tests.integration.gateway import BASE, call, path_of
from tests.integration.stack import Stack

SENDER = "longhaul@example.com"
ANN = "ann@example.org"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture(autouse=True)
def sender(stack: Stack) -> None:
    """SES has verified the sender, whom the stack's setting names."""
    stack.configure(mail_from=SENDER)
    boto3.client("ses", region_name=REGION).verify_email_identity(EmailAddress=SENDER)


def accepted(stack: Stack, **request: Any) -> str:
    """Returns the id of a job whose end is told to Ann."""
    asked = ExportRequest(**{"file_ids": (10001,), **request}, notify=Notify(email=ANN))
    return accepting.accept(stack.services, "ann", asked, None, Arrival(base=BASE)).job.job_id


def completed(stack: Stack, **request: Any) -> str:
    stack.put_file("downloads/10001", b"one")
    job_id = accepted(stack, **request)
    assert stack.run_steps() == []
    return job_id


def announced(stack: Stack, job_id: str) -> Notice:
    """Announces the job's end. Returns what became of the notice."""
    announcer.announce(job_id, stack.services)
    return notice(stack, job_id)


def notice(stack: Stack, job_id: str) -> Notice:
    known = stack.services.notices.get(job_id)
    assert known is not None
    (one,) = known.notices
    return one


def sent() -> list[EmailMessage]:
    """Returns the mail that SES has taken."""
    found = []
    for one in ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages:
        assert set(one.destinations) == {ANN}  # moto adds those of the header
        message = message_from_bytes(one.raw_data.encode(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def stop_path(stack: Stack) -> str:
    """Returns the path of the link to opt out, as the first mail has it."""
    link = sent()[0]["List-Unsubscribe"]
    return path_of(link.strip("<>"))


def test_a_completed_export_is_told_by_mail(stack: Stack) -> None:
    job_id = completed(stack, filename="Grüße")

    assert announced(stack, job_id).state is State.SENT
    (message,) = sent()
    assert message["Subject"] == "The export is ready: Grüße.zip"
    assert (message["From"], message["To"]) == (SENDER, ANN)
    assert f"{BASE}/#/jobs/{job_id}" in text(message)
    assert "1 file, " in text(message)


def test_what_is_missing_is_counted(stack: Stack) -> None:
    job_id = completed(stack, file_ids=(10001, 404), on_missing="skip")

    announced(stack, job_id)
    assert "1 file was left out" in text(sent()[0])


def test_a_failed_export_is_told_with_its_reason(stack: Stack) -> None:
    job_id = accepted(stack, on_missing="fail")
    assert stack.run_queue() == []

    announced(stack, job_id)
    (message,) = sent()
    assert message["Subject"].startswith("The export failed: ")
    failure = stack.job(job_id).failure
    assert failure is not None
    assert failure.detail in text(message)


def test_a_cancelled_export_is_told(stack: Stack) -> None:
    job_id = accepted(stack)
    assert call("DELETE", f"/v1/export/{job_id}").status == 202

    announced(stack, job_id)
    assert sent()[0]["Subject"].startswith("The export was cancelled: ")


def test_nothing_is_sent_while_the_job_is_open(stack: Stack) -> None:
    job_id = accepted(stack)

    assert announced(stack, job_id).state is State.PENDING
    assert sent() == []


def test_a_mail_never_holds_a_presigned_link(stack: Stack) -> None:
    announced(stack, completed(stack))

    raw = sent()[0].as_string()
    assert "X-Amz-" not in raw
    assert "amazonaws" not in raw


def test_a_second_announcement_sends_nothing(stack: Stack) -> None:
    job_id = completed(stack)
    announced(stack, job_id)

    announced(stack, job_id)

    assert len(sent()) == 1


def test_a_mail_whose_outcome_was_lost_comes_again_with_the_same_id(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = completed(stack)
    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.announcing.delivery._keep", lambda *_: None)
        announced(stack, job_id)
    stack.clock.advance(seconds=CLAIM_MS / 1000 + 1)

    assert announced(stack, job_id).state is State.SENT
    first, second = sent()
    for name in ("Message-ID", "X-Longhaul-Notice", "List-Unsubscribe", "Subject"):
        assert first[name] == second[name]


def test_a_sender_that_ses_has_not_verified_is_given_up_with_what_to_do(stack: Stack) -> None:
    stack.configure(mail_from="other@example.com")

    told = announced(stack, completed(stack))

    assert told.state is State.GIVEN_UP
    assert told.last_error.startswith("SES refused it: MessageRejected (MAIL_FROM must be verified")
    assert sent() == []


def test_a_stack_that_sends_no_mail_any_more_gives_up(stack: Stack) -> None:
    stack.configure(mail_from="")

    told = announced(stack, completed(stack))

    assert (told.state, sent()) == (State.GIVEN_UP, [])


def test_the_link_of_the_mail_shows_a_page_and_changes_nothing(stack: Stack) -> None:
    announced(stack, completed(stack))
    path = stop_path(stack)

    answer, head = call("GET", path), call("HEAD", path)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Stop this mail?" in answer.body
    assert (head.status, head.headers, head.body) == (200, answer.headers, None)
    assert announced(stack, completed(stack)).state is State.SENT


@pytest.mark.parametrize("body", [ONE_CLICK, "choice=out", ONE_CLICK.encode()])
def test_who_has_opted_out_gets_no_mail_any_more(stack: Stack, body: str | bytes) -> None:
    announced(stack, completed(stack))

    answer = call("POST", stop_path(stack), body=body, headers=FORM)

    assert answer.status == 200
    assert "The mail is stopped" in answer.body
    assert announced(stack, completed(stack)).state is State.OPTED_OUT
    assert len(sent()) == 1


@pytest.mark.parametrize("auth", ["jwt", "iam"])
def test_nobody_has_to_sign_in_to_opt_out(stack: Stack, auth: str) -> None:
    announced(stack, completed(stack))
    stack.configure(auth=auth)

    assert call("POST", stop_path(stack), body=ONE_CLICK, headers=FORM).status == 200
    assert announced(stack, completed(stack)).state is State.OPTED_OUT


def test_who_opts_in_again_gets_mail_again(stack: Stack) -> None:
    announced(stack, completed(stack))
    path = stop_path(stack)
    call("POST", path, body=ONE_CLICK, headers=FORM)

    answer = call("POST", path, body="choice=in", headers=FORM)

    assert "You get mail again" in answer.body
    assert announced(stack, completed(stack)).state is State.SENT


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("token", ["nobody", f"{'0' * 32}.{'x' * 43}"])
def test_an_unknown_link_is_a_page_that_says_so(stack: Stack, method: str, token: str) -> None:
    answer = call(method, f"/unsubscribe/{token}", body=ONE_CLICK, headers=FORM)

    assert answer.status == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.body is None if method == "HEAD" else "does not work" in answer.body


def test_a_body_that_is_too_large_is_refused(stack: Stack) -> None:
    answer = call("POST", "/unsubscribe/nobody", body="x" * 5000, headers=FORM)

    assert answer.status == 413
    assert answer.body["type"] == "urn:problem-type:longhaul:body-too-large"


def test_a_method_that_the_page_does_not_have_is_refused(stack: Stack) -> None:
    answer = call("DELETE", "/unsubscribe/nobody")

    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_the_table_being_away_is_a_problem_document(stack: Stack) -> None:
    aws.dynamodb().delete_table(TableName=TABLE)

    answer = call("GET", f"/unsubscribe/{'0' * 32}.{'x' * 43}")

    assert answer.status == 500
    assert "JobsTable" not in str(answer.body)

"""Lambda functions, their event sources, and the gateway in front of them."""

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from typing import Any

from tests.localstack.deployment import Invoked, Stack
from tests.targets.cloud import Cloud, new_name
from tests.targets.rows import row
from tests.waiting import wait_for

MIB = 1024**2


def error_type(invoked: Invoked) -> str | None:
    """Returns the error type of an invocation; None if there was no error."""
    return str(invoked.payload["errorType"]) if invoked.error else None


def messages(bodies: list[Any]) -> list[Any]:
    return [{"Id": str(it), "MessageBody": json.dumps(body)} for it, body in enumerate(bodies)]


def answer(url: str, method: str = "GET") -> tuple[int, bytes, Message]:
    headers = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}
    try:
        asked = urllib.request.Request(url, method=method, headers=headers)
        with urllib.request.urlopen(asked, timeout=60) as got:
            return got.status, got.read(), got.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


@row("Lambda", "a function is ended when its timeout is over")
def test_a_function_is_stopped_at_its_timeout(stack: Stack) -> None:
    invoked = stack.invoke("Hasty", do="hang")

    assert error_type(invoked) == "Sandbox.Timedout"
    assert "Task timed out after 2.00 seconds" in invoked.payload["errorMessage"]


@row(
    "Lambda",
    "a function is ended when it takes more than its memory",
    ministack="no",
    localstack="no",
)
def test_a_function_that_uses_too_much_memory_is_stopped(stack: Stack) -> None:
    assert error_type(stack.invoke("Probe", do="be_large", size=400 * MIB)) is not None


@row("Lambda", "a process that dies is a `Runtime.ExitError`", ministack="`Runtime.HandlerError`")
def test_a_crash_is_reported_as_an_exit(stack: Stack) -> None:
    assert error_type(stack.invoke("Probe", do="be_killed")) == "Runtime.ExitError"


@row("Lambda", "after a process has died, the next call finds a new one")
def test_the_next_call_after_a_crash_succeeds(stack: Stack) -> None:
    stack.invoke("Probe", do="be_killed")

    assert stack.invoke("Probe", do="tell").payload["setting"] == "first"


@row("Lambda", "an error has the type of the exception", ministack="`Runtime.HandlerError`")
def test_an_error_has_its_own_type(stack: Stack) -> None:
    assert error_type(stack.invoke("Probe", do="fail")) == "ValueError"


@row("Lambda", "an answer may have 6 MB", ministack="any size")
def test_a_long_answer_is_refused(stack: Stack) -> None:
    invoked = stack.invoke("Probe", do="be_long", length=7 * MIB)

    assert invoked.error is not None


@row(
    "Lambda",
    "a function finds its package, boto3, and no other package of the machine",
    ministack="all packages of its interpreter",
)
def test_a_function_cannot_import_the_packages_of_the_machine(stack: Stack) -> None:
    assert error_type(stack.invoke("Probe", do="borrow", package="pytest")) is not None


@row("Lambda", "invocations run at the same time, each in a process of its own")
def test_invocations_run_at_the_same_time(stack: Stack) -> None:
    with ThreadPoolExecutor(4) as callers:
        calls = [
            callers.submit(stack.invoke, "Probe", do="meet", place=stack.endpoint, count=4)
            for _ in range(4)
        ]

    assert len({call.result().payload for call in calls}) == 4


@row("SQS → Lambda", "of a batch, only the messages that failed come again")
def test_only_failed_messages_of_a_batch_come_again(stack: Stack) -> None:
    good, late = {"id": "good", "failures": 0}, {"id": "late", "failures": 1}
    stack.client("sqs").send_message_batch(
        QueueUrl=stack.outputs["Queue"], Entries=messages([good, late])
    )

    wait_for(lambda: stack.item("good") and stack.item("late"), 60, "both messages to succeed")

    assert (stack.item("good") or {}).get("attempt") == {"N": "1"}
    assert (stack.item("late") or {}).get("attempt") == {"N": "2"}


@row("SQS → Lambda", "five batches of a queue are worked on at the same time, and soon more")
def test_batches_run_at_the_same_time(stack: Stack) -> None:
    body = {"meet": "queue", "count": 4}
    stack.client("sqs").send_message_batch(
        QueueUrl=stack.outputs["Meetings"], Entries=messages([body] * 4)
    )

    # A message that had to wait for another one would wait for a minute.
    wait_for(lambda: stack.item("queue-met"), 50, "four messages to meet")


@row("API Gateway", "a request reaches the function")
def test_a_request_reaches_the_function(cloud: Cloud, stack: Stack) -> None:
    status, body, _ = answer(f"{base_url(cloud, stack)}/hello/reader")

    assert (status, json.loads(body)) == (200, {"hello": "reader"})


@row(
    "API Gateway",
    "it answers CORS preflights by itself",
    ministack="once they are installed (`infra/preflights.py`)",
)
def test_a_preflight_is_answered(cloud: Cloud, stack: Stack) -> None:
    status, _, headers = answer(f"{base_url(cloud, stack)}/hello/reader", "OPTIONS")

    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")


@row(
    "API Gateway",
    "its own errors have the status, headers and text that the API gives them",
    localstack="the status only",
)
def test_the_gateways_own_errors_can_be_configured(cloud: Cloud, stack: Stack) -> None:
    name, gateway, api = new_name(), stack.client("apigateway"), stack.outputs["Api"]
    gateway.put_gateway_response(
        restApiId=api,
        responseType="MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseParameters={"gatewayresponse.header.X-Name": f"'{name}'"},
        responseTemplates={"application/json": json.dumps({"name": name})},
    )
    gateway.create_deployment(restApiId=api, stageName="Prod")

    status, body, headers = answer(f"{base_url(cloud, stack)}/nowhere")

    assert status == 404
    assert (headers["X-Name"], json.loads(body)) == (name, {"name": name})


def base_url(cloud: Cloud, stack: Stack) -> str:
    api = cloud.target.api_url_template.format(apiId=stack.outputs["Api"], stage="Prod")
    return str(api)

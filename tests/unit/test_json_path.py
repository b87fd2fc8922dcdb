"""The shorter way to DynamoDB and SQS: what it asks, what it understands, and who may take it."""

import json
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from chalicelib import json_path, slow_calls
from chalicelib.json_path import shortened

REPOSITORY = Path(__file__).parents[2]
OTHER = "asked through botocore"


@dataclass
class Service:
    """Answers each request with the same answer. `heard` is what came: operation and parameters."""

    url: str = ""
    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    heard: list[tuple[str, Any]] = field(default_factory=list)


@dataclass
class Botocore:
    """Stands for a botocore client, and says what it was asked."""

    asked: list[tuple[str, Any]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> str:
            self.asked.append((name, parameters))
            return OTHER

        return call


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.heard.append((self.headers["X-Amz-Target"], json.loads(body)))
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(made.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _function(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a function of Lambda."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "longhaul-APIHandler")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)


@pytest.fixture
def botocore() -> Botocore:
    return Botocore()


def _table(botocore: Botocore) -> Any:
    return shortened(botocore, "dynamodb", within=20)


def test_an_answer_is_what_botocore_would_return(service: Service, botocore: Botocore) -> None:
    service.body = b'{"Item": {"jobId": {"S": "a"}, "filesDone": {"N": "3"}}}'

    answer = _table(botocore).get_item(TableName="t", Key={"jobId": {"S": "a"}})

    assert answer == {"Item": {"jobId": {"S": "a"}, "filesDone": {"N": "3"}}}
    key = {"TableName": "t", "Key": {"jobId": {"S": "a"}}}
    assert service.heard == [("DynamoDB_20120810.GetItem", key)]
    assert botocore.asked == []


def test_a_message_is_hidden_with_an_answer_of_no_bytes(
    service: Service, botocore: Botocore
) -> None:
    service.body = b""
    queue: Any = shortened(botocore, "sqs", within=0)

    assert queue.change_message_visibility(QueueUrl="q", ReceiptHandle="r") == {}
    assert service.heard[0][0] == "AmazonSQS.ChangeMessageVisibility"


def _refused(service: Service) -> None:
    service.status, service.body = 400, b'{"__type": "ConditionalCheckFailedException"}'


def _no_json(service: Service) -> None:
    service.body = b"<html>"


def _damaged(service: Service) -> None:
    service.headers = {"x-amz-crc32": str(zlib.crc32(b"{} "))}


def _nobody(service: Service) -> None:
    service.status, service.body = 503, b""


@pytest.mark.parametrize("broken", [_refused, _no_json, _damaged, _nobody])
def test_what_is_no_success_is_asked_through_botocore(
    broken: Any, service: Service, botocore: Botocore
) -> None:
    broken(service)

    answer = _table(botocore).put_item(TableName="t", Item={})

    assert answer == OTHER
    assert len(service.heard) == 1
    assert botocore.asked == [("put_item", {"TableName": "t", "Item": {}})]


def test_an_answer_with_its_checksum_is_taken(service: Service, botocore: Botocore) -> None:
    service.headers = {"x-amz-crc32": str(zlib.crc32(b"{}"))}

    assert _table(botocore).put_item(TableName="t", Item={}) == {}


def test_a_service_that_is_gone_is_asked_through_botocore(
    botocore: Botocore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")

    assert _table(botocore).get_item(TableName="t", Key={}) == OTHER


def test_bytes_are_left_to_botocore(service: Service, botocore: Botocore) -> None:
    assert _table(botocore).put_item(TableName="t", Item={"a": {"B": b"x"}}) == OTHER
    assert service.heard == []


def test_a_transaction_is_left_to_botocore(service: Service, botocore: Botocore) -> None:
    assert _table(botocore).transact_write_items(TransactItems=[]) == OTHER
    assert service.heard == []


def test_a_slow_call_is_kept(
    service: Service, botocore: Botocore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_calls, "SLOW_SECONDS", 0)
    slow_calls.taken(0, 0)

    _table(botocore).get_item(TableName="t", Key={})

    (call,) = slow_calls._kept
    slow_calls.taken(0, 0)
    assert call[2] == "DynamoDB.GetItem"


@pytest.mark.parametrize(
    "changed",
    [
        {"AWS_LAMBDA_FUNCTION_NAME": ""},
        {"AWS_ACCESS_KEY_ID": ""},
        {"AWS_SECRET_ACCESS_KEY": ""},
        {"AWS_REGION": "cn-north-1"},
        {"AWS_REGION": "us-gov-west-1"},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1/path"},
        {"HTTP_PROXY": "http://127.0.0.1:1"},
    ],
)
def test_where_only_botocore_knows_the_way_it_is_left_to_botocore(
    changed: Mapping[str, str], botocore: Botocore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name, value)

    assert _table(botocore) is botocore


def test_on_aws_the_host_is_the_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    path = json_path._path("sqs", json_path.WORKING)

    assert path
    assert path.origin == "https://sqs.eu-central-1.amazonaws.com"
    assert path.wire.tls


def test_where_somebody_waits_both_ways_end_in_time() -> None:
    within, botocores = 20, 3 * 5 + 3  # tests/unit/test_aws.py

    waiting = json_path.WAITING

    assert waiting.connect + waiting.exchange + botocores <= within
    assert waiting.answer <= waiting.exchange


def test_a_first_request_imports_no_botocore(service: Service) -> None:
    service.body = b'{"Item": {}}'
    code = (
        "import sys; from chalicelib import aws, json_path\n"
        "client = aws.lazily(lambda: aws.dynamodb(20))\n"
        "table = json_path.shortened(client, 'dynamodb', within=20)\n"
        "with aws.translated('read the job'):\n"
        "    print(table.get_item(TableName='t', Key={}), 'botocore' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert done.stdout == "{'Item': {}} False\n"

"""The examples of docs/webhooks.md, as they stand there, verify what the stack sends."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from chalicelib.announcing import webhooks
from chalicelib.jobs.notices import Kind, new
from chalicelib.jobs.states import Status
from chalicelib.outbound import Answer
from chalicelib.receivers import Place
from tests.unit.samples import JOB_ID, a_job, some_services, some_settings
from tests.waiting import wait_for

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
KEY = f"whsec_{b64encode(bytes(range(32))).decode()}"
ANOTHER = b64encode(bytes(range(100, 148))).decode()
SECONDS = 60
NPM_PACKAGE = "standardwebhooks@1.1.1"

Start = Callable[[Path], list[str]]
Posted = tuple[Mapping[str, str], bytes]


def _example(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found, f"there is no example in {language}"
    return found[1]


def _python(folder: Path) -> list[str]:
    (folder / "receiver.py").write_text(_example("python"))
    return [sys.executable, "receiver.py"]


def _node(folder: Path) -> list[str]:
    _needed("node", "npm")
    (folder / "receiver.js").write_text(_example("javascript"))
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", NPM_PACKAGE]
    if subprocess.run(install, cwd=folder, capture_output=True, check=False).returncode:
        pytest.skip(f"npm cannot get {NPM_PACKAGE} here")
    return ["node", "receiver.js"]


def _go(folder: Path) -> list[str]:
    _needed("go")
    (folder / "receiver.go").write_text(_example("go"))
    build = ["go", "build", "-o", "receiver", "receiver.go"]
    subprocess.run(build, cwd=folder, capture_output=True, check=True)
    return [str(folder / "receiver")]


def _needed(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            pytest.skip(f"there is no {program} here")


# -- what the stack sends --------------------------------------------------------------------------


@dataclass
class Kept:
    """In place of the way to a host: it keeps what is posted."""

    posted: list[Posted] = field(default_factory=list)

    def post(self, _: Place, headers: Mapping[str, str], body: bytes, /) -> Answer:
        self.posted.append((headers, body))
        return Answer(204)


@dataclass(frozen=True)
class Keys:
    """In place of the secret."""

    keys: tuple[str, ...]

    def all(self, *_: object) -> dict[str, bytes]:
        return {str(number): key.encode() for number, key in enumerate(self.keys, 1)}


def sent(*keys: str, receiver: str = "https://hooks.example.com/in", ago: int = 0) -> Posted:
    """Returns the headers and the body of a webhook, as the stack signs it with these keys. `ago`
    are seconds."""
    now = round((time.time() - ago) * 1000)
    way, secret = Kept(), Keys(keys)
    services = some_services(
        some_settings(WEBHOOK_HOSTS="hooks.example.com", WEBHOOK_SECRET="s"),
        outbound=way,
        now=lambda: now,
        webhook_keys=secret,
    )
    job = a_job(status=Status.COMPLETED, updated_at=now, filename="März.zip")
    webhooks.send(new(JOB_ID, Kind.WEBHOOK, receiver), job, "https://api", services)
    return way.posted[0]


# -- an example that runs --------------------------------------------------------------------------


@dataclass(frozen=True)
class Running:
    """A running example, and the file that it prints to."""

    port: int
    printed: Path

    def answer(self, posted: Posted) -> int:
        """Returns the status that the example answers to this webhook."""
        headers, body = posted
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request("POST", "/in", body, dict(headers))
        status = connection.getresponse().status
        connection.close()
        return status


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[Running]:
    """Runs an example during the body. It knows KEY."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "LONGHAUL_WEBHOOK_SECRET": KEY, "PORT": str(port)}
    printed = folder / "printed"
    with printed.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=subprocess.PIPE
        )
    try:
        wait_for(lambda: _is_open(port), SECONDS, f"{command[0]} to listen")
        yield Running(port, printed)
    finally:
        process.kill()
        process.communicate()


def _is_open(port: int) -> bool:
    with socket.socket() as way:
        return way.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("made", [_python, _node, _go])
def test_the_example_takes_what_the_stack_sends_and_nothing_else(
    made: Start, tmp_path: Path
) -> None:
    right = sent(KEY)
    headers, body = right
    old_and_new = sent(ANOTHER, KEY, receiver="https://hooks.example.com/another")
    wrong: dict[str, Any] = {
        "another key": sent(ANOTHER),
        "another body": (headers, body.replace(b"completed", b"cancelled")),
        "another id": ({**headers, "webhook-id": "x"}, body),
        "too old": sent(KEY, ago=400),
        "from the future": sent(KEY, ago=-400),
        "not signed": ({"Content-Type": "application/json"}, body),
        "half signed": ({**headers, "webhook-signature": "v1"}, body),
        "another version": ({**headers, "webhook-signature": "v2,AAAA"}, body),
    }

    with running(made(tmp_path), tmp_path) as example:
        taken = [example.answer(one) for one in (right, right, old_and_new)]
        refused = {what: example.answer(one) for what, one in wrong.items()}

    assert taken == [204, 204, 204]
    assert refused == dict.fromkeys(wrong, 401)
    # The second one has the id of the first.
    assert example.printed.read_text() == f"export.completed {JOB_ID}\n" * 2

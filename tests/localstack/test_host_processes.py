"""What host mode starts, where it listens, and that nothing of it stays when it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import BotoCoreError

from infra import daemon
from infra.localstack import host
from tests.localstack.deployment import Eventually, Family, client, deploy

pytestmark = pytest.mark.localstack


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    host.stop(tmp_path)


def _pid(state: Path) -> int:
    known = daemon.recall(state / "process.json")
    assert known is not None
    return known.pid


def _deploy_and_occupy(endpoint: str, family: Family, state: Path, eventually: Eventually) -> None:
    """Makes LocalStack start its database, and a function that is in the middle of its work."""
    outputs = deploy(endpoint, "create", setting="any")
    functions = client(endpoint, "lambda")

    def hang() -> None:
        # The test cuts it off on purpose.
        with contextlib.suppress(BotoCoreError):
            functions.invoke(FunctionName=outputs["Probe"], Payload='{"do": "hang"}')

    threading.Thread(target=hang, daemon=True).start()
    eventually(lambda: any("awslambdaric" in it for it in family(state)), within=30)
    assert any("dynamodb_local" in it for it in family(state))


def test_a_second_start_finds_the_first(root: Path, state: Path) -> None:
    first = host.start(root, state)

    assert host.start(root, state) == first
    assert host.endpoint(state) == first


def test_two_instances_run_side_by_side(
    root: Path, state: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    first = host.start(root, state)
    second = host.start(root, other)
    try:
        client(first, "dynamodb").list_tables()
        client(second, "dynamodb").list_tables()
        client(first, "s3").create_bucket(Bucket="mine")

        assert first != second
        assert client(second, "s3").list_buckets()["Buckets"] == []
    finally:
        host.stop(other)


def test_only_this_machine_can_connect(
    root: Path, state: Path, family: Family, eventually: Eventually
) -> None:
    _deploy_and_occupy(host.start(root, state), family, state, eventually)

    local = psutil.Process(_pid(state))
    listening = [
        connection.laddr.ip
        for process in (local, *local.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert len(listening) >= 3  # The gateway, the database, a function's Runtime API.
    assert {it.removeprefix("::ffff:") for it in listening} == {"127.0.0.1"}


def test_a_stop_leaves_nothing_behind(
    root: Path, state: Path, family: Family, eventually: Eventually
) -> None:
    _deploy_and_occupy(host.start(root, state), family, state, eventually)

    assert host.stop(state)

    assert eventually(lambda: family(state) == [], within=5)
    assert host.endpoint(state) is None
    assert not (state / "tmp").exists()


def test_a_crash_leaves_nothing_behind(
    root: Path, state: Path, family: Family, eventually: Eventually
) -> None:
    _deploy_and_occupy(host.start(root, state), family, state, eventually)

    os.kill(_pid(state), signal.SIGKILL)

    assert eventually(lambda: family(state) == [], within=5)
    assert not host.stop(state)


def test_an_interrupted_start_leaves_nothing_behind(
    root: Path, state: Path, family: Family, eventually: Eventually
) -> None:
    code = "import sys; from pathlib import Path; from infra.localstack import host"
    code += "; host.start(Path(sys.argv[1]), Path(sys.argv[2]))"
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(root), str(state)], stderr=subprocess.DEVNULL
    )
    eventually((state / "process.json").exists, within=30)

    starter.send_signal(signal.SIGINT)
    starter.wait(30)

    assert starter.returncode != 0
    assert eventually(lambda: family(state) == [], within=5)

"""The commands make, change and delete Longhaul's stack on a LocalStack of somebody else."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.localstack import host
from infra.localstack.running import ENDPOINT_SETTING
from infra.localstack.ways import WAY_SETTING
from infra.paths import REPOSITORY
from tests.localstack.deployment import client

pytestmark = pytest.mark.localstack

PARTS = ("app.py", "chalicelib", ".chalice", "infra", "requirements.txt")


@dataclass(frozen=True)
class Project:
    """A copy of the repository, to be deployed to an endpoint."""

    directory: Path
    endpoint: str

    def run(self, command: str) -> str:
        """Returns what `python -m infra COMMAND` prints."""
        chosen = {"TARGET": "localstack", ENDPOINT_SETTING: self.endpoint, WAY_SETTING: "endpoint"}
        done = subprocess.run(
            [sys.executable, "-m", "infra", command],
            cwd=self.directory,
            env=os.environ | chosen,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def set(self, name: str, value: str) -> None:
        """Changes a setting of all stages."""
        file = self.directory / ".chalice" / "config.json"
        config = json.loads(file.read_text())
        config["environment_variables"][name] = value
        file.write_text(json.dumps(config))

    def put(self, key: str) -> None:
        """Uploads an empty source file."""
        bucket = json.loads(self.run("outputs"))["sourceBucket"]
        client(self.endpoint, "s3").put_object(Bucket=bucket, Key=key)

    def has(self, file_id: int) -> bool:
        """Whether the deployed API finds the source file."""
        asked = urllib.request.Request(
            f"{self.run('url')}/v1/download/check",
            data=json.dumps({"file_id": file_id}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return bool(json.load(answer)["available"])

    def left(self) -> list[str]:
        """Returns what any stack has left, except the packages that it was deployed from."""
        buckets = client(self.endpoint, "s3").list_buckets()["Buckets"]
        functions = client(self.endpoint, "lambda").list_functions()["Functions"]
        return [
            *(it["Name"] for it in buckets if not it["Name"].startswith("longhaul-deploy-")),
            *client(self.endpoint, "dynamodb").list_tables()["TableNames"],
            *client(self.endpoint, "sqs").list_queues().get("QueueUrls", []),
            *(it["FunctionName"] for it in functions),
            *(it["id"] for it in client(self.endpoint, "apigateway").get_rest_apis()["items"]),
            *(it["RoleName"] for it in client(self.endpoint, "iam").list_roles()["Roles"]),
            *(it["Name"] for it in client(self.endpoint, "events").list_rules()["Rules"]),
        ]


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Iterator[Project]:
    directory, state = tmp_path / "project", tmp_path / "localstack"
    directory.mkdir()
    for part in PARTS:
        source = REPOSITORY / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, directory / part)
    try:
        yield Project(directory, host.start(root, state))
    finally:
        host.stop(state)


def test_a_stack_is_made_changed_and_deleted(project: Project) -> None:
    project.run("up")
    project.put("elsewhere/10001")
    assert not project.has(10001)

    project.set("SOURCE_KEY_TEMPLATE", "elsewhere/{file_id}")
    project.run("up")
    assert project.has(10001)

    project.run("down")
    assert project.left() == []

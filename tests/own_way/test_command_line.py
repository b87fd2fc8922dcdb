"""The commands of docs/how-to/deploy-your-own-way.md, with AWS's own command line."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from infra import publish
from infra.paths import REPOSITORY
from infra.site import environment
from infra.targets import Target
from tests.site import pages
from tests.site.clone import AWS_LOCK
from tests.waiting import wait_for

PAGE = "docs/how-to/deploy-your-own-way.md"
BUCKET = "my-bucket-of-packages"
STACK = "longhaul"


@dataclass(frozen=True)
class Shell:
    """A shell in a folder with dist/template, whose tools of AWS talk to the emulator."""

    folder: Path
    variables: Mapping[str, str]
    locally: Mapping[str, str]

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Runs the command as the page has it, with what an emulator needs besides."""
        given = " ".join(f"'{name}={value}'" for name, value in self.locally.items())
        text = command.replace("MY-BUCKET", BUCKET).replace(
            "--parameter-overrides", f"--parameter-overrides {given}"
        )
        return subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", text],
            cwd=self.folder,
            env=dict(self.variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def _block(beginning: str) -> str:
    """The block of the page that begins so."""
    (found,) = [one.text for one in pages.blocks(PAGE) if one.text.startswith(beginning)]
    return found


@pytest.fixture(scope="module")
def shell(
    written: Path,
    variables: dict[str, str],
    locally: dict[str, str],
    emulator: Target,
    tmp_path_factory: pytest.TempPathFactory,
) -> Shell:
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(written, folder / "dist" / "template")
    programs = environment.program("aws", AWS_LOCK).parent
    emulator.session().client("s3").create_bucket(Bucket=BUCKET)
    path = f"{programs}:{variables['PATH']}"
    return Shell(folder, {**variables, "PATH": path}, locally)


@pytest.fixture(scope="module")
def deployed(shell: Shell) -> Shell:
    """The shell, after the page's commands have deployed the stack."""
    done = shell.run(_block("cd dist/template"))
    assert done.returncode == 0, done.stderr or done.stdout
    return shell


def _variables(emulator: Target) -> dict[str, str]:
    function = emulator.session().client("lambda")
    facts = function.get_function_configuration(FunctionName=f"{STACK}-Worker")
    return facts["Environment"]["Variables"]


def _stage(emulator: Target) -> str:
    """The id of the deployment that the API's stage has."""
    gateway = emulator.session().client("apigateway")
    (api,) = [one["id"] for one in gateway.get_rest_apis()["items"] if one["name"] == STACK]
    return gateway.get_stage(restApiId=api, stageName="api")["deploymentId"]


def _update(shell: Shell, *parameters: str) -> subprocess.CompletedProcess[str]:
    """Deploys again with other values of some parameters."""

    def deploy() -> subprocess.CompletedProcess[str] | None:
        done = shell.run(
            f"aws cloudformation deploy --stack-name {STACK} --s3-bucket {BUCKET} "
            "--template-file dist/template/template.json "
            f"--capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND "
            f"--parameter-overrides {' '.join(parameters)}"
        )
        # The command line names a change set by the second, in which another test may have ended.
        return None if "AlreadyExistsException" in done.stderr else done

    done = wait_for(deploy, 30, "another second")
    assert done is not None
    return done


def test_the_commands_of_the_page_deploy_a_stack_that_answers(
    deployed: Shell, emulator: Target
) -> None:
    said = deployed.run(_block("aws cloudformation describe-stacks"))

    api_id = said.stdout.partition("//")[2].partition(".")[0]
    url = emulator.api_url_template.format(apiId=api_id, stage="api")
    with requests.Session() as client:
        client.trust_env = False
        assert client.get(f"{url}/health", timeout=30).status_code == 200
        assert client.get(f"{url}/v1/export", timeout=30).status_code == 401
    assert said.stdout.strip().startswith("https://")
    assert said.stdout.strip().endswith("/api")


def test_what_it_deploys_is_the_file_that_was_written(
    deployed: Shell, emulator: Target, written: Path
) -> None:
    client = emulator.session().client("cloudformation")
    body: Any = client.get_template(StackName=STACK, TemplateStage="Original")["TemplateBody"]

    found = json.loads(body) if isinstance(body, str) else body
    assert found == json.loads((written / publish.TEMPLATE).read_text())


def test_one_parameter_changes_and_the_others_stay(deployed: Shell, emulator: Target) -> None:
    before = _variables(emulator)

    done = _update(deployed, "ArchiveTtlDays=30", "WorkerMemory=2048")

    assert done.returncode == 0, done.stderr
    after = _variables(emulator)
    assert after == {**before, "ARCHIVE_TTL_DAYS": "30"}
    function = emulator.session().client("lambda")
    facts = function.get_function_configuration(FunctionName=f"{STACK}-Worker")
    assert (facts["MemorySize"], facts["Timeout"]) == (2048, 900)


def test_another_compression_is_another_deployment_of_the_api(
    deployed: Shell, emulator: Target
) -> None:
    before = _stage(emulator)

    done = _update(deployed, "MinimumCompressionSize=none")

    assert done.returncode == 0, done.stderr
    assert _stage(emulator) != before


@pytest.mark.parametrize(
    ("parameter", "refusal"),
    [
        ("ArchiveTtlDays=0", "must be a whole number from 1 to 3650"),
        ("LinkTtlSeconds=604801", "must be a whole number from 1 to 604800"),
        ("WorkerTimeout=901", "must be a whole number from 300 to 900"),
        ("SourceKeyTemplate=files/", "must be a key with {file_id} in it"),
        ("SourcePrefix=orders", "must end with a slash"),
        ("FastPath=maybe", "FastPath"),
        ("MinimumCompressionSize=1", "MinimumCompressionSize"),
        ("SourceDelayMs=-1", "must be a whole number from 0 to 60000"),
    ],
)
def test_nonsense_is_refused_before_anything_is_made(
    deployed: Shell, emulator: Target, parameter: str, refusal: str
) -> None:
    before = _variables(emulator)

    done = _update(deployed, parameter)

    assert done.returncode != 0
    assert refusal in done.stderr
    assert _variables(emulator) == before


def test_make_template_writes_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make template`, as the Makefile runs it, with sources in a file."""
    (tmp_path / "sources.json").write_text('[{"name": "scans", "bucket": "scans-of-somebody"}]')
    monkeypatch.chdir(tmp_path)

    publish.write(tmp_path / "template", {"SOURCES": "sources.json"})

    made = json.loads((tmp_path / "template" / publish.TEMPLATE).read_text())
    assert made["Parameters"]["Sources"]["AllowedValues"] == [
        '[{"name":"scans","bucket":"scans-of-somebody"}]'
    ]
    assert "make template SOURCES=sources.json" in pages.text_of(PAGE)
    assert f"$(PYTHON) -m {publish.__name__}" in (REPOSITORY / "Makefile").read_text()


def test_the_same_tree_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    architecture = json.loads((written / publish.TEMPLATE).read_text())["Parameters"][
        "Architecture"
    ]

    publish.write(tmp_path / "again", {"ARCHITECTURE": architecture["Default"]})

    names = sorted(path.name for path in written.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "again").iterdir())
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (written / name).read_bytes(), name

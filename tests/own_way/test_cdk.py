"""examples/cdk: `cdk synth` writes a nested stack of the template, which can be deployed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra import node, publish
from infra.deploy import Stack
from infra.paths import REPOSITORY
from infra.targets import Target

EXAMPLE = REPOSITORY / "examples" / "cdk"
STACK = "shop"
_SYNTH = ("synth", "--quiet", "--no-notices")
_FILES = ("app.ts", "cdk.json", "package.json", "package-lock.json")


@pytest.fixture(scope="module")
def synthesized(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `npx cdk synth` has written, in a copy of the example."""
    folder = tmp_path_factory.mktemp("cdk")
    for name in _FILES:
        shutil.copy(EXAMPLE / name, folder)
    modules = node.install(EXAMPLE)
    (folder / "node_modules").symlink_to(modules)
    relative = os.path.relpath(written, folder)
    done = subprocess.run(
        [str(node.node()), str(modules / "aws-cdk" / "bin" / "cdk"), *_SYNTH],
        cwd=folder,
        env={**node.environment(), "LONGHAUL_TEMPLATE": relative, "CDK_DISABLE_CLI_TELEMETRY": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "cdk.out"


@pytest.fixture(scope="module")
def outer(synthesized: Path) -> dict[str, Any]:
    """The template of the app's own stack."""
    found: dict[str, Any] = json.loads((synthesized / f"{STACK}.template.json").read_text())
    return found


def _nested(outer: dict[str, Any]) -> dict[str, Any]:
    (stack,) = [
        one for one in outer["Resources"].values() if one["Type"] == "AWS::CloudFormation::Stack"
    ]
    found: dict[str, Any] = stack["Properties"]
    return found


def _assets(synthesized: Path) -> dict[str, Path]:
    """The files that `cdk deploy` uploads, by their keys."""
    files = json.loads((synthesized / f"{STACK}.assets.json").read_text())["files"]
    return {
        place["objectKey"]: synthesized / one["source"]["path"]
        for one in files.values()
        for place in one["destinations"].values()
    }


def test_each_parameter_that_it_gives_is_one_of_the_template(
    outer: dict[str, Any], written: Path
) -> None:
    declared = json.loads((written / publish.TEMPLATE).read_text())["Parameters"]

    given = _nested(outer)["Parameters"]
    required = {name for name, one in declared.items() if "Default" not in one}
    assert required <= given.keys() <= declared.keys()


def test_its_assets_are_the_files_as_they_were_written(
    outer: dict[str, Any], synthesized: Path, written: Path
) -> None:
    nested, assets = _nested(outer), _assets(synthesized)

    template = nested["TemplateURL"]["Fn::Sub"].rpartition("/")[2]
    (package,) = written.glob("*.zip")
    assert assets[template].read_bytes() == (written / publish.TEMPLATE).read_bytes()
    assert assets[nested["Parameters"]["CodeKey"]].read_bytes() == package.read_bytes()


def test_what_it_writes_is_taken_by_cfn_lint(synthesized: Path) -> None:
    lint = Path(sys.executable).with_name("cfn-lint")
    command = [str(lint), "--template", str(synthesized / f"{STACK}.template.json")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_the_stack_inside_can_be_deployed(
    outer: dict[str, Any], synthesized: Path, emulator: Target, locally: dict[str, str]
) -> None:
    """The assets go to the bucket of `cdk bootstrap`, and the template is deployed from there with
    the parameters of the app, and with those that an emulator needs besides.

    As a stack of its own: MiniStack knows no SAM in a nested stack.
    """
    session, nested = emulator.session(), _nested(outer)
    account = session.client("sts").get_caller_identity()["Account"]
    known = {"${AWS::AccountId}": account, "${AWS::Region}": emulator.region}
    bucket = _filled(nested["Parameters"]["CodeBucket"], known)
    s3 = session.client("s3")
    s3.create_bucket(Bucket=bucket)
    for key, file in _assets(synthesized).items():
        s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes())
    template = _filled(nested["TemplateURL"], known).rpartition("/")[2]
    given = {name: _filled(value, known) for name, value in nested["Parameters"].items()}

    made = Stack(emulator, STACK)
    made.deploy(f"{emulator.endpoint_url}/{bucket}/{template}", given | locally, lambda _: None)

    outputs = made.outputs()
    facts = session.client("lambda").get_function_configuration(
        FunctionName=outputs["WorkerFunction"]
    )
    variables = facts["Environment"]["Variables"]
    assert variables["ARCHIVE_TTL_DAYS"] == given["ArchiveTtlDays"]
    assert variables["SOURCE_PREFIX"] == given["SourcePrefix"]
    # The app shows these outputs of the stack inside.
    shown = {one["Value"]["Fn::GetAtt"][1] for one in outer["Outputs"].values()}
    assert {name.removeprefix("Outputs.") for name in shown} <= outputs.keys()


def _filled(value: Any, known: Mapping[str, str]) -> str:
    """Returns the text of a value that is one, or that Fn::Sub makes."""
    text: str = value if isinstance(value, str) else value["Fn::Sub"]
    for name, what in known.items():
        text = text.replace(name, what)
    return text

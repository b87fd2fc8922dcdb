"""What `make up` deploys is what `make template` writes, byte for byte."""

import json
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra import ministack, named_sources, parameters, publish, stack, targets
from infra.access import Access
from infra.alerts.model import FUNCTIONS
from infra.deploy import Stack
from infra.targets import LOCAL_KEY, LOCAL_REGION, Target
from tests.e2e import deployment

GUARDED = Access(
    auth="jwt", issuer="https://issuer.example.com", audience="longhaul", source_prefix="a/"
)
MACHINE = parameters.architecture(platform.machine())

pytestmark = pytest.mark.skipif(
    deployment.target_name() != "ministack", reason="a stack of its own, on a MiniStack of its own"
)


class _AsFarAsThis(Exception):
    """A deployment has come to CloudFormation, with this template and these parameters."""

    def __init__(self, template_url: str, given: Mapping[str, str]) -> None:
        super().__init__(template_url)
        self.template_url = template_url
        self.given = given


def _written(folder: Path, environment: Mapping[str, str]) -> bytes:
    """What `make template` writes."""
    publish.write(folder, environment)
    return (folder / publish.TEMPLATE).read_bytes()


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """The target `aws`. Its S3 and STS are those of a MiniStack, which does not know all kinds of
    resources that AWS has: so deployments go as far as CloudFormation."""
    endpoint = ministack.start(tmp_path / "ministack")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", LOCAL_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", LOCAL_KEY)
    monkeypatch.setenv("AWS_REGION", LOCAL_REGION)

    def deploy(_: Stack, template_url: str, given: Mapping[str, str], __: object) -> bool:
        raise _AsFarAsThis(template_url, given)

    monkeypatch.setattr(Stack, "deploy", deploy)
    try:
        yield targets.named("aws")
    finally:
        ministack.stop(tmp_path / "ministack")


def _object(target: Target, url: str) -> bytes:
    bucket, key = url.split("/", 4)[3:]
    body = target.session().client("s3").get_object(Bucket=bucket, Key=key)["Body"]
    return body.read()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"ARCHITECTURE": "x86_64"},
        {"SOURCES": '[{"name": "own"}, {"name": "b", "bucket": "bees"}]', "SOURCE_PREFIX": "a/"},
    ],
    ids=["usual", "x86_64", "sources"],
)
def test_on_aws_it_is_the_same_byte_for_byte(
    aws: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    monkeypatch.setenv("ARCHITECTURE", environment.get("ARCHITECTURE", ""))
    access = replace(GUARDED, sources=named_sources.read(environment.get("SOURCES", "")))

    with pytest.raises(_AsFarAsThis) as deployed:
        stack.up(aws, tmp_path / "state", "one-template", access=access)

    written = _written(tmp_path / "template", environment)
    assert _object(aws, deployed.value.template_url) == written
    declared = json.loads(written)["Parameters"]
    assert deployed.value.given.keys() <= declared.keys()
    assert {name for name, one in declared.items() if "Default" not in one} <= (
        deployed.value.given.keys()
    )
    code = (deployed.value.given["CodeBucket"], deployed.value.given["CodeKey"])
    assert aws.session().client("s3").head_object(Bucket=code[0], Key=code[1])["ContentLength"]


def _deployed(target: Target, name: str) -> Any:
    """The template of a stack, as it was deployed."""
    client = target.session().client("cloudformation")
    body: Any = client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    return json.loads(body) if isinstance(body, str) else body


def _differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """The places where two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            if name not in one or name not in other:
                yield f"{path}/{name}"
            else:
                yield from _differences(one[name], other[name], f"{path}/{name}")
    elif one != other:
        yield path


def test_on_an_emulator_the_apis_address_is_all_that_differs(tmp_path: Path) -> None:
    with stack.running(tmp_path / "stack") as outputs:
        target = targets.named("ministack").at(outputs.endpoint_url or "")
        deployed = _deployed(target, outputs.stack_name)

    written = json.loads(_written(tmp_path / "template", {"ARCHITECTURE": MACHINE}))
    assert list(_differences(written, deployed)) == ["/Resources/RestAPI/Properties/Tags"]


def test_what_has_no_parameter_is_in_the_functions_of_this_deployment(tmp_path: Path) -> None:
    settings = {"NOT_A_PARAMETER": "1", "MAX_FILES_PER_JOB": "7"}
    with stack.running(tmp_path / "stack", settings=settings) as outputs:
        target = targets.named("ministack").at(outputs.endpoint_url or "")
        client = target.session().client("cloudformation")
        deployed = _deployed(target, outputs.stack_name)
        (described,) = client.describe_stacks(StackName=outputs.stack_name)["Stacks"]
        functions = target.session().client("lambda")
        found = functions.get_function_configuration(FunctionName=outputs.worker_function)

    written = json.loads(_written(tmp_path / "template", {"ARCHITECTURE": MACHINE}))
    assert [where for where in _differences(written, deployed) if "RestAPI" not in where] == [
        f"/Resources/{name}/Properties/Environment/Variables/NOT_A_PARAMETER"
        for name in sorted((*FUNCTIONS, "Telemetry"))
    ]
    given = {one["ParameterKey"]: one["ParameterValue"] for one in described["Parameters"]}
    assert given["MaxFilesPerJob"] == "7"
    assert settings.items() <= found["Environment"]["Variables"].items()

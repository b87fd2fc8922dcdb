"""Several sources on one stack: each is exported from, and nothing else can be read.

The stack has no bucket of its own for source files. Its functions have only their own policies.
"""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra import stack as stacks
from infra import targets
from infra.access import Access
from infra.outputs import Outputs
from tests.e2e import deployment, fixtures
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.roles import Roles

SCANS, OLD = "scans-of-somebody", "old-files"
ORIGINS = "https://app.example.com,http://localhost:3000"
ACCESS = Access(
    sources=json.dumps(
        [
            {"name": "scans", "bucket": SCANS, "prefix": "in/", "region": "eu-west-1"},
            {"name": "old", "bucket": OLD, "keyTemplate": "by-id/{file_id}"},
        ]
    )
)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("named-sources")


@pytest.fixture(scope="module")
def outputs(state: Path) -> Iterator[Outputs]:
    if deployment.given_outputs() or deployment.target_name() != "ministack":
        pytest.skip("only a MiniStack that the tests start enforces policies")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOWNLOAD_ORIGINS", ORIGINS)
        with deployment.started("ministack", state, access=ACCESS, enforce_iam=True) as own:
            backstage = Backstage(own)
            Roles(backstage).prepare()
            s3 = backstage.s3
            for bucket in (SCANS, OLD):
                s3.create_bucket(Bucket=bucket)
            s3.put_object(Bucket=SCANS, Key="in/a.tif", Body=b"a scan")
            s3.put_object(Bucket=SCANS, Key="private/b.tif", Body=b"another")
            s3.put_object(Bucket=OLD, Key="by-id/10001", Body=b"by its id")
            s3.put_object(Bucket=OLD, Key="a.txt", Body=b"old")
            yield own


api = pytest.fixture(scope="module")(fixtures.api)
backstage = pytest.fixture(scope="module")(fixtures.backstage)


def _files(api: Api, **asked: object) -> dict[str, bytes]:
    """Exports, and returns the files of the archive without its manifest."""
    job_id = api.export(**asked)
    api.completed(job_id)
    with ZipFile(BytesIO(api.archive(job_id))) as archive:
        names = [name for name in archive.namelist() if name != "manifest.json"]
        return {name: archive.read(name) for name in names}


def test_the_functions_reach_what_they_need(api: Api) -> None:
    assert api.get("/health").json()["status"] == "healthy"


def test_the_first_source_is_the_default(api: Api) -> None:
    assert _files(api, prefix="in/") == {"a.tif": b"a scan"}


def test_another_source_is_exported_from_by_its_name(api: Api) -> None:
    assert _files(api, source="old", keys=["a.txt"]) == {"a.txt": b"old"}
    assert _files(api, source="old", file_ids=[10_001]) == {"10001": b"by its id"}


def test_a_file_that_is_not_there_is_missing_and_not_denied(api: Api) -> None:
    job_id = api.export(keys=["in/a.tif", "in/gone.tif"])

    assert api.completed(job_id)["result"]["missing"] == ["in/gone.tif"]


def test_what_lies_outside_of_a_sources_prefix_cannot_be_asked_for(api: Api) -> None:
    answer = api.post("/v1/export", {"keys": ["private/b.tif"]})

    assert answer.status_code == 400


@pytest.mark.parametrize("source", ["scans", "old"])
def test_a_source_can_be_browsed(api: Api, source: str) -> None:
    answer = api.get("/v1/files", query={"source": source}).json()

    assert (answer["source"], answer["sources"]) == (source, ["scans", "old"])
    found = {file["name"] for file in answer["files"]}
    assert found == ({"a.tif"} if source == "scans" else {"a.txt"})


def test_a_stack_whose_sources_have_buckets_makes_none_for_them(
    outputs: Outputs, backstage: Backstage
) -> None:
    cloudformation = backstage.session.client("cloudformation")
    described = cloudformation.describe_stack_resources(StackName=outputs.stack_name)

    buckets = [
        found["LogicalResourceId"]
        for found in described["StackResources"]
        if found["ResourceType"] == "AWS::S3::Bucket"
    ]
    assert buckets == ["ArchiveBucket"]
    assert outputs.source_bucket == SCANS


def test_pages_of_the_named_origins_alone_may_fetch_archives(
    outputs: Outputs, backstage: Backstage
) -> None:
    """MiniStack lets every page fetch; here is what AWS would go by."""
    (rule,) = backstage.s3.get_bucket_cors(Bucket=outputs.archive_bucket)["CORSRules"]

    assert rule["AllowedOrigins"] == ORIGINS.split(",")
    assert rule["AllowedMethods"] == ["GET", "HEAD"]
    assert {"Range", "If-Range"} <= set(rule["AllowedHeaders"])
    assert {"Content-Length", "Content-Disposition", "ETag"} <= set(rule["ExposeHeaders"])


def test_the_same_sources_change_nothing(
    outputs: Outputs,
    state: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOWNLOAD_ORIGINS", ORIGINS)

    stacks.up(
        targets.named("ministack"), state, outputs.stack_name, access=ACCESS, enforce_iam=True
    )

    assert "nothing has changed" in capsys.readouterr().err

"""With CANARY the API is called by an alias, and a broken version is undone with jobs under way.

MiniStack knows no CodeDeploy: the alias gets all requests at once, and what an alarm does on AWS is
done here as an operator does it, by deploying the version before.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.paths import REPOSITORY
from tests.archives import check_archive
from tests.e2e import deployment
from tests.e2e.sources import noise
from tests.e2e.upgrading import WITHIN, Upgradable, app, half_done, send_the_others, upgradable
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(
    deployment.target_name() != "ministack",
    reason="a stack of its own, which is deployed several times",
)

BROKEN: dict[str, str] = {
    "http__progress": "find_job(call, services, job_id)->1 / 0",
    "pipeline__steps": "job = lease.job or lease.look()->job = 1 / 0",
}
"""A version whose API cannot tell how a job is, and whose workers can do no step."""


RETRIED_WITHIN = 300
"""Seconds. A step waits longer after each try, and has been tried some times by then."""


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upgradable]:
    monkeypatch.setenv("CANARY", "Canary10Percent5Minutes")
    with upgradable(tmp_path / "stack") as made:
        yield made


def _versions(stack: Upgradable) -> tuple[list[str], str | None]:
    """The versions that are published, and the one of the alias."""
    client = stack.backstage.session.client("lambda")
    name = stack.backstage.outputs.api_function
    found = client.list_versions_by_function(FunctionName=name)["Versions"]
    aliases = client.list_aliases(FunctionName=name)["Aliases"]
    published = [one["Version"] for one in found if one["Version"] != "$LATEST"]
    return published, next((one["FunctionVersion"] for one in aliases), None)


def _spoil_the_unpublished_code(stack: Upgradable) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "app = None")
    stack.backstage.session.client("lambda").update_function_code(
        FunctionName=stack.backstage.outputs.api_function, ZipFile=packed.getvalue()
    )


def test_requests_come_by_the_alias(before: Upgradable) -> None:
    assert _versions(before) == (["1"], "1")

    _spoil_the_unpublished_code(before)

    assert before.api.get("/health").status_code == 200


def test_each_change_and_nothing_else_publishes_a_version(
    before: Upgradable, tmp_path: Path
) -> None:
    before.upgrade(REPOSITORY)
    assert _versions(before) == (["1"], "1")

    newer = app(tmp_path / "newer", version='"0.1.0"->"9.9.9"')
    before.upgrade(newer)
    assert _versions(before) == (["1", "2"], "2")
    assert before.api.get("/openapi.json").json()["info"]["version"] == "9.9.9"

    before.upgrade(newer, settings={"MAX_FILES_PER_JOB": "7"})
    assert _versions(before) == (["1", "2", "3"], "3")
    query = {"files": "1", "bytes": "1"}
    assert before.api.get("/v1/estimate", query=query).json()["limits"]["filesPerJob"] == 7


def test_it_can_be_switched_off_and_on_again(
    before: Upgradable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "off")
    before.upgrade(REPOSITORY)
    assert _versions(before)[1] is None
    assert before.api.get("/health").status_code == 200

    monkeypatch.setenv("CANARY", "Linear10PercentEvery1Minute")
    before.upgrade(REPOSITORY)
    assert _versions(before) == (["1", "2"], "2")
    _spoil_the_unpublished_code(before)
    assert before.api.get("/health").status_code == 200


def test_a_broken_version_is_undone_and_no_job_is_lost(before: Upgradable, tmp_path: Path) -> None:
    old_file = before.sources.put(noise(100_000))
    old = before.api.export(fileIds=[old_file.file_id])
    before.api.completed(old, within=WITHIN)
    under_way, files, plan = half_done(before)

    before.upgrade(app(tmp_path / "broken", plans=0, **BROKEN))
    send_the_others(before, under_way, plan)
    new = before.api.export(fileIds=[old_file.file_id], fresh=True)
    broken = wait_for(
        lambda: before.backstage.logged("Worker", "step broke"), WITHIN, "a step to break"
    )
    assert before.api.get(f"/v1/export/{old}").status_code == 500
    # What the alarm CanaryWorkers counts.
    assert broken
    assert {line["level"] for line in broken} == {"ERROR"}

    before.upgrade(REPOSITORY)

    check_archive(before.api.archive(old), [old_file], job_id=old)
    for job_id, asked in ((under_way, files), (new, [old_file])):
        before.api.completed(job_id, within=RETRIED_WITHIN)
        check_archive(before.api.archive(job_id), asked, job_id=job_id)


def test_a_job_of_a_newer_version_ends_after_going_back(before: Upgradable, tmp_path: Path) -> None:
    job_id, files, plan = half_done(before)

    before.upgrade(app(tmp_path / "older", plans=-1, version='"0.1.0"->"0.0.9"'))
    send_the_others(before, job_id, plan)
    before.api.completed(job_id, within=WITHIN)

    check_archive(before.api.archive(job_id), files, job_id=job_id)
    assert before.job(job_id).was_replanned

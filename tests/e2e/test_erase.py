"""Erase: the operator deletes all of a user, with their own AWS credentials."""

import secrets

import pytest

from infra.erase import erase
from infra.errors import InfraError
from infra.outputs import Outputs
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.sources import Sources
from tests.waiting import wait_for


def test_all_of_a_user_is_erased_and_nothing_of_others(
    api: Api, sources: Sources, backstage: Backstage, outputs: Outputs
) -> None:
    leaving, staying = (f"user-{secrets.token_hex(4)}" for _ in range(2))
    jobs = [
        api.export(file_ids=[sources.put(bytes([number])).file_id], user_id=leaving)
        for number in range(3)
    ]
    kept = api.export(file_ids=[sources.put(b"kept").file_id], user_id=staying)
    links = []
    for job_id in jobs:
        api.completed(job_id)
        links.append(api.link(job_id))
    api.completed(kept)
    # The index of a user's jobs lags behind.
    wait_for(lambda: len(api.jobs_of(leaving)) == len(jobs), 10, "the jobs to be listed")

    deleted = erase(backstage.session, outputs, leaving, lambda _: None)

    assert deleted == len(jobs)
    assert [api.get(f"/v1/export/{job_id}").status_code for job_id in jobs] == [404] * len(jobs)
    assert [api.follow(link).status_code for link in links] == [404] * len(jobs)
    assert not api.jobs_of(leaving)
    assert api.job(kept)["status"] == "completed"
    assert erase(backstage.session, outputs, leaving, lambda _: None) == 0


@pytest.mark.parametrize("user", ["", "a\nb", "x" * 1000])
def test_nobody_has_such_an_id(backstage: Backstage, outputs: Outputs, user: str) -> None:
    with pytest.raises(InfraError, match="A user's id has 1 to"):
        erase(backstage.session, outputs, user, lambda _: None)

"""Everything that a policy grants is needed: without it, an errand of the function fails.

The stack enforces the policies. Each test takes one action on one resource away from the deployed
role. A grant that nothing needs fails its test.
"""

from collections.abc import Iterator

import pytest

from infra import named_sources
from infra.access import Access
from infra.outputs import Outputs
from tests.e2e import deployment, errands
from tests.e2e.api import Api
from tests.e2e.backstage import Backstage
from tests.e2e.errands import ERRANDS, Errand
from tests.e2e.roles import Grant, grants
from tests.e2e.stage import Stage, staged


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """A stack for these tests alone, on which each function has only its own policy."""
    if deployment.given_outputs() or deployment.target_name() != "ministack":
        pytest.skip("only a MiniStack that the tests start enforces policies")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SELECTION_KEYS", "make")
        environment.setenv("WEBHOOK_HOSTS", "hooks.example.com")
        environment.setenv("MAIL_FROM", errands.MAIL_FROM)
        state = tmp_path_factory.mktemp("grants")
        access = Access(sources=errands.SOURCES)
        # Nobody listens there, and nothing is sent: no function of the stack runs by itself.
        settings = {"OTLP_ENDPOINT": "http://127.0.0.1:9"}
        with deployment.started(
            "ministack", state, access=access, enforce_iam=True, settings=settings
        ) as own:
            yield own


@pytest.fixture(scope="module")
def stage(outputs: Outputs) -> Iterator[Stage]:
    api = Api(outputs.api_url)
    backstage = Backstage(outputs)
    backstage.s3.create_bucket(Bucket=errands.OTHER_BUCKET)
    backstage.session.client("ses").verify_email_identity(EmailAddress=errands.MAIL_FROM)
    for bucket in (errands.OTHER_BUCKET, outputs.source_bucket):
        backstage.s3.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )
    with staged(api, backstage) as made:
        yield made
    api.close()


@pytest.mark.parametrize(
    "errand",
    [errand for of_one in ERRANDS.values() for errand in of_one],
    ids=lambda it: it.__name__,
)
def test_each_errand_can_be_done(stage: Stage, errand: Errand) -> None:
    stage.clear()

    errand(stage)


@pytest.mark.parametrize("grant", grants(named_sources.of(errands.SOURCES, {})), ids=str)
def test_an_errand_fails_without_the_grant(stage: Stage, grant: Grant) -> None:
    stage.clear()

    with stage.roles.without(grant):
        failed = next(errands.failing(stage, grant.function), None)

    assert failed, f"nothing needs {grant}"
    # It was for this grant, and for nothing else.
    failed(stage)

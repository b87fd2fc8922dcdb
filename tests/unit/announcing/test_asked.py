"""Who is told of a job's end."""

from chalicelib.announcing.asked import notices_of
from chalicelib.jobs.notices import MOST, Kind
from chalicelib.jobs.request import Notify
from tests.unit.samples import JOB_ID, some_settings

URL = "https://hooks.example.com/in"
PLAIN = some_settings()
OWN = some_settings(
    WEBHOOK_HOSTS="hooks.example.com", WEBHOOK_URL=f"{URL}/own", WEBHOOK_SECRET="arn"
)
BOTH = Notify(url=URL, email="ann@example.com")


def test_nobody_is_told_if_nobody_asks() -> None:
    assert notices_of(JOB_ID, None, PLAIN) == ()


def test_those_whom_the_request_names_are_told() -> None:
    notices = notices_of(JOB_ID, BOTH, PLAIN)

    assert [(one.kind, one.to) for one in notices] == [
        (Kind.WEBHOOK, URL),
        (Kind.MAIL, "ann@example.com"),
    ]


def test_the_stacks_own_webhook_is_told_too_and_its_url_is_not_stored() -> None:
    notices = notices_of(JOB_ID, BOTH, OWN)

    assert [(one.kind, one.to) for one in notices][2:] == [(Kind.WEBHOOK, "")]
    assert len(notices) <= MOST


def test_each_notice_has_an_id_of_its_own_that_is_always_the_same() -> None:
    notices = notices_of(JOB_ID, BOTH, OWN)

    assert len({one.id for one in notices}) == len(notices)
    assert notices == notices_of(JOB_ID, BOTH, OWN)
    assert not {one.id for one in notices} & {one.id for one in notices_of("other", BOTH, OWN)}


def test_the_stacks_own_webhook_is_not_told_twice() -> None:
    notices = notices_of(JOB_ID, Notify(url=f"{URL}/own"), OWN)

    assert [one.to for one in notices] == [f"{URL}/own"]

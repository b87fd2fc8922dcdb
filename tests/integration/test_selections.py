"""A selection makes as many jobs as it allows, of what it names, and not one more."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import jwt
import pytest

from chalicelib import aws
from chalicelib.errors import (
    IdempotencyKeyReused,
    InvalidRequest,
    LonghaulError,
    SelectionUsed,
    TooManyJobs,
    Unavailable,
)
from chalicelib.http import selections
from chalicelib.http.calls import Call
from chalicelib.http.tokens import BadToken
from chalicelib.jobs import places
from chalicelib.jobs.arrivals import Arrival
from chalicelib.pipeline import accepting
from chalicelib.trace_ids import SpanRef
from tests.archives import check_archive
from tests.clock import START
from tests.integration import wire
from tests.integration.gateway import BASE, DOMAIN, call, export, post_export
from tests.integration.stack import Stack
from tests.integration.wire import Requests, answering, listening

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEY, KID = "a-key-that-only-the-backend-knows", "2026-05"
OTHER = "another-key-of-the-same-backend-2"
NOW = START // 1000
CLAIMS = {"sub": "alice", "aud": "longhaul", "exp": NOW + 600, "file_ids": [10001, 10002, 10003]}
SECRETS_ARE_DOWN: wire.Wired = 500, {}, json.dumps({"__type": "InternalServiceError"})

CONTEXT = {"resourcePath": "/v1/export", "path": "/api/v1/export", "domainName": DOMAIN}


class Secret:
    """The secret of the stack, as its operator reaches it."""

    def __init__(self) -> None:
        self._client: Any = cast("Any", aws.secrets_manager())
        self._client.create_secret(Name="longhaul/selections", SecretString="{}")
        self.write({KID: KEY})

    def write(self, keys: dict[str, str]) -> None:
        self._client.put_secret_value(SecretId="longhaul/selections", SecretString=json.dumps(keys))


@pytest.fixture(autouse=True)
def secret(stack: Stack) -> Secret:
    stack.services.selection_keys.secret = "longhaul/selections"
    stack.configure(selection_keys="longhaul/selections")
    return Secret()


def _signed(kid: str = KID, key: str = KEY, **claims: Any) -> str:
    whole = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(whole, key, algorithm="HS256", headers={"kid": kid})


def _post(stack: Stack, token: str, key: str | None = None, *, fresh: bool = False) -> Any:
    """Posts the selection, and returns the content of the answer."""
    headers = {} if key is None else {"idempotency-key": key}
    reply = selections.create(Call(CONTEXT, headers, {}, b""), stack.services, token, fresh=fresh)
    assert reply.status == 202
    assert reply.content is not None
    return reply.content


def _job(stack: Stack, token: str, key: str | None = None) -> str:
    return str(_post(stack, token, key)["jobId"])


def _jobs(stack: Stack) -> int:
    """Returns how many jobs alice has."""
    return len(stack.services.user_jobs.page("alice", 100).jobs)


def _refusal(stack: Stack, token: str, key: str | None = None) -> LonghaulError:
    with pytest.raises(LonghaulError) as caught:
        _post(stack, token, key)
    return caught.value


# -- what is exported -----------------------------------------------------------------------------


def test_a_selection_of_three_files_exports_those_and_nothing_else(stack: Stack) -> None:
    files = {
        f"downloads/{n}": stack.put_file(f"downloads/{n}", b"%d" % n) for n in range(10000, 10006)
    }

    job_id = _job(stack, _signed(filename="March.zip"))
    assert stack.run_queue() == []

    job = stack.job(job_id)
    assert (job.user_id, job.filename, job.status) == ("alice", "March.zip", "completed")
    archive = stack.archive(job_id)
    assert archive is not None
    check_archive(archive, {str(n): files[f"downloads/{n}"] for n in (10001, 10002, 10003)})


def test_the_answer_has_the_job_and_a_ticket_for_it(stack: Stack) -> None:
    answer = _post(stack, _signed())

    assert answer["statusUrl"] == f"{BASE}/v1/export/{answer['jobId']}"
    ticket = stack.services.tickets.find(answer["jobId"], answer["ticket"], stack.clock())
    assert ticket is not None
    assert (ticket.scope, ticket.expires_at) == ("own", START + 7 * 24 * 3600 * 1000)
    assert answer["ticketExpiresAt"] == "2026-06-04T20:26:40.000Z"


def test_the_answer_is_not_cached(stack: Stack) -> None:
    reply = selections.create(Call(CONTEXT, {}, {}, b""), stack.services, _signed())

    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Location"].startswith(f"{BASE}/v1/export/")


def test_a_repeated_selection_has_made_no_job(stack: Stack) -> None:
    caller = SpanRef("a" * 32, "b" * 16)
    came = Arrival(at=START - 5, caller=caller)
    asked = Call(CONTEXT, {"idempotency-key": "k"}, {}, b"", came=came)

    first, second = (selections.create(asked, stack.services, _signed()) for _ in "12")

    assert first.made
    assert second.made is None
    job = stack.job(first.made.job_id)
    assert (job.asked_at, job.caller) == (START - 5, caller)


def test_a_ticket_lives_no_longer_than_the_archive(stack: Stack) -> None:
    stack.configure(archive_ttl_days=2)

    assert _post(stack, _signed())["ticketExpiresAt"] == "2026-05-30T20:26:40.000Z"


def test_each_answer_has_a_ticket_of_its_own(stack: Stack) -> None:
    first, second = _post(stack, _signed(), "k"), _post(stack, _signed(), "k")

    assert first["jobId"] == second["jobId"]
    assert first["ticket"] != second["ticket"]
    for answer in (first, second):
        assert stack.services.tickets.find(answer["jobId"], answer["ticket"], stack.clock())


def test_a_selection_is_posted_in_place_of_a_request(stack: Stack) -> None:
    answer = post_export({"selection": _signed()}, key="k")

    assert answer.status == 202
    assert stack.job(answer.body["jobId"]).user_id == "alice"
    assert answer.headers["Cache-Control"] == "no-store"
    status = f"/v1/export/{answer.body['jobId']}"
    bearer = {"Authorization": f"Bearer {answer.body['ticket']}"}
    assert call("GET", status, headers=bearer).status == 200


@pytest.mark.parametrize(
    ("claims", "status", "slug"),
    [
        ({"exp": NOW - 61}, 401, "unauthorized"),
        ({"aud": "shop"}, 401, "unauthorized"),
        ({"file_ids": [1]}, 400, "invalid-request"),
        ({"jti": "used"}, 403, "selection-used"),
    ],
)
def test_a_refusal_is_a_problem_document(
    stack: Stack, claims: dict[str, Any], status: int, slug: str
) -> None:
    _post(stack, _signed(jti="used"))

    answer = post_export({"selection": _signed(**claims)})

    assert answer.status == status
    assert answer.body["type"] == f"urn:problem-type:longhaul:{slug}"


# -- uses -----------------------------------------------------------------------------------------


def test_a_backend_may_sign_any_address_and_only_hosts_that_are_allowed(stack: Stack) -> None:
    stack.configure(mail_from="longhaul@example.com", webhook_hosts=("hooks.example.com",))
    whom = {"url": "https://hooks.example.com/in", "email": "anybody@elsewhere.org"}

    job_id = _job(stack, _signed(notify=whom))
    refusal = _refusal(stack, _signed(notify={"url": "https://evil.org/"}))

    known = stack.services.notices.get(job_id)
    assert known is not None
    assert [one.to for one in known.notices] == list(whom.values())
    assert isinstance(refusal, InvalidRequest)
    assert [error.pointer for error in refusal.errors] == ["/selection/notify/url"]


@pytest.mark.parametrize(
    ("notify", "pointer"),
    [
        ({}, "/selection/notify"),
        ("ann@example.com", "/selection/notify"),
        ({"mail": "ann@example.com"}, "/selection/notify/mail"),
        ({"email": "Ann <ann@example.com>"}, "/selection/notify/email"),
    ],
)
def test_a_signed_receiver_obeys_the_rules_of_a_request(
    stack: Stack, notify: object, pointer: str
) -> None:
    stack.configure(mail_from="longhaul@example.com")

    refusal = _refusal(stack, _signed(notify=notify))

    assert isinstance(refusal, InvalidRequest)
    assert [error.pointer for error in refusal.errors] == [pointer]


def test_a_backend_says_what_the_archive_is_like(stack: Stack) -> None:
    like: dict[str, Any] = {"format": "tar.gz", "compression": "auto", "split": 2_000_000}

    job = stack.job(_job(stack, _signed(filename="March", **like)))

    asked = accepting.request_of(stack.services, job)
    assert (job.format, job.filename) == ("tar.gz", "March.tar.gz")
    assert (asked.format, asked.compression, asked.split) == tuple(like.values())


@pytest.mark.parametrize(
    ("claims", "pointer"),
    [
        ({"format": "rar"}, "/selection/format"),
        ({"format": "tar", "compression": "deflate"}, "/selection/compression"),
        ({"split": "4GB"}, "/selection/split"),
        ({"split": 1}, "/selection/split"),
    ],
)
def test_what_an_archive_cannot_be_is_refused_by_its_claim(
    stack: Stack, claims: dict[str, Any], pointer: str
) -> None:
    refusal = _refusal(stack, _signed(**claims))

    assert isinstance(refusal, InvalidRequest)
    assert {error.pointer for error in refusal.errors} == {pointer}


def test_a_selection_is_used_once(stack: Stack) -> None:
    token = _signed()
    _post(stack, token)

    refusal = _refusal(stack, token)

    assert isinstance(refusal, SelectionUsed)
    assert refusal.status == 403
    assert refusal.detail == "the selection was used once, which is all it allows"
    assert _jobs(stack) == 1


def test_a_selection_is_used_as_often_as_it_allows(stack: Stack) -> None:
    token = _signed(jti="order-1", uses=3)
    assert len({_job(stack, token) for _ in range(3)}) == 3

    refusal = _refusal(stack, token, "another")

    assert refusal.detail == "the selection was used 3 times, which is all it allows"
    assert _jobs(stack) == 3


def test_two_tokens_with_one_jti_are_one_selection(stack: Stack) -> None:
    _post(stack, _signed(jti="order-1"))

    assert isinstance(_refusal(stack, _signed(jti="order-1", exp=NOW + 900)), SelectionUsed)
    assert _post(stack, _signed(jti="order-1", sub="bob"))


def test_the_same_idempotency_key_gets_the_same_job_and_takes_no_use(stack: Stack) -> None:
    token = _signed(jti="order-1", uses=2)

    assert len({_job(stack, token, "monday") for _ in range(4)}) == 1
    assert _job(stack, token, "tuesday")
    assert isinstance(_refusal(stack, token, "wednesday"), SelectionUsed)
    assert _job(stack, token, "tuesday")


def test_the_same_key_with_another_selection_is_another_job(stack: Stack) -> None:
    assert _job(stack, _signed(jti="a"), "k") != _job(stack, _signed(jti="b"), "k")


def test_the_same_key_and_jti_for_other_files_is_refused(stack: Stack) -> None:
    _post(stack, _signed(jti="a"), "k")

    with pytest.raises(IdempotencyKeyReused):
        _post(stack, _signed(jti="a", file_ids=[10009]), "k")


def test_a_bad_idempotency_key_takes_no_use(stack: Stack) -> None:
    assert isinstance(_refusal(stack, _signed(), "two words"), InvalidRequest)
    assert _post(stack, _signed())


def test_a_use_is_remembered_as_long_as_the_selection_may_live(stack: Stack) -> None:
    token = _signed(exp=NOW + 7 * 24 * 3600, jti="order-1")
    selection = selections.verified(token, stack.services)
    _post(stack, token)

    item = stack.item(places.selection(selection.use.selection))

    assert item["useCount"] == {"N": "1"}
    assert int(item["ttl"]["N"]) > NOW + 8 * 24 * 3600


@pytest.mark.parametrize("uses", [1, 5])
def test_twenty_posts_at_once_take_no_more_uses_than_there_are(stack: Stack, uses: int) -> None:
    token = _signed(jti="order-1", uses=uses)

    def post(number: int) -> str:
        try:
            return _job(stack, token, f"key-{number}")
        except SelectionUsed:
            return ""

    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(post, range(20)))

    assert len(set(filter(None, made))) == uses == _jobs(stack)
    assert made.count("") == 20 - uses


def test_twenty_posts_at_once_with_one_key_make_one_job(stack: Stack) -> None:
    token = _signed(jti="order-1", uses=2)
    with ThreadPoolExecutor(20) as pool:
        made = set(pool.map(lambda _: _job(stack, token, "k"), range(20)))

    assert len(made) == 1
    assert _job(stack, token, "another")
    assert isinstance(_refusal(stack, token), SelectionUsed)


# -- what takes no use ----------------------------------------------------------------------------


def test_a_refusal_takes_no_use(stack: Stack) -> None:
    stack.configure(max_open_jobs_per_user=1)
    other = export(file_ids=[10001], user_id="alice")
    token = _signed()
    assert isinstance(_refusal(stack, token, "k"), TooManyJobs)
    assert isinstance(_refusal(stack, token), TooManyJobs)
    stack.services.jobs.cancel(other, stack.clock())

    assert _post(stack, token, "another")
    assert isinstance(_refusal(stack, token), SelectionUsed)


class Crash(BaseException):
    """The process ends."""


def _requests_of_a_post(stack: Stack, requests: Requests) -> list[str]:
    _post(stack, _signed(jti="first"), "k")  # the keys are known from here on
    requests.clear()
    _post(stack, _signed(jti="probe"), "k")
    return [operation for operation, _ in requests.made]


def test_a_crash_at_any_request_loses_no_use(stack: Stack, requests: Requests) -> None:
    made = _requests_of_a_post(stack, requests)
    assert "TransactWriteItems" in made
    for after in (False, True):
        for last in range(len(made)):
            token, left = _signed(jti=f"order-{after}-{last}"), last

            def die(_operation: str, _parameters: dict[str, Any]) -> None:
                nonlocal left
                left -= 1
                if left < 0:
                    raise Crash

            with pytest.raises(Crash), listening(die, after=after):
                _post(stack, token, "k")

            job_id = _job(stack, token, "k")
            assert stack.job(job_id).status == "queued"
            assert isinstance(_refusal(stack, token, "another"), SelectionUsed)


def test_a_lost_answer_to_the_write_is_one_use(stack: Stack, no_backoff: None) -> None:
    lost = Counter[str]()

    def lose(operation: str, _: dict[str, Any]) -> wire.Wired | None:
        lost[operation] += 1
        return (
            wire.TABLE_IS_DOWN
            if operation == "TransactWriteItems" and lost[operation] == 1
            else None
        )

    token = _signed()
    with listening(lose, after=True):
        job_id = _job(stack, token)

    assert lost["TransactWriteItems"] == 2
    assert stack.job(job_id).user_id == "alice"
    assert isinstance(_refusal(stack, token), SelectionUsed)


def test_a_crossed_transaction_is_tried_again(stack: Stack, requests: Requests) -> None:
    reasons = [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "crossed"}]
    canceled: wire.Wired = (
        400,
        {},
        json.dumps({"__type": "TransactionCanceledException", "CancellationReasons": reasons}),
    )
    crossed = 3

    def cross(operation: str, _: dict[str, Any]) -> wire.Wired | None:
        nonlocal crossed
        crossed -= operation == "TransactWriteItems"
        return canceled if operation == "TransactWriteItems" and crossed >= 0 else None

    with listening(cross):
        _post(stack, _signed())
    assert requests.count()["TransactWriteItems"] == 4

    with answering(canceled, "TransactWriteItems"), pytest.raises(Unavailable):
        _post(stack, _signed(jti="other"))
    assert _post(stack, _signed(jti="other"))


def test_a_used_selection_stores_no_request(stack: Stack, requests: Requests) -> None:
    token = _signed()
    _post(stack, token)
    requests.clear()

    _refusal(stack, token)

    assert requests.count()["PutObject"] == 0


def test_a_job_of_a_deleted_record_takes_a_new_use(stack: Stack) -> None:
    token = _signed(jti="order-1", uses=2)
    client: DynamoDBClient = aws.dynamodb()
    job_id = _job(stack, token, "k")
    client.delete_item(TableName="JobsTable", Key={"jobId": {"S": job_id}})

    assert _job(stack, token, "k") == job_id
    client.delete_item(TableName="JobsTable", Key={"jobId": {"S": job_id}})
    assert isinstance(_refusal(stack, token, "k"), SelectionUsed)


# -- keys -----------------------------------------------------------------------------------------


def test_the_secret_is_read_once_and_only_for_a_selection(stack: Stack, requests: Requests) -> None:
    export(file_ids=[10001])
    assert requests.count()["GetSecretValue"] == 0

    for number in range(3):
        _post(stack, _signed(jti=str(number)))

    assert requests.of("GetSecretValue") == [{"SecretId": "longhaul/selections"}]


def test_keys_are_rotated_without_a_refusal(stack: Stack, secret: Secret) -> None:
    old, new = _signed(jti="old"), _signed("2026-06", OTHER, jti="new")
    _post(stack, _signed(jti="before"))
    assert isinstance(_refusal(stack, new), BadToken)

    secret.write({KID: KEY, "2026-06": OTHER})
    stack.clock.advance(seconds=30)
    assert _post(stack, new)
    assert _post(stack, old)

    secret.write({"2026-06": OTHER})
    stack.clock.advance(seconds=300)
    assert isinstance(_refusal(stack, _signed(jti="late")), BadToken)
    assert _post(stack, _signed("2026-06", OTHER, jti="later"))


def test_without_secrets_manager_the_old_keys_are_used(stack: Stack, no_backoff: None) -> None:
    _post(stack, _signed(jti="before"))
    stack.clock.advance(seconds=500)
    with answering(SECRETS_ARE_DOWN, "GetSecretValue"):
        assert _post(stack, _signed(jti="during", exp=NOW + 900))


@pytest.mark.parametrize("broken", [{"1": "short"}, {}])
def test_a_secret_without_usable_keys_is_a_503(
    stack: Stack, secret: Secret, broken: dict[str, str]
) -> None:
    secret.write(broken)

    refusal = _refusal(stack, _signed())

    assert isinstance(refusal, Unavailable)
    assert refusal.status == 503
    assert "short" not in refusal.detail


def test_a_secret_that_does_not_exist_is_a_503(stack: Stack) -> None:
    stack.services.selection_keys.secret = "longhaul/other"

    assert cast("Any", _refusal(stack, _signed())).retryable


# -- altered and late -----------------------------------------------------------------------------


def test_a_late_selection_is_refused_with_the_reason(stack: Stack) -> None:
    token = _signed()
    stack.clock.advance(seconds=661)

    refusal = _refusal(stack, token)

    assert (refusal.status, refusal.detail) == (401, "selection: the token has expired")


def test_an_altered_selection_is_refused_and_takes_nothing(stack: Stack) -> None:
    head, _, signature = _signed().split(".")
    _, more, _ = _signed(file_ids=[10001, 10002, 10003, 10004]).split(".")

    assert _refusal(stack, f"{head}.{more}.{signature}").status == 401
    assert _jobs(stack) == 0

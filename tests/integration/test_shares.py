"""Tickets and share links: each is good for one job, for a time, until it is revoked."""

import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chalicelib.errors import (
    BodyTooLarge,
    InvalidRequest,
    MalformedBody,
    NotFound,
    TooManyShares,
    Unavailable,
    UnsupportedMediaType,
)
from chalicelib.http import shares
from chalicelib.http.callers import Caller
from chalicelib.http.calls import Call
from chalicelib.jobs import places, tickets
from chalicelib.jobs.tickets import OWN_MAX, SHARES_MAX, Scope, Ticket
from tests.clock import START
from tests.integration.gateway import BASE, DOMAIN, UNKNOWN_JOB, call, export
from tests.integration.stack import Stack
from tests.integration.wire import TABLE_IS_DOWN, listening

DAY = 24 * 3600


@pytest.fixture
def job_id(stack: Stack) -> str:
    return export(file_ids=[10001], user_id="alice")


def _call(body: object = None, *, caller: Caller | None = None, content_type: str = "") -> Call:
    context = {
        "resourcePath": "/v1/export/{job_id}/shares",
        "path": f"/api/v1/export/{UNKNOWN_JOB}/shares",
        "domainName": DOMAIN,
    }
    content = (
        body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    )
    headers = {"content-type": content_type}
    return Call(context, headers, {}, content, caller or Caller())


def _shared(stack: Stack, job_id: str, body: object = None) -> dict[str, Any]:
    reply = shares.create(_call(body), stack.services, job_id)
    assert reply.status == 201
    assert reply.content is not None
    return reply.content


def _listed(stack: Stack, job_id: str) -> list[Any]:
    reply = shares.listing(_call(), stack.services, job_id)
    assert reply.status == 200
    assert reply.content is not None
    return list(reply.content["shares"])


def _ticket(stack: Stack, job_id: str, token: str) -> Ticket | None:
    return shares.ticket_of(stack.services, job_id, token)


def _own(stack: Stack, job_id: str, *, days: int = 7) -> str:
    """Makes a ticket of scope `own`. Returns its token."""
    services, now = stack.services, stack.clock()
    token, ticket = tickets.new(
        services.new_id(), services.new_secret(), Scope.OWN, now, days * DAY
    )
    services.tickets.add(job_id, ticket, now)
    return token


# -- a link ---------------------------------------------------------------------------------------


def test_a_share_is_a_link_to_the_page_with_a_ticket_that_no_server_sees(
    stack: Stack, job_id: str
) -> None:
    share = _shared(stack, job_id)

    assert share["url"] == f"{BASE}/#/jobs/{job_id}?ticket={share['ticket']}"
    assert re.fullmatch(r"lht_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", share["ticket"])
    assert share["ticket"].split("_")[1] == share["id"]
    assert share["createdAt"] == "2026-05-28T20:26:40.000Z"
    assert share["expiresAt"] == "2026-05-29T20:26:40.000Z"


def test_an_answer_with_a_ticket_is_not_cached(stack: Stack, job_id: str) -> None:
    reply = shares.create(_call(), stack.services, job_id)

    assert reply.headers["Cache-Control"] == "no-store"


def test_a_ticket_reads_its_job_until_it_expires(stack: Stack, job_id: str) -> None:
    token = _shared(stack, job_id, {"expires_in": 3600})["ticket"]

    stack.clock.advance(seconds=3599)
    ticket = _ticket(stack, job_id, token)
    assert ticket is not None
    assert ticket.scope == "read"
    stack.clock.advance(seconds=1)
    assert _ticket(stack, job_id, token) is None
    assert _listed(stack, job_id) == []


def test_a_link_for_a_ticket_lives_no_longer_than_the_ticket(stack: Stack) -> None:
    stack.put_file("downloads/10001", b"1")
    path = f"/v1/export/{stack.completed(file_ids=[10001])}"
    share = call("POST", f"{path}/shares", body={"expires_in": 60}).body
    stack.clock.advance(seconds=20)

    def link(headers: dict[str, str]) -> int:
        return int(call("GET", f"{path}/download", headers=headers).body["expiresIn"])

    assert link({"Authorization": f"Bearer {share['ticket']}"}) == 40
    assert link({}) == stack.services.settings.link_ttl_seconds


def test_a_ticket_is_good_for_no_other_job(stack: Stack, job_id: str) -> None:
    other = export(file_ids=[10002], user_id="alice")
    token = _shared(stack, job_id)["ticket"]
    _shared(stack, other)

    assert _ticket(stack, other, token) is None


def test_the_table_holds_no_ticket_but_its_digest(stack: Stack, job_id: str) -> None:
    token = _shared(stack, job_id)["ticket"]

    stored = str(stack.item(places.tickets(job_id)))

    assert token.rpartition("_")[2] not in stored
    assert token[13:] not in stored
    assert hashlib.sha256(token.encode()).hexdigest() in stored


def test_the_item_goes_a_day_after_its_last_ticket(stack: Stack, job_id: str) -> None:
    _shared(stack, job_id, {"expires_in": 3 * DAY})
    _shared(stack, job_id, {"expires_in": 60})

    assert stack.item(places.tickets(job_id))["ttl"] == {"N": str(START // 1000 + 4 * DAY)}


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[:-1],
        lambda t: t + "A",
        lambda t: t + "\n",
        lambda t: " " + t,
        lambda t: t.upper(),
        lambda t: t[4:],
        lambda t: t.replace("lht_", "lht-"),
        lambda t: f"{t[:13]}{'A' * 43}",
        lambda t: f"lht_{'0' * 8}_{t[13:]}",
        lambda _: "",
        lambda _: "x" * 1_000_000,
        lambda t: t[:-1] + "é",
    ],
)
def test_another_text_is_no_ticket(stack: Stack, job_id: str, change: Any) -> None:
    token = _shared(stack, job_id)["ticket"]

    assert _ticket(stack, job_id, change(token)) is None


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, 55), bit=st.integers(0, 7))
def test_a_ticket_with_a_flipped_bit_is_no_ticket(
    stack: Stack, job_id: str, place: int, bit: int
) -> None:
    stack.services = replace(stack.services, new_secret=lambda: "s" * 43)
    token = bytearray(_own(stack, job_id).encode())
    token[place] ^= 1 << bit

    assert _ticket(stack, job_id, token.decode("latin-1")) is None


def test_a_share_is_made_listed_and_revoked_over_the_api(stack: Stack, job_id: str) -> None:
    path = f"/v1/export/{job_id}/shares"

    made = call("POST", path, body={"expires_in": 3600})
    assert made.status == 201
    bearer = {"Authorization": f"Bearer {made.body['ticket']}"}
    assert call("GET", f"/v1/export/{job_id}", headers=bearer).status == 200
    assert call("POST", path).status == 201
    assert len(call("GET", path).body["shares"]) == 2

    assert call("DELETE", f"{path}/{made.body['id']}").status == 204
    assert call("GET", f"/v1/export/{job_id}", headers=bearer).status == 401
    assert call("DELETE", f"{path}/{made.body['id']}").status == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_ticket_cannot_share(stack: Stack, job_id: str, method: str) -> None:
    for token in (_shared(stack, job_id)["ticket"], _own(stack, job_id)):
        answer = call(
            method, f"/v1/export/{job_id}/shares", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status == 403


def test_one_share_too_many_is_a_problem_document(stack: Stack, job_id: str) -> None:
    for _ in range(SHARES_MAX):
        _shared(stack, job_id)

    answer = call("POST", f"/v1/export/{job_id}/shares")

    assert (answer.status, answer.headers["Retry-After"]) == (409, "86401")
    assert answer.body["type"] == "urn:problem-type:longhaul:too-many-shares"


# -- how long, how many ---------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "seconds"), [(None, DAY), (b" \n", DAY), ({}, DAY)])
def test_a_share_lives_for_a_day_if_nothing_else_is_said(
    stack: Stack, job_id: str, body: object, seconds: int
) -> None:
    _shared(stack, job_id, body)

    assert stack.services.tickets.shares(job_id, START)[0].expires_at == START + seconds * 1000


def test_a_share_lives_as_long_as_asked_for_up_to_the_limit(stack: Stack, job_id: str) -> None:
    stack.configure(share_max_days=2)
    for seconds in (60, 60.0, 2 * DAY):
        _shared(stack, job_id, {"expires_in": seconds})

    with pytest.raises(InvalidRequest) as caught:
        _shared(stack, job_id, {"expires_in": 2 * DAY + 1})
    (error,) = caught.value.errors
    assert (error.pointer, error.detail) == (
        "/expires_in",
        "must be at most 172800 seconds, not 172801",
    )
    assert len(_listed(stack, job_id)) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"expires_in": 59},
        {"expires_in": 0},
        {"expires_in": -1},
        {"expires_in": 60.5},
        {"expires_in": "60"},
        {"expires_in": None},
        {"expires_in": True},
        {"expires_in": 10**400},
        {"expires_in": 3600, "scope": "own"},
        [],
        5,
        b"null",
    ],
)
def test_another_life_is_refused(stack: Stack, job_id: str, body: object) -> None:
    with pytest.raises(InvalidRequest):
        _shared(stack, job_id, body)
    assert _listed(stack, job_id) == []


def test_a_body_that_is_no_json_is_refused(stack: Stack, job_id: str) -> None:
    with pytest.raises(MalformedBody):
        _shared(stack, job_id, b"{")
    with pytest.raises(BodyTooLarge):
        _shared(stack, job_id, b"[" + b" " * 3_000_000 + b"]")
    with pytest.raises(UnsupportedMediaType):
        shares.create(_call({}, content_type="text/plain"), stack.services, job_id)


def test_a_job_has_no_more_shares_than_the_limit(stack: Stack, job_id: str) -> None:
    for minutes in range(1, SHARES_MAX + 1):
        _shared(stack, job_id, {"expires_in": minutes * 60})

    with pytest.raises(TooManyShares) as caught:
        _shared(stack, job_id)
    assert caught.value.status == 409
    assert "20 share links" in caught.value.detail
    assert caught.value.headers == {"Retry-After": "61"}

    stack.clock.advance(seconds=61)  # the first one has expired
    _shared(stack, job_id)
    assert len(_listed(stack, job_id)) == SHARES_MAX
    with pytest.raises(TooManyShares):
        _shared(stack, job_id)


def test_forty_shares_at_once_are_as_many_as_there_may_be(stack: Stack, job_id: str) -> None:
    def share(_: int) -> str:
        try:
            return str(_shared(stack, job_id)["ticket"])
        except (TooManyShares, Unavailable):
            return ""

    with ThreadPoolExecutor(20) as pool:
        made = [token for token in pool.map(share, range(40)) if token]

    assert len(made) == SHARES_MAX == len(_listed(stack, job_id))
    assert all(_ticket(stack, job_id, token) for token in made)


def test_one_more_ticket_for_the_owner_takes_the_place_of_the_oldest(
    stack: Stack, job_id: str
) -> None:
    share = _shared(stack, job_id)["ticket"]
    tokens = [_own(stack, job_id) for _ in range(OWN_MAX + 2)]

    good = [token for token in tokens if _ticket(stack, job_id, token)]

    assert good == tokens[2:]
    assert _ticket(stack, job_id, share)


# -- revoked --------------------------------------------------------------------------------------


def test_a_revoked_share_is_no_ticket_and_the_others_still_are(stack: Stack, job_id: str) -> None:
    first, second = _shared(stack, job_id), _shared(stack, job_id)

    reply = shares.revoke(_call(), stack.services, job_id, first["id"])

    assert (reply.status, reply.content) == (204, None)
    assert _ticket(stack, job_id, first["ticket"]) is None
    assert _ticket(stack, job_id, second["ticket"]) is not None
    assert [share["id"] for share in _listed(stack, job_id)] == [second["id"]]


def test_the_list_has_the_oldest_first_and_no_ticket(stack: Stack, job_id: str) -> None:
    _own(stack, job_id)
    made = []
    for _ in range(3):
        made.append(_shared(stack, job_id))
        stack.clock.advance(seconds=1)

    facts = ("id", "createdAt", "expiresAt")
    assert _listed(stack, job_id) == [{name: share[name] for name in facts} for share in made]


def test_a_job_without_shares_has_an_empty_list(stack: Stack, job_id: str) -> None:
    assert _listed(stack, job_id) == []


@pytest.mark.parametrize("share_id", ["", "0" * 8, "x" * 8, "../..", "a" * 100, "é" * 8])
def test_a_share_that_is_not_there_is_not_revoked(stack: Stack, job_id: str, share_id: str) -> None:
    kept = _shared(stack, job_id)

    with pytest.raises(NotFound, match="there is no share"):
        shares.revoke(_call(), stack.services, job_id, share_id)
    assert _ticket(stack, job_id, kept["ticket"])


def test_a_share_is_revoked_once(stack: Stack, job_id: str) -> None:
    share = _shared(stack, job_id)
    shares.revoke(_call(), stack.services, job_id, share["id"])

    with pytest.raises(NotFound):
        shares.revoke(_call(), stack.services, job_id, share["id"])


def test_a_ticket_of_the_owner_is_no_share_to_revoke(stack: Stack, job_id: str) -> None:
    token = _own(stack, job_id)

    with pytest.raises(NotFound):
        shares.revoke(_call(), stack.services, job_id, token[4:12])
    assert _ticket(stack, job_id, token)


def test_shares_that_are_made_and_revoked_at_once_are_all_kept_or_gone(
    stack: Stack, job_id: str
) -> None:
    old = [_shared(stack, job_id)["id"] for _ in range(8)]

    def change(number: int) -> str:
        if number % 2:
            return str(_shared(stack, job_id)["id"])
        shares.revoke(_call(), stack.services, job_id, old[number // 2])
        return ""

    with ThreadPoolExecutor(16) as pool:
        new = {share_id for share_id in pool.map(change, range(16)) if share_id}

    assert {share["id"] for share in _listed(stack, job_id)} == new


def test_a_lost_answer_to_the_write_makes_one_share(
    stack: Stack, job_id: str, no_backoff: None
) -> None:
    _own(stack, job_id)
    writes = 0

    def lose(operation: str, _: dict[str, Any]) -> Any:
        nonlocal writes
        writes += operation == "UpdateItem"
        return TABLE_IS_DOWN if operation == "UpdateItem" and writes == 1 else None

    with listening(lose, after=True):
        share = _shared(stack, job_id)

    assert writes == 2
    assert [one["id"] for one in _listed(stack, job_id)] == [share["id"]]


# -- whose ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["unknown", "bob"])
def test_a_job_of_nobody_and_of_another_user_has_no_shares(
    stack: Stack, job_id: str, of: str
) -> None:
    share = _shared(stack, job_id)
    caller = Caller(way="jwt", user_id="bob") if of == "bob" else Caller()
    asked = _call(caller=caller)
    named = job_id if of == "bob" else UNKNOWN_JOB

    for route, more in ((shares.create, ()), (shares.listing, ()), (shares.revoke, (share["id"],))):
        with pytest.raises(NotFound, match="there is no job"):
            route(asked, stack.services, named, *more)
    assert len(_listed(stack, job_id)) == 1


def test_the_owner_shares_lists_and_revokes(stack: Stack, job_id: str) -> None:
    asked = _call(caller=Caller(way="jwt", user_id="alice"))

    share = shares.create(asked, stack.services, job_id).content
    assert share is not None
    assert shares.listing(asked, stack.services, job_id).content
    assert shares.revoke(asked, stack.services, job_id, share["id"]).status == 204

"""Signing in by the device flow, renewal of what was kept, and signing out."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from longhaul import Client, errors, signin
from longhaul.http import Network
from longhaul.keeping import Keeper, SignIn
from longhaul.retries import Retries
from longhaul.signin import StoredSignIn
from tests.unit.longhaul import issuing
from tests.unit.longhaul.issuing import (
    DEVICE,
    DISCOVERY,
    PENDING,
    RESOURCE,
    REVOKE,
    SLOW_DOWN,
    TOKEN,
    Rotation,
    jwt,
    offers_login,
    tokens,
)
from tests.unit.longhaul.stub import CUT, JOB, JOB_ID, Asked, Reply, Stub, job, problem

EXPIRED = problem(401, "unauthorized", "the token has expired")


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path / "longhaul")


def sign_in(stub: Stub) -> SignIn:
    network, retries = Network(), Retries(1, None)
    offer = signin.offer_of(network, retries, stub.url)
    return signin.wait(network, retries, offer, signin.begin(network, offer))


def kept(
    keeper: Keeper, stub: Stub, *, left: float = 0, refresh: str | None = "refresh-0"
) -> Client:
    """A client of a user whose token expires in `left` seconds."""
    now = time.time()
    found = SignIn(f"{stub.url}/idp", "longhaul-cli", "access-0", refresh, now - 3600, now + left)
    with keeper.locked():
        keeper.write(stub.url, found)
    return Client(stub.url, token=StoredSignIn(stub.url, keeper), patience=0)


def for_tokens(*good: str) -> Callable[[Asked], Reply]:
    """Stands for a job's route that takes these tokens only."""

    def answer(asked: Asked) -> Reply:
        sent = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return Reply(200, job("failed")) if sent in good else EXPIRED

    return answer


# -- the device flow -------------------------------------------------------------------------------


def test_a_device_is_signed_in_when_somebody_has_confirmed_it(
    stub: Stub, pauses: list[float]
) -> None:
    offers_login(stub)
    stub.on(TOKEN, PENDING, SLOW_DOWN, PENDING, tokens("access-1", "refresh-1"))

    found = sign_in(stub)

    assert (found.access_token, found.refresh_token) == ("access-1", "refresh-1")
    assert found.expires_at == pytest.approx(time.time() + 3600, abs=60)
    assert pauses == [5, 5, 10, 10]
    assert stub.of(DEVICE)[0].form == {
        "client_id": "longhaul-cli",
        "scope": "openid",
        "audience": "https://api",
    }
    assert stub.of(TOKEN)[0].form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "device-secret",
        "client_id": "longhaul-cli",
    }


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "The sign-in was denied."),
        ("expired_token", "Nobody has confirmed the sign-in in time."),
        ("invalid_client", "refuses: invalid_client."),
        ("\x1b[2J", "refuses: ."),
    ],
)
def test_a_refused_device_ends_the_flow(stub: Stub, error: str, words: str) -> None:
    offers_login(stub)
    stub.on(TOKEN, PENDING, Reply(400, {"error": error}))

    with pytest.raises(errors.SignInFailed) as failed:
        sign_in(stub)

    assert str(failed.value).endswith(words)
    assert failed.value.reason == error
    assert len(stub.of(TOKEN)) == 2


def test_a_device_that_nobody_confirms_is_given_up(stub: Stub, pauses: list[float]) -> None:
    offers_login(stub)
    stub.on(DEVICE, issuing.device(stub, expires_in=60))
    stub.on(TOKEN, PENDING)

    with pytest.raises(errors.SignInFailed, match="in time"):
        sign_in(stub)

    assert sum(pauses) == 60


def test_after_a_broken_connection_the_device_asks_half_as_often(
    stub: Stub, pauses: list[float]
) -> None:
    offers_login(stub)
    stub.on(TOKEN, CUT, Reply(503), tokens("access-1"))

    assert sign_in(stub).access_token == "access-1"
    assert pauses == [5, 10, 20]


@pytest.mark.parametrize(("given", "taken"), [(0, 1), (-5, 1), (1e300, 60), ("7", 7)])
def test_an_interval_is_at_least_a_second_and_at_most_a_minute(
    stub: Stub, pauses: list[float], given: object, taken: float
) -> None:
    offers_login(stub)
    stub.on(DEVICE, issuing.device(stub, interval=given))
    stub.on(TOKEN, tokens("access-1"))

    sign_in(stub)

    assert pauses == [taken]


def test_an_endless_flow_ends_after_half_an_hour(stub: Stub, pauses: list[float]) -> None:
    offers_login(stub)
    stub.on(DEVICE, issuing.device(stub, expires_in=1e300, interval=60))
    stub.on(TOKEN, PENDING)

    with pytest.raises(errors.SignInFailed, match="in time"):
        sign_in(stub)

    assert sum(pauses) == 1800


def test_a_sign_in_that_lasts_is_asked_for_where_there_is_one(stub: Stub) -> None:
    offers_login(stub, scopes_supported=["openid", "offline_access"])
    stub.on(TOKEN, tokens("access-1"))

    sign_in(stub)
    stub.on(DEVICE, Reply(400, {"error": "invalid_scope"}), issuing.device(stub))
    sign_in(stub)

    scopes = [asked.form["scope"] for asked in stub.of(DEVICE)]
    assert scopes == ["openid offline_access", "openid offline_access", "openid"]


def test_an_api_without_a_client_id_offers_no_sign_in(stub: Stub) -> None:
    offers_login(stub)
    content = {"resource": stub.url, "authorization_servers": [f"{stub.url}/idp"]}
    stub.on(RESOURCE, Reply(200, content))

    with pytest.raises(errors.SignInFailed, match="no client id for this program"):
        sign_in(stub)


def test_the_end_of_a_token_is_read_from_it_if_its_issuer_does_not_say_it(stub: Stub) -> None:
    offers_login(stub)
    stub.on(TOKEN, tokens(jwt(exp=1_900_000_000), expires_in=None))

    assert sign_in(stub).expires_at == 1_900_000_000


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.!!!.c", "a.W10.c", "a.\xfc.c", "a.e30.c"])
def test_what_is_no_jwt_says_nothing(token: str) -> None:
    assert signin.claims_of(token) == {}


# -- what was kept ---------------------------------------------------------------------------------


def test_a_token_that_is_good_is_not_renewed(stub: Stub, keeper: Keeper) -> None:
    stub.on(f"GET {JOB}", for_tokens("access-0"))

    with kept(keeper, stub, left=3600) as client:
        client.status(JOB_ID)

    assert [asked.line for asked in stub.asked] == [f"GET {JOB}"]


@pytest.mark.parametrize("left", [30, -100])
def test_a_token_is_renewed_shortly_before_its_end(stub: Stub, keeper: Keeper, left: float) -> None:
    offers_login(stub)
    stub.on(TOKEN, Rotation())
    stub.on(f"GET {JOB}", for_tokens("access-1"))

    with kept(keeper, stub, left=left) as client:
        client.status(JOB_ID)
        client.status(JOB_ID)

    assert stub.of(TOKEN)[0].form == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-0",
        "client_id": "longhaul-cli",
    }
    assert len(stub.of(TOKEN)) == 1
    now_kept = keeper.read(stub.url)
    assert now_kept
    assert (now_kept.access_token, now_kept.refresh_token) == ("access-1", "refresh-1")


def test_a_refused_token_is_renewed_once(stub: Stub, keeper: Keeper) -> None:
    offers_login(stub)
    stub.on(TOKEN, Rotation())

    with kept(keeper, stub, left=3600) as client:
        stub.on(f"GET {JOB}", for_tokens("access-1"))
        found = client.status(JOB_ID)
        stub.on(f"GET {JOB}", EXPIRED)
        with pytest.raises(errors.NotSignedIn) as refused:
            client.status(JOB_ID)

    assert found.status == "failed"
    assert len(stub.of(TOKEN)) == 2
    assert len(stub.of(f"GET {JOB}")) == 4
    assert (refused.value.sent, refused.value.api) == ("token", stub.url)


def test_the_events_of_a_job_go_on_with_a_renewed_token(stub: Stub, keeper: Keeper) -> None:
    offers_login(stub)
    stub.on(TOKEN, Rotation())
    progress = f"GET {JOB}/progress"
    event = f"event: status\ndata: {json.dumps(job('failed'))}\n\n".encode()

    def events(asked: Asked) -> Reply:
        is_new = asked.headers["authorization"] == "Bearer access-1"
        return Reply(200, event, {"Content-Type": "text/event-stream"}) if is_new else EXPIRED

    stub.on(progress, events)

    with kept(keeper, stub, left=3600) as client:
        seen = [found.status for found in client.watch(JOB_ID)]

    assert seen == ["failed"]
    assert [asked.line for asked in stub.asked] == [progress, DISCOVERY, TOKEN, progress]


def test_a_refresh_token_stays_if_no_new_one_comes(stub: Stub, keeper: Keeper) -> None:
    offers_login(stub)
    stub.on(TOKEN, tokens("access-1"))
    stub.on(f"GET {JOB}", for_tokens("access-1"))

    with kept(keeper, stub) as client:
        client.status(JOB_ID)

    now_kept = keeper.read(stub.url)
    assert now_kept
    assert now_kept.refresh_token == "refresh-0"


def test_a_sign_in_that_has_ended_is_not_tried_again(stub: Stub, keeper: Keeper) -> None:
    offers_login(stub)
    stub.on(TOKEN, Reply(400, {"error": "invalid_grant"}))
    stub.on(f"GET {JOB}", EXPIRED)

    with kept(keeper, stub, left=-1) as client:
        for _ in range(2):
            with pytest.raises(errors.NotSignedIn):
                client.status(JOB_ID)

    assert len(stub.of(TOKEN)) == 1


def test_a_token_that_still_works_is_used_while_the_issuer_does_not_answer(
    stub: Stub, keeper: Keeper
) -> None:
    stub.on(DISCOVERY, CUT)
    stub.on(f"GET {JOB}", for_tokens("access-0"))

    with kept(keeper, stub, left=30) as client:
        assert client.status(JOB_ID).status == "failed"
    with kept(keeper, stub, left=-1) as client, pytest.raises(errors.Unreachable):
        client.status(JOB_ID)


def test_an_issuer_that_has_moved_gets_no_refresh_token(stub: Stub, keeper: Keeper) -> None:
    offers_login(stub, issuer="https://another.example.com")
    stub.on(f"GET {JOB}", EXPIRED)

    with kept(keeper, stub, left=-1) as client, pytest.raises(errors.NotSignedIn):
        client.status(JOB_ID)

    assert stub.of(TOKEN) == []


def test_a_token_without_a_successor_is_sent_and_refused(stub: Stub, keeper: Keeper) -> None:
    stub.on(f"GET {JOB}", EXPIRED)

    with (
        kept(keeper, stub, left=-1, refresh=None) as client,
        pytest.raises(errors.NotSignedIn, match="the token has expired"),
    ):
        client.status(JOB_ID)


def test_a_sign_out_elsewhere_is_noticed(stub: Stub, keeper: Keeper) -> None:
    stub.on(f"GET {JOB}", EXPIRED)

    with kept(keeper, stub, left=3600) as client:
        client.session.credentials.token(client.session.network)
        with keeper.locked():
            keeper.remove(stub.url)
        with pytest.raises(errors.NotSignedIn):
            client.status(JOB_ID)

    assert stub.of(TOKEN) == []


CODE = """
import sys
from pathlib import Path
from longhaul import Client
from longhaul.keeping import Keeper
from longhaul.signin import StoredSignIn
url, folder, job_id = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
with Client(url, token=StoredSignIn(url, Keeper(Path(folder)))) as client:
    for _ in range(3):
        print(client.status(job_id).status)
"""


@pytest.mark.parametrize("left", [-1, 3600])
def test_processes_that_renew_at_once_do_not_sign_each_other_out(
    stub: Stub, keeper: Keeper, left: float
) -> None:
    """With `left`, the token looks good, and all of them learn by a 401 that it is not."""
    offers_login(stub)
    rotation = Rotation()
    stub.on(TOKEN, rotation)
    stub.on(f"GET {JOB}", for_tokens("access-1"))
    kept(keeper, stub, left=left).close()
    folder = keeper.path.parent
    command = [sys.executable, "-c", CODE, stub.url, str(folder), JOB_ID]
    others = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for other in others:
        assert other.stdout
        other.stdout.readline()

    for other in others:
        assert other.stdin
        other.stdin.write("\n")
        other.stdin.flush()
    ended = [other.communicate(timeout=60) for other in others]

    assert ended == [("failed\n" * 3, "")] * 4
    assert rotation.uses == ["refresh-0"]


# -- signing out -----------------------------------------------------------------------------------


def test_a_sign_out_revokes_and_forgets(stub: Stub, keeper: Keeper) -> None:
    offers_login(stub)
    stub.on(REVOKE, Reply(200))
    kept(keeper, stub).close()

    answers = [signin.sign_out(Network(), keeper, stub.url) for _ in range(2)]

    assert answers == [(True, ""), (False, "")]
    assert [asked.form for asked in stub.of(REVOKE)] == [
        {"token": "refresh-0", "token_type_hint": "refresh_token", "client_id": "longhaul-cli"}
    ]
    assert keeper.read(stub.url) is None


@pytest.mark.parametrize("reply", [CUT, Reply(503), Reply(400, {"error": "invalid_client"})])
def test_tokens_are_forgotten_even_if_they_cannot_be_revoked(
    stub: Stub, keeper: Keeper, reply: Reply
) -> None:
    offers_login(stub)
    stub.on(REVOKE, reply)
    kept(keeper, stub).close()

    was_signed_in, why = signin.sign_out(Network(), keeper, stub.url)

    assert was_signed_in
    assert why
    assert "refresh-0" not in why
    assert keeper.read(stub.url) is None

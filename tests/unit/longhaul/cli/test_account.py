"""Who you are: login, logout, whoami, and what is said without a sign-in."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from longhaul.keeping import Keeper
from tests.unit.longhaul import issuing
from tests.unit.longhaul.cli.conftest import Ran, Run
from tests.unit.longhaul.cli.test_trying import estimate
from tests.unit.longhaul.issuing import (
    DEVICE,
    PENDING,
    RESOURCE,
    REVOKE,
    TOKEN,
    jwt,
    offers_login,
    tokens,
)
from tests.unit.longhaul.stub import JOB, JOB_ID, Reply, Stub, job, problem

ACCESS = jwt(preferred_username="alice", iss="https://accounts", exp=1_900_000_000)
UNTIL = f"{datetime.fromtimestamp(1_900_000_000, UTC).astimezone():%Y-%m-%d %H:%M:%S}"
WHERE = {"WWW-Authenticate": 'Bearer realm="longhaul", resource_metadata="https://x"'}
EMPTY: dict[str, object] = {"jobs": [], "cursor": None}


def unauthorized(detail: str = "", headers: dict[str, str] | None = None) -> Reply:
    made = problem(401, "unauthorized", detail)
    return Reply(401, made.content, made.headers | (headers or {}))


def check_no_secret(*runs: Ran) -> None:
    printed = "".join(ran.out + ran.err for ran in runs)
    for secret in (ACCESS, "refresh-secret", "device-secret", ACCESS.split(".")[1]):
        assert secret not in printed


@pytest.fixture
def signed_in(stub: Stub, run: Run) -> Ran:
    offers_login(stub)
    stub.on(TOKEN, PENDING, tokens(ACCESS, "refresh-secret"))
    return run("login")


def test_a_login_shows_the_page_and_the_code(stub: Stub, signed_in: Ran) -> None:
    lines = signed_in.err.splitlines()

    assert (signed_in.code, signed_in.out) == (0, "")
    assert lines[:5] == [
        f"To sign in at {stub.url}, open this page of {stub.url}/idp:",
        f"  {stub.url}/idp/activate",
        "and enter the code WDJB-MJHT",
        "or open this one, and compare the code:",
        f"  {stub.url}/idp/activate?user_code=WDJB-MJHT",
    ]
    assert lines[5] == f"Signed in as alice (u-1), renewed when needed. Kept in {Keeper().path}."
    check_no_secret(signed_in)


def test_after_a_login_each_request_has_the_token(stub: Stub, run: Run, signed_in: Ran) -> None:
    stub.on("GET /v1/export?limit=100", Reply(200, EMPTY))

    ran = run("list")

    assert ran.code == 0
    assert stub.asked[-1].headers["authorization"] == f"Bearer {ACCESS}"


def test_a_sign_in_is_for_its_api_alone(stub: Stub, run: Run, signed_in: Ran) -> None:
    for path in (JOB, f"/prod{JOB}", f"/pro{JOB}"):
        stub.on(f"GET {path}", Reply(200, job()))

    run("status", f"{stub.url}/prod{JOB}")
    run("status", JOB_ID, "--url", f"{stub.url}/pro")
    run("status", f"{stub.url}{JOB}", "--url", "https://elsewhere.example.com")

    sent = [asked.headers.get("authorization") for asked in stub.asked[-3:]]
    assert sent == [None, None, f"Bearer {ACCESS}"]


def test_a_token_in_the_environment_goes_before_a_sign_in(
    stub: Stub, run: Run, signed_in: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.on("GET /v1/export?limit=100", Reply(200, EMPTY))
    monkeypatch.setenv("LONGHAUL_TOKEN", "mine\n")

    run("list")

    assert stub.asked[-1].headers["authorization"] == "Bearer mine"
    assert "goes before it" in run("login").err


def test_a_token_with_blanks_is_refused_and_not_printed(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGHAUL_TOKEN", "my secret")

    ran = run("list")

    assert (ran.code, stub.asked) == (2, [])
    assert "no token has" in ran.err
    assert "secret" not in ran.err


def test_a_quiet_login_still_shows_the_code(stub: Stub, run: Run) -> None:
    offers_login(stub)
    stub.on(TOKEN, tokens(ACCESS))

    ran = run("login", "--quiet", "--json")

    assert "WDJB-MJHT" in ran.err
    assert json.loads(ran.out) | {"expiresAt": ""} == {
        "api": stub.url,
        "sub": "u-1",
        "name": "alice",
        "issuer": "https://accounts",
        "expiresAt": "",
        "renewable": False,
        "from": "login",
    }


def test_a_browser_is_opened_only_if_asked(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    offers_login(stub)
    stub.on(TOKEN, tokens(ACCESS))

    run("login")
    not_asked = list(opened)
    ran = run("login", "--open")

    assert not_asked == []
    assert opened == [f"{stub.url}/idp/activate?user_code=WDJB-MJHT"]
    assert "No browser could be opened" in ran.err


@pytest.mark.parametrize(
    ("line", "reply", "words"),
    [
        (TOKEN, Reply(400, {"error": "access_denied"}), "The sign-in was denied."),
        (TOKEN, Reply(400, {"error": "expired_token"}), "Nobody has confirmed"),
        (RESOURCE, problem(404, "not-found", "no route"), "offers no sign-in"),
        (DEVICE, Reply(400, {"error": "unauthorized_client"}), "refuses: unauthorized_client."),
    ],
)
def test_a_login_that_fails_says_why(
    stub: Stub, run: Run, line: str, reply: Reply, words: str
) -> None:
    offers_login(stub)
    stub.on(line, reply)

    ran = run("login")

    assert (ran.code, ran.out) == (8, "")
    assert words in ran.err
    assert Keeper().read(stub.url) is None


def test_ctrl_c_ends_a_login(stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    offers_login(stub)
    monkeypatch.setattr("longhaul.retries._sleep", interrupted)

    ran = run("login")

    assert ran.code == 130
    assert Keeper().read(stub.url) is None


def test_an_issuer_cannot_control_the_terminal(stub: Stub, run: Run) -> None:
    offers_login(stub)
    hostile = "\x1b[2J\x1b]0;owned\x07\r\u202eX"
    stub.on(DEVICE, issuing.device(stub, user_code=hostile))
    stub.on(TOKEN, Reply(400, {"error": hostile, "error_description": hostile}))

    ran = run("login")

    assert set(ran.err) & {"\x1b", "\r", "\x07", "\u202e"} == set()


def test_a_place_that_others_can_read_is_refused_before_the_code(stub: Stub, run: Run) -> None:
    offers_login(stub)
    with Keeper().locked():
        Keeper().path.write_text("{}")
        Keeper().path.chmod(0o644)

    ran = run("login")

    assert ran.code == 8
    assert "Others may read" in ran.err
    assert stub.asked == []


def test_a_logout_revokes_and_forgets(stub: Stub, run: Run, signed_in: Ran) -> None:
    stub.on(REVOKE, Reply(200))

    first, second = run("logout"), run("logout")

    assert (first.code, first.err) == (0, "Signed out.\n")
    assert (second.code, second.err) == (0, f"Nobody was signed in at {stub.url}.\n")
    assert stub.of(REVOKE)[0].form["token"] == "refresh-secret"
    assert Keeper().read(stub.url) is None


def test_a_logout_says_if_the_tokens_were_not_revoked(stub: Stub, run: Run, signed_in: Ran) -> None:
    stub.on(REVOKE, Reply(503))

    ran = run("logout")

    assert ran.code == 0
    assert "The tokens were not revoked, and work until they expire: " in ran.err
    assert Keeper().read(stub.url) is None
    check_no_secret(ran)


def test_whoami_says_what_the_token_says(stub: Stub, run: Run, signed_in: Ran) -> None:
    before = len(stub.asked)

    ran = run("whoami")
    in_json = json.loads(run("whoami", "--json").out)

    assert ran.code == 0
    assert re.sub("Until .*", "Until …", ran.out).splitlines() == [
        "User     alice (u-1)",
        f"API      {stub.url}",
        "Issuer   https://accounts",
        "Until …",
        "From     longhaul login",
    ]
    assert ran.err == "This is what the token says. It was not checked here.\n"
    assert (in_json["sub"], in_json["renewable"]) == ("u-1", True)
    assert len(stub.asked) == before
    check_no_secret(ran)


def test_whoami_reads_the_token_in_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGHAUL_TOKEN", ACCESS)
    of_jwt = run("whoami")
    monkeypatch.setenv("LONGHAUL_TOKEN", "opaque")
    of_other = run("whoami")
    monkeypatch.setenv("LONGHAUL_TOKEN", jwt(sub=["\x1b[2J"], exp=1e300, name={"a": "\r"}))
    of_hostile = run("whoami")

    assert f"Until    {UNTIL}\nFrom     LONGHAUL_TOKEN\n" in of_jwt.out
    assert "User     unknown: the token is not a JWT\n" in of_other.out
    assert "Until    unknown\n" in of_hostile.out
    assert set(of_hostile.out) & {"\x1b", "\r"} == set()


def test_whoami_without_a_sign_in_says_how_to_get_one(stub: Stub, run: Run) -> None:
    offers_login(stub)

    ran = run("whoami")

    assert (ran.code, ran.out) == (8, "")
    assert ran.err == "✗ You are not signed in.\n  Run: longhaul login\n"


def test_whoami_where_nobody_signs_in_says_so_and_offers_nothing(stub: Stub, run: Run) -> None:
    without_proof = "This API offers no sign-in. If it takes tokens, set LONGHAUL_TOKEN to one.\n"

    for_programs = run("whoami")
    stub.on("GET /v1/estimate?files=1&bytes=1", estimate())
    open_to_all = run("whoami")

    assert for_programs.code == open_to_all.code == 8
    assert for_programs.err == f"✗ You are not signed in.\n  {without_proof}"
    assert open_to_all.err == f"Nobody is signed in at {stub.url}, and nobody has to be.\n"


def test_whoami_at_a_stack_that_is_silent_offers_the_login(run: Run) -> None:
    ran = run("whoami", "--url", "http://127.0.0.1:1")

    assert ran.code == 8
    assert ran.err.endswith("  Run: longhaul login --url http://127.0.0.1:1\n")


# -- what is said without a sign-in ----------------------------------------------------------------


def test_without_a_sign_in_the_command_says_how_to_get_one(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", unauthorized(headers=WHERE))
    stub.on(f"GET /prod{JOB}", unauthorized(headers=WHERE))

    here = run("status", JOB_ID)
    there = run("status", JOB_ID, "--url", f"{stub.url}/prod")

    assert here.code == 8
    assert here.err.splitlines() == [
        "✗ You are not signed in.",
        "  Request request-1",
        "  Run: longhaul login",
    ]
    assert there.err.splitlines()[-1] == f"  Run: longhaul login --url {stub.url}/prod"


def test_a_login_is_not_suggested_where_there_is_none(stub: Stub, run: Run) -> None:
    stub.on(f"GET {JOB}", unauthorized())

    ran = run("status", JOB_ID)

    assert "longhaul login" not in ran.err
    assert "set LONGHAUL_TOKEN" in ran.err


def test_a_sign_in_that_has_ended_says_why(stub: Stub, run: Run, signed_in: Ran) -> None:
    stub.on(f"GET {JOB}", unauthorized("the token has expired", WHERE))
    stub.on(TOKEN, Reply(400, {"error": "invalid_grant", "error_description": "revoked"}))

    first, second = run("status", JOB_ID), run("status", JOB_ID)

    assert (first.code, second.code) == (8, 8)
    assert first.err.splitlines() == [
        f"✗ Your sign-in has ended: {stub.url} refuses: invalid_grant: revoked.",
        "  Run: longhaul login",
    ]
    assert second.err.splitlines()[0] == "✗ The API does not let you in: the token has expired."
    check_no_secret(first, second)


def test_a_refused_token_of_the_environment_is_named(
    stub: Stub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGHAUL_TOKEN", ACCESS)
    stub.on(f"GET {JOB}", unauthorized("the token has expired", WHERE))
    stub.on(f"GET /prod{JOB}", unauthorized("", WHERE))

    sent = run("status", JOB_ID)
    not_sent = run("status", f"{stub.url}/prod{JOB}")

    assert sent.err.splitlines()[2:] == [
        "  LONGHAUL_TOKEN must be a valid token for this API.",
        "  Or unset it and run: longhaul login",
    ]
    assert "LONGHAUL_TOKEN is sent only to the API that --url" in not_sent.err
    check_no_secret(sent, not_sent)


def test_who_may_not_do_something_is_told_how_to_see_who_they_are(
    stub: Stub, run: Run, signed_in: Ran
) -> None:
    stub.on("POST /v1/export", problem(403, "forbidden", "'a/b' is not among your files"))

    ran = run("export", "--keys", "a/b")

    assert ran.code == 8
    assert ran.err.splitlines()[-2:] == [
        "  `longhaul whoami` says who you are.",
        "  If you need it, ask the operator of the stack.",
    ]


def test_no_token_is_kept_where_the_program_works(
    stub: Stub, signed_in: Ran, tmp_path: Path
) -> None:
    assert list(tmp_path.iterdir()) == []

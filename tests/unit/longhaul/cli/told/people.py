"""Errors of sign-in, of settings, and of the commands of `make`."""

import os
import sys
from collections.abc import Callable
from typing import Final

from infra import __main__ as commands
from infra import stack
from longhaul.keeping import Keeper
from tests.unit.longhaul import issuing
from tests.unit.longhaul.cli.conftest import Ran
from tests.unit.longhaul.cli.told.ends import nobody_named
from tests.unit.longhaul.cli.told.table import Always, Row, Try, World, said
from tests.unit.longhaul.stub import CUT, Answer, Reply, problem

Prepare = Callable[[World], None]

OFFERS: Final = {"WWW-Authenticate": 'Bearer resource_metadata="https://x"'}


def asks(detail: str = "", *, offers: bool = False, token: str = "") -> Prepare:
    """The API wants to know who asks."""

    def prepare(world: World) -> None:
        made = problem(401, "unauthorized", detail, title="Not signed in")
        world.stub.replies = Always(
            Reply(401, made.content, {**made.headers, **(OFFERS if offers else {})})
        )
        if token:
            world.monkeypatch.setenv("LONGHAUL_TOKEN", token)

    return prepare


def issuer(*answers: Answer, **changes: object) -> Prepare:
    """The issuer answers this to who waits for a token."""

    def prepare(world: World) -> None:
        issuing.offers_login(world.stub, **changes)
        world.stub.on(issuing.TOKEN, *answers)

    return prepare


def nobody_has_to(world: World) -> None:
    content = {"files": 1, "bytes": 1, "seconds": 1, "limits": {}, "exceeded": []}
    world.stub.on("GET /v1/estimate?files=1&bytes=1", Reply(200, content))


def no_issuer(world: World) -> None:
    issuing.offers_login(world.stub)
    world.stub.on(issuing.DISCOVERY, CUT)


def open_to_others(world: World) -> None:
    asks(offers=True)(world)
    place = Keeper().path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("{}")
    place.chmod(0o666)


def clean(world: World) -> None:
    Keeper().path.unlink(missing_ok=True)


SIGN_IN: Final = (
    Row(
        "nobody is signed in",
        said("unauthorized"),
        "“{signin.signIn}”",
        (
            Try("longhaul list", asks(offers=True)),
            Try("longhaul list", asks()),
            Try("longhaul whoami", lambda world: issuing.offers_login(world.stub)),
            Try("longhaul whoami", nobody_has_to),
        ),
        "test_a_token_that_the_api_refuses_leads_to_a_new_one",
    ),
    Row(
        "a token is not taken",
        "**{signin.notAccepted}** {signin.notAcceptedWords}",
        "“{signin.signIn}”",
        (Try("longhaul list", asks("the token has expired", offers=True, token="t")),),
        "test_a_sign_in_that_the_api_never_takes_does_not_go_in_a_circle",
    ),
    Row(
        "the person says no, or the issuer does",
        "**{signin.failed}** {signin.refused}",
        "“{signin.signIn}”",
        (Try("longhaul login", issuer(Reply(400, {"error": "access_denied"}))),),
        "test_someone_who_says_no_is_told_so",
    ),
    Row(
        "the person is too late",
        typed=(Try("longhaul login", issuer(Reply(400, {"error": "expired_token"}))),),
    ),
    Row(
        "the issuer is not reached",
        "**{signin.failed}** {signin.unreachable}",
        "“{signin.signIn}”",
        (Try("longhaul login", no_issuer),),
        "test_an_unreachable_provider_is_said_and_can_be_tried_again",
    ),
    Row(
        "the issuer answers another tab, or another sign-in",
        "**{signin.failed}** {signin.otherTab} {signin.otherToken} {signin.noToken}",
        "“{signin.signIn}”",
        (),
        "test_an_answer_that_this_tab_did_not_ask_for_is_not_used",
    ),
    Row("the API offers no sign-in", typed=(Try("longhaul login"),)),
    Row(
        "the stack is for programs",
        "**{signin.programs}** {signin.forSigned} {signin.forTokens}",
        "",
        (),
        "test_a_stack_that_is_not_for_browsers_says_so",
    ),
    Row(
        "the browser keeps nothing, or has no https",
        "**{signin.failed}** {signin.needs} {frame.cannotKeep}",
        "“{signin.signIn}”",
        (),
        "test_a_browser_that_keeps_nothing_says_so",
    ),
    Row(
        "somebody has signed out",
        "**{signin.out}** {signin.outWords} {signin.outElsewhere}",
        "“{signin.signIn}”",
        (),
        "test_other_tabs_are_signed_out_too",
    ),
    Row(
        "others could change the tokens",
        typed=(Try("longhaul list", open_to_others),),
    ),
)


def config(text: str | bytes, mode: int = 0o600) -> Prepare:
    def prepare(world: World) -> None:
        clean(world)
        world.config.write_bytes(text if isinstance(text, bytes) else text.encode())
        world.config.chmod(mode)

    return prepare


def profile(line: str) -> Try:
    return Try("longhaul list", config(f"[profiles.work]\n{line}\n"))


SETTINGS: Final = (
    Row("no API is named, and no stack runs here", typed=(Try("longhaul list", nobody_named),)),
    Row("a URL is none", typed=(Try("longhaul list --url api.example"),)),
    Row("a URL has a query", typed=(Try("longhaul list --url https://api.example/?a=1"),)),
    Row(
        "a URL ends in /v1",
        typed=(
            Try(
                "longhaul list --url https://api.example.com/v1",
                lambda world: setattr(
                    world.stub,
                    "replies",
                    Always(
                        problem(404, "not-found", "there is no /v1/v1/export; see /openapi.json")
                    ),
                ),
            ),
        ),
    ),
    Row(
        "there is no such profile",
        typed=(
            Try("longhaul list --profile home"),
            Try("longhaul list --profile home", config('[profiles.work]\nuser = "ann"\n')),
        ),
    ),
    Row("config.toml is not TOML", typed=(Try("longhaul list", config("[profiles.work\n")),)),
    Row("config.toml is not UTF-8", typed=(Try("longhaul list", config(b"\xff\n")),)),
    Row("config.toml has something else", typed=(Try("longhaul list", config("[work]\n")),)),
    Row("a profile has something else", typed=(profile("uri = 1"),)),
    Row("a URL in a profile is none", typed=(profile('url = "api.example.com"'),)),
    Row("a user in a profile is no text", typed=(profile("user = 7"),)),
    Row("a patience in a profile is no number", typed=(profile('patience = "long"'),)),
    Row("everybody may write config.toml", typed=(Try("longhaul list", config("", 0o666)),)),
    Row(
        "a number is none",
        typed=(Try("longhaul list --limit 0"), Try("longhaul --patience nan list")),
    ),
    Row(
        "a command or an option is mistyped",
        typed=(
            Try("longhaul exprot 10001"),
            Try("longhaul jobs"),
            Try("longhaul export 10001 --on-mising skip"),
        ),
    ),
)

# -- make ------------------------------------------------------------------------------------------


def made(world: World, words: list[str]) -> Ran:
    """Runs what a target of the Makefile runs. No stack is up, and nothing is started."""
    goal, *settings = words
    said = dict(one.split("=", 1) for one in settings)
    with world.monkeypatch.context() as patch:
        patch.setattr(stack, "state_directory", lambda _: world.folder / "state")
        for name in os.environ:
            if name.startswith(
                ("AUTH", "AWS_", "JWT_", "TARGET", "STACK_NAME", "I_KNOW", "SOURCE")
            ):
                patch.delenv(name)
        # Nobody's account is asked.
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, str(world.folder / "none"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name, value in said.items():
            patch.setenv(name, value)
        more = {"token": [said.get("USER", "")], "logs": ["--no-follow"]}.get(goal, [])
        patch.setattr(sys, "argv", ["infra", goal, *more])
        return world.captured(commands.main)


def make(typed: str) -> Try:
    return Try(typed, program=made)


MAKE: Final = (
    Row(
        "no stack is up",
        typed=(
            make("make url"),
            make("make seed"),
            make("make logs"),
            make("make outputs"),
            make("make selection-key"),
            make("make token USER=ann"),
        ),
    ),
    Row(
        "`make up` on AWS does not say who may use it",
        typed=(make("make up TARGET=aws"), make("make up AUTH=open")),
    ),
    Row("`make up` on AWS would be open", typed=(make("make up TARGET=aws AUTH=none"),)),
    Row("`make up` has half an issuer", typed=(make("make up AUTH=jwt JWT_AUDIENCE=x"),)),
    Row(
        "there are no AWS credentials",
        typed=(make("make up TARGET=aws AUTH=iam AWS_REGION=eu-west-1"),),
    ),
    Row("`make seed` on AWS", typed=(make("make seed TARGET=aws AWS_REGION=eu-west-1"),)),
    Row("`make up` without a region", typed=(make("make up TARGET=aws AUTH=iam"),)),
    Row("a region is mistyped", typed=(make("make up TARGET=aws AUTH=iam AWS_REGION=ireland"),)),
    Row("`make erase` for nobody", typed=(make("make erase"),)),
    Row("`make checksums` of nothing", typed=(make("make checksums"),)),
    Row("a target is mistyped", typed=(make("make up TARGET=azure"),)),
)

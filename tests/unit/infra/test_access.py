"""Who may use a stack is said out loud on AWS, and each bad value is named."""

import re

import pytest

from infra import access, config
from infra.access import Access
from infra.errors import AccessError
from infra.targets import Target
from infra.template import PARAMETER_OF

AWS = Target("aws", "prod", "eu-west-1")
LOCAL = Target("ministack", "local", "us-east-1")
JWT = {"AUTH": "jwt", "JWT_ISSUER": "https://id.example/", "JWT_AUDIENCE": "longhaul"}
PUBLIC = {"AUTH": "none", "I_KNOW_IT_IS_PUBLIC": "yes", "SOURCE_PREFIX": "downloads/"}


def test_on_aws_there_is_no_default_and_one_message_has_all_three_ways() -> None:
    with pytest.raises(AccessError) as refused:
        access.chosen({}, AWS)

    for command in (
        "AUTH=jwt JWT_ISSUER=",
        "AUTH=iam make up",
        "AUTH=none I_KNOW_IT_IS_PUBLIC=yes",
    ):
        assert command in str(refused.value)


@pytest.mark.parametrize("environment", [{}, {"AUTH": ""}, {"AUTH": "none"}])
def test_a_local_stack_is_open_by_default(environment: dict[str, str]) -> None:
    assert access.chosen(environment, LOCAL) == Access(auth="none")


@pytest.mark.parametrize("variable", ["JWT_ISSUER", "JWT_AUDIENCE"])
def test_an_issuer_without_auth_opens_no_local_stack(variable: str) -> None:
    with pytest.raises(AccessError, match=f"{variable} is set, but AUTH is not"):
        access.chosen({variable: "https://id.example"}, LOCAL)


@pytest.mark.parametrize("target", [AWS, LOCAL], ids=["aws", "local"])
@pytest.mark.parametrize("value", ["1", "JWT", "jwt "])
def test_a_way_that_there_is_not_is_refused(target: Target, value: str) -> None:
    with pytest.raises(AccessError, match=f"AUTH must be jwt, iam or none, not '{value}'"):
        access.chosen({"AUTH": value}, target)


@pytest.mark.parametrize(
    ("without", "named"),
    [("I_KNOW_IT_IS_PUBLIC", "anybody who knows the URL"), ("SOURCE_PREFIX", "SOURCE_PREFIX must")],
)
def test_a_public_stack_on_aws_needs_both_the_word_and_a_prefix(without: str, named: str) -> None:
    environment = {name: value for name, value in PUBLIC.items() if name != without}

    with pytest.raises(AccessError, match=named):
        access.chosen(environment, AWS)
    assert access.chosen(PUBLIC, AWS).source_prefix == "downloads/"


def test_a_public_prefix_must_bound_the_files_by_id_too(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = PUBLIC | {"SOURCE_PREFIX": "public/"}

    with pytest.raises(AccessError, match=r"'public/'.*is 'downloads/\{file_id\}'"):
        access.chosen(elsewhere, AWS)

    monkeypatch.setattr(
        config, "settings_of", lambda _: {"SOURCE_KEY_TEMPLATE": "public/by-id/{file_id}"}
    )
    assert access.chosen(elsewhere, AWS).source_prefix == "public/"


@pytest.mark.parametrize("word", ["1", "true", "Yes", "no"])
def test_only_one_word_makes_a_stack_public(word: str) -> None:
    with pytest.raises(AccessError, match=f"I_KNOW_IT_IS_PUBLIC is '{word}'"):
        access.chosen(PUBLIC | {"I_KNOW_IT_IS_PUBLIC": word}, AWS)


def test_the_commands_of_the_messages_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for message in (_refusal({"AUTH": "none"}), _refusal({"AUTH": "jwt"}), access.THREE_WAYS):
        commands = [part for part in message.splitlines() if "make up" in part]
        assert commands
        for line in commands:
            words = line[line.index("AUTH=") :].partition(" make up TARGET=aws")[0].split()
            environment = dict(word.partition("=")[::2] for word in words)
            filled = {name: value.replace("…", "x.example") for name, value in environment.items()}
            monkeypatch.setenv("SELECTION_KEYS", filled.get("SELECTION_KEYS", ""))
            assert access.chosen(filled, AWS).auth == filled["AUTH"]


def _refusal(environment: dict[str, str]) -> str:
    with pytest.raises(AccessError) as refused:
        access.chosen(environment, AWS)
    return str(refused.value)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"JWT_ISSUER": ""}, "JWT_ISSUER must be set"),
        ({"JWT_AUDIENCE": ""}, "JWT_AUDIENCE must be set"),
        ({"JWT_ISSUER": "", "JWT_AUDIENCE": ""}, "JWT_ISSUER and JWT_AUDIENCE must be set"),
        ({"JWT_ISSUER": "http://id.example"}, "JWT_ISSUER .*'http://id.example'"),
        ({"JWT_ISSUER": "id.example"}, "JWT_ISSUER .*'id.example'"),
        ({"JWT_ISSUER": "https://id.example "}, "JWT_ISSUER .*'https://id.example '"),
        ({"JWT_ISSUER": "https://id.example?a=b"}, r"JWT_ISSUER .*'https://id.example\?a=b'"),
        ({"JWT_AUDIENCE": "a\nb"}, r"JWT_AUDIENCE .*'a\\nb'"),
        ({"USER_PREFIX": "users/{sub"}, "USER_PREFIX .*'users/{sub'"),
        ({"ADMIN_CLAIM": "admin"}, "ADMIN_CLAIM .*'admin'"),
        ({"SOURCE_PREFIX": "/exports"}, "SOURCE_PREFIX .*'/exports'"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(environment: dict[str, str], named: str) -> None:
    with pytest.raises(AccessError, match=named):
        access.chosen(JWT | environment, AWS)


@pytest.mark.parametrize("target", [AWS, LOCAL])
def test_a_signature_has_no_claims_that_could_bound_a_user(target: Target) -> None:
    with pytest.raises(AccessError, match=r"USER_PREFIX is 'users/\{sub\}/', but with AUTH=iam"):
        access.chosen({"AUTH": "iam", "USER_PREFIX": "users/{sub}/"}, target)


def test_a_local_stack_may_have_an_issuer_over_http() -> None:
    chosen = access.chosen(JWT | {"JWT_ISSUER": "http://127.0.0.1:4999"}, LOCAL)

    assert chosen.issuer == "http://127.0.0.1:4999"


@pytest.mark.parametrize("variable", ["JWT_AUDIENCE", "JWT_CLIENT_ID"])
def test_the_local_issuer_has_an_audience_and_a_client_of_its_own(variable: str) -> None:
    assert access.chosen({"AUTH": "jwt"}, LOCAL).issuer == ""
    with pytest.raises(AccessError, match=f"{variable} is 'other', but JWT_ISSUER is not set"):
        access.chosen({"AUTH": "jwt", variable: "other"}, LOCAL)


def test_a_stack_without_a_provider_can_be_deployed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SELECTION_KEYS", raising=False)
    known = {"AUTH": "jwt", "SELECTION_KEYS": "make"}

    assert access.chosen({"AUTH": "jwt"}, AWS, known).issuer == ""
    monkeypatch.setenv("SELECTION_KEYS", "")
    with pytest.raises(AccessError, match="JWT_ISSUER and JWT_AUDIENCE must be set"):
        access.chosen({"AUTH": "jwt"}, AWS, known)


def test_what_a_command_does_not_name_stays_as_it_is() -> None:
    known = {**JWT, "AUTH": "none", "USER_PREFIX": "users/{sub}/", "JWT_SCOPE": "openid files"}

    kept = access.chosen({"AUTH": "jwt"}, AWS, known)
    changed = access.chosen({"AUTH": "jwt", "USER_PREFIX": "", "JWT_SCOPE": ""}, AWS, known)

    assert (kept.issuer, kept.user_prefix, kept.scope) == (
        JWT["JWT_ISSUER"],
        "users/{sub}/",
        "openid files",
    )
    assert (changed.user_prefix, changed.scope) == ("", "openid")


def test_who_may_use_a_stack_that_is_there_is_still_said_each_time() -> None:
    with pytest.raises(AccessError, match="three ways"):
        access.chosen({}, AWS, JWT)


def test_each_setting_of_the_template_has_its_value() -> None:
    assert access.chosen(JWT, AWS).parameters() == {
        **dict.fromkeys(PARAMETER_OF.values(), ""),
        "Auth": "jwt",
        "JwtIssuer": "https://id.example/",
        "JwtAudience": "longhaul",
        "JwtScope": "openid",
        "JwtUserClaim": "sub",
    }


def test_a_stack_without_a_provider_is_open_to_selections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELECTION_KEYS", "make")

    said = access.chosen({"AUTH": "jwt"}, AWS).in_words(None)

    assert said == "those whose selection your backend has signed, for all files (AUTH=jwt)"


def test_a_stack_with_a_provider_says_that_it_takes_selections_too() -> None:
    said = access.chosen(JWT, AWS).in_words(None, takes_selections=True)

    assert said.endswith(", for all files, and whose selection your backend has signed (AUTH=jwt)")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (PUBLIC, "everybody who reaches it, for the files below downloads/"),
        ({"AUTH": "iam"}, "callers who sign with AWS credentials, for all files"),
        (JWT | {"USER_PREFIX": "u/{sub}/"}, "users of https://id.example/, .* their own u/{sub}/"),
    ],
)
def test_what_was_deployed_is_said_in_words(environment: dict[str, str], words: str) -> None:
    said = access.chosen(environment, AWS).in_words(None)

    assert re.search(words, said)

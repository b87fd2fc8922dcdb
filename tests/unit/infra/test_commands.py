"""What the commands ask and say before they do anything."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from click.testing import CliRunner, Result

from infra import __main__ as commands
from infra import credentials, emulators, issuer, logs, loss, outputs, stack, targets
from infra.access import Access
from infra.demo import samples
from infra.deploy import Stack
from infra.errors import (
    AccessError,
    AccountError,
    DeployError,
    InfraError,
    NotDeployedError,
)
from infra.loss import Loss
from infra.observe import command, runs, shipper, stacks
from infra.observe.stacks import Place, Stacks, Wanted
from infra.outputs import Outputs
from infra.paths import SCENARIO
from infra.targets import Target
from longhaul.cli import inforce

AWS = Target("aws", "prod", "eu-west-1")
LOSS = Loss("jobs", 12, "archives", 3, 4_000_000_000, has_more=False, source_bucket="my-files")
VALUES = {
    "ApiUrl": "https://a1b2.execute-api.eu-west-1.amazonaws.com/api",
    "SourceBucket": "sources",
    "ArchiveBucket": "archives",
    "JobsTable": "jobs",
    "QueueUrl": "https://queue",
    "DeadLetterQueueUrl": "https://dead-letters",
    "AnnouncementQueueUrl": "https://announcements",
    "EventBus": "longhaul-prod",
    "ApiFunction": "api",
    "WorkerFunction": "worker",
}


@dataclass
class Done:
    """What the commands did, in order."""

    calls: list[str] = field(default_factory=list)
    access: Access | None = None
    known: dict[str, str] = field(default_factory=dict)
    refusal: InfraError | None = None
    forgotten: list[Path] = field(default_factory=list)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    made = Done()

    def up(*_: Any, access: Access, **__: Any) -> Outputs:
        made.calls.append("up")
        made.access = access
        return outputs.of_stack(AWS, "longhaul-prod", VALUES, {"Auth": "jwt", "JwtIssuer": ""})

    def checked(_: object) -> credentials.Account:
        made.calls.append("account")
        if made.refusal is not None:
            raise made.refusal
        return credentials.Account("123456789012", "arn:aws:iam::123456789012:user/ada")

    def down(*_: object) -> bool:
        made.calls.append("down")
        return True

    monkeypatch.setattr(targets, "named", lambda _: AWS)
    monkeypatch.setattr(credentials, "checked", checked)
    monkeypatch.setattr(loss, "of", lambda *_: LOSS)
    monkeypatch.setattr(stack, "variables", lambda *_: made.known)
    monkeypatch.setattr(stack, "up", up)
    monkeypatch.setattr(stack, "down", down)
    monkeypatch.setattr(runs, "forget", made.forgotten.append)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for name in (
        "AUTH",
        "JWT_ISSUER",
        "JWT_AUDIENCE",
        "USER_PREFIX",
        "SOURCE_PREFIX",
        "STACK_NAME",
    ):
        monkeypatch.delenv(name, raising=False)
    return made


def _run(*words: str, typed: str = "", **environment: str) -> Result:
    return CliRunner(env={"COLUMNS": "200", **environment}).invoke(
        commands.cli, ["--target", "aws", *words], input=typed
    )


def test_without_auth_aws_is_not_even_asked(done: Done) -> None:
    result = _run("up")

    assert isinstance(result.exception, AccessError)
    assert "three ways" in str(result.exception)
    assert done.calls == []


@pytest.mark.parametrize("auth", ["", "none", "everybody"])
def test_who_may_use_the_stack_is_asked_before_where_it_is(
    monkeypatch: pytest.MonkeyPatch, auth: str
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "I_KNOW_IT_IS_PUBLIC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    assert isinstance(_run("up", AUTH=auth).exception, AccessError)


def test_credentials_are_checked_before_anything_is_packaged(done: Done) -> None:
    done.refusal = AccountError("There are no AWS credentials.")

    result = _run("up", AUTH="iam")

    assert result.exception is done.refusal
    assert done.calls == ["account"]


def test_the_rest_is_checked_with_what_the_stack_has_before_anything_is_packaged(
    done: Done,
) -> None:
    refused = _run("up", AUTH="jwt")
    done.known = {"JWT_ISSUER": "https://id.example", "JWT_AUDIENCE": "longhaul"}
    taken = _run("up", AUTH="jwt")

    assert isinstance(refused.exception, AccessError)
    assert taken.exception is None
    assert done.calls == ["account", "account", "up"]
    assert done.access == Access("jwt", "https://id.example", "longhaul")


@pytest.mark.parametrize(("typed", "given"), [("longhaul-prod\n", ()), ("", ("longhaul-prod",))])
def test_a_stack_is_deleted_if_its_name_is_typed_or_given(
    done: Done, typed: str, given: tuple[str, ...]
) -> None:
    result = _run("down", *(["--yes", *given] if given else []), typed=typed)

    assert result.exception is None
    assert done.calls == ["account", "down"]


@pytest.mark.parametrize("typed", ["y\n", "longhaul\n", "LONGHAUL-PROD\n", ""])
def test_anything_else_deletes_nothing(done: Done, typed: str) -> None:
    result = _run("down", typed=typed)

    assert result.exit_code == 1
    assert done.calls == ["account"]


def test_a_script_that_names_another_stack_deletes_nothing(done: Done) -> None:
    result = _run("down", "--yes", "longhaul-prod", STACK_NAME="longhaul-other")

    assert isinstance(result.exception, DeployError)
    assert done.calls == ["account"]


def test_what_would_be_lost_is_said_before_the_question(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(commands, "say", said.append)

    _run("down", typed="no\n")

    text = "\n".join(said)
    assert "about 12 jobs" in text
    assert "3 objects with 4.00 GB" in text
    assert "my-files stays" in text


def test_a_token_for_a_script_is_printed_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {}

    def token(state: Path, user: str, /, **claims: Any) -> str:
        asked.update({"sub": user} | claims)
        return "a.b.c"

    monkeypatch.setattr(issuer, "url", lambda _: "http://127.0.0.1:4999")
    monkeypatch.setattr(issuer, "token", token)

    words = [
        "token",
        "--claims",
        '{"groups": ["admin"], "user": "x"}',
        "--ttl",
        "60",
        "--",
        "-alice",
    ]
    result = CliRunner().invoke(commands.cli, ["--target", "ministack", *words])

    assert result.output == "a.b.c\n"
    assert asked == {"sub": "-alice", "seconds": 60, "groups": ["admin"], "user": "x"}


@pytest.mark.parametrize("claims", ["{", "[]", "1"])
def test_claims_that_are_no_object_are_refused(
    claims: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer, "url", lambda _: "http://127.0.0.1:4999")
    result = CliRunner().invoke(
        commands.cli, ["--target", "ministack", "token", "alice", "--claims", claims]
    )

    assert isinstance(result.exception, AccessError)
    assert repr(claims) in str(result.exception)


def test_no_token_is_made_for_aws(done: Done) -> None:
    assert isinstance(_run("token", "alice").exception, AccessError)


def test_without_a_local_issuer_the_command_that_starts_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(issuer, "url", lambda _: None)

    result = CliRunner().invoke(commands.cli, ["--target", "localstack", "token", "alice"])

    assert "make up AUTH=jwt TARGET=localstack" in str(result.exception)


@pytest.mark.parametrize("command", ["url", "outputs", "logs", "status"])
def test_each_command_says_what_is_wrong_with_the_credentials(
    done: Done, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def deployed(*_: object) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(stack, "deployed", deployed)

    result = _run(command)

    assert isinstance(result.exception, AccountError)
    assert "export AWS_PROFILE=" in str(result.exception)


def test_nobody_is_erased_who_is_not_named(done: Done) -> None:
    result = _run("erase")

    assert "make erase USER=alice TARGET=aws" in str(result.exception)
    assert done.calls == []


@pytest.mark.parametrize(
    ("words", "typed", "calls"),
    [
        ((), "n\n", ["account"]),
        ((), "y\n", ["account", "erase alice"]),
        (("--yes",), "", ["account", "erase alice"]),
    ],
)
def test_a_user_is_erased_on_aws_by_who_is_sure(
    done: Done,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    typed: str,
    calls: list[str],
) -> None:
    def erase(*given: Any) -> int:
        done.calls.append(f"erase {given[2]}")
        return 1

    monkeypatch.setattr(stack, "deployed", lambda *_: None)
    monkeypatch.setattr(commands, "erase", erase)

    result = _run("erase", "--user", "alice", *words, typed=typed)

    assert ("Delete all jobs and archives of alice" in result.output) is bool(typed)
    assert done.calls == calls


def test_who_names_no_report_is_told_how_to(done: Done) -> None:
    result = _run("checksums")

    assert "make checksums REPORT=s3://" in str(result.exception)
    assert str(result.exception).endswith("manifest.json TARGET=aws")
    assert done.calls == []


@pytest.mark.parametrize("command", ["url", "outputs", "logs", "redrive"])
def test_without_a_stack_the_command_that_deploys_it_is_said(
    done: Done, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(Stack, "_describe", lambda _: None)

    result = _run(command)

    assert isinstance(result.exception, NotDeployedError)
    assert str(result.exception).endswith("Deploy it with: make up TARGET=aws")


def test_what_was_observed_of_a_stack_goes_with_it(done: Done) -> None:
    assert _run("down", "--yes", "longhaul-prod").exception is None

    assert done.forgotten == [stack.state_directory(AWS)]


def test_what_was_observed_stays_if_the_stack_does(
    done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> bool:
        raise DeployError("protected")

    monkeypatch.setattr(stack, "down", refuse)

    assert isinstance(_run("down", "--yes", "longhaul-prod").exception, DeployError)
    assert done.forgotten == []


@pytest.fixture
def observed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, list[str], bool]]:
    """Where the state of `make observe` is, which stacks it follows, and if they are here."""
    seen: list[tuple[Path, list[str], bool]] = []

    def observe(state: Path, followed: Stacks, ship: object, *, is_local: bool, hint: str) -> None:
        assert ship is shipper.run
        followed.look()
        follows_the_scenario = any("scenario" in place.id for place in followed.up())
        assert ("make scenario FACTOR=1" in hint) == follows_the_scenario
        seen.append((state, [place.id for place in followed.up()], is_local))

    def found(wanted: Wanted) -> Place:
        place = "scenario" if wanted.state == SCENARIO else wanted.target.name
        return Place(f"{place} {wanted.stack_name}", wanted.target, wanted.stack_name)

    monkeypatch.setattr(command, "observe", observe)
    monkeypatch.setattr(stacks, "found", found)
    return seen


def test_on_aws_the_one_stack_is_observed_with_the_accounts_credentials(
    done: Done, observed: list[tuple[Path, list[str], bool]]
) -> None:
    assert _run("observe").exception is None

    assert done.calls == ["account"]
    assert observed == [(stack.state_directory(AWS), ["aws longhaul-prod"], False)]


def test_on_aws_nothing_is_observed_with_credentials_that_are_refused(
    done: Done, observed: list[tuple[Path, list[str], bool]]
) -> None:
    done.refusal = AccountError("There are no AWS credentials.")

    assert _run("observe").exception is done.refusal
    assert observed == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ministack", ["ministack longhaul-local", "scenario longhaul-local"]),
        ("localstack", ["localstack longhaul-local"]),
    ],
)
def test_on_ministack_the_stack_of_the_scenario_is_observed_too(
    monkeypatch: pytest.MonkeyPatch,
    observed: list[tuple[Path, list[str], bool]],
    name: targets.TargetName,
    expected: list[str],
) -> None:
    monkeypatch.delenv("STACK_NAME", raising=False)

    result = CliRunner().invoke(commands.cli, ["--target", name, "observe"])

    assert result.exception is None
    state = stack.state_directory(targets.named(name))
    assert observed == [(state, expected, True)]


@pytest.fixture
def looked_back(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How many seconds the commands have looked back for lines."""
    seen: list[float] = []

    def follow(*_: Any, since_seconds: float, forever: bool) -> list[str]:
        assert forever
        seen.append(since_seconds)
        return ["of another job", f"of job {'ab' * 16}"]

    monkeypatch.setattr(stack, "deployed", lambda *_: None)
    monkeypatch.setattr(emulators, "found", lambda target, _: target)
    monkeypatch.setattr(logs, "functions", lambda *_: {"Worker": "worker"})
    monkeypatch.setattr(logs, "follow", lambda *args, **kwargs: map(_line, follow(*args, **kwargs)))
    return seen


def _line(text: str) -> logs.Line:
    return logs.Line(datetime.now(UTC), "Worker", text)


@pytest.mark.parametrize(("given", "minutes"), [([], 10), (["--since", "2.5"], 2.5)])
def test_logs_of_all_look_back_ten_minutes(
    done: Done, looked_back: list[float], given: list[str], minutes: float
) -> None:
    result = _run("logs", *given)

    assert looked_back == [minutes * 60]
    assert "of another job" in result.output
    assert f"in the last {minutes:g} minutes, and those to come; Ctrl-C ends this" in result.output


@pytest.mark.parametrize(("given", "hours"), [([], 24), (["--since", "90"], 1.5)])
def test_logs_of_a_job_look_back_a_day_and_say_so(
    done: Done, looked_back: list[float], given: list[str], hours: float
) -> None:
    result = _run("logs", "--job", "ab" * 16, *given)

    assert looked_back == [hours * 3600]
    assert "of another job" not in result.output
    assert f"of job {'ab' * 16}" in result.output
    assert f"in the last {hours:g} hours" in result.output


def test_a_target_that_there_is_not_is_told_in_one_line() -> None:
    result = CliRunner().invoke(commands.cli, ["url"], env={"TARGET": "gcp"})

    assert isinstance(result.exception, InfraError)
    assert str(result.exception) == "TARGET must be ministack or localstack or aws, not 'gcp'."


@pytest.mark.parametrize(
    ("url", "is_told"),
    [(stack.USUAL_URL, False), ("http://127.0.0.1:5000/_aws/execute-api/x/api", True)],
)
def test_a_stack_at_another_address_says_how_the_command_line_finds_it(
    done: Done, monkeypatch: pytest.MonkeyPatch, url: str, *, is_told: bool
) -> None:
    ministack = Target("ministack", "local", "us-east-1")
    on_aws = outputs.of_stack(AWS, "longhaul-prod", VALUES, {"Auth": "none", "JwtIssuer": ""})
    found = replace(on_aws, api_url=url)
    # The tests of several targets are run with their names.
    monkeypatch.delenv("TARGET", raising=False)
    monkeypatch.setattr(targets, "named", lambda _: ministack)
    monkeypatch.setattr(stack, "up", lambda *_, **__: found)
    monkeypatch.setattr(samples, "are_wanted", lambda *_: False)

    result = CliRunner().invoke(commands.cli, ["up"])

    assert result.exception is None
    assert (f"export LONGHAUL_URL={found.api_url}" in result.output) is is_told


def test_the_usual_address_is_the_one_that_the_command_line_asks() -> None:
    assert stack.USUAL_URL == inforce.LOCAL_URL

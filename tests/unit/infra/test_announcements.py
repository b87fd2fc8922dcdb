"""Who is told of jobs is checked before anything is packaged, and each bad value is named."""

import re
from pathlib import Path

import pytest
import yaml

from infra import announcements, emulators, parameters, stack
from infra.announcements import MASK
from infra.errors import DeployError
from infra.paths import RESOURCES
from infra.targets import Target

AWS = Target("aws", "prod", "eu-west-1")
LOCAL = Target("ministack", "local", "us-east-1")
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hooks-a1b2c3"
HOSTS = {"WebhookHosts": "hooks.example.com,b.example.com", "WebhookUrl": MASK}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in parameters.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def _operators(
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, str],
    target: Target = AWS,
    deployed: dict[str, str] | None = None,
) -> dict[str, str]:
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    return parameters.operators(target, deployed or {})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("EVENTS", "ended,finished"),
        ("EVENTS", "ended,ended"),
        ("EVENT_INCLUDES", "url"),
        ("EVENT_BUS", "arn:aws:events:eu-west-1:111122223333:event-bus/x"),
        ("EVENT_BUS", "a bus"),
        ("WEBHOOK_HOSTS", "https://hooks.example.com"),
        ("WEBHOOK_HOSTS", "hooks.example.com:99999"),
        ("WEBHOOK_HOSTS", "a.example.com,,b.example.com"),
        ("WEBHOOK_SECRET", "hooks"),
        ("WEBHOOK_SECRET", SECRET.replace("eu-west-1", "us-east-1")),
        ("MAIL_FROM", "Longhaul <longhaul@example.com>"),
        ("MAIL_FROM", " longhaul@example.com"),
        ("MAIL_TO", "example.com"),
        ("MAIL_CLAIM", "email\n"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_value(
    environment: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    with pytest.raises(DeployError, match=re.escape(variable)) as refused:
        _operators(environment, {variable: value})

    assert repr(value) in str(refused.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://hooks.example.com/T0/secret\n", "a line break"),
        ("https://other.example.com/T0/secret", "other.example.com is not a host"),
        ("https://hooks.example.com:8443/T0/secret", "port 8443"),
        ("http://hooks.example.com/T0/secret", "port 80"),
        ("https://user:secret@hooks.example.com/", "no user"),
        ("secret", "https"),
        (MASK, "https"),
    ],
)
def test_a_bad_webhook_url_is_refused_and_not_shown(
    environment: pytest.MonkeyPatch, url: str, words: str
) -> None:
    given = {"WEBHOOK_HOSTS": "hooks.example.com", "WEBHOOK_URL": url}

    with pytest.raises(DeployError, match="WEBHOOK_URL") as refused:
        _operators(environment, given, deployed=HOSTS)

    assert words in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_webhook_url_without_hosts_is_refused(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeployError, match="WEBHOOK_HOSTS is not set"):
        _operators(environment, {"WEBHOOK_URL": "https://hooks.example.com/"})


def test_a_receiver_on_the_laptop_is_for_local_targets_alone(
    environment: pytest.MonkeyPatch,
) -> None:
    given = {"WEBHOOK_HOSTS": "127.0.0.1:9999", "WEBHOOK_URL": "http://127.0.0.1:9999/in"}

    found = _operators(environment, given, LOCAL)
    with pytest.raises(DeployError, match="WEBHOOK_URL cannot be used"):
        _operators(environment, given, AWS)

    assert found == {"WebhookHosts": "127.0.0.1:9999", "WebhookUrl": "http://127.0.0.1:9999/in"}


def test_good_values_are_the_parameters(environment: pytest.MonkeyPatch) -> None:
    given = {
        "EVENTS": "accepted,ended",
        "EVENT_BUS": "default",
        "EVENT_INCLUDES": "detail",
        "WEBHOOK_HOSTS": "*.example.com",
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_URL": "https://hooks.example.com/in?key=1",
        "MAIL_FROM": "longhaul@example.com",
        "MAIL_TO": "ann@example.com,@example.org",
        "MAIL_CLAIM": "upn",
    }

    found = _operators(environment, given)

    assert found == {announcements.PARAMETERS[name]: value for name, value in given.items()}


def test_a_webhook_url_that_is_not_shown_stays(environment: pytest.MonkeyPatch) -> None:
    same = _operators(environment, {"EVENTS": "started"}, deployed=HOSTS)
    more = _operators(
        environment,
        {"WEBHOOK_HOSTS": "c.example.com, B.example.com,hooks.example.com"},
        deployed=HOSTS,
    )

    assert same["WebhookUrl"] == more["WebhookUrl"] == MASK


def test_without_hosts_there_is_no_webhook_url_any_more(environment: pytest.MonkeyPatch) -> None:
    assert _operators(environment, {"WEBHOOK_HOSTS": ""}, deployed=HOSTS) == {}


def test_hosts_of_a_stack_that_had_none_need_no_webhook_url(
    environment: pytest.MonkeyPatch,
) -> None:
    # CloudFormation shows an empty value in the same way.
    had_none = {"WebhookHosts": "", "WebhookUrl": MASK}

    found = _operators(environment, {"WEBHOOK_HOSTS": "a.example.com"}, deployed=had_none)

    assert found == {"WebhookHosts": "a.example.com"}


def test_a_host_that_goes_may_be_that_of_the_webhook_url(environment: pytest.MonkeyPatch) -> None:
    fewer = {"WEBHOOK_HOSTS": "hooks.example.com"}
    with pytest.raises(DeployError, match=r"no longer has b\.example\.com.*WEBHOOK_URL="):
        _operators(environment, fewer, deployed=HOSTS)

    found = _operators(environment, {**fewer, "WEBHOOK_URL": ""}, deployed=HOSTS)

    assert found == {"WebhookHosts": "hooks.example.com"}


def test_cloudformation_takes_the_same_buses_and_secrets() -> None:
    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's short forms as nothing."""

    Loader.add_multi_constructor("!", lambda *_: None)
    declared = yaml.load(RESOURCES.read_text(), Loader)["Parameters"]  # noqa: S506 - a SafeLoader

    for name, value in (("ExistingEventBus", "a/b.c-d_e"), ("WebhookSecret", SECRET)):
        assert re.fullmatch(declared[name]["AllowedPattern"], value)
        assert not re.fullmatch(declared[name]["AllowedPattern"], f"{value[:3]}: ")
    assert set(announcements.PARAMETERS.values()) <= set(declared)


def test_a_bad_value_starts_and_deploys_nothing(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def start(*_: object, **__: object) -> None:
        raise AssertionError("an emulator was started")

    environment.setattr(emulators, "started", start)
    environment.setenv("MAIL_FROM", "nobody")

    with pytest.raises(DeployError, match=r"MAIL_FROM .* not 'nobody'"):
        stack.up(LOCAL, tmp_path, "longhaul-test")


def test_who_is_told_is_said_in_a_line() -> None:
    assert announcements.in_words("longhaul-local", None, None) == "the event bus longhaul-local"
    assert announcements.in_words("b", "a:1,c", "x@y.example") == (
        "the event bus b; webhooks at a:1, c; people by mail from x@y.example"
    )

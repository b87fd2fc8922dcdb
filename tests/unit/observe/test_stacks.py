"""Which stacks are followed: found when they come up, forgotten when they go."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from moto import mock_aws

from infra import emulators
from infra.errors import AccountError, NotDeployedError
from infra.observe import stacks as module
from infra.observe.stacks import Place, Stacks, Wanted, found
from infra.targets import Target, named

MINISTACK = named("ministack")
AWS = Target("aws", "prod", "eu-west-1")
OWN = Wanted(MINISTACK, Path("own"), "longhaul-local", "the own one", "make up")
SCENARIO = Wanted(MINISTACK, Path("scenario"), "longhaul-local", "the scenario's")
ON_AWS = Wanted(AWS, Path("aws"), "longhaul-prod", "longhaul-prod")

TEMPLATE = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> dict[Wanted, Any]:
    """Where the stacks are, or the error that comes instead."""
    places: dict[Wanted, Any] = {}

    def look_up(wanted: Wanted) -> Place | None:
        place = places.get(wanted)
        if isinstance(place, Exception):
            raise place
        return place

    monkeypatch.setattr(module, "found", look_up)
    return places


def place_of(wanted: Wanted, id_: str) -> Place:
    return Place(id_, wanted.target.at("http://127.0.0.1:4566"), wanted.stack_name)


def test_a_stack_is_followed_once_it_is_up(up: dict[Wanted, Any], told: list[str]) -> None:
    stacks = Stacks([OWN, SCENARIO], told.append)
    stacks.look()
    assert stacks.up() == []

    up[OWN] = place_of(OWN, "one")
    stacks.look()

    assert stacks.up() == [up[OWN]]
    assert told[-1] == "Following the own one"


def test_it_says_once_how_to_start_what_is_not_up(up: dict[Wanted, Any], told: list[str]) -> None:
    stacks = Stacks([OWN, SCENARIO], told.append)

    for _ in range(3):
        stacks.look()

    assert told == ["the own one is not up. It is followed once it is: make up"]


def test_the_scenarios_stack_is_followed_beside_the_own_one(up: dict[Wanted, Any]) -> None:
    stacks = Stacks([OWN, SCENARIO], lambda _: None)
    up |= {OWN: place_of(OWN, "one"), SCENARIO: place_of(SCENARIO, "two")}

    stacks.look()

    assert [place.id for place in stacks.up()] == ["one", "two"]


def test_a_stack_that_goes_is_forgotten_and_followed_again_when_it_is_back(
    up: dict[Wanted, Any], told: list[str]
) -> None:
    stacks = Stacks([SCENARIO], told.append)
    up[SCENARIO] = place_of(SCENARIO, "first")
    stacks.look()

    del up[SCENARIO]
    stacks.look()
    while_away = stacks.up()
    up[SCENARIO] = place_of(SCENARIO, "second")
    stacks.look()

    assert while_away == []
    assert [place.id for place in stacks.up()] == ["second"]
    assert told == [
        "Following the scenario's",
        "Gone: the scenario's. When it is back, it is followed again.",
        "Following the scenario's",
    ]


def test_a_stack_made_again_between_two_looks_is_a_new_one(
    up: dict[Wanted, Any], told: list[str]
) -> None:
    stacks = Stacks([OWN], told.append)

    for id_ in ("first", "second", "second"):
        up[OWN] = place_of(OWN, id_)
        stacks.look()

    assert [place.id for place in stacks.up()] == ["second"]
    assert told == ["Following the own one"] * 2


def test_what_cannot_be_asked_for_stays_and_is_complained_of_once(
    up: dict[Wanted, Any], told: list[str]
) -> None:
    stacks = Stacks([ON_AWS], told.append)
    up[ON_AWS] = followed = place_of(ON_AWS, "one")
    stacks.look()

    up[ON_AWS] = ClientError({"Error": {"Code": "Throttling", "Message": "Rate"}}, "DescribeStacks")
    for _ in range(2):
        stacks.look()
    at_first = list(told)
    for _ in range(5):
        stacks.look()

    assert stacks.up() == [followed]
    assert at_first == ["Following longhaul-prod"]
    assert len(told) == 2
    assert "Throttling" in told[1]


def test_credentials_that_have_expired_end_it(up: dict[Wanted, Any]) -> None:
    up[ON_AWS] = AccountError("The AWS credentials have expired.")

    with pytest.raises(AccountError, match="expired"):
        Stacks([ON_AWS], lambda _: None).look()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("cloudformation", region_name=AWS.region)


def test_a_stack_that_was_never_made_is_not_up(aws: Any) -> None:
    assert found(ON_AWS) is None


def test_a_stack_is_known_by_its_arn_which_a_later_one_does_not_have(aws: Any) -> None:
    made = aws.create_stack(StackName=ON_AWS.stack_name, TemplateBody=TEMPLATE)
    first = found(ON_AWS)
    aws.delete_stack(StackName=ON_AWS.stack_name)
    gone = found(ON_AWS)
    aws.create_stack(StackName=ON_AWS.stack_name, TemplateBody=TEMPLATE)
    second = found(ON_AWS)

    assert first == Place(made["StackId"], AWS, ON_AWS.stack_name)
    assert gone is None
    assert second is not None
    assert second.id != first.id


def test_an_emulator_that_does_not_run_has_no_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Target:
        raise NotDeployedError("not running")

    monkeypatch.setattr(emulators, "found", refuse)

    assert found(OWN) is None


def test_an_emulator_that_ends_while_it_is_asked_has_no_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nobody listens on port 1.
    monkeypatch.setattr(emulators, "found", lambda *_: MINISTACK.at("http://127.0.0.1:1"))

    assert found(OWN) is None


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ClientError({"Error": {"Code": "ExpiredToken"}}, "DescribeStacks"), AccountError),
        (NoCredentialsError(), AccountError),
        (ClientError({"Error": {"Code": "Throttling"}}, "DescribeStacks"), ClientError),
        (EndpointConnectionError(endpoint_url="https://x"), EndpointConnectionError),
    ],
)
def test_what_is_wrong_with_the_account_is_said_as_by_other_commands(
    monkeypatch: pytest.MonkeyPatch, error: Exception, raised: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(boto3.Session, "client", fail)

    with pytest.raises(raised):
        found(ON_AWS)

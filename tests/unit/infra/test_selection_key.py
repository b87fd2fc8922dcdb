"""The command that prints a key of selections."""

import json
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from infra import outputs, selection_key
from infra.errors import InfraError
from infra.outputs import Outputs
from tests.unit.infra.test_outputs import AWS, PARAMETERS, VALUES


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.Session(region_name="eu-west-1")


def _stack(session: boto3.Session, keys: dict[str, str]) -> Outputs:
    client = session.client("secretsmanager")
    made = client.create_secret(Name="keys", SecretString=json.dumps(keys))
    return outputs.of_stack(AWS, "longhaul", {**VALUES, "SelectionKeys": made["ARN"]}, PARAMETERS)


def test_the_only_key_needs_no_name(session: boto3.Session) -> None:
    assert selection_key.read(session, _stack(session, {"2026": "k" * 64})) == "k" * 64


def test_of_several_keys_the_one_that_is_named_is_read(session: boto3.Session) -> None:
    stack = _stack(session, {"1": "old", "2": "new"})

    assert selection_key.read(session, stack, "2") == "new"


@pytest.mark.parametrize(
    ("kid", "said"),
    [(None, r"Say which key: KID=1\. There are 1, 2"), ("3", "no key '3'. There are 1, 2")],
)
def test_a_key_that_is_not_clear_is_not_guessed(
    session: boto3.Session, kid: str | None, said: str
) -> None:
    stack = _stack(session, {"1": "old", "2": "new"})

    with pytest.raises(InfraError, match=said) as refused:
        selection_key.read(session, stack, kid)
    assert "old" not in str(refused.value)


def test_a_stack_without_selections_says_how_it_takes_them(session: boto3.Session) -> None:
    stack = replace(_stack(session, {"1": "k"}), selection_keys=None)

    with pytest.raises(InfraError, match="SELECTION_KEYS=make"):
        selection_key.read(session, stack)

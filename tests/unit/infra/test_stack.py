"""What a deployment does before it packages anything."""

from pathlib import Path

import pytest

from infra import emulators, issuer, parameters, stack
from infra.access import Access
from infra.deploy import Stack
from infra.targets import Target

AWS = Target("aws", "prod", "eu-west-1")
LOCAL = Target("ministack", "local", "us-east-1", "http://127.0.0.1:4566")


class Reached(Exception):
    """The deployment has asked for the template's values."""


def _deployed(target: Target, monkeypatch: pytest.MonkeyPatch, state: Path) -> Access:
    """Returns who may use the stack, as its deployment has it."""
    asked: list[Access] = []

    def values(_: Target, __: str, access: Access, *___: object) -> None:
        asked.append(access)
        raise Reached

    monkeypatch.setattr(parameters, "values", values)
    monkeypatch.setattr(Stack, "parameters", lambda _: {})
    monkeypatch.setattr(emulators, "started", lambda target, *_, **__: target)
    monkeypatch.setattr(issuer, "start", lambda _: "http://127.0.0.1:4999")
    monkeypatch.setenv("SELECTION_KEYS", "make")
    with pytest.raises(Reached):
        stack.up(target, state, "longhaul", access=Access("jwt"))
    return asked[0]


def test_on_aws_selections_alone_need_no_issuer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert _deployed(AWS, monkeypatch, tmp_path).issuer == ""


def test_on_a_laptop_there_is_an_issuer_for_developers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert _deployed(LOCAL, monkeypatch, tmp_path).issuer == "http://127.0.0.1:4999"

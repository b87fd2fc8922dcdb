"""What the demo prints at its end."""

import json
import shlex
from pathlib import Path

import pytest

from chalicelib.archive import layout, manifest
from chalicelib.archive.plan import Entry
from infra.demo import words
from infra.demo.__main__ import main
from infra.demo.bar import megabytes
from tests.unit.archive.archives import manifest_of

API = "http://127.0.0.1:4566/_aws/execute-api/a1b2/api"


def test_each_hint_is_a_line_that_a_shell_takes_as_it_is() -> None:
    lines = {hint.about: shlex.split(hint.line) for hint in words.hints(API, "j-1", "ministack")}

    assert lines["Look at the job"] == ["curl", "-s", f"{API}/v1/export/j-1"]
    assert lines["Download it yourself"][-1] == f"{API}/v1/export/j-1/download?redirect=true"
    body = json.loads(lines["Export a folder of the bucket"][-1])
    assert body == {"prefix": "licences/"}


def test_hints_name_a_target_that_is_not_the_default() -> None:
    usual = [hint.line for hint in words.hints(API, "j-1", "ministack")]
    localstack = [hint.line for hint in words.hints(API, "j-1", "localstack")]

    assert usual[-2:] == ["make logs", "make down"]
    assert localstack[-2:] == ["make logs TARGET=localstack", "make down TARGET=localstack"]


def test_the_demo_knows_how_much_s3_copied_by_itself() -> None:
    small = Entry("a.txt", "downloads/10001", "e", 5_000_000, 1, 1_700_000_000)
    large = Entry("b.tar", "downloads/10002", "e", 50_000_000, 2, 1_700_000_000)
    head = manifest.Head("j-1", 1_700_000_000, (40404,))
    plan = layout.lay_out([small, large], head)
    document = manifest_of(head, [(small, 1), (large, 2)])

    copied = words.copied_bytes(json.loads(document), plan.size)

    assert copied == sum(part.length for part in plan.parts if part.copied is not None)
    assert copied
    assert words.copied_bytes(json.loads(document), plan.size + 1) is None


@pytest.mark.parametrize(("items", "text"), [([1], "1"), ([1, 2], "1 and 2"), ([], "none")])
def test_a_list_is_written_as_in_a_sentence(items: list[int], text: str) -> None:
    assert words.listed(items) == text


def test_paths_are_shown_as_one_would_type_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert words.shown(tmp_path / "a" / "b.zip") == "a/b.zip"
    assert words.shown(Path("/elsewhere/b.zip")) == "/elsewhere/b.zip"


@pytest.mark.parametrize(
    ("count", "text"), [(193_500_000, "193.5 MB"), (100_000, "0.1 MB"), (2_500, "2.5 kB")]
)
def test_amounts_have_a_fitting_unit(count: int, text: str) -> None:
    assert megabytes(count) == text


def test_the_demo_refuses_aws_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TARGET", "aws")

    with pytest.raises(SystemExit, match="1"):
        main()

    assert "not on TARGET=aws" in capsys.readouterr().err

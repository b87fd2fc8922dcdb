"""What is a command stands in a block of its own, and a block that no test runs says why."""

import importlib.util
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import click
import pytest
from botocore import xform_name

from infra.paths import REPOSITORY
from longhaul.cli.main import cli
from tests.site import pages
from tests.site.pages import Block, PageError

SHELL_BLOCKS = [
    block for page in pages.all_pages() for block in pages.blocks(page) if block.is_shell
]
LEFT_OUT = [block for block in SHELL_BLOCKS if not block.runs]

COMMAND = re.compile(
    r"^ {4,}(?:\$ )?(?:[A-Z_]+=\S+ )*(make|curl|aws|longhaul|pip|npm|export|sudo) "
)

INNER = re.compile(r"\$\(([^()]*)\)")

AWS_GLOBAL = {"--region", "--query", "--output", "--endpoint-url", "--profile", "--cli-input-json"}
AWS_OWN = {  # what the command line adds to the operations of services, and the options that we use
    ("s3", "cp"): {"--metadata", "--content-disposition", "--checksum-algorithm", "--no-progress"},
    ("s3", "mb"): set(),
    ("cloudformation", "deploy"): {
        "--stack-name",
        "--template-file",
        "--s3-bucket",
        "--s3-prefix",
        "--role-arn",
        "--no-execute-changeset",
        "--capabilities",
        "--parameter-overrides",
    },
}
UNCHECKED = set(
    """
    cd cdk curl cut git grep jq mike mkdir npm npx pip pre-commit printenv s3tar sam sha256sum sudo
    terraform
    """.split()  # noqa: SIM905 - a list of words
)
"""Programs of others. What they are given is not looked at."""


# -- a block, and where it stands ------------------------------------------------------------------


@pytest.mark.parametrize("page", pages.all_pages())
def test_no_command_stands_outside_of_a_block(page: str) -> None:
    fenced: set[int] = set()
    for block in pages.blocks(page):
        fenced |= set(range(block.line, block.line + block.text.count("\n") + 3))
    lines = pages.text_of(page).split("\n")

    bare = [line for at, line in enumerate(lines, 1) if at not in fenced and COMMAND.match(line)]
    assert bare == []


def test_a_comment_that_means_nothing_is_noticed() -> None:
    with pytest.raises(PageError, match="what does this comment mean"):
        pages.blocks("page.md", "<!-- not ran: no reason -->\n```sh\nmake up\n```\n")


def test_a_block_without_a_comment_is_run() -> None:
    (block,) = pages.blocks("page.md", "Do this:\n\n```sh\nmake up\n```\n")
    (other,) = pages.blocks("page.md", "<!-- not run: costs money -->\n```sh\nmake up\n```\n")

    assert (block.runs, other.runs) == (True, False)


@pytest.mark.parametrize("block", LEFT_OUT, ids=str)
def test_why_a_block_is_not_run_is_a_reason(block: Block) -> None:
    assert bool(block.not_run) != bool(block.run_by)
    assert len(block.not_run.split()) > 3 or block.run_by


@pytest.mark.parametrize("block", [one for one in LEFT_OUT if one.run_by], ids=str)
def test_the_test_that_runs_a_block_is_there_and_is_about_it(block: Block) -> None:
    path = REPOSITORY / block.run_by
    assert path.is_file()
    text = path.read_text()
    words = {word for command in simple_commands(block) for word in telling(command)}

    assert block.page in text or any(word in text for word in words), words


# -- what it says, though nothing runs it ----------------------------------------------------------


@pytest.mark.parametrize("block", [one for one in LEFT_OUT if one.not_run], ids=str)
def test_what_is_not_run_is_right_as_far_as_can_be_seen(block: Block) -> None:
    for command in pages.commands(block):
        checked = subprocess.run(
            ["bash", "-n"],  # noqa: S607 - the shell of this system
            input=f"{command.text}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr

    wrong = [why for words in simple_commands(block) if (why := what_is_wrong(words))]
    assert wrong == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("make upp", "make has no upp"),
        ("MAKE_UPP=1 make up", "nobody reads MAKE_UPP"),
        ("aws sqs start-message-mov --source-arn a", "sqs has no start-message-mov"),
        ("aws sqs start-message-move-task --source a", "start-message-move-task has no --source"),
        ("longhaul exprot 1", "longhaul has no exprot"),
        ("longhaul export 1 --outptu .", "export has no --outptu"),
        (".venv/bin/python -m bench.pages", "there is no module bench.pages"),
        ("mkae up", "what is mkae?"),
    ],
)
def test_a_mistake_in_a_command_is_seen(line: str, wrong: str) -> None:
    assert what_is_wrong(shlex.split(line)) == wrong


def simple_commands(block: Block) -> Iterator[list[str]]:
    """Yields the words of each simple command: between pipes, `;`, `&&` and line ends."""
    for command in pages.commands(block):
        text = re.sub(r"<<-?\s*'?(\w+)'?.*?^\1$", "", command.text, flags=re.DOTALL | re.MULTILINE)
        for part in (INNER.sub("X", text), *INNER.findall(text)):
            for simple in apart(part):
                if words := shlex.split(simple):
                    yield words


def apart(text: str) -> Iterator[str]:
    """Yields the simple commands of a script, without its comments."""
    quote, simple, before = "", "", " "
    characters = iter(text.replace("\\\n", " "))
    for character in characters:
        if not quote and character == "#" and before.isspace():
            while next(characters, "\n") != "\n":
                pass
            character = "\n"  # noqa: PLW2901 - what ends a comment ends a command
        if character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        if not quote and character in ";|&\n":
            yield simple
            simple = ""
        else:
            simple += character
        before = character
    yield simple


def telling(words: list[str]) -> set[str]:
    """Returns the words of a command that a test about it has."""
    rest = [word for word in words if "=" not in word]
    return {word for word in rest[1:3] if re.fullmatch(r"[a-z][a-z-]{3,}", word)} | {
        word.partition(":")[0] for word in words if word.startswith("Last-Event-ID")
    }


def what_is_wrong(words: list[str]) -> str:
    """Returns what is wrong with a command, as far as it can be seen. Empty: nothing is."""
    assigned = []
    while words and re.match(r"[A-Za-z_]+=", words[0]):
        assigned.append(words[0].partition("=")[0])
        words = words[1:]
    if not words:
        return ""
    program, rest = words[0], words[1:]
    if program == "make":
        return _make(rest, assigned)
    if program == "aws":
        return _aws(rest)
    if program == "longhaul":
        return _longhaul(rest)
    if program.endswith("python") and rest[:1] == ["-m"]:
        return "" if importlib.util.find_spec(rest[1]) else f"there is no module {rest[1]}"
    return "" if program in UNCHECKED or program == "export" else f"what is {program}?"


def _make(words: list[str], assigned: list[str]) -> str:
    for word in words:
        name, sign, _ = word.partition("=")
        if sign:
            assigned.append(name)
        elif not word.startswith("-") and word not in targets():
            return f"make has no {word}"
    strange = [name for name in assigned if name not in variables()]
    return f"nobody reads {strange[0]}" if strange else ""


@cache
def targets() -> set[str]:
    """The targets of the Makefile."""
    text = (REPOSITORY / "Makefile").read_text()
    return set(re.findall(r"^([a-z-]+):(?:[^=]|$)", text, re.MULTILINE))


@cache
def variables() -> set[str]:
    """What the Makefile and the deployment read from the environment."""
    text = (REPOSITORY / "Makefile").read_text()
    names = set(re.findall(r"\$\$?\(?([A-Z][A-Z0-9_]+)", text))
    for path in Path(REPOSITORY / "infra").rglob("*.py"):
        names |= set(re.findall(r'"([A-Z][A-Z0-9_]{2,})"', path.read_text()))
    return names


def _aws(words: list[str]) -> str:
    service, operation, *rest = words
    options = {word for word in rest if word.startswith("--")} - AWS_GLOBAL
    if (service, operation) in AWS_OWN:
        strange = options - AWS_OWN[service, operation]
    else:
        session = botocore.session.get_session()
        model = session.get_service_model({"s3api": "s3"}.get(service, service))
        known = {xform_name(name, "-"): name for name in model.operation_names}
        if operation not in known:
            return f"{service} has no {operation}"
        shape = model.operation_model(known[operation]).input_shape
        members = {f"--{xform_name(name, '-')}" for name in (shape.members if shape else {})}
        members |= {option.replace("--", "--no-", 1) for option in members}
        strange = options - members
    return f"{operation} has no {min(strange)}" if strange else ""


def _longhaul(words: list[str]) -> str:
    outer = click.Context(cli)
    name = next((word for word in words if not word.startswith("-")), "")
    if not name:
        return ""
    command = cli.commands.get(name)
    if command is None:
        return f"longhaul has no {name}"
    known = {
        option
        for parameter in (*command.get_params(outer), *cli.get_params(outer))
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    options = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    strange = [option for option in options if option not in known]
    return f"{name} has no {strange[0]}" if strange else ""

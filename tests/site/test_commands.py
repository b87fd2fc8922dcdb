"""Each command of the README and of the site is typed in a new clone, page by page and in order."""

import re
from pathlib import Path

import pytest

from tests.site import pages, shown
from tests.site.clone import Clone
from tests.site.pages import Block, Command
from tests.site.shell import Ran, Shell

SECONDS = 150
"""How long one command may take."""

WITH_COMMANDS = [
    page for page in pages.all_pages() if any(block.runs for block in pages.blocks(page))
]
LATER_SECONDS = 15
"""How long what runs in the background may take to say something."""

BRINGS_UP = re.compile(r"\bmake\b.*\b(up|demo)\b")
CHANGES_STACK = re.compile(r"\bmake (up|down|demo)\b|\bmake [A-Z_]+=\S+ (up|down)\b|secretsmanager")


def explained(block: Block, command: Command, ran: Ran, why: str) -> str:
    """What somebody reads whose page is wrong."""
    printed = shown.plain(ran.printed).strip()
    wanted = f"\n--- the page shows\n{command.shown}" if command.shown else ""
    return f"{block}: {why}\n$ {command.text}{wanted}\n--- it printed\n{printed}"


def told_address(shell: Shell) -> None:
    """Says to `longhaul` which stack is asked: its usual port may be another stack's."""
    shell.run("export LONGHAUL_URL=$(make -s url)", SECONDS)


def found_ids(
    shell: Shell, wanted: str, printed: str, known: dict[str, str]
) -> dict[str, str] | None:
    """Returns the ids that a command has printed, where the page shows others."""

    def found(later: str) -> bool:
        return shown.ids(wanted, printed + later, known) is not None

    later = "" if found("") else shell.later(found, LATER_SECONDS)
    return shown.ids(wanted, printed + later, known)


def typed(shell: Shell, block: Block, known: dict[str, str]) -> None:
    """Types the commands of a block, and compares what they print with what the page shows."""
    if block.first:
        prepared = shell.run(shown.with_ids(block.first, known), SECONDS)
        assert prepared.code == 0, f"{block}: what comes first fails: {prepared.printed}"
    commands = pages.commands(block)
    for command in commands:
        text = shown.with_ids(command.text, known)
        strange = shown.ids_in(text) if "…" in text else []
        assert "…" not in text, f"{block}: nothing before it shows {strange or '…'}: {command.text}"
        ran = shell.run(text, SECONDS)
        wanted = block.exits_with if command is commands[-1] else 0
        assert ran.code == wanted, explained(block, command, ran, f"it exits with {ran.code}")
        if command.shown is not None:
            found = found_ids(shell, command.shown, ran.printed, known)
            assert found is not None, explained(block, command, ran, "it prints something else")
            known.update(found)
        if BRINGS_UP.search(text):
            told_address(shell)


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_what_a_page_says_can_be_typed(page: str, running: Clone, tmp_path: Path) -> None:
    known: dict[str, str] = {}
    # Each page is another user: none gets the archive of an export of a page before.
    variables = {**running.variables, "TMPDIR": str(tmp_path), "LONGHAUL_USER": Path(page).stem}
    running.is_up = not CHANGES_STACK.search(pages.text_of(page))

    with Shell(running.folder, variables) as shell:
        told_address(shell)
        for block in pages.blocks(page):
            if block.runs:
                typed(shell, block, known)

"""What `make` itself says, on a terminal and elsewhere."""

import os
import pty
import shutil
import signal
import subprocess

import pytest

from infra.paths import REPOSITORY

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

# It fails at once on every machine, and asks for nothing. The environment is not made anew.
COMMAND = ["make", "--old-file=.venv/.ready", "token", "TARGET=aws"]
WHY = "Tokens for AWS come from your own issuer."


def _on_a_terminal() -> tuple[str, int]:
    """Returns what the command writes, and how it ends; below 0: the signal."""
    ours, terminal = pty.openpty()
    # SIGPIPE, which Python ignores, is again what it is in a shell: Popen sees to that.
    with subprocess.Popen(COMMAND, cwd=REPOSITORY, stdout=terminal, stderr=terminal) as made:
        os.close(terminal)
        written = b""
        while some := _read(ours):
            written += some
    os.close(ours)
    return written.decode(), made.returncode


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux's way to say that nobody writes to it any more
        return b""


def test_on_a_terminal_the_commands_own_words_are_the_last() -> None:
    written, ended = _on_a_terminal()

    assert WHY in written
    assert "***" not in written
    assert ended == -signal.SIGPIPE


def test_in_a_log_make_says_which_target_has_failed() -> None:
    done = subprocess.run(COMMAND, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert WHY in done.stderr
    assert "*** [Makefile" in done.stderr

"""Somebody who follows the how-to in a terminal, in a browser, and in nothing but empty folders."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from infra import node
from infra.parameters import VARIABLES
from tests.examples.howto import Block
from tests.site.clone import copy
from tests.waiting import wait_for

_TYPING_SECONDS = 300
_START_SECONDS = 120
_STOP_SECONDS = 15

_NOT_PASSED_ON = {*VARIABLES, "AUTH", "TARGET", "STACK_NAME", "MAKEFLAGS", "PORT", "PYTHONPATH"}

SLOW_MS = 10
"""How much longer each read of a source file takes, so that progress can be seen."""


@dataclass
class Reader:
    """A terminal: where it is, and what was exported. `home` was empty."""

    home: Path
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def save(self, blocks: Sequence[Block]) -> None:
        """Saves the files of these blocks in the folder."""
        for block in blocks:
            if block.path is not None:
                path = self.folder / block.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text)

    def type(self, lines: str) -> str:
        """Types lines, which must all succeed. Returns what they print. The next ones find the
        folder and the environment as these leave them."""
        left = self.home / "left"
        script = f"set -e\n{lines}\n{{ pwd; env -0; }} > {left}\n"
        done = subprocess.run(
            ["/bin/bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TYPING_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{lines}\n{done.stdout}\n{done.stderr}"
        place, _, variables = left.read_text().partition("\n")
        self.folder = Path(place)
        self.environment = dict(pair.split("=", 1) for pair in variables.split("\0") if "=" in pair)
        return done.stdout

    @contextmanager
    def serving(self, line: str, url: str) -> Iterator[None]:
        """Types a line that goes on until Ctrl-C, which is when the body ends. Something answers at
        the URL before it begins."""
        log = self.home / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["/bin/bash", "-c", f"exec {line}"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_for(lambda: process.poll() is not None or _answers(url), _START_SECONDS, line)
            assert process.poll() is None, log.read_text()
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise


@contextmanager
def reader(home: Path) -> Iterator[Reader]:
    """Yields somebody who has a clone of Longhaul, and in it what `make setup` makes.

    The clone's stack is its own. At the end it is taken down.
    """
    clone = _clone(home / "longhaul")
    path = os.pathsep.join([str(_programs(home / "programs")), os.environ["PATH"]])
    # Without what says how to deploy: the how-to says it.
    ours = {name: text for name, text in os.environ.items() if name not in _NOT_PASSED_ON}
    environment = {**ours, "PATH": path}
    made = Reader(home, clone, environment)
    try:
        yield made
    finally:
        Reader(home, clone, environment).type("make down")


def _programs(folder: Path) -> Path:
    """Makes the programs that the how-to needs: python3, node and npm."""
    folder.mkdir()
    npm = node.node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    (folder / "npm").write_text(f'#!/bin/sh\nexec {node.node()} {npm} "$@"\n')
    (folder / "npm").chmod(0o755)
    (folder / "node").symlink_to(node.node())
    (folder / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    return folder


def _clone(clone: Path) -> Path:
    """Makes a clone whose storage is slow."""
    clone.mkdir()
    copy(clone)
    settings = clone / ".chalice" / "config.json"
    content = json.loads(settings.read_text())
    variables = content["stages"]["local"].setdefault("environment_variables", {})
    variables["SOURCE_DELAY_MS"] = str(SLOW_MS)
    settings.write_text(json.dumps(content, indent=2))
    return clone


def _answers(url: str) -> bool:
    # Without the user's proxy: for a proxy, 127.0.0.1 is another machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(url, timeout=_START_SECONDS).close()
    except (urllib.error.URLError, OSError):
        return False
    return True

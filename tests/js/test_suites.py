"""Runs the client's own tests, in Node.js and in a browser, against the same stack."""

import json
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from infra import node
from infra.outputs import Outputs
from tests.js.conftest import SUITES
from tests.js.scripted import Server

_TIMEOUT_SECONDS = 300

_RUN_ALL = """async ([suite, given]) => {
  const lib = await import("/client.js");
  const { tests } = await import("/test/kit.js");
  await import(`/test/${suite}`);
  const failed = [];
  const left = [...tests];
  const late = (ms) => new Promise((_, no) => setTimeout(no, ms, new Error("It does not end")));
  // A browser opens six connections to a server, and some tests keep one of them.
  const some = async () => {
    for (let next; (next = left.shift()); ) {
      const [name, run] = next;
      await Promise.race([run({ ...given, lib }), late(60_000)])
        .catch((error) => failed.push(`${name}: ${error?.stack ?? error}`));
    }
  };
  await Promise.all([some(), some(), some()]);
  return { failed, count: tests.length };
}"""


def _given(outputs: Outputs, server: Server, ids: list[int]) -> dict[str, Any]:
    return {"url": outputs.api_url, "server": server.url, "ids": ids, "user": f"js-{uuid4().hex}"}


@pytest.mark.parametrize("suite", SUITES)
def test_in_a_browser(
    browser: Browser, outputs: Outputs, server: Server, ids: list[int], suite: str
) -> None:
    page = browser.new_page()
    page.goto(f"{server.url}/page.html")

    outcome = page.evaluate(_RUN_ALL, [suite, _given(outputs, server, ids)])

    page.close()
    assert outcome["failed"] == []
    assert outcome["count"] > 0


@pytest.mark.parametrize("suite", SUITES)
def test_in_node(built: Path, outputs: Outputs, server: Server, ids: list[int], suite: str) -> None:
    given = json.dumps({**_given(outputs, server, ids), "suite": suite})

    run_node(built, ["test/suites.js"], {"GIVEN": given})


def test_downloads(built: Path, outputs: Outputs, server: Server, ids: list[int]) -> None:
    given = json.dumps(_given(outputs, server, ids))

    run_node(built, ["test/download.test.js"], {"GIVEN": given})


def test_what_holds_for_all_inputs(built: Path) -> None:
    run_node(built, ["test/pure.test.js"], {})


def run_node(built: Path, files: list[str], more: dict[str, str]) -> None:
    """Runs test files of the client in Node.js. Fails with what they say."""
    command = [str(node.node()), "--test", "--test-reporter=spec", *files]
    done = subprocess.run(
        command,
        cwd=built,
        env={**node.environment(), **more},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "pass 0\n" not in done.stdout

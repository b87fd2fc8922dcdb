"""Threads, chance and time come from the services, so that a simulation has them all in hand."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHALICELIB = Path(__file__).parents[2] / "chalicelib"

FORBIDDEN = {
    "threading": {"Thread", "Timer", "get_ident"},
    "concurrent.futures": {"ThreadPoolExecutor", "ProcessPoolExecutor", "wait", "as_completed"},
    "random": {"*"},  # but for the class Random, which has a seed
    "secrets": {"*"},
    "uuid": {"uuid1", "uuid4"},
    "time": {"*"},
    "asyncio": {"*"},
    "multiprocessing": {"*"},
    "datetime.datetime": {"now", "utcnow", "today"},
    "os": {"urandom", "getrandom"},
}
ALLOWED = {
    "services.py": {"time.*", "uuid.uuid4", "secrets.*"},
    "pools.py": {"concurrent.futures.ThreadPoolExecutor", "concurrent.futures.wait"},
    # What signs a request to AWS, and waits for its answer, is no part of the simulation.
    "s3/clients.py": {"datetime.datetime.now", "time.*"},
    "json_path.py": {"datetime.datetime.now", "time.*"},
    # Nor is what times the calls to AWS.
    "slow_calls.py": {"time.*"},
    # Nor is what waits for the tokens' issuer.
    "http/issuer.py": {"time.*"},
    # Nor is what waits for a receiver of webhooks: there, it is a receiver in memory.
    "outbound.py": {"time.*"},
    # Nor is what ships telemetry: nothing of the pipeline knows of it.
    "telemetry/send.py": {"time.*"},
    "telemetry/function.py": {"time.*"},
}


def uses(source: str) -> Iterator[str]:
    """Yields each thing that is used and forbidden: "time.sleep" as "time.*"."""
    known: dict[str, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            known |= {alias.asname or alias.name: alias.name for alias in node.names}
            yield from (f"{a.name}.*" for a in node.names if "*" in FORBIDDEN.get(a.name, ()))
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield from _forbidden(node.module, alias.name)
        elif isinstance(node, ast.Attribute):
            yield from _forbidden(known.get(ast.unparse(node.value), ""), node.attr)


def _forbidden(module: str, name: str) -> Iterator[str]:
    names = FORBIDDEN.get(module, set())
    if name in names:
        yield f"{module}.{name}"
    elif "*" in names and name != "Random":
        yield f"{module}.*"


@pytest.mark.parametrize(
    "path", sorted(CHALICELIB.rglob("*.py")), ids=lambda path: str(path.relative_to(CHALICELIB))
)
def test_a_module_makes_no_thread_chance_or_time_of_its_own(path: Path) -> None:
    allowed = ALLOWED.get(str(path.relative_to(CHALICELIB)), set())

    assert set(uses(path.read_text())) <= allowed


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from random import choice",
        "import threading\nthreading.Thread(target=print)",
        "from threading import Timer",
        "from concurrent.futures import ThreadPoolExecutor as Pool",
        "import concurrent.futures\nconcurrent.futures.wait([])",
        "from time import sleep",
        "import time as clock",
        "from uuid import uuid4",
        "import uuid\nuuid.uuid4()",
        "from datetime import datetime\ndatetime.now()",
        "import os\nos.urandom(8)",
        "import secrets",
        "def f():\n    import asyncio",
    ],
)
def test_what_is_made_elsewhere_is_seen(source: str) -> None:
    assert list(uses(source))


_THREADS = """
import sys, threading
starters = []
start = threading.Thread.start
def told(thread):
    frame = sys._getframe(1)
    while frame.f_code.co_filename.endswith(("threading.py", "futures/thread.py", "_base.py")):
        frame = frame.f_back
    starters.append(frame.f_code.co_filename)
    start(thread)
threading.Thread.start = told
{what}
print(*sorted(set(starters)), sep="\\n")
"""


def _who_starts_threads(what: str) -> list[str]:
    """Returns the files whose code starts threads while `what` runs in another process."""
    command = [sys.executable, "-c", _THREADS.format(what=what)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_no_thread_of_a_simulated_run_is_started_by_chalicelib() -> None:
    starters = _who_starts_threads(
        "from tests.faults.simulate import run_seed\nfor seed in range(20): run_seed(seed)"
    )

    assert [Path(path).name for path in starters] == ["schedule.py"]


def test_a_thread_that_chalicelib_starts_is_seen() -> None:
    starters = _who_starts_threads(
        "exec(compile('from chalicelib.pools import Threads\\n"
        "with Threads()(1) as pool: list(pool.map(len, [[]]))', 'chalicelib/x.py', 'exec'))"
    )

    assert starters == ["chalicelib/x.py"]

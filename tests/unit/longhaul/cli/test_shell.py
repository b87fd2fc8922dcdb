"""The program in a shell: completion, pipes, its start, its exit codes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chalicelib.version import VERSION
from infra.paths import REPOSITORY
from longhaul.cli import exits, main, mistyped
from tests.unit.longhaul.cli.conftest import Run
from tests.unit.longhaul.stub import JOB_ID, Reply, Stub, job

# Where nobody has named a stack, it asks none that this machine may run.
PROGRAM = (
    sys.executable,
    "-c",
    "from longhaul.cli import inforce; inforce.LOCAL_URL = 'http://127.0.0.1:1'; "
    "from longhaul.cli.main import main; main()",
)
HEAVY = (
    "asyncio",
    "http.server",
    "keyring",
    "longhaul.signin",
    "msgspec",
    "rich",
    "standardwebhooks",
    "tenacity",
    "truststore",
    "urllib3",
    "zipfile",
)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_completion_script(run: Run, shell: str) -> None:
    ran = run("completion", shell)

    assert ran.code == 0
    assert f"_LONGHAUL_COMPLETE={shell}_complete" in ran.out


def test_an_output_that_is_closed_is_nothing_to_write_to() -> None:
    command = ("sh", "-c", 'exec "$@" <&- >&-', "sh", *PROGRAM, "profiles")

    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, timeout=60, check=False)

    assert (ran.returncode, b"Traceback" in ran.stderr) == (exits.OK, False), ran.stderr


def test_a_shell_completes_the_newest_jobs(stub: Stub) -> None:
    other = job("failed") | {"jobId": "f" + JOB_ID[1:]}
    stub.on("GET /v1/export?limit=100", Reply(200, {"jobs": [job(), other], "cursor": None}))

    assert _completed(stub.url, "longhaul watch ''", 2) == [
        f"plain,{JOB_ID}",
        f"plain,f{JOB_ID[1:]}",
    ]
    assert _completed(stub.url, "longhaul watch f", 2) == [f"plain,f{JOB_ID[1:]}"]


def test_a_shell_completes_commands_and_options_without_a_network() -> None:
    nowhere = "http://127.0.0.1:1"

    assert _completed(nowhere, "longhaul ex", 1) == ["plain,export"]
    assert _completed(nowhere, "longhaul export --on-m", 2) == ["plain,--on-missing"]
    assert _completed(nowhere, "longhaul watch ''", 2) == []
    assert _completed("", "longhaul watch ''", 2) == []


def test_help_loads_no_slow_library() -> None:
    code = (
        "import sys; sys.argv = ['longhaul', '--help']\n"
        "from longhaul.cli import main\n"
        "main.run()\n"
        f"print('loaded:', [name for name in {HEAVY} if name in sys.modules])"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines()[-1] == "loaded: []"


def test_every_exit_code_is_in_the_help_and_in_the_docs(run: Run) -> None:
    help_text = run("--help").out
    page = (REPOSITORY / "docs" / "cli.md").read_text()

    in_help = dict(re.findall(r"^ +(\d+)  (.+)$", help_text, re.MULTILINE))
    in_docs = dict(re.findall(r"^\| `(\d+)` \| (.+) \|$", page, re.MULTILINE))
    expected = {str(code): meaning for code, meaning in exits.MEANINGS.items()}
    assert in_help == in_docs == expected


def test_a_closed_pipe_is_not_an_error(stub: Stub) -> None:
    page = {"jobs": [job()] * 100, "cursor": "c"}
    stub.on("GET /v1/export?limit=100", Reply(200, page))
    stub.on("GET /v1/export?limit=100&cursor=c", Reply(200, page))
    environment = {**os.environ, "LONGHAUL_URL": stub.url}

    with subprocess.Popen(
        [*PROGRAM, "list", "--all"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert (process.returncode, errors) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_errors_that_cannot_be_written_keep_their_exit_code(stub: Stub) -> None:
    environment = {**os.environ, "LONGHAUL_URL": stub.url}

    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*PROGRAM, "status", JOB_ID], env=environment, stderr=full, check=False
        )

    assert ran.returncode == exits.NOT_FOUND


@pytest.mark.usefixtures("whole")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "words", [["list"], ["list", "--json"], ["export", "10001"], ["--help"], ["download", JOB_ID]]
)
def test_an_output_that_is_full_is_said_in_one_sentence(
    stub: Stub, tmp_path: Path, words: list[str]
) -> None:
    stub.on("GET /v1/export?limit=100", Reply(200, {"jobs": [job()] * 100, "cursor": None}))
    environment = {**os.environ, "LONGHAUL_URL": stub.url, "PYTHONPATH": str(REPOSITORY)}

    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*PROGRAM, *words], cwd=tmp_path, env=environment, stdout=full, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip

    assert ran.returncode == exits.CANNOT_SAVE
    assert ran.stderr.endswith("✗ Cannot write to standard output: No space left on device.\n")


def test_characters_that_cannot_be_printed_are_escaped(stub: Stub, tmp_path: Path) -> None:
    page = {"jobs": [job(filename="日.zip")], "cursor": None}
    stub.on("GET /v1/export?limit=100", Reply(200, page))
    environment = {**os.environ, "LONGHAUL_URL": stub.url, "PYTHONIOENCODING": "latin-1"}

    ran = subprocess.run(
        [*PROGRAM, "list"], env=environment, capture_output=True, text=True, check=True
    )

    assert ran.stdout.endswith("\\u65e5.zip\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jobs"], "No such command 'jobs'. Did you mean 'list'?"),
        (["exprot", "10001"], "No such command 'exprot'. Did you mean 'export'?"),
        (["zzz"], "No such command 'zzz'."),
        (["list", "--bogus"], "No such option '--bogus'."),
        (["list", "--limt", "3"], "No such option '--limt'. Did you mean '--limit'?"),
    ],
)
def test_what_is_mistyped_is_corrected_where_it_is_close(
    run: Run, words: list[str], said: str
) -> None:
    ran = run(*words)

    assert ran.code == exits.USAGE
    assert ran.err.splitlines()[-1] == f"Error: {said}"


def test_words_of_other_programs_stand_for_commands_that_there_are() -> None:
    assert set(mistyped.MEANT.values()) <= set(main.cli.commands)
    assert not set(mistyped.MEANT) & set(main.cli.commands)


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").out == f"longhaul, version {VERSION}\n"


def _completed(url: str, line: str, word: int) -> list[str]:
    """What bash would complete for this word of the line (counted from 0)."""
    environment = {
        **os.environ,
        "LONGHAUL_URL": url,
        "_LONGHAUL_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(word),
    }
    ran = subprocess.run(PROGRAM, env=environment, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    return ran.stdout.split()

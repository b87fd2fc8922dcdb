"""The folders of examples/, and how one of them is started."""

import ast
import json
import re
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.daemon import HOST, listen
from infra.examples import catalog, stage
from infra.examples.catalog import FOLDER, Example, ExampleError
from infra.examples.serving import port, serving
from tests.waiting import wait_for

PYTHON = {"PATH": str(Path(sys.executable).parent)}
NAMES = [example.name for example in catalog.examples()]
MOST_LINES = 150
"""What can be read in five minutes, of a file."""


def example(*command: str, prepare: tuple[tuple[str, ...], ...] = ()) -> Example:
    """An example in a folder that there is, which runs this command."""
    return Example("html", "", command, prepare)


def sources(name: str) -> list[Path]:
    """The files that people wrote, of an example."""
    made = {"node_modules", "dist", "__pycache__", ".venv"}
    return [
        path
        for path in (FOLDER / name).rglob("*")
        if path.is_file()
        and not made & set(path.parts)
        and path.name not in ("package-lock.json", "requirements.txt")
        and path.suffix != ".sqlite3"
    ]


def test_each_folder_is_an_example_that_can_be_started() -> None:
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}

    # These two are no shops: tests/own_way has them.
    assert set(NAMES) == folders - {"cdk", "terraform"}
    assert all(f"make example NAME={name}" in catalog.listed() for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_example_is_small_and_has_a_page_that_says_how_to_run_it(name: str) -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in sources(name)}

    assert max(lines.values()) <= MOST_LINES
    assert f"make example NAME={name}" in (FOLDER / name / "README.md").read_text()
    assert f"]({name}/)" in (FOLDER / "README.md").read_text()


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("orders.js", ("express", "react", "vue")),
        ("selection.js", ("express", "react", "vue")),
        ("server.js", ("react", "vue")),
        ("src/shop.ts", ("react", "vue")),
        ("src/shop.css", ("react", "vue")),
        ("orders.py", ("html", "fastapi")),
    ],
)
def test_what_examples_have_in_common_is_the_same(file: str, names: tuple[str, ...]) -> None:
    assert len({(FOLDER / name / file).read_bytes() for name in names}) == 1


def test_the_plain_example_needs_nothing_but_the_standard_library() -> None:
    own = {path.stem for path in sources("html")}

    imported = {
        module.partition(".")[0]
        for path in sources("html")
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        for module in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }

    assert imported - own <= sys.stdlib_module_names


def test_no_lock_names_a_registry_and_each_version_is_pinned() -> None:
    locks = sorted(FOLDER.glob("*/package-lock.json"))

    assert locks
    for lock in locks:
        packages = json.loads(lock.read_text())["packages"]
        links = {one["resolved"] for one in packages.values() if "resolved" in one}
        assert links <= {"../../clients/js"}
        described = json.loads(lock.with_name("package.json").read_text())
        versions = described["dependencies"] | described.get("devDependencies", {})
        versions.pop("longhaul", None)
        assert all(re.fullmatch(r"[0-9.]+", version) for version in versions.values())


def test_an_example_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ExampleError, match=r"no example 'angular'.*html, react"):
        catalog.named("angular")


def test_a_server_that_ends_is_told_with_its_last_lines(tmp_path: Path) -> None:
    dies = example("python", "-c", "print('no such database'); raise SystemExit(3)")

    with (
        pytest.raises(ExampleError, match=r"(?s)html has ended, with code 3\..*no such database"),
        serving(dies, PYTHON, port(None), tmp_path / "log"),
    ):
        pytest.fail("it has started")


def test_a_preparation_that_fails_is_told_with_its_last_lines(tmp_path: Path) -> None:
    fails = (("python", "-c", "raise SystemExit('no such table')"),)

    with (
        pytest.raises(ExampleError, match="no such table"),
        serving(example("python", prepare=fails), PYTHON, port(None), tmp_path / "log"),
    ):
        pytest.fail("it has started")


def test_a_server_gets_its_port_and_is_stopped_with_its_children(tmp_path: Path) -> None:
    starts = "import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]])"
    server = example(
        "python", "-c", starts, "-m", "http.server", "--bind", HOST, "--directory", "/", "{port}"
    )
    on = port(None)

    with serving(server, PYTHON, on, tmp_path / "log") as started:
        assert started.url == f"http://{HOST}:{on}"

    assert started.process.returncode is not None

    def is_free() -> bool:
        try:
            return port(str(on)) == on
        except ExampleError:
            return False

    wait_for(is_free, 10, "the end of the server's child")


def test_a_port_that_is_taken_or_is_none_is_refused() -> None:
    with listen([0]) as listener:
        taken = listener.getsockname()[1]
        with pytest.raises(ExampleError, match=f"PORT={taken} cannot be used"):
            port(str(taken))

    for wrong in ("0", "http", "65536", "-1"):
        with pytest.raises(ExampleError, match="PORT must be a number"):
            port(wrong)


def test_an_example_runs_once_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "_STATE", tmp_path)

    with ExitStack() as opened:
        opened.enter_context(stage.alone(example()))
        with pytest.raises(ExampleError, match="html runs already"):
            opened.enter_context(stage.alone(example()))
    with stage.alone(example()) as folder:
        assert folder == tmp_path / "html"

"""What is built from clients/js: what is committed of it, its size, and what the package holds."""

import gzip
import json
import re
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.version import VERSION
from infra import js, node
from infra.outputs import Outputs
from infra.paths import REPOSITORY

SIZE_MAX = 8_000
"""Bytes of the client, minified and compressed."""

COMMITTED = [pytest.param(path, made, id=path.name) for path, made in js.committed()]
SOURCES = {path.relative_to(js.FOLDER / "src") for path in (js.FOLDER / "src").rglob("*.ts")}
BESIDE = {
    *("LICENSE", "README.md", "package.json", "custom-elements.json"),
    *("types/react.d.ts", "types/vue.d.ts"),
}

_WAYS = {
    "in Node.js": {"module": "nodenext", "lib": ["es2022"], "types": ["node"]},
    "with a bundler": {"module": "preserve", "moduleResolution": "bundler", "types": []},
}


@pytest.fixture(scope="module")
def tarball(built: Path) -> Path:
    """The package as `npm pack` makes it."""
    (built / "types").mkdir(exist_ok=True)
    for name in BESIDE:
        (built / name).write_bytes((js.FOLDER / name).read_bytes())
    said = node.npm(("pack", "--ignore-scripts", "--json"), built)
    return built / str(json.loads(said)[0]["filename"])


@pytest.fixture
def project(tarball: Path, tmp_path: Path) -> Path:
    """The folder of somebody who has installed the package."""
    with tarfile.open(tarball) as packed:
        # Python 3.11.2, which Debian 12 has, knows no filters: they came with 3.11.4.
        packed.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        packed.extractall(tmp_path / "node_modules")  # noqa: S202 - our own package
    (tmp_path / "node_modules" / "package").rename(tmp_path / "node_modules" / "longhaul")
    for name in ("@types", "undici-types"):
        (tmp_path / "node_modules" / name).symlink_to(js.FOLDER / "node_modules" / name)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return tmp_path


@pytest.mark.parametrize(("path", "made"), COMMITTED)
def test_what_is_committed_is_what_is_built(path: Path, made: Callable[[], str]) -> None:
    assert path.read_text() == made(), "run: make client"


def test_the_client_is_small() -> None:
    entry = js.FOLDER / "src" / "index.ts"

    assert len(gzip.compress(js.bundled(entry).encode())) < SIZE_MAX


def test_the_package_has_the_version_of_the_stack() -> None:
    for name in ("package.json", "package-lock.json"):
        assert json.loads((js.FOLDER / name).read_text())["version"] == VERSION


def test_the_lock_names_no_registry() -> None:
    text = (js.FOLDER / "package-lock.json").read_text()

    assert '"resolved"' not in text
    assert not json.loads((js.FOLDER / "package.json").read_text()).get("dependencies")


def test_its_licence_is_that_of_the_repository() -> None:
    assert (js.FOLDER / "LICENSE").read_bytes() == (REPOSITORY / "LICENSE").read_bytes()


def test_the_package_holds_its_modules_and_types_and_nothing_else(tarball: Path) -> None:
    with tarfile.open(tarball) as packed:
        names = {name.removeprefix("package/") for name in packed.getnames()}

    modules = {f"dist/{path.with_suffix('')}" for path in SOURCES}
    assert names == BESIDE | {f"{name}{end}" for name in modules for end in (".js", ".d.ts")}


@pytest.mark.parametrize("way", _WAYS)
def test_the_types_are_right_for_who_uses_them(project: Path, way: str) -> None:
    consumer = Path(__file__).parent / "consumer.ts"
    (project / "consumer.ts").write_bytes(consumer.read_bytes())
    strict = {"strict": True, "exactOptionalPropertyTypes": True, "noEmit": True}
    options = {**strict, "target": "es2022", **_WAYS[way]}
    (project / "tsconfig.json").write_text(json.dumps({"compilerOptions": options}))

    node.run((js.FOLDER / "node_modules" / "typescript" / "bin" / "tsc",), project)


def test_what_publint_and_attw_look_for_is_right(tarball: Path) -> None:
    modules = js.FOLDER / "node_modules"

    node.run((modules / "publint/src/cli.js", "run", "--strict", tarball), tarball.parent)
    attw = modules / "@arethetypeswrong/cli/dist/index.js"
    options = ("--profile", "esm-only", "--no-definitely-typed")
    node.run((attw, tarball, *options), tarball.parent)


def test_the_first_example_of_the_readme_runs(
    project: Path, outputs: Outputs, ids: list[int]
) -> None:
    text = (js.FOLDER / "README.md").read_text()
    example = re.search(r"```js\n(.*?)```", text, re.DOTALL)
    assert example
    program = example[1].replace("https://api.example.com/prod", outputs.api_url)
    (project / "example.js").write_text(program.replace("[10001, 10002, 10003]", str(ids)))

    said = subprocess.run(
        [node.node(), "example.js"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout

    assert example[1].strip().count("\n") < 10
    assert "completed 100%" in said
    assert (project / "March.zip").stat().st_size > 0


def test_the_readme_has_every_method() -> None:
    text = (js.FOLDER / "README.md").read_text()
    source = (js.FOLDER / "src" / "client.ts").read_text()

    methods = re.findall(r"^  (?:async )?\*?([a-z]\w+)\(", source, re.MULTILINE)
    assert len(methods) > 15
    assert [name for name in methods if name != "constructor" and f"`{name}(" not in text] == []

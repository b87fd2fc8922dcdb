"""The component as it is built, packaged and documented."""

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from infra import js, node
from infra.paths import REPOSITORY

MANIFEST = json.loads((js.FOLDER / "custom-elements.json").read_text())
DECLARED = MANIFEST["modules"][0]["declarations"][0]
SOURCES = {path.name: path.read_text() for path in (js.FOLDER / "src/element").iterdir()}
REFERENCE = (REPOSITORY / "docs/reference/component.md").read_text()

SIZE_MAX = 12_500
"""Bytes, gzipped: with the client and ten languages. 300 are the list of several archives."""


def _names(kind: str) -> set[str]:
    return {one["name"] for one in DECLARED[kind]}


def test_what_is_served_is_as_it_is_built() -> None:
    assert js.COMPONENT.read_text(encoding="utf-8") == js.component()


def test_it_is_small() -> None:
    assert len(gzip.compress(js.COMPONENT.read_bytes(), 9)) < SIZE_MAX


@pytest.mark.parametrize(
    "word",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "new Function", "document.write"],
)
def test_nothing_in_it_makes_html_or_code_of_a_text(word: str) -> None:
    assert word not in js.COMPONENT.read_text(encoding="utf-8")


def test_the_manifest_names_what_the_code_has() -> None:
    code = "\n".join(SOURCES.values())
    observed = re.search(r"observedAttributes = \[(.*?)\];", code)
    looks = re.search(r"OF_LOOKS = \[(.*?)\];", code)
    assert observed is not None
    assert looks is not None

    assert _names("attributes") == set(re.findall(r'"([\w-]+)"', observed[1] + looks[1]))
    assert _names("events") == set(re.findall(r'^  "(longhaul-\w+)":', code, re.MULTILINE))
    assert _names("cssParts") == set(re.findall(r'part: "(\w+)"', code))
    assert _names("cssProperties") == set(re.findall(r"--longhaul-[\w-]+", SOURCES["style.ts"]))


TABLES = {
    "attributes": ["attribute"],
    "members": ["property", "method"],
    "events": ["event"],
    "cssParts": ["part"],
    "cssProperties": ["custom property"],
}


@pytest.mark.parametrize("kind", TABLES)
def test_the_reference_has_each_name_once(kind: str) -> None:
    heads = "|".join(TABLES[kind])
    tables = re.findall(rf"(?<=\n\n)\| (?:{heads}) \|.*?(?=\n\n)", REFERENCE, re.DOTALL)
    rows = "\n".join(tables)

    assert sorted(re.findall(r"^\| `([\w-]+)(?:\(\))?` \|", rows, re.MULTILINE)) == sorted(
        _names(kind)
    )


_USE = """
import type { Job } from "longhaul/element";
import type {} from "longhaul/react";
import type {} from "longhaul/vue";

const found = document.querySelector("longhaul-export")!;
found.request = { fileIds: [1], filename: "a.zip" };
found.selection = async () => "eyJ";
let job: Job | undefined;
found.addEventListener("longhaul-end", ({ detail }) => (job = detail.job));
let error: unknown;
document.addEventListener("longhaul-error", ({ detail }) => (error = detail.error));
type Tag = import("react").JSX.IntrinsicElements["longhaul-export"];
const tag: Tag = { "selection-url": "/x", selection: () => "eyJ" };
tag["onlonghaul-end"] = ({ detail }) => detail.job?.status;
const other: import("vue").GlobalComponents["longhaul-export"] = { props: { prefix: "a/" } };
// @ts-expect-error: there is no such attribute
const wrong: Tag = { "selection-uri": "/x" };
// @ts-expect-error: one of the ways to say what is exported, and not two
found.request = { fileIds: [1], keys: ["a"] };
"""

_REACT = """
export interface HTMLAttributes<T> { className?: string; id?: string }
export type DetailedHTMLProps<E, T> = E & { ref?: (one: T | null) => void; key?: string };
export namespace JSX { interface IntrinsicElements { div: object } }
"""

_VUE = """
export interface DefineComponent<P> { props: P }
export interface GlobalComponents {}
"""


def test_a_page_in_typescript_has_types_of_it(tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    for name, text in {"react": _REACT, "vue": _VUE}.items():
        (modules / name).mkdir(parents=True)
        (modules / name / "index.d.ts").write_text(text)
        (modules / name / "package.json").write_text('{"types": "index.d.ts"}')
    ours = modules / "longhaul"
    js.package()
    ours.mkdir()
    for name in ("dist", "types", "package.json"):
        (ours / name).symlink_to(js.FOLDER / name)
    (tmp_path / "use.ts").write_text(_USE)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    compiler = node.install(js.FOLDER) / "typescript" / "bin" / "tsc"
    options = ("--noEmit", "--strict", "--module", "NodeNext", "--target", "ES2022")
    command = [str(node.node()), "--preserve-symlinks", str(compiler), *options]

    done = subprocess.run(
        [*command, "--preserveSymlinks", "use.ts"],
        cwd=tmp_path,
        env=node.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("", 0)


def test_a_server_can_import_it(tmp_path: Path) -> None:
    (tmp_path / "dist").symlink_to(js.package())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    script = "console.log(Object.keys(await import('./dist/element/export.js')))"

    done = subprocess.run(
        [str(node.node()), "--input-type=module", "--eval", script],
        cwd=tmp_path,
        env=node.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.stdout.strip(), done.stderr) == ("[ 'LonghaulExport' ]", "")

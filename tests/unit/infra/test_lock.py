"""The locked development environment has what Lambda gets."""

import re
import tomllib
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement

from infra import wheels
from infra.paths import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
INSTALLED = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]


def test_what_goes_into_lambda_is_pinned_to_the_same_versions_for_the_tests() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    deployed = {line.strip() for line in lines if line and not line.startswith("#")}

    locked = (REPOSITORY / "requirements-dev.txt").read_text().split()

    assert deployed <= set(locked)


@pytest.mark.parametrize("wanted", [Requirement(text) for text in INSTALLED], ids=str)
def test_what_the_client_needs_is_pinned_within_its_range(wanted: Requirement) -> None:
    locked = (REPOSITORY / "requirements-dev.txt").read_text()

    found = re.search(rf"^{wanted.name}==(\S+)", locked, re.MULTILINE)

    assert found
    assert found[1] in wanted.specifier


def test_every_package_of_the_client_is_installed_and_no_other() -> None:
    folders = {path.parent for path in (REPOSITORY / "longhaul").rglob("__init__.py")}

    names = {".".join(folder.relative_to(REPOSITORY).parts) for folder in folders}

    assert set(PROJECT["tool"]["setuptools"]["packages"]) == names


@pytest.mark.parametrize(
    ("file", "names"),
    [
        (wheels.JWT, {"cffi", "cryptography"}),
        (wheels.OTLP, {"opentelemetry-proto", "protobuf"}),
        (wheels.DEFLATE, {"zlib-ng"}),
    ],
)
def test_what_is_compiled_is_what_the_tests_have(file: str, names: set[str]) -> None:
    pinned = re.findall(r"^([^#\s]+==\S+)", (REPOSITORY / file).read_text(), re.M)
    locked = (REPOSITORY / "requirements-dev.txt").read_text().split()

    assert {pin.partition("==")[0] for pin in pinned} == names
    assert set(pinned) <= set(locked)


def test_what_is_compiled_needs_nothing_that_is_left_out() -> None:
    needed = {
        wanted.name
        for name in ("cryptography", "cffi", "opentelemetry-proto", "protobuf", "zlib-ng")
        for wanted in map(Requirement, requires(name) or ())
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""})
    }

    # pycparser is for compiling C (infra/wheels.py).
    assert needed == {"cffi", "protobuf", "pycparser"}

"""The API, the command line and the client's wheel all say the same version."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from chalicelib.settings import settings
from chalicelib.version import VERSION
from infra.paths import REPOSITORY
from infra.release import build_wheel
from longhaul.cli.main import cli
from tests.integration import cloud, gateway

SOURCES = ("pyproject.toml", "README.md", "LICENSE", "longhaul", "chalicelib/version.py")
SOME_TIME = 1_800_000_000


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of what the client's wheel is built from. A build leaves files beside its sources."""
    copied = tmp_path / "sources"
    for name in SOURCES:
        place = copied / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (REPOSITORY / name).is_dir():
            shutil.copytree(REPOSITORY / name, place)
        else:
            shutil.copy(REPOSITORY / name, place)
    return copied


def test_the_openapi_document_says_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cloud.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()

    document = gateway.document()

    settings.cache_clear()
    assert document["info"]["version"] == VERSION


def test_the_command_line_says_the_version() -> None:
    said = CliRunner().invoke(cli, ["--version"]).output

    # An editable installation keeps the version it was made with: `make setup` makes it again.
    assert said == f"longhaul, version {VERSION}\n"


def test_the_wheel_has_the_version_and_its_bytes_depend_on_the_sources_alone(
    sources: Path, tmp_path: Path
) -> None:
    once = build_wheel(sources, tmp_path / "once", SOME_TIME)
    again = build_wheel(sources, tmp_path / "again", SOME_TIME)

    assert once.name == f"longhaul-{VERSION}-py3-none-any.whl"
    assert again.read_bytes() == once.read_bytes()

"""An SBOM lists what a package contains, and the same package gives the same SBOM."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra import sbom
from infra.errors import ReleaseError

SOME_TIME = 1_800_000_000


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A Lambda package of the app and one distribution."""
    made = tmp_path / "lambda.zip"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("app.py", "")
        archive.writestr(
            "Some_Thing-1.2.dist-info/METADATA",
            "Metadata-Version: 2.4\nName: Some_Thing\nVersion: 1.2\nLicense-Expression: MIT\n",
        )
    return made


def _of_package(code: Path, pins: str, name: str = "sbom.json") -> Path:
    requirements = code.parent / "requirements.txt"
    requirements.write_text(pins)
    sbom.of_package(code, [requirements], code.parent / name, SOME_TIME)
    return code.parent / name


def _read(written: Path) -> Any:
    return json.loads(written.read_text())


def test_the_packages_of_the_lambda_package_are_listed(code: Path) -> None:
    said = _read(_of_package(code, "# pinned\nsome-thing==1.2\n"))

    # Chalice adds its own runtime to each package.
    purls = {component["purl"].partition("@")[0] for component in said["components"]}
    assert purls == {"pkg:pypi/some-thing", "pkg:pypi/chalice"}
    assert said["metadata"]["component"]["name"] == "longhaul-lambda"


def test_hashes_below_a_pin_do_not_matter(code: Path) -> None:
    said = _read(_of_package(code, "some-thing==1.2 \\\n    --hash=sha256:aa==\n"))

    assert len(said["components"]) == 2


@pytest.mark.parametrize("pins", ["", "some-thing==1.3\n", "some-thing==1.2\nother==1\n"])
def test_a_package_that_does_not_hold_what_is_pinned_is_refused(code: Path, pins: str) -> None:
    with pytest.raises(ReleaseError, match="do not have the same"):
        _of_package(code, pins)


def test_the_same_package_gives_the_same_bytes(code: Path) -> None:
    once = _of_package(code, "some-thing==1.2\n", "once.json")
    again = _of_package(code, "some-thing==1.2\n", "again.json")

    assert again.read_bytes() == once.read_bytes()


def test_what_the_dependencies_of_the_client_need_is_found() -> None:
    found = sbom.needed(["rich>=13"])

    assert {"rich", "markdown-it-py", "mdurl", "pygments"} == set(found)


def test_what_is_needed_elsewhere_only_is_left_out() -> None:
    assert not sbom.needed(["rich>=13 ; sys_platform == 'no-such-platform'"])

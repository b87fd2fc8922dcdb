"""Swagger UI's files, as they are put into the package."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from infra import package, reference, wheels
from infra.errors import PackageError
from infra.paths import REPOSITORY


def test_the_package_gets_what_the_page_loads_and_its_licences() -> None:
    files = reference.files()

    assert {name.removeprefix(reference.FOLDER) for name in files if "dist-info" not in name} == {
        *reference.NAMES,
        "LICENSE",
    }
    told = [name.rpartition("/")[2] for name in files if "dist-info" in name]
    assert sorted(told) == ["LICENSE", "METADATA"]


def test_a_browsers_tools_are_not_sent_for_a_source_map_that_is_not_there() -> None:
    assert not [n for n, text in reference.files().items() if b"sourceMappingURL" in text[-200:]]


def test_each_version_is_pinned_by_its_hash() -> None:
    lock = (REPOSITORY / reference.LOCK).read_text()

    assert re.findall(r"^([a-z-]+)==", lock, re.MULTILINE) == ["drf-spectacular-sidecar"]
    assert "--hash=sha256:" in lock
    assert "//" not in lock


def test_an_app_of_before_needs_none(tmp_path: Path) -> None:
    assert reference.files(tmp_path) == {}


def test_a_wheel_without_swagger_ui_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("other/static/swagger-ui-dist/swagger-ui.css", "")
    monkeypatch.setattr(wheels, "kept", lambda *_: tmp_path)

    with pytest.raises(PackageError, match=r"no swagger-ui-bundle\.js, LICENSE of Swagger UI"):
        reference.files()


def test_the_package_is_made_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def chalice(_sources: Path, output: Path) -> None:
        (output / "sam.yaml").write_text(json.dumps({}))
        with zipfile.ZipFile(output / "deployment.zip", "w") as archive:
            archive.writestr("app.py", "")

    monkeypatch.setattr(package, "_run_chalice", chalice)

    built = package.build(tmp_path)

    with zipfile.ZipFile(built.code) as archive:
        assert {reference.FOLDER + name for name in reference.NAMES} <= set(archive.namelist())

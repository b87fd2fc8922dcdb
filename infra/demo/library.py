"""The files of the demo: real ones, from the packages that requirements-dev.txt installs.

Flags and licences, the descriptions of AWS's services, web pages and code. And each of the larger
packages as one tar, so that some files are large enough for S3 to copy them by itself.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from itertools import chain
from pathlib import Path

from infra.errors import InfraError

FIRST_ID = 10_001
ABSENT_IDS = (40_404, 50_404)
"""Ids that the demo asks for, and that do not exist: an export says what it could not find."""

PREFIX = "licences/"
"""The source bucket has the licences a second time below this, by their names."""

# (folder in the archive, package, its files). A file keeps only the last part of its path.
_SHELVES = (
    ("images/flags", "django-countries", "static/flags/[a-z][a-z].gif"),
    ("images", "django-countries", "static/flags/sprite*.png"),
    ("data/aws", "botocore", "botocore/data/*.json"),
    ("data/sam", "aws-sam-translator", "*data/*.json"),
    ("data/machine images", "moto", "moto/ssm/resources/ecs/optimized_amis/*.json.gz"),
    ("web/swagger-ui", "aws-lambda-powertools", "swagger_ui/*.min.*"),
    ("web/debugger", "Werkzeug", "debug/shared/*.*"),
    ("code/chalice", "chalice", "chalice/*.py"),
)

# Each in its own script: an archive takes any Unicode name.
_LANGUAGES = {
    "ar": "العربية",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "fr": "Français",
    "ja": "日本語",
    "ka_GE": "ქართული",
    "pt_PT": "Português",
    "uk": "Українська",
}

# They have the first ids, so that the examples of the documentation take a moment. The first four
# make tars that are large enough for S3 to copy; the others are streamed.
_BACKED_UP = (
    "mypy",
    "ruff",
    "botocore",
    "moto",
    "cryptography",
    "ministack",
    "Pygments",
    "pydantic_core",
    "hypothesis",
    "aws-lambda-powertools",
    "setuptools",
    "PyYAML",
    "pydantic",
    "chalice",
    "rich",
    "boto3",
)

_LICENCE_NAMES = ("LICENSE", "LICENCE", "COPYING")


@dataclass(frozen=True)
class DemoFile:
    """A file on this disk. `name` is its path in the archive."""

    file_id: int
    name: str
    path: Path

    @property
    def keys(self) -> tuple[str, ...]:
        """Its keys in the source bucket."""
        by_id = f"downloads/{self.file_id}"
        if self.name.startswith("documents/licences/"):
            return by_id, PREFIX + self.name.rpartition("/")[2]
        return (by_id,)

    @property
    def size(self) -> int:
        return self.path.stat().st_size


def gather(directory: Path) -> tuple[DemoFile, ...]:
    """Returns all files of the demo. Makes the tars in `directory` unless they are there.

    Raises InfraError if a package is not installed.
    """
    shelved = (_shelves(), _translations(), _licences(), _service_models())
    found = [*_backups(directory), *chain.from_iterable(shelved)]
    return tuple(DemoFile(FIRST_ID + index, name, path) for index, (name, path) in enumerate(found))


_Found = Iterator[tuple[str, Path]]


def _translations() -> _Found:
    for code, language in _LANGUAGES.items():
        for _, path in _files("django-countries", f"locale/{code}/LC_MESSAGES/django.po"):
            yield f"documents/country names/{language}.po", path


def _licences() -> _Found:
    licences: dict[str, Path] = {}
    for package in metadata.distributions():
        for file in package.files or ():
            if ".dist-info" in str(file) and file.name.upper().startswith(_LICENCE_NAMES):
                licences.setdefault(package.name, Path(str(file.locate())))
    for name, path in sorted(licences.items()):
        yield f"documents/licences/{name}.txt", path


def _service_models() -> _Found:
    models = _files("botocore", "data/*/*/service-2.json.gz")
    newest = {file.parts[-3]: path for file, path in models}  # their folders are dates
    for service, path in newest.items():
        yield f"data/aws/{service}.json.gz", path


def _shelves() -> _Found:
    for folder, package, pattern in _SHELVES:
        for file, path in _files(package, pattern):
            yield f"{folder}/{file.name}", path


def _backups(directory: Path) -> _Found:
    directory.mkdir(parents=True, exist_ok=True)
    for name in _BACKED_UP:
        tar = directory / f"{name}-{_package(name).version}.tar"
        if not tar.exists():
            _pack(name, tar)
        yield f"backups/{tar.name}", tar


def _pack(package: str, tar: Path) -> None:
    unfinished = tar.with_suffix(".part")
    with tarfile.open(unfinished, "w") as archive:
        for file, path in _files(package, "*"):
            archive.add(path, arcname=f"{package}/{str(file).replace('../', '')}")
    unfinished.replace(tar)


def _files(package: str, pattern: str) -> list[tuple[metadata.PackagePath, Path]]:
    """Returns the package's installed files that match, in the order of their paths."""
    return sorted(
        (file, path)
        for file in _package(package).files or ()
        if file.match(pattern)
        and file.suffix != ".pyc"
        and (path := Path(str(file.locate()))).is_file()
    )


def _package(name: str) -> metadata.Distribution:
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise InfraError(f"The package {name} is not installed. Install all: make setup") from None

"""A release is made of what is committed and nothing else, and its sums can be checked."""

import hashlib
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from chalicelib.version import VERSION
from infra import release
from infra.errors import ReleaseError
from infra.paths import REPOSITORY


def _git(repository: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.com"]
    environment = {**os.environ, "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z"}
    subprocess.run(
        ["git", *who, *arguments],  # noqa: S607 - the one that the user has
        cwd=repository,
        env=environment,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of one commit, with a file that git ignores."""
    made = tmp_path / "repository"
    made.mkdir()
    (made / ".gitignore").write_text("*.log\n")
    (made / "app.py").write_text("app = 1\n")
    (made / "run.log").write_text("private\n")
    _git(made, "init", "--quiet")
    _git(made, "add", ".")
    _git(made, "commit", "--quiet", "--message", "The app")
    return made


def test_the_time_of_a_release_is_the_time_of_its_commit(repository: Path) -> None:
    assert release.last_commit(repository).time == 1_767_323_045


def test_a_tree_with_changes_is_refused_and_the_files_are_named(repository: Path) -> None:
    (repository / "app.py").write_text("app = 2\n")
    (repository / "notes.txt").write_text("")

    with pytest.raises(ReleaseError) as refused:
        release.last_commit(repository)

    assert " M app.py\n?? notes.txt\n" in str(refused.value)


def test_a_folder_that_is_no_repository_is_refused_with_the_words_of_git(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="not a git repository"):
        release.last_commit(tmp_path)


def test_only_committed_files_are_exported(repository: Path, tmp_path: Path) -> None:
    release.export(repository, release.last_commit(repository), tmp_path / "sources")

    exported = {path.name for path in (tmp_path / "sources").iterdir()}
    assert exported == {".gitignore", "app.py"}


def test_the_sums_have_a_line_for_each_file(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"a")
    (tmp_path / "b.whl").write_bytes(b"b")

    said = release.sums([tmp_path / "a.zip", tmp_path / "b.whl"])

    of_a, of_b = (hashlib.sha256(content).hexdigest() for content in (b"a", b"b"))
    assert said == f"{of_a}  a.zip\n{of_b}  b.whl\n"


def test_the_wheel_holds_the_client_and_nothing_else(tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    release.export(REPOSITORY, release.Commit("HEAD", 0), sources)

    wheel = release.build_wheel(sources, tmp_path, 1_767_323_045)

    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = {name for name in names if name.startswith(f"longhaul-{VERSION}.dist-info/")}
    client = {path.relative_to(sources) for path in (sources / "longhaul").rglob("*.py")}
    assert names - about == {"longhaul/py.typed", *map(str, client)}
    assert {name.partition("/")[2] for name in about} == {
        *("METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt"),
        "licenses/LICENSE",
    }


def test_a_wheel_that_cannot_be_built_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[build-system]\nrequires = ['no-such-tool']\n")

    with pytest.raises(ReleaseError, match="no-such-tool"):
        release.build_wheel(tmp_path, tmp_path / "dist", 0)

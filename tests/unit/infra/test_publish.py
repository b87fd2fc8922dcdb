"""The template and the code are written for people who have their own way to deploy."""

from pathlib import Path

import pytest

from infra import publish, reference, wheels
from infra.errors import DeployError, ReleaseError

LOCK = """\
# made by a tool
jmespath==1.1.0 \\
    --hash=sha256:aaa \\
    --hash=sha256:bbb
    # via -r requirements.txt
typing-extensions==4.16.0 ; python_version < '3.13' \\
    --hash=sha256:ccc
"""


def test_each_pin_gets_the_hashes_of_the_lock() -> None:
    pinned = "# for Lambda\njmespath==1.1.0\ntyping-extensions==4.16.0\n"

    assert publish.hashed(pinned, LOCK) == (
        "jmespath==1.1.0 \\\n    --hash=sha256:aaa \\\n    --hash=sha256:bbb\n"
        "typing-extensions==4.16.0 \\\n    --hash=sha256:ccc\n"
    )


def test_a_pin_that_is_not_locked_is_refused() -> None:
    with pytest.raises(ReleaseError, match=r"does not lock jmespath==1\.0\.0"):
        publish.hashed("jmespath==1.0.0\n", LOCK)


def test_a_prefix_alone_is_given_at_deployment(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="Give SourcePrefix as you deploy"):
        publish.write(tmp_path / "made", {"SOURCE_PREFIX": "a/"})


def test_processors_that_there_are_not_are_named(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="not 'sparc'"):
        publish.write(tmp_path / "made", {"ARCHITECTURE": "sparc"})


def test_what_is_not_committed_is_packaged_too_and_no_leftover(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    for folder in (".chalice/deployments", "chalicelib/__pycache__", "infra"):
        (repository / folder).mkdir(parents=True)
    locks = ("requirements.txt", "requirements-dev.txt", reference.LOCK, *wheels.ALL)
    for name in (*locks, "app.py"):
        (repository / name).write_text("")
    (repository / "chalicelib" / "new.py").write_text("")
    (repository / "chalicelib" / "__pycache__" / "new.pyc").write_text("")

    publish.copy(repository, tmp_path / "sources")

    copied = {
        str(path.relative_to(tmp_path / "sources")) for path in (tmp_path / "sources").rglob("*")
    }
    assert copied > {"app.py", ".chalice", "chalicelib/new.py"}
    assert copied.isdisjoint({".chalice/deployments", "chalicelib/__pycache__"})

"""The locked development environment has what Lambda gets."""

from infra.paths import REPOSITORY


def test_what_goes_into_lambda_is_pinned_to_the_same_versions_for_the_tests() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    deployed = {line.strip() for line in lines if line and not line.startswith("#")}

    locked = (REPOSITORY / "requirements-dev.txt").read_text().split()

    assert deployed <= set(locked)

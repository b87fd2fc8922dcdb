"""The demo's files are uploaded once, and the bucket has them and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.demo import upload as uploading
from infra.demo.library import DemoFile
from infra.demo.upload import upload
from infra.targets import Target

BUCKET = "source"
AT = Target("aws", "test", "us-east-1")  # moto stands for AWS


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(uploading, "STATE", tmp_path / "state")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def files(tmp_path: Path) -> list[DemoFile]:
    made = []
    for number in range(3):
        path = tmp_path / str(number)
        path.write_bytes(b"x" * number)
        made.append(DemoFile(10_001 + number, f"{number}.txt", path))
    return made


def _uploaded(files: list[DemoFile]) -> int:
    return upload(AT, BUCKET, files, lambda *_: None)


def _keys(s3: Any) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_each_file_is_uploaded_once_and_the_bucket_has_nothing_else(
    s3: Any, files: list[DemoFile]
) -> None:
    assert [_uploaded(files), _uploaded(files)] == [3, 0]
    assert _keys(s3) == [key for file in files for key in file.keys]


def test_what_is_gone_is_uploaded_again(s3: Any, files: list[DemoFile]) -> None:
    _uploaded(files)
    s3.delete_object(Bucket=BUCKET, Key="downloads/10002")

    assert _uploaded(files) == 1


@pytest.mark.usefixtures("s3")
def test_other_files_are_all_uploaded_again(files: list[DemoFile]) -> None:
    _uploaded(files)
    files[1].path.write_bytes(b"y")  # as many bytes as before, and later
    files[1].path.touch()

    assert _uploaded([*files[:2], DemoFile(10_003, "other.txt", files[2].path)]) == 3


@pytest.mark.usefixtures("s3")
def test_an_upload_that_breaks_off_is_not_taken_for_a_whole_one(
    files: list[DemoFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    _uploaded(files)
    other = [*files[:2], DemoFile(10_003, "other.txt", files[2].path)]
    with monkeypatch.context() as patch:
        patch.setattr(uploading, "_put", _broken)
        with pytest.raises(OSError, match="gone"):
            _uploaded(other)

    assert _uploaded(files) == 3


def test_what_an_older_demo_left_in_the_bucket_is_removed(s3: Any, files: list[DemoFile]) -> None:
    s3.put_object(Bucket=BUCKET, Key="demo-fingerprint", Body=b"0" * 64)
    _uploaded(files)
    assert "demo-fingerprint" not in _keys(s3)

    s3.put_object(Bucket=BUCKET, Key="demo-fingerprint", Body=b"a person's own file")
    _uploaded(files)
    assert "demo-fingerprint" in _keys(s3)


def _broken(*_: object) -> int:
    raise OSError("gone")

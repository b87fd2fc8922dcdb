"""Files that an export cannot take: it names them with the reason, or leaves them out."""

from typing import Any

import pytest

from chalicelib.errors import NothingToExport, SourceMissing, SourceUnreadable
from chalicelib.jobs.items import NAMED_MAX
from chalicelib.jobs.request import Wanted
from tests.integration.finding import found, put
from tests.integration.stack import Stack


def test_all_that_is_archived_is_named_at_once(stack: Stack) -> None:
    put("in/a", StorageClass="GLACIER")
    put("in/b", StorageClass="DEEP_ARCHIVE")
    put("in/c")

    with pytest.raises(SourceUnreadable) as refused:
        found(stack, prefix="in/")

    assert refused.value.detail.startswith(
        "2 of 3 files cannot be read: in/a (archived: in GLACIER; restore it first), "
        "in/b (archived: in DEEP_ARCHIVE; restore it first). Leave them out"
    )
    assert not refused.value.key, "a job is not planned again for what a look has found"


def test_a_long_key_leaves_room_for_the_reasons(stack: Stack) -> None:
    folder = f"in/{'x' * 1000}/"
    put(f"{folder}a.bin", StorageClass="GLACIER")
    put(f"{folder}b.bin", StorageClass="GLACIER")

    with pytest.raises(SourceUnreadable) as refused:
        found(stack, prefix="in/")

    for name in ("a.bin", "b.bin"):
        assert f"xx/{name} (archived: in GLACIER; restore it first)" in refused.value.detail
    assert len(refused.value.detail.encode()) < NAMED_MAX


@pytest.mark.parametrize("asked", [{"prefix": "in/"}, {"keys": ("in/a", "in/b", "in/c")}])
@pytest.mark.parametrize("look_up_max", [0, 200])
def test_what_is_archived_is_left_out_where_asked(
    stack: Stack, asked: dict[str, Any], look_up_max: int
) -> None:
    stack.configure(look_up_max=look_up_max)
    put("in/a", StorageClass="GLACIER")
    put("in/b", StorageClass="DEEP_ARCHIVE")
    put("in/c")

    left = found(stack, **asked, on_unreadable="skip")

    assert [entry.key for entry in left.entries] == ["in/c"]
    assert [(one.file, one.reason) for one in left.unreadable] == [
        ("in/a", "archived"),
        ("in/b", "archived"),
    ]
    assert left.left_out == 2


def test_a_message_names_both_the_missing_and_the_unreadable(stack: Stack) -> None:
    put("in/a", StorageClass="GLACIER")

    with pytest.raises(SourceMissing) as refused:
        found(stack, keys=("in/a", "in/b"), on_missing="fail")

    assert "1 of 2 files do not exist: in/b. Besides, 1 cannot be read: in/a" in str(refused.value)
    assert "Leave them out" not in str(refused.value)  # Nothing would be left.


def test_nothing_that_can_be_exported_is_said_so(stack: Stack) -> None:
    put("in/a", StorageClass="GLACIER")

    with pytest.raises(NothingToExport) as refused:
        found(stack, Wanted(key="in/a"), Wanted(id=10001), on_unreadable="skip")

    assert str(refused.value) == (
        "none of the files can be exported: 10001 (missing), "
        "in/a (archived: in GLACIER; restore it first)"
    )


def test_three_ids_that_do_not_exist_are_nothing_to_export(stack: Stack) -> None:
    with pytest.raises(NothingToExport, match=r"10001 \(missing\), 10002 \(missing\)"):
        found(stack, file_ids=(10001, 10002))


@pytest.mark.parametrize(
    ("source", "where"), [(None, "the source bucket"), ("default", "the source default")]
)
def test_a_prefix_without_files_is_named_with_its_source(
    stack: Stack, source: str | None, where: str
) -> None:
    with pytest.raises(NothingToExport, match=f"no file of {where} begins with 'none/'"):
        found(stack, prefix="none/", source=source)


def test_a_long_message_stays_short(stack: Stack) -> None:
    put("in/99")
    for number in range(30):
        put(f"in/{number:02d}" + "字" * 100, StorageClass="GLACIER")

    with pytest.raises(SourceUnreadable, match="30 of 31 files cannot be read") as refused:
        found(stack, prefix="in/")

    assert " more. Leave them out" in refused.value.detail
    assert len(refused.value.detail.encode()) < 800

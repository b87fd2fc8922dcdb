"""GET /v1/files and its totals over many pages of S3: each folder and file is told once."""

import json
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidRequest
from chalicelib.http import files
from chalicelib.http.calls import Call
from chalicelib.http.cursors import to_cursor
from chalicelib.named_sources import Source
from chalicelib.s3.objects import FolderPage, ObjectFacts
from chalicelib.services import Services
from tests.clock import Clock
from tests.unit.samples import some_services, some_settings

LAMBDA_MAX = 6 * 1024**2
"""Bytes that a function may return.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


@dataclass
class Keys:
    """A bucket with these keys, which lists them as S3 does. It gives at most `most` on a page.
    Each page takes `seconds`."""

    sizes: dict[str, int]
    most: int = 1_000
    clock: Clock = field(default_factory=Clock)
    seconds: float = 0
    archived: frozenset[str] = frozenset()
    pages: int = 0

    def list_folder(
        self, prefix: str, limit: int, after: str | None = None, *, is_deep: bool = False
    ) -> FolderPage:
        self.pages += 1
        self.clock.advance(seconds=self.seconds)
        found = (self._row(key, prefix, is_deep) for key in self.sizes if key.startswith(prefix))
        rows = sorted(set(found))
        names = [name for name, _ in rows]
        start = bisect_right(names, bytes.fromhex(after).decode()) if after else 0
        page = rows[start : start + min(limit, self.most)]
        more = start + len(page) < len(rows)
        return FolderPage(
            # LocalStack does not sort folders.
            tuple(name for name, is_folder in reversed(page) if is_folder),
            tuple(self._facts(name) for name, is_folder in page if not is_folder),
            page[-1][0].encode().hex() if more else None,
        )

    def _row(self, key: str, prefix: str, is_deep: bool) -> tuple[str, bool]:  # noqa: FBT001 - as above
        """Returns the key, or the prefix of the folder that it is in."""
        below, slash, _ = key.removeprefix(prefix).partition("/")
        is_folder = bool(slash) and not is_deep
        return f"{prefix}{below}/" if is_folder else key, is_folder

    def _facts(self, key: str) -> ObjectFacts:
        cold = key in self.archived
        kept = "GLACIER" if cold else ""
        return ObjectFacts(key, self.sizes[key], "e", 1, storage_class=kept, is_archived=cold)


def _services(bucket: Keys) -> Services:
    settings = replace(some_settings(), sources=(Source(name="default", bucket="b"),))
    return replace(some_services(settings, sources={"default": bucket}), now=bucket.clock)


def _listed(bucket: Keys, **query: str) -> Any:
    return files.listing(Call({}, {}, query, b""), _services(bucket)).content


def _every(bucket: Keys, prefix: str, *limits: int) -> list[Any]:
    """Returns all pages of a folder. The limits take turns."""
    pages = [_listed(bucket, prefix=prefix, limit=str(limits[0]))]
    while cursor := pages[-1]["cursor"]:
        limit = str(limits[len(pages) % len(limits)])
        pages.append(_listed(bucket, prefix=prefix, limit=limit, cursor=cursor))
    return pages


def _prefixes_and_keys(pages: list[Any]) -> tuple[list[str], list[str]]:
    folders = [folder["prefix"] for page in pages for folder in page["folders"]]
    return folders, [file["key"] for page in pages for file in page["files"]]


def _counted(bucket: Keys, prefix: str, **query: str) -> Any:
    call = Call({}, {}, {"prefix": prefix, **query}, b"")
    return files.totals(call, _services(bucket)).content


def _sum(bucket: Keys, prefix: str) -> tuple[int, int, int]:
    answers = [_counted(bucket, prefix)]
    while cursor := answers[-1]["cursor"]:
        answers.append(_counted(bucket, prefix, cursor=cursor))
    files, size = sum(one["files"] for one in answers), sum(one["bytes"] for one in answers)
    return files, size, sum(one["unreadableFiles"] for one in answers)


names = st.text(alphabet="ab/é\x01\\", min_size=1, max_size=4)
trees = st.dictionaries(names.map("p/".__add__), st.integers(0, 9), max_size=30)
limits = st.lists(st.integers(1, 9), min_size=1, max_size=3)


@given(trees, limits, st.integers(1, 5), st.sampled_from(["p/", "p/a", "p/a/", ""]))
def test_all_pages_together_have_each_folder_and_file_once(
    tree: dict[str, int], asked: list[int], most: int, prefix: str
) -> None:
    pages = _every(Keys(tree, most), prefix, *asked)

    below = {key for key in tree if key.startswith(prefix)}
    marks = {key for key in below if key.endswith("/") and not tree[key]}
    rests = [key.removeprefix(prefix) for key in below]
    folders = {f"{prefix}{rest.split('/')[0]}/" for rest in rests if "/" in rest}
    expected = {key for key in below if "/" not in key.removeprefix(prefix)} - marks
    assert _prefixes_and_keys(pages) == (sorted(folders), sorted(expected))
    for page, limit in zip(pages, asked * len(pages), strict=False):
        assert len(page["folders"]) + len(page["files"]) <= limit


@given(trees, limits, st.sampled_from(["p/", "p/a", ""]))
def test_an_answer_that_is_cut_within_a_page_goes_on_where_it_was_cut(
    tree: dict[str, int], asked: list[int], prefix: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "ANSWER_BYTES", 1)
        cut = _every(Keys(tree), prefix, *asked)

    assert all(len(page["folders"]) + len(page["files"]) <= 1 for page in cut)
    assert _prefixes_and_keys(cut) == _prefixes_and_keys(_every(Keys(tree), prefix, 5_000))


@given(trees, st.sampled_from(["p/", "p/a", ""]), st.integers(1, 7))
def test_totals_count_what_an_export_of_the_prefix_takes(
    tree: dict[str, int], prefix: str, most: int
) -> None:
    taken = [key for key in tree if key.startswith(prefix) and (tree[key] or key[-1] != "/")]
    cold = frozenset(key for key in taken[::3] if tree[key])

    counted = _sum(Keys(tree, most, archived=cold), prefix)

    read = [key for key in taken if key not in cold]
    assert counted == (len(read), sum(tree[key] for key in read), len(cold))


@pytest.mark.parametrize(
    "name", ["\x01", '"', "\\", "ж", "字", "😀", "a"], ids=lambda text: text.encode().hex()
)
def test_an_answer_with_the_longest_keys_fits_a_function(name: str) -> None:
    key = name * (1_000 // len(name.encode()))
    bucket = Keys({f"{key}{number:05}": 10**12 for number in range(5_000)})

    pages = _every(bucket, "", 5_000)

    assert len(_prefixes_and_keys(pages)[1]) == 5_000
    for page in pages:
        answer = json.dumps({"body": json.dumps(page, ensure_ascii=False)})
        assert len(answer) < LAMBDA_MAX * 0.75
    # It is not cut without need: but for the last, each is half full at least.
    assert len(pages) <= 4 if name == "a" else 22


def test_a_page_that_was_cut_changes_meanwhile_and_nothing_is_lost_or_told_twice() -> None:
    bucket = Keys({f"{number:03}": 1 for number in range(0, 300, 10)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "ANSWER_BYTES", 5_000)
        first = _listed(bucket, limit="30")
        told = [file["key"] for file in first["files"]]
        del bucket.sizes[told[0]], bucket.sizes[told[2]]
        bucket.sizes["001"] = bucket.sizes["295"] = 1
        rest = _listed(bucket, limit="5000", cursor=first["cursor"])

    seen = [*told, *(file["key"] for file in rest["files"])]
    assert 0 < len(told) < 30
    assert seen == [f"{number:03}" for number in range(0, 300, 10) if f"{number:03}" <= seen[-1]]


def test_an_answer_has_as_many_pages_of_s3_as_it_needs() -> None:
    bucket = Keys({f"{number:05}": 1 for number in range(6_000)})

    page = _listed(bucket, limit="5000")

    assert (len(page["files"]), bucket.pages) == (5_000, 5)
    assert page["cursor"]
    assert len(_listed(bucket)["files"]) == files.LIMIT_DEFAULT


def test_a_listing_answers_before_it_has_taken_too_long() -> None:
    bucket = Keys({f"{number:05}": 1 for number in range(5_000)}, seconds=2)

    page = _listed(bucket, limit="5000")

    assert len(page["files"]) == 3_000
    assert len(_prefixes_and_keys(_every(bucket, "", 5_000))[1]) == 5_000


def test_totals_stop_after_some_seconds_or_pages_and_go_on() -> None:
    slow = Keys({f"{number:05}": 2 for number in range(7_000)}, seconds=1)
    short = Keys({f"{number:05}": 2 for number in range(120)}, most=2)

    assert _counted(slow, "")["files"] == 5_000
    assert _sum(slow, "") == (7_000, 14_000, 0)
    assert _counted(short, "")["files"] == 100
    assert short.pages == files.PAGES_MAX
    assert _sum(short, "") == (120, 240, 0)


@pytest.mark.parametrize(
    "limit",
    [
        "",
        "0",
        "-1",
        "5001",
        "99999",
        "1.0",
        "1e3",
        " 5",
        "+5",
        "٣",
        "0x10",
        "null",
        "5000\n",
        "\uff15",
    ],
)
def test_a_limit_that_is_none_is_refused_by_its_name_and_value(limit: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _listed(Keys({}), limit=limit)

    assert caught.value.errors[0].pointer == "limit"
    shown = json.dumps(limit, ensure_ascii=False)
    assert caught.value.detail.startswith(f"limit: {shown} is not a whole number")


def test_a_cursor_of_before_still_leads_on() -> None:
    bucket = Keys({f"{number:03}": 1 for number in range(20)})

    page = _listed(bucket, cursor=str(to_cursor(["default", "", b"009".hex()])))

    assert page["files"][0]["key"] == "010"


@pytest.mark.parametrize(
    "position",
    [
        ["default", "", None],
        ["default", "", None, ""],
        ["default", "", "", "a"],
        ["default", "", "\x00", "a"],
        ["default", "", "t", 1],
        ["default", "", "t", "a", "b"],
        ["default", "x", "t", "a"],
        ["old", "", "t", "a"],
        ["totals", "default", "", "t"],
    ],
)
def test_no_other_cursor_leads_on(position: list[Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _listed(Keys({"a": 1}), cursor=str(to_cursor(position)))

    assert caught.value.errors[0].pointer == "cursor"


@pytest.mark.parametrize(
    "position",
    [
        ["default", "", "t"],
        ["default", "", "t", "a"],
        ["totals", "default", "", ""],
        ["totals", "default", "", None],
        ["totals", "default", "", "\x00"],
        ["totals", "default", "x", "t"],
        ["totals", "old", "", "t"],
        ["totals", "default", "", "t", 1],
    ],
)
def test_no_other_cursor_leads_totals_on(position: list[Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        _counted(Keys({"a": 1}), "", cursor=str(to_cursor(position)))

    assert caught.value.errors[0].pointer == "cursor"


def test_an_empty_source_has_no_files_and_no_folders() -> None:
    page = _listed(Keys({}))

    assert (page["files"], page["folders"], page["cursor"]) == ([], [], None)
    assert _sum(Keys({}), "") == (0, 0, 0)

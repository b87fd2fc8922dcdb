"""What an export takes, of buckets that are not tidy. No archive is built here."""

from typing import Any

import pytest

from chalicelib.errors import GivenUp, LimitExceeded, NothingToExport, SourceMissing
from chalicelib.jobs.model import file_mark
from chalicelib.jobs.request import ExportRequest, Wanted
from chalicelib.sources import find as finding
from chalicelib.sources.find import find
from tests.integration.finding import found, names, put
from tests.integration.stack import Stack
from tests.integration.wire import Requests

# -- files ----------------------------------------------------------------------------------------


def test_files_and_folders_of_one_request(stack: Stack) -> None:
    for key in ("downloads/10001", "a/b/c.txt", "a/b/d/e.txt", "z.txt"):
        put(key)
    put("downloads/10002", Metadata={"filename": "Invoice.pdf"})

    everything = found(
        stack,
        Wanted(id=10001),
        Wanted(id=10002),
        Wanted(id=10002, name="again/x.pdf"),
        Wanted(key="z.txt"),
        Wanted(key="z.txt", name="Z"),
        Wanted(prefix="a/"),
        Wanted(prefix="a/b", name="copy"),
        Wanted(prefix="a/b/d/", name="."),
    )

    assert names(everything) == {
        "10001": "downloads/10001",
        "Invoice.pdf": "downloads/10002",
        "again/x.pdf": "downloads/10002",
        "z.txt": "z.txt",
        "Z": "z.txt",
        "a/b/c.txt": "a/b/c.txt",
        "a/b/d/e.txt": "a/b/d/e.txt",
        "copy/b/c.txt": "a/b/c.txt",
        "copy/b/d/e.txt": "a/b/d/e.txt",
        "e.txt": "a/b/d/e.txt",
    }


@pytest.fixture
def named(stack: Stack) -> Stack:
    """A stack with files whose names are in their metadata."""
    put("a/1", Metadata={"filename": "One.pdf"})
    put("a/b/2", Metadata={"filename": "Two.json"}, ContentEncoding="gzip")
    put("a/b/3")
    put("a/b/4", Metadata={"filename": "sub/../Four.txt"})
    put("a/mark/", b"")
    return stack


OWN = {
    "a/One.pdf": "a/1",
    "a/b/Two.json.gz": "a/b/2",
    "a/b/3": "a/b/3",
    "a/b/sub/__/Four.txt": "a/b/4",
}


def test_files_of_keys_have_their_own_names_if_the_request_says_so(named: Stack) -> None:
    keys = tuple(OWN.values())

    assert names(found(named, keys=keys, names="own")) == OWN
    assert names(found(named, keys=("a/1",))) == {"a/1": "a/1"}
    named.configure_source(prefix="a/")
    assert names(found(named, keys=("a/1",), names="own")) == {"One.pdf": "a/1"}


def test_files_below_a_prefix_have_their_own_names_in_their_folders(named: Stack) -> None:
    below = {"One.pdf": "a/1", "b/Two.json.gz": "a/b/2", "b/3": "a/b/3"}
    below["b/sub/__/Four.txt"] = "a/b/4"

    assert names(found(named, prefix="a/", names="own")) == below
    assert names(found(named, Wanted(prefix="a/"), names="own")) == OWN


def test_a_name_that_the_request_gives_counts_more_than_the_own_one(named: Stack) -> None:
    everything = found(
        named,
        Wanted(key="a/1", name="x"),
        Wanted(key="a/1"),
        Wanted(prefix="a/b/", name="All"),
        names="own",
    )

    assert names(everything) == {
        "x": "a/1",
        "a/One.pdf": "a/1",
        "All/Two.json.gz": "a/b/2",
        "All/3": "a/b/3",
        "All/sub/__/Four.txt": "a/b/4",
    }


def test_files_with_the_same_own_name_are_all_there(stack: Stack) -> None:
    for key in ("a/1", "a/2", "b/1"):
        put(key, Metadata={"filename": "Same.pdf"})

    everything = found(
        stack, Wanted(prefix="a/"), Wanted(prefix="a"), Wanted(key="a/2"), names="own"
    )

    # One file that was asked for in three ways has one name, and so is there once.
    assert names(everything) == {"a/Same.pdf": "a/1", "a/Same (2).pdf": "a/2"}


def test_own_names_take_a_request_for_each_file(named: Stack, requests: Requests) -> None:
    named.configure(look_up_max=0)
    requests.made.clear()

    found(named, prefix="a/", names="own")

    assert requests.count()["HeadObject"] == 4  # not for the mark of a folder


def test_too_many_files_keep_the_names_of_their_keys(
    named: Stack, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    named.configure(look_up_max=0)
    monkeypatch.setattr(finding, "THOROUGH_MAX", 4)
    requests.made.clear()

    everything = found(named, Wanted(prefix="a/"), Wanted(key="a/1"), names="own")

    # Five are listed, with the mark.
    listed = {key: key for key in OWN.values()}
    assert names(everything) == {**listed, "a/One.pdf": "a/1"}
    assert requests.count()["HeadObject"] == 1


def test_one_of_several_prefixes_with_nothing_below_is_missing(stack: Stack) -> None:
    put("a/x")
    put("empty/", b"")
    asked = [Wanted(prefix=prefix) for prefix in ("a/", "empty/", "none/", "non")]
    asked.append(Wanted(prefix="none/", name="again"))

    assert found(stack, *asked).missing == ("none/", "non")
    with pytest.raises(SourceMissing, match=r"2 of 5 files do not exist: none/, non\."):
        found(stack, *asked, on_missing="fail")
    with pytest.raises(NothingToExport, match=r"can be exported: none/ \(missing\)"):
        found(stack, Wanted(prefix="none/"), Wanted(prefix="empty/"))


def test_a_file_that_is_also_in_a_folder_comes_once(stack: Stack) -> None:
    put("a/x")
    put("a/y")

    both = found(stack, Wanted(key="a/x"), Wanted(prefix="a/"), Wanted(prefix="a/"))

    assert [entry.name for entry in both.entries] == ["a/x", "a/y"]


def test_the_sources_prefix_is_not_in_the_names(stack: Stack) -> None:
    stack.configure_source(prefix="team/")
    put("team/a/x")
    put("team/b")

    both = found(stack, Wanted(prefix="team/a/"), Wanted(key="team/b"))

    assert names(both) == {"a/x": "team/a/x", "b": "team/b"}


def test_the_mark_of_a_folder_is_no_file(stack: Stack) -> None:
    for key in ("mk/", "mk/sub/"):
        put(key, b"")
    put("mk/a", b"")

    by_prefix = found(stack, prefix="mk/")
    by_keys = found(stack, keys=("mk/", "mk/a", "mk/sub/"))

    assert [entry.key for entry in by_prefix.entries] == ["mk/a"]
    assert [entry.key for entry in by_keys.entries] == ["mk/a"]
    assert by_keys.missing == ()


def test_only_marks_of_folders_are_nothing_to_export(stack: Stack) -> None:
    put("mk/", b"")

    with pytest.raises(NothingToExport, match="folders"):
        found(stack, keys=("mk/",))


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{"keys": ("in/data.json",)}, {"prefix": "in/"}])
def test_an_encoded_file_keeps_its_bytes_and_says_so(stack: Stack, asked: dict[str, Any]) -> None:
    put("in/data.json", ContentEncoding="gzip")

    (entry,) = found(stack, **asked).entries

    assert entry.name.endswith("data.json.gz")
    assert entry.encoding == "gzip"


def test_a_file_that_is_called_so_keeps_its_name_before_an_encoded_one(stack: Stack) -> None:
    for key in ("in/app.log", "in/app.log.gz"):
        put(key, ContentEncoding="gzip")

    assert names(found(stack, prefix="in/")) == {
        "app.log (2).gz": "in/app.log",
        "app.log.gz": "in/app.log.gz",
    }


def test_a_name_that_the_caller_has_said_stays(stack: Stack) -> None:
    put("in/data.json", ContentEncoding="gzip")

    (entry,) = found(stack, Wanted(key="in/data.json", name="data.json")).entries

    assert (entry.name, entry.encoding) == ("data.json", "gzip")


def test_the_names_of_a_large_folder_are_those_of_its_keys(stack: Stack) -> None:
    stack.configure(look_up_max=1)
    put("in/a.json", ContentEncoding="gzip")
    put("in/b.json")

    assert [one.name for one in found(stack, prefix="in/").entries] == ["a.json", "b.json"]
    again = found(stack, prefix="in/", thorough=True)
    assert [one.name for one in again.entries] == ["a.json.gz", "b.json"]


def test_a_rule_says_where_a_name_comes_from(stack: Stack) -> None:
    stack.configure(names_from=("content-disposition", "metadata-percent"))
    put("downloads/10001", ContentDisposition="attachment; filename*=UTF-8''%C3%BC.pdf")
    put("downloads/10002", Metadata={"filename": "a%20b.pdf"})

    assert list(names(found(stack, file_ids=(10001, 10002)))) == ["ü.pdf", "a b.pdf"]


# -- requests -------------------------------------------------------------------------------------


def test_a_large_folder_is_only_listed(stack: Stack, requests: Requests) -> None:
    stack.configure(look_up_max=2)
    for name in "abc":
        put(f"in/{name}")

    found(stack, prefix="in/")

    assert requests.count()["HeadObject"] == 0


def test_a_suspect_is_looked_at_even_in_a_large_folder(stack: Stack, requests: Requests) -> None:
    stack.configure(look_up_max=0)
    for name in "abc":
        put(f"in/{name}")

    request = ExportRequest(prefix="in/")
    find(request, stack.services, lambda: None, suspects=frozenset({file_mark("in/b")}))

    assert requests.count()["HeadObject"] == 1


def test_a_source_that_the_stack_does_not_have_any_more_fails_the_job(stack: Stack) -> None:
    with pytest.raises(GivenUp, match="no source 'former' any more"):
        found(stack, source="former", prefix="in/")


def test_the_same_prefix_is_listed_once(stack: Stack, requests: Requests) -> None:
    put("in/a")
    twice = [Wanted(prefix="in/", name=name) for name in ("x", "y")]

    both = found(stack, *twice)

    assert [one.name for one in both.entries] == ["x/a", "y/a"]
    assert requests.count()["ListObjectsV2"] == 1


def test_many_names_for_everything_are_too_many_files(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.sources.find.LISTED_MAX", 3)
    for name in "ab":
        put(f"in/{name}")

    with pytest.raises(LimitExceeded, match="more than 3 files"):
        found(stack, *(Wanted(prefix="in/", name=name) for name in ("x", "y")))

"""What `longhaul export --dry-run` finds out: what would be exported, without an export."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from longhaul.cli import exits, words
from longhaul.cli.options import Run
from longhaul.errors import InvalidRequest, NotFound
from longhaul.printable import shown

if TYPE_CHECKING:
    from longhaul.answers import Checked, Estimate, Exceeded
    from longhaul.cli.form import Form
    from longhaul.client import Client

_SHOWN: Final = 20
"""Files that are named, of those that would be left out."""

_LIMITS: Final = {
    "entries": "one export may name {files}; name fewer, or a --prefix",
    "listedFiles": "the folders of one export may have {files}; export fewer at a time",
    "archiveBytes": "an archive may have {size}; export fewer at a time",
    "filesPerJob": "an export may have {files}; export fewer at a time",
    "bytesPerJob": "an export may have {size}; export fewer at a time",
    "bytesLeftToday": "you may export {size} more today (UTC)",
}
"""What is said of a limit that would be exceeded."""


@dataclass(kw_only=True)
class Found:
    """What an export would find. `size` counts bytes. `left_out` are the files that are named and
    missing, or cannot be read; `more_unreadable` counts others, below prefixes. `unchecked` counts
    the files whose named version nobody has looked at: nothing more is known of them. `largest` is
    one of those that are named, and not below a prefix."""

    asked: int = 0
    files: int = 0
    size: int = 0
    left_out: "list[Checked]" = field(default_factory=list)
    more_unreadable: int = 0
    unchecked: int = 0
    empty: list[str] = field(default_factory=list)
    largest: "Checked | None" = None

    @property
    def missing(self) -> int:
        return sum(_is_missing(one) for one in self.left_out) + len(self.empty)

    @property
    def unreadable(self) -> int:
        return sum(not _is_missing(one) for one in self.left_out) + self.more_unreadable


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the export would do about files that are missing, or cannot be read; None: what the API
    does if nothing is said. `form` is what its archive would be like."""

    on_missing: Literal["fail", "skip"] | None
    on_unreadable: Literal["fail", "skip"] | None
    form: "Form"


def try_out(
    run: Run, client: "Client", asked: Mapping[str, Any], source: str | None, rules: Rules
) -> int:
    """Prints what would be exported. Starts nothing. Returns the exit code: what would be the one
    of an export that waits, as far as one can say before."""
    found = Found(asked=len(next(iter(asked.values()))) if "prefix" not in asked else 0)
    with run.screen.task("Looking") as task:
        for _ in _looked(client, asked, source, found):
            task.show(0, 0, f"{words.files(found.files)}  {words.size(found.size)}")
    entries = found.asked or None
    try:
        estimate = client.estimate(
            files=found.files, size=found.size, entries=entries, **rules.form
        )
    except NotFound:  # An older API has none.
        estimate = None
    why_not = list(_why_not(found, rules))
    code = _code(found, estimate, why_not)
    if run.is_json:
        run.print_json(_facts(found, estimate, why_not))
    for title, text in _lines(found, estimate, rules.form):
        run.print(f"{title:<9}{text}")
    for text in why_not:
        run.print(f"{'Fails':<9}{text}")
    run.screen.say("Nothing was started.")
    return code


# -- looking ---------------------------------------------------------------------------------------


def _looked(
    client: "Client", asked: Mapping[str, Any], source: str | None, found: Found
) -> Iterator[None]:
    """Looks at all that is asked for. Yields again and again, when there is more to show."""
    ids, keys, prefixes = _parts(asked, found)
    with _pointed(asked, ids, keys):
        for one in client.check_many(file_ids=ids, keys=keys, source=source):
            if one.available:
                found.files += 1
                found.size += one.size or 0
                if found.largest is None or (one.size or 0) > (found.largest.size or 0):
                    found.largest = one
            else:
                found.left_out.append(one)
            yield
    for prefix in prefixes:
        yield from _counted(client, prefix, source, found)


def _counted(client: "Client", prefix: str, source: str | None, found: Found) -> Iterator[None]:
    files, size, unreadable = found.files, found.size, found.more_unreadable
    total = None
    for total in client.files_totals(prefix, source=source):
        found.files, found.size = files + total.files, size + total.bytes
        found.more_unreadable = unreadable + total.unreadable_files
        yield
    if total is not None and not total.files and not total.unreadable_files:
        found.empty.append(prefix)


def _parts(
    asked: Mapping[str, Any], found: Found
) -> tuple[Sequence[int | str], Sequence[str], Sequence[str]]:
    """Returns the ids, the keys and the prefixes that a request names, each once."""
    ids, keys, prefixes = list(asked.get("file_ids", ())), list(asked.get("keys", ())), []
    if "prefix" in asked:
        prefixes.append(asked["prefix"])
    for one in asked.get("files", ()):
        if "version" in one:
            found.unchecked += 1
        elif "id" in one:
            ids.append(one["id"])
        elif "key" in one:
            keys.append(one["key"])
        else:
            prefixes.append(one["prefix"])
    return _once(ids), _once(keys), _once(prefixes)


@contextmanager
def _pointed(
    asked: Mapping[str, Any], ids: Sequence[int | str], keys: Sequence[str]
) -> Iterator[None]:
    """Has a refusal of ids and keys point to where the request would name them: in a list of
    files, each has a place of its own."""
    fields = {"fileIds": ("id", ids), "file_ids": ("id", ids), "keys": ("key", keys)}

    def place(pointer: str) -> str:
        _, name, number, *_ = *pointer.split("/"), "", ""
        if name not in fields or not number.isdigit():
            return pointer
        kind, files = fields[name]
        file = files[int(number)] if int(number) < len(files) else None
        entries = enumerate(asked["files"])
        return next((f"/files/{i}/{kind}" for i, one in entries if one.get(kind) == file), pointer)

    try:
        yield
    except InvalidRequest as error:
        if "files" in asked:
            error.problem = error.problem.repointed(place)
        raise


def _once(names: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(names))


def _is_missing(one: "Checked") -> bool:
    return one.reason in (None, words.MISSING)


# -- what it means ---------------------------------------------------------------------------------


def _why_not(found: Found, rules: Rules) -> Iterator[str]:
    """Yields why the export would fail."""
    if found.missing and rules.on_missing == "fail":
        yield "some files are missing; leave them out with --on-missing skip"
    if found.unreadable and rules.on_unreadable != "skip":
        yield "some files cannot be read; leave them out with --on-unreadable skip"
    if not found.files and not found.unchecked:
        yield "no file would be left"
    split, largest = rules.form["split"], found.largest
    if split and largest and _is_stored(rules.form) and (largest.size or 0) > split:
        name, size = shown(str(largest.file)), words.size(largest.size or 0)
        yield f"{name} has {size}, and --split allows {words.size(split)}; choose a larger --split"


def _is_stored(form: "Form") -> bool:
    """Returns whether no file is compressed."""
    return form["compression"] == "none" or (
        form["compression"] is None and form["format"] != "tar.gz"
    )


def _code(found: Found, estimate: "Estimate | None", why_not: Sequence[str]) -> int:
    if estimate and estimate.exceeded:
        return exits.NOT_NOW
    if why_not:
        return exits.FAILED
    return exits.PARTIAL if found.missing or found.unreadable else exits.OK


def _lines(found: Found, estimate: "Estimate | None", form: "Form") -> Iterator[tuple[str, str]]:
    least = "at least " if found.unchecked else ""
    yield "Files", f"{least}{words.files(found.files)}, {words.size(found.size)}"
    if found.unchecked:
        yield "", f"and {words.files(found.unchecked)} with a version, not looked at"
    if estimate and found.files:
        yield "Takes", f"about {_time(estimate.seconds)}"
    count = found.missing + found.unreadable
    if count:
        yield "Without", words.files(count)
        for one in found.left_out[:_SHOWN]:
            why = words.why(one.reason or words.MISSING, one.detail)
            yield "", f"{shown(str(one.file))} ({why})"
        for prefix in found.empty:
            yield "", f"{shown(prefix)} (no file begins with it)"
        if found.more_unreadable:
            yield "", f"{words.files(found.more_unreadable)} in folders (cannot be read)"
        if len(found.left_out) > _SHOWN:
            yield "", f"and {len(found.left_out) - _SHOWN:,} more"
    for limit in estimate.exceeded if estimate else ():
        yield "Too much", _too_much(limit, form)


def _too_much(limit: "Exceeded", form: "Form") -> str:
    says = _LIMITS.get(limit.limit)
    if limit.limit == "archiveBytes" and form["split"]:
        says = "{size} is the most for all archives together; choose a larger --split"
    if says is None:  # one of a newer API
        return shown(limit.detail or f"{limit.limit}: at most {limit.most:,}")
    return says.format(files=words.files(limit.most), size=words.size(limit.most))


def _time(seconds: int) -> str:
    return words.left(max(seconds, 1)).removeprefix("~")


def _facts(found: Found, estimate: "Estimate | None", why_not: Sequence[str]) -> dict[str, Any]:
    """Returns the same for `--json`, with the names of the API."""
    from longhaul import answers

    return {
        "dryRun": True,
        "files": found.files,
        "bytes": found.size,
        "seconds": estimate.seconds if estimate else None,
        "missingFiles": found.missing,
        "unreadableFiles": found.unreadable,
        "uncheckedFiles": found.unchecked,
        "skipped": [
            {
                "file": one.file,
                "reason": one.reason or words.MISSING,
                "detail": one.detail or "",
            }
            for one in found.left_out
        ],
        "emptyPrefixes": found.empty,
        "exceeded": [answers.plain(one) for one in estimate.exceeded] if estimate else [],
        "wouldFail": bool(why_not),
    }

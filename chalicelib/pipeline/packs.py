"""What is known of packs (archive/packed.py): it is kept in S3, beside them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.archive import packed
from chalicelib.archive.formats import Format
from chalicelib.archive.packed import PackedFile
from chalicelib.archive.plan import Entry
from chalicelib.archive.tail import Made
from chalicelib.errors import Unavailable
from chalicelib.s3.archive_bucket import ArchiveBucket


@dataclass(slots=True)
class Rows:
    """The rows of packed files. Those that were read last are kept: several runs may follow one
    another that have the same ones."""

    archive: ArchiveBucket
    _key: str = ""
    _rows: list[PackedFile] = field(default_factory=list)

    def made(self, form: Format, entry: Entry, offset: int, archive: int | None = None) -> Made:
        """Returns what the tail says of a run, which begins at `offset` in the archive. `archive`
        is the number of that archive, if there are several. Raises Unavailable if the run's rows
        are gone."""
        return packed.made(form, entry, self.of(entry), offset, archive)

    def of(self, entry: Entry) -> Sequence[PackedFile]:
        """Returns the rows of a run. Raises Unavailable if they are gone."""
        run = entry.packed
        if run is None:
            raise ValueError(f"{entry.key} is not packed")
        if not run.files:
            return ()
        if self._key != run.rows:
            found = read(self.archive, run.rows)
            if found is None:
                raise Unavailable(f"what is known of {run.rows} is gone")
            self._key, self._rows = run.rows, found
        return self._rows[run.first : run.end]


def read(archive: ArchiveBucket, key: str) -> list[PackedFile] | None:
    """Returns the rows that are stored under this key; None if nothing is."""
    body = archive.read(key)
    return None if body is None else packed.from_bytes(body)

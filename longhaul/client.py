"""The client of the API: one method for each thing that a caller can ask for."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import quote, urlencode
from uuid import uuid4

from longhaul import choosing, refusals
from longhaul.answers import (
    Accepted,
    Availability,
    Checked,
    Estimate,
    Folder,
    Job,
    Link,
    Listing,
    NewShare,
    Notification,
    Notifications,
    Page,
    Problem,
    Selected,
    Share,
    Shares,
    SourceFile,
    Totals,
    Volume,
    Volumes,
)
from longhaul.credentials import Token
from longhaul.errors import (
    NoSuchShare,
    NotFound,
    NotPermitted,
    NotPossibleNow,
    UnexpectedAnswer,
)
from longhaul.follow import follow
from longhaul.http import Reply
from longhaul.retries import PATIENCE_SECONDS, Notice
from longhaul.session import Session, job_path
from longhaul.wanted import Compression, Format, Notify, Wanted

PAGE_JOBS: Final = 100
"""The most jobs that the API puts on one page."""

_NO_CONTENT: Final = 204


class Client:
    """One Longhaul stack, as one user sees it. A context manager; not thread-safe.

    Every method raises errors of `longhaul.errors`. A failure that may pass (no network, 429, 5xx)
    is retried until nothing has succeeded for `patience` seconds. `notice` is called for each such
    failure.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        token: Token = None,
        patience: float = PATIENCE_SECONDS,
        notice: Notice | None = None,
    ) -> None:
        """`url` is the API's base URL, without `/v1`.

        `token` is sent as a bearer token: a text, or a function that returns a fresh one. It is
        called before each request, and again after a 401. Where nobody has to prove who they are,
        `user` is the `user_id` of the requests. Raises ValueError if `url` is not a URL, or if no
        header can carry `token`.
        """
        self.session = Session(url, token=token, patience=patience, notice=notice)
        self.url = self.session.url
        self.user = user

    def close(self) -> None:
        """Closes the connections."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def create(  # noqa: PLR0913 - the fields of the request
        self,
        *,
        file_ids: Sequence[int | str] | None = None,
        keys: Sequence[str] | None = None,
        prefix: str | None = None,
        files: Sequence[Wanted] | None = None,
        source: str | None = None,
        filename: str | None = None,
        on_missing: Literal["fail", "skip"] | None = None,
        on_unreadable: Literal["fail", "skip"] | None = None,
        notify: Notify | None = None,
        fresh: bool = False,
        names: Literal["key", "own"] | None = None,
        format: Format | None = None,  # noqa: A002 - the name that the API has for it
        compression: Compression | None = None,
        split: int | None = None,
        idempotency_key: str | None = None,
    ) -> Accepted:
        """Starts an export of exactly one of `file_ids`, `keys`, `prefix` and `files`.

        `source` is the name of the source that has them; None: the API's first one. `notify` says
        who is told when the job has ended. With `names="own"`, files that are named by key or by
        prefix get their own names in the archive, which their metadata holds. `format` is
        `zip`, `tar` or `tar.gz`; None: `zip`. `compression` is `none`, `deflate` or `auto`; None:
        as is usual for the format. `split` is the most bytes of one archive: the files then go to
        as many archives as that takes.
        The request carries `idempotency_key`, or a new key. So it makes one job, however often the
        network loses the answer.
        """
        asked = {  # as each version of the API understands it
            "file_ids": file_ids,
            "keys": keys,
            "prefix": prefix,
            "files": files,
            "source": source,
            "filename": filename,
            "on_missing": on_missing,
            "on_unreadable": on_unreadable,
            "notify": notify,
            "user_id": self.user,
            "fresh": fresh or None,
            "names": names,
            "format": format,
            "compression": compression,
            "split": split,
        }
        content = {name: value for name, value in asked.items() if value is not None}
        headers = {"Idempotency-Key": idempotency_key or str(uuid4())}
        return self.session.read(Accepted, "POST", "/v1/export", content=content, headers=headers)

    def create_selected(
        self, selection: str, *, fresh: bool = False, idempotency_key: str | None = None
    ) -> Selected:
        """Starts the export that a signed selection describes. It needs no token.

        The answer's `ticket` is the `token` of a client for this job alone. A call with the same
        `idempotency_key` is the same job, and not another use of the selection.
        """
        content: dict[str, Any] = {"selection": selection, **({"fresh": True} if fresh else {})}
        headers = {"Idempotency-Key": idempotency_key or str(uuid4())}
        path = "/v1/export"
        try:
            reply = self.session.call(
                "POST", path, content=content, headers=headers, is_anonymous=True
            )
        except NotPermitted as error:
            error.sent = "selection"
            raise
        return refusals.read(Selected, reply, self.url + path)

    def status(self, job_id: str) -> Job:
        """Returns the job as it is now."""
        return self.session.read(Job, "GET", job_path(job_id))

    def watch(self, job_id: str) -> Iterator[Job]:
        """Yields the job as it is now, and again after each change, until it has ended.

        Uses server-sent events if the stack has them; if not, it polls the status.
        """
        return follow(self.session, job_id)

    def download_link(self, job_id: str, *, archive: int | None = None) -> Link:
        """Returns a new link to the archive. Of several archives, `archive` is the number of one,
        from 1; without it, UnexpectedAnswer is raised.

        Raises NotPossibleNow if there is no archive yet, Expired if it is gone.
        """
        asked = choosing.query({"archive": archive})
        return self.session.read(Link, "GET", f"{job_path(job_id)}/download{asked}")

    def index_link(self, job_id: str) -> Link:
        """Returns a new link to the table of where each file is in a tar. Raises NotFound if there
        is none, and what `download_link` raises."""
        return self.session.read(Link, "GET", f"{job_path(job_id)}/download?index=true")

    def archives(self, job_id: str) -> tuple[Volume, ...]:
        """Returns the archives of a job that has several (`Job.archives`). Raises what
        `download_link` raises; UnexpectedAnswer if the job has one."""
        return self.session.read(Volumes, "GET", f"{job_path(job_id)}/download").archives

    def list(self) -> Iterator[Job]:
        """Yields the user's jobs, newest first. Requests each page only when it is needed."""
        query: dict[str, str] = {"limit": str(PAGE_JOBS)}
        if self.user is not None:
            query["user_id"] = self.user
        while True:
            page = self.session.read(Page, "GET", f"/v1/export?{urlencode(query)}")
            yield from page.jobs
            if page.cursor is None:
                return
            query["cursor"] = page.cursor

    def cancel(self, job_id: str) -> Job:
        """Cancels the job and returns it. Raises NotPossibleNow if it has ended in another way,
        NotFound if it was deleted.

        It never deletes a job, even one that ends at this moment.
        """
        path = f"{job_path(job_id)}?only=open"
        try:
            reply = self.session.call("DELETE", path)
        except NotPossibleNow:
            # It may be cancelled already: by this call, if the network lost the first answer.
            job = self.status(job_id)
            if job.status != "cancelled":
                raise
            return job
        if reply.status == _NO_CONTENT:
            raise NotFound(Problem(title="The job was deleted", status=404))
        return refusals.read(Job, reply, self.url + path)

    def delete(self, job_id: str) -> None:
        """Deletes a job that has ended, with its archive and all links to it.

        An archive that another job has too stays for that job. A second call does nothing. Raises
        NotPossibleNow if the job is open: it is never cancelled by this.
        """
        path = f"{job_path(job_id)}?only=ended"
        reply = self.session.call("DELETE", path)
        if reply.status != _NO_CONTENT:
            raise UnexpectedAnswer(
                f"{self.url} answered {reply.status} to the request to delete a job. Does it run "
                "an older version, which cannot delete?"
            )

    def share(self, job_id: str, *, expires_in: int | None = None) -> NewShare:
        """Makes a link with which everybody can follow the job and download its archive.

        It works for `expires_in` seconds; None: for as long as the API decides, which is a day. If
        the network loses the answer, it is asked again: then there may be another share, whose link
        nobody has.
        """
        content = {} if expires_in is None else {"expires_in": expires_in}
        return self.session.read(NewShare, "POST", f"{job_path(job_id)}/shares", content=content)

    def shares(self, job_id: str) -> tuple[Share, ...]:
        """Returns the job's share links that still work, without their secrets."""
        return self.session.read(Shares, "GET", f"{job_path(job_id)}/shares").shares

    def revoke(self, job_id: str, share_id: str) -> None:
        """Ends a share link. Raises NoSuchShare if none with this id works now."""
        if all(share.id != share_id for share in self.shares(job_id)):
            raise NoSuchShare(Problem(title=f"The job has no share link {share_id}", status=404))
        with suppress(NotFound):  # It has ended meanwhile: by this call, if its answer was lost.
            self.session.call("DELETE", f"{job_path(job_id)}/shares/{quote(share_id, safe='')}")

    def retry(  # noqa: PLR0913 - the fields of the request that may change
        self,
        job_id: str,
        *,
        on_missing: Literal["fail", "skip"] | None = None,
        on_unreadable: Literal["fail", "skip"] | None = None,
        filename: str | None = None,
        format: Format | None = None,  # noqa: A002 - the name that the API has for it
        compression: Compression | None = None,
        split: int | None = None,
    ) -> Accepted:
        """Starts the same export again, with what is given instead of what was asked then. A second
        call with the same changes returns the same new job.

        Raises NotPossibleNow if the job is open, or has completed and its archive is there;
        RequestGone if its request is not kept any more, InvalidRequest if an older API takes no
        changes.
        """
        given = {
            "onMissing": on_missing,
            "onUnreadable": on_unreadable,
            "filename": filename,
            "format": format,
            "compression": compression,
            "split": split,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        path = f"{job_path(job_id)}/retry"
        return self.session.read(Accepted, "POST", path, content=changes or None)

    def request(self, job_id: str) -> dict[str, Any]:
        """Returns what the job's request has asked for, as parameters of `create`. It says nothing
        of the user, or of who is told.

        Raises RequestGone if it is not kept any more.
        """
        reply = self.session.call("GET", f"{job_path(job_id)}/request")
        return choosing.parameters(reply, self.url)

    def rename(self, job_id: str, filename: str) -> Job:
        """Gives the job's archive another name for downloads. Returns the job."""
        return self.session.read(Job, "PATCH", job_path(job_id), content={"filename": filename})

    def notify(self, job_id: str, receiver: Notify | None = None) -> tuple[Notification, ...]:
        """Has the receiver told of the job: when it ends or, if it has ended, now. Without one,
        all who are named already are told again. Returns everybody who is told, as it is now.

        If the network loses the answer, it is asked again: then a message may be sent twice, with
        the same id.
        """
        path = f"{job_path(job_id)}/notify"
        content = receiver or {}
        return self.session.read(Notifications, "POST", path, content=content).notifications

    def check(self, file_id: int | str, *, source: str | None = None) -> Availability:
        """Returns whether a file can be exported. `source` is as in `create`."""
        content = {"file_id": file_id, **({"source": source} if source is not None else {})}
        return self.session.read(Availability, "POST", "/v1/download/check", content=content)

    def check_many(
        self,
        *,
        file_ids: Sequence[int | str] = (),
        keys: Sequence[str] = (),
        source: str | None = None,
    ) -> Iterator[Checked]:
        """Yields whether each of these files can be exported: first the ids, then the keys. Sends a
        request for each hundred, only when it is needed; to an older API, one for each id. Of one
        hundred, each is told once."""
        return choosing.checked(self.session, file_ids, keys, source)

    def folder(
        self,
        prefix: str | None = None,
        *,
        source: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Listing:
        """Returns a page of what is in a folder of a source; without `prefix`, in the one at the
        top. `source` is as in `create`. `limit` is the most folders and files of the page, 5,000 at
        most; an older API has 100 on each."""
        return choosing.page(self.session, prefix, source, limit, cursor)

    def files(
        self, prefix: str | None = None, *, source: str | None = None
    ) -> Iterator[Folder | SourceFile]:
        """Yields all that is in a folder of a source: of each page, first its folders, then its
        files. `prefix` and `source` are as in `folder`. Requests each page only when it is
        needed."""
        return choosing.entries(self.session, prefix, source)

    def files_totals(
        self, prefix: str | None = None, *, source: str | None = None
    ) -> Iterator[Totals]:
        """Counts the files below a prefix, in all its folders. Yields the sums so far, again and
        again; those of the last have no `cursor`, and are whole. `source` is as in `create`.

        Raises NotFound if an older API cannot count.
        """
        return choosing.totals(self.session, prefix, source)

    def estimate(  # noqa: PLR0913 - what an estimate depends on
        self,
        *,
        files: int,
        size: int,
        entries: int | None = None,
        format: Format | None = None,  # noqa: A002 - the name that the API has for it
        compression: Compression | None = None,
        split: int | None = None,
    ) -> Estimate:
        """Returns about how long an export of so many files and bytes takes, and what is too much.
        `entries` are the rows of its request: ids, keys, or `files`. The rest is as in `create`.

        Raises NotFound if an older API does not know it.
        """
        asked = {
            "files": files,
            "bytes": size,
            "entries": entries,
            "userId": self.user,
            "format": format,
            "compression": compression,
            "split": split,
        }
        return self.session.read(Estimate, "GET", f"/v1/estimate{choosing.query(asked)}")

    def call(
        self,
        method: str,
        path: str,
        *,
        content: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Sends any request, with `content` as JSON, and returns an answer of status 2xx or 304."""
        return self.session.call(method, path, content=content, headers=headers)

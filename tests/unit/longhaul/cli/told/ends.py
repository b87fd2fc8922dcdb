"""Errors of exports that failed, of the connection, and of downloads."""

import os
import shutil
import tempfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final

from tests.unit.longhaul.build_archive import build_archive
from tests.unit.longhaul.cli.test_phrases import FAILED, title
from tests.unit.longhaul.cli.told.table import Always, Row, Try, World, said
from tests.unit.longhaul.stub import CUT, JOB, Reply, Stored, completed, job, link, problem

Prepare = Callable[[World], None]

REMEDIES: Final = {
    "source-missing": ("skip-missing", "edit"),
    "source-changed": ("retry", "edit"),
    "source-unreadable": ("skip-unreadable", "edit"),
    "nothing-to-export": ("edit",),
    "access-denied": ("retry", "edit"),
    "storage-refused": ("retry", "edit"),
    "quota-exceeded": ("edit",),
    "limit-exceeded": ("edit",),
    "given-up": ("retry", "edit"),
}
"""Those of docs/problems.md. tests/unit/jobs/test_remedies.py holds them to the code."""

BUTTONS: Final = {
    "skip-missing": "“{mend.skipMissing}”",
    "skip-unreadable": "“{mend.skipUnreadable}”",
    "retry": "“{common.tryAgain}”",
    "edit": "“{mend.edit}”",
}


def failed(slug: str, remedies: tuple[str, ...]) -> Prepare:
    def prepare(world: World) -> None:
        error: dict[str, Any] = {
            "type": f"urn:problem-type:longhaul:{slug}",
            "title": title(slug),
            "detail": FAILED[slug],
            "remedies": remedies,
        }
        world.stub.on(f"GET {JOB}", Reply(200, job("failed", error=error)))

    return prepare


def of_failure(slug: str) -> Row:
    offers = ", ".join([*(BUTTONS[one] for one in REMEDIES[slug]), "“{job.delete}”"])
    return Row(
        f"`{slug}`",
        said(slug),
        offers,
        (Try("longhaul watch JOB", failed(slug, REMEDIES[slug])),),
        "test_the_first_button_does_what_the_api_advises",
        {"n": 3},
    )


FAILURES: Final = (
    *map(of_failure, FAILED),
    Row(
        "files are missing, and others cannot be read",
        said("source-missing"),
        "“{mend.skipBoth}”, “{mend.edit}”, “{job.delete}”",
        (
            Try(
                "longhaul watch JOB",
                failed("source-missing", ("skip-missing", "skip-unreadable", "edit")),
            ),
        ),
        values={"n": 5},
    ),
    Row(
        "it was cancelled",
        "**{job.cancelledWords}** {job.cancelledAt} {job.cancelledEarly}",
        "“{mend.again}”, “{mend.edit}”, “{job.delete}”",
        (
            Try(
                "longhaul watch JOB",
                lambda world: world.stub.on(f"GET {JOB}", Reply(200, job("cancelled"))),
            ),
        ),
        "test_an_export_without_an_archive_is_started_again",
        {"n": 41},
    ),
)


def answering(reply: Reply) -> Prepare:
    def prepare(world: World) -> None:
        world.stub.replies = Always(reply)

    return prepare


def gateway(status: int, title: str, after: int = 0) -> Prepare:
    """An answer of API Gateway itself (infra/gateway_responses.py)."""
    content = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": title,
        "requestId": "request-1",
    }
    more = {"Retry-After": str(after)} if after else {}
    return answering(Reply(status, content, {"Content-Type": "application/problem+json", **more}))


def was_running(world: World) -> None:
    world.stub.on(f"GET {JOB}", Reply(200, job(percent=41)), CUT)


def nobody_named(world: World) -> None:
    world.monkeypatch.delenv("LONGHAUL_URL")


HTML: Final = {"Content-Type": "text/html"}

CONNECTION: Final = (
    Row(
        "the browser is offline",
        "**{frame.offline}** {frame.offlineWords}",
        "it goes on by itself",
        (),
        "test_the_page_says_that_it_is_offline_and_then_catches_up",
    ),
    Row(
        "the server is silent while the page shows something",
        "{frame.noAnswer}",
        "it goes on by itself",
        (),
        "test_the_page_says_that_the_server_is_silent_and_asks_again",
    ),
    Row(
        "no answer: no network, or the stack is down",
        said("no-connection"),
        "“{common.tryAgain}”",
        (
            Try("longhaul list", answering(CUT)),
            Try("longhaul list --url http://127.0.0.1:1"),
            Try("longhaul list --url https://no-such-host.invalid"),
        ),
        "test_a_failed_request_is_explained_and_can_be_sent_again",
    ),
    Row(
        "the answer of a start is lost",
        said("no-connection"),
        "“{form.start}” sends the same again, which starts no second export",
        (Try("longhaul export 10001", answering(CUT)),),
    ),
    Row(
        "the stack goes down while somebody watches",
        "{frame.noAnswer}",
        "it goes on by itself",
        (Try("longhaul watch JOB --url http://127.0.0.1:1"),),
    ),
    Row(
        "a view, or a part of one, cannot be loaded",
        said("no-connection"),
        "“{common.tryAgain}”",
        (),
        "test_a_page_that_cannot_load_the_rest_says_so_and_tries_again",
    ),
    Row(
        "an answer comes, and not from Longhaul",
        said("no-answer"),
        "“{common.tryAgain}”",
        (
            Try("longhaul list", answering(Reply(200, b"<h1>Log in</h1>", HTML))),
            Try("longhaul list", answering(Reply(502, b"<h1>Bad Gateway</h1>", HTML))),
            Try("longhaul list", answering(Reply(302, b"", {"Location": "https://login.example"}))),
        ),
    ),
    Row(
        "the gateway answers 401",
        said("unauthorized"),
        "the sign-in",
        (Try("longhaul list", gateway(401, "Unauthorized")),),
        "test_what_the_gateway_answers_itself_is_said_by_its_status",
    ),
    Row(
        "the gateway answers 403",
        said("forbidden"),
        "",
        (Try("longhaul list", gateway(403, "Forbidden")),),
        "test_what_the_gateway_answers_itself_is_said_by_its_status",
    ),
    Row(
        "the gateway answers 404",
        said("not-found"),
        "",
        (Try("longhaul list", gateway(404, "Not Found")),),
    ),
    Row(
        "the gateway answers 413",
        said("body-too-large"),
        "the form, as it was",
        (Try("longhaul export 10001", gateway(413, "Request Entity Too Large")),),
        "test_what_the_gateway_answers_itself_is_said_by_its_status",
    ),
    Row(
        "the gateway throttles",
        said("rate-limited", "wait"),
        "“{common.tryAgain}”",
        (Try("longhaul list", gateway(429, "Too Many Requests", 1)),),
        "test_what_the_gateway_answers_itself_is_said_by_its_status",
        {"wait": "1 s"},
    ),
    Row(
        "the gateway answers 504",
        said("unavailable"),
        "“{common.tryAgain}”",
        (Try("longhaul list", gateway(504, "Gateway Timeout")),),
        "test_what_the_gateway_answers_itself_is_said_by_its_status",
    ),
)

# -- downloads -------------------------------------------------------------------------------------


def stored(world: World, content: bytes | None = None, built: int | None = None) -> Stored:
    """A job with an archive of this content, of which the job built so many bytes."""
    content = build_archive() if content is None else content
    world.stub.on(f"GET {JOB}", Reply(200, completed(built or len(content))))
    world.stub.on(f"GET {JOB}/download", link(f"{world.stub.url}/s3"))
    world.stub.objects["/s3"] = Stored(content)
    return world.stub.objects["/s3"]


def is_cut(world: World) -> None:
    stored(world).cuts = [10, *([0] * 50)]


def is_damaged(world: World) -> None:
    stored(world, build_archive().replace(b"first", b"FIRST", 1))


def has_another_size(world: World) -> None:
    stored(world, built=5)


def disk_is_full(world: World) -> None:
    stored(world)
    world.monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))


def file_is_there(world: World) -> None:
    stored(world)
    (world.folder / "march.zip").write_bytes(b"mine")


def has_expired(world: World) -> None:
    world.stub.on(f"GET {JOB}", Reply(200, job("expired")))


def s3_refuses(world: World) -> None:
    stored(world)
    world.stub.on("GET /s3", Reply(403, b"<Error><Code>AccessDenied</Code></Error>"))


def no_writing(world: World) -> None:
    stored(world)

    def refuse(*_: object) -> None:
        raise PermissionError(13, os.strerror(13))

    world.monkeypatch.setattr("longhaul.transfer._download_rest", refuse)


def takes_no_files(world: World) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, os.strerror(13))

    world.monkeypatch.setattr(tempfile, "TemporaryFile", refuse)


DOWNLOADS: Final = (
    Row(
        "the archive has expired",
        "**{job.expiredWords}** {job.expiredOn}",
        "“{mend.again}”, “{mend.edit}”, “{job.delete}”",
        (Try("longhaul download JOB", has_expired),),
        "test_an_expired_archive_is_not_downloaded",
        {"moment": "24 Nov 2026, 14:02"},
    ),
    Row(
        "the connection breaks again and again",
        "what the browser says",
        "the browser's list of downloads",
        (Try("longhaul download JOB", is_cut),),
    ),
    Row("a CRC-32 is wrong", typed=(Try("longhaul download JOB", is_damaged),)),
    Row("the archive has another size", typed=(Try("longhaul download JOB", has_another_size),)),
    Row(
        "the disk is full",
        "what the browser says",
        "",
        (Try("longhaul download JOB", disk_is_full),),
    ),
    Row("the file exists", typed=(Try("longhaul download JOB -o march.zip", file_is_there),)),
    Row(
        "there is no such folder",
        typed=(
            Try("longhaul download JOB -o no/march.zip", stored),
            Try("longhaul download JOB -o no/", stored),
        ),
    ),
    Row(
        "the folder takes no files",
        typed=(
            Try("longhaul download JOB", no_writing),
            Try("longhaul export 10001 -o march.zip", takes_no_files),
        ),
    ),
    Row("S3 refuses the link", typed=(Try("longhaul download JOB", s3_refuses),)),
    Row(
        "a download by a share link that was revoked",
        "**{job.revoked}** {job.revokedWords}",
        "",
        (),
        "test_a_download_by_a_link_that_was_revoked_says_so",
    ),
)

# -- share links -----------------------------------------------------------------------------------


def link_is_refused(world: World) -> None:
    detail = "this ticket has expired, was revoked, or is for another job"
    world.stub.replies = Always(problem(401, "unauthorized", detail, title="Not signed in"))


SHARED: Final = "longhaul download 'https://api.example.com/#/jobs/JOB?ticket=lht_0123456789'"

SHARES: Final = (
    Row(
        "a share link has expired or was revoked",
        "**{job.revoked}** {job.revokedWords}",
        "",
        (Try(SHARED, link_is_refused),),
        "test_a_link_that_does_not_work_says_so",
    ),
    Row(
        "the page of a share link is loaded again",
        "**{job.openAgain}** {job.openAgainWords}",
        "",
        (),
        "test_a_shared_page_that_is_loaded_again_asks_for_its_link",
    ),
    Row(
        "a share link is cut",
        "**{job.openAgain}** {job.openAgainWords}",
        "",
        (Try("longhaul download 'https://api.example.com/#/jobs/1234'"),),
    ),
    Row(
        "a share link is to end that there is not",
        "",
        "",
        (
            Try(
                "longhaul share JOB --revoke nope",
                lambda world: world.stub.on(f"GET {JOB}/shares", Reply(200, {"shares": []})),
            ),
        ),
    ),
    Row(
        "the browser does not copy",
        "{share.copyYourself} {job.copyYourself} {picked.notCopied} {job.cannotCopy}",
        "the link, in a field",
        (),
        "test_a_share_link_is_copied",
    ),
    Row(
        "mail or a webhook is refused",
        "{tell.refused} {tell.empty}",
        "the field, as it was",
        (),
        "test_what_the_stack_refuses_is_said_at_the_field",
        {"why": "…"},
    ),
    Row(
        "mail or a webhook was given up",
        "{tell.givenUpAfter} {tell.optedOut}",
        "“{tell.sendAgain}”, “{tell.sendAll}”",
        (),
        "test_what_was_given_up_is_sent_again",
        {"n": 12},
    ),
    Row(
        "the browser does not notify",
        "{tell.blocked} {tell.unanswered} {tell.cannot} {tell.cannotAny}",
        "",
        (),
        "test_who_does_not_allow_notifications_is_told_what_to_do",
    ),
)

"""Errors before an export starts, and those that the API answers to a request."""

from collections.abc import Callable
from typing import Final

from tests.unit.longhaul.cli.test_phrases import SAID, STATUSES, title
from tests.unit.longhaul.cli.told.table import Always, Row, Try, World, said
from tests.unit.longhaul.stub import JOB, Reply, completed, job, problem

Prepare = Callable[[World], None]


def refusing(slug: str, status: int = 0, after: int = 0, detail: str = "") -> Prepare:
    """The API answers this problem to each request, with what it says in fact."""

    def prepare(world: World) -> None:
        why = detail or OF_STATE_SAID.get(slug) or SAID[slug]
        pointer, _, text = why.partition(": ")
        errors = [{"pointer": f"/{pointer}", "detail": text}] if slug == "invalid-request" else []
        known = status or STATUSES.get(slug, 409)
        made = problem(known, slug, why, title=title(slug), errors=errors)
        headers = {**made.headers, **({"Retry-After": str(after)} if after else {})}
        world.stub.replies = Always(Reply(made.status, made.content, headers))
        if slug in OF_STATE:
            world.stub.on(f"GET {JOB}", Reply(200, OF_STATE[slug]))

    return prepare


OF_STATE: Final = {
    "not-ready": job(percent=41),
    "expired": completed(),
    "not-retryable": job(percent=41),
}
"""The job that a command asks for first."""

OF_STATE_SAID: Final = {
    "not-retryable": "the job is processing, 41 % done; wait for its end, or cancel it first"
}

OF_THE_DAY: Final = (
    "you may export 1000 bytes a day, and 990 are used; this ends at 2026-11-27T00:00:00Z"
)


def selected(world: World) -> None:
    refusing("selection-used")(world)
    (world.folder / "selection.jwt").write_text("a" * 12 + ".b." + "c" * 12)


def wrong_list(world: World) -> None:
    (world.folder / "list.json").write_text('[{"id": 10001}, {"name": "a.pdf"}]')


def folder_is_no_id(world: World) -> None:
    wrong = [{"pointer": "/fileIds/0", "detail": '"licences/" must be integer'}]
    world.stub.on("POST /v1/export", problem(400, "invalid-request", "…", errors=wrong))


BEFORE: Final = (
    Row(
        "nothing is chosen",
        "{form.empty} {form.emptyIds} {form.emptyFolders}",
        "the cursor is where files are chosen",
        (Try("longhaul export"),),
        "test_an_empty_form_says_why_it_does_not_start_where_one_looks",
    ),
    Row(
        "an id is wrong",
        "{form.noId} {form.backwards} {form.below} {form.above} {form.correct}",
        "each wrong id, in the field",
        (
            Try("longhaul export 10009-10001"),
            Try("longhaul export 10001 - 10003"),
            Try("longhaul export 10001\N{EN DASH}10003"),
            Try("longhaul export licences/", folder_is_no_id),
        ),
        "test_a_wrong_id_is_said_even_if_folders_are_shown",
        {"value": "abc", "limit": "10000", "n": 1},
    ),
    Row(
        "too many files are named one by one",
        "{form.tooMany} {choose.full} {choose.tooMany} {picked.over-entries}",
        "whole folders",
        (Try("longhaul export 10000-30000"),),
        "test_too_many_matches_are_not_chosen_and_the_page_says_why",
        {"n": "10,000", "most": "10,000"},
    ),
    Row(
        "more is chosen than a limit allows",
        "{form.tooMuch} {picked.over-listedFiles} {picked.over-bodyBytes} "
        "{picked.over-archiveBytes} {picked.over-filesPerJob} {picked.over-bytesPerJob} "
        "{picked.over-bytesLeftToday}",
        "the list of what is chosen, each with a button that takes it out",
        (),
        "test_what_is_too_much_is_said_before_the_start",
        {"n": "10,000", "size": "20 GB"},
    ),
    Row(
        "a chosen file is not there, or cannot be read",
        "{reasons.missing} {reasons.archived} {reasons.denied} {reasons.encrypted} "
        "{reasons.key-unusable} {reasons.changed} {reasons.too-large} {reasons.refused}",
        "the options “{form.missing}” and “{form.unreadable}”: “{form.skip}”",
        (),
        "test_the_names_of_ids_are_shown_and_which_are_not_there",
        {"detail": "…"},
    ),
    Row(
        "there is no such source",
        "{form.noSource}",
        "the menu of the sources",
        (
            Try(
                "longhaul export 10001 --source scan",
                lambda world: setattr(
                    world.stub,
                    "replies",
                    Always(
                        problem(
                            400,
                            "invalid-request",
                            "source: must be documents or scans",
                            errors=[{"pointer": "/source", "detail": "must be documents or scans"}],
                        )
                    ),
                ),
            ),
        ),
        "test_a_source_that_cannot_be_listed_offers_no_files_of_another",
        {"name": "scan"},
    ),
    Row(
        "a link to a choice of files was cut, or is too long",
        "{form.noLink} {form.longLink}",
        "the form, with what was chosen before",
        (),
        "test_a_broken_link_is_said_and_chooses_nothing",
        {"n": "8,000"},
    ),
    Row(
        "a choice is too long for a link",
        "{picked.tooLong}",
        "",
        (),
        "test_a_choice_that_is_too_long_for_a_link_says_so",
        {"n": "9,000", "most": "8,000"},
    ),
    Row(
        "an earlier export is to be edited, and is gone",
        "{form.gone} {form.unknown}",
        "the empty form",
        (),
        "test_an_export_that_cannot_be_edited_is_said",
    ),
    Row(
        "a folder cannot be counted",
        "{picked.uncounted} {picked.someUncounted}",
        "the export can start all the same",
        (),
        "",
        {"n": 1},
    ),
    Row(
        "there are no files",
        "**{choose.noFiles}** {choose.putFiles}",
        "",
        (),
        "test_an_empty_bucket_and_an_empty_folder_say_what_to_do",
    ),
    Row(
        "options do not go together",
        typed=(
            Try("longhaul export 10001 --prefix a/"),
            Try("longhaul list --all -n 5"),
            Try("longhaul share JOB --list --for 1d"),
        ),
    ),
    Row("a JOB is none", typed=(Try("longhaul status x"), Try("longhaul share JOB --for soon"))),
    Row("a list of files is wrong", typed=(Try("longhaul export --files list.json", wrong_list),)),
    Row("a list of files is not there", typed=(Try("longhaul export --files list.json"),)),
    Row(
        "a name is empty, or is not taken",
        "{mend.noName}",
        "the name stays in the field",
        (Try("longhaul export 10001 --notify bob"),),
        "test_a_name_that_is_not_taken_stays_in_the_field_with_the_reason",
    ),
)


def refusal(
    slug: str, when: str, offers: str, typed: str, tried: str = "", *, page: str | None = None
) -> Row:
    shown = said(slug) if page is None else page
    prepare = selected if slug == "selection-used" else refusing(slug)
    return Row(f"`{slug}`: {when}", shown, offers, (Try(typed, prepare),), tried)


OUTDATED: Final = said("outdated")
ALIKE: Final = "what was filled in stays; “{form.start}” sends it again"

REQUESTS: Final = (
    refusal(
        "invalid-request",
        "a field is not valid",
        "the field, with what is wrong with it; {form.seeAbove}",
        "longhaul export 5",
        "test_what_the_api_refuses_is_said_beside_what_it_names",
    ),
    refusal("malformed-body", "the page is older", "", "longhaul rename JOB x", page=OUTDATED),
    refusal(
        "unsupported-media-type", "the page is older", "", "longhaul rename JOB x", page=OUTDATED
    ),
    refusal("method-not-allowed", "the page is older", "", "longhaul rename JOB x", page=OUTDATED),
    refusal("unauthorized", "nobody is signed in", "the sign-in, by itself", "longhaul list"),
    refusal("forbidden", "a file or an action is not allowed", ALIKE, "longhaul export 10001"),
    refusal(
        "selection-used",
        "a selection has made its jobs",
        "",
        "longhaul export --selection selection.jwt --json",
        page="",
    ),
    refusal(
        "not-found",
        "the export is not there",
        "“{common.newExport}”, “{job.all}”",
        "longhaul status JOB",
        page="**{job.gone}** {job.goneWords}",
    ),
    refusal(
        "too-many-shares",
        "an export has 20 links",
        "“{share.revoke}”, at each link",
        "longhaul share JOB",
        "test_why_a_link_cannot_be_made_is_said",
    ),
    refusal("too-many-notifications", "five are told", "", "longhaul notify JOB a@example.com"),
    refusal("no-notifications", "nobody is told", "", "longhaul notify JOB"),
    refusal("not-ready", "it still runs", "the page shows how far it is", "longhaul download JOB"),
    refusal(
        "already-ended",
        "a cancel comes too late",
        "what an export that has ended offers",
        "longhaul cancel JOB",
        "test_cancelling_a_job_that_has_just_ended_says_so",
    ),
    refusal(
        "not-ended",
        "an export that runs is deleted",
        "“{job.cancel}”",
        "longhaul delete JOB --yes",
        "test_why_an_export_cannot_be_deleted_is_said",
    ),
    refusal(
        "not-retryable",
        "an export cannot be repeated",
        "“{mend.edit}”, “{job.delete}”",
        "longhaul retry JOB",
        "test_why_an_export_cannot_be_started_again_is_said_and_the_focus_stays",
    ),
    refusal(
        "expired",
        "the archive is gone",
        "“{mend.again}”, “{mend.edit}”",
        "longhaul download JOB",
        "test_an_expired_archive_is_not_downloaded",
    ),
    refusal("request-gone", "the list of files is gone", "“{mend.edit}”", "longhaul retry JOB"),
    refusal("body-too-large", "the list of files is too long", ALIKE, "longhaul export 10001"),
    refusal(
        "idempotency-key-reused",
        "the same was sent before",
        ALIKE,
        "longhaul export 10001 --idempotency-key k",
    ),
    refusal("quota-exceeded", "more than one export may have", ALIKE, "longhaul export 10001"),
    Row(
        "`quota-exceeded`: the bytes of a day are used up",
        said("quota-exceeded", "wait"),
        ALIKE,
        (Try("longhaul export 10001", refusing("quota-exceeded", 429, 7200, OF_THE_DAY)),),
        values={"wait": "2 h"},
    ),
    refusal(
        "too-many-jobs",
        "too many exports run",
        "“{frame.exports}”; " + ALIKE,
        "longhaul export 10001",
        "test_with_too_many_exports_a_user_cancels_one_and_the_form_is_kept",
    ),
    refusal("rate-limited", "too many requests", "“{common.tryAgain}”", "longhaul list"),
    refusal(
        "internal-error",
        "the stack has an error",
        "the number; “{common.tryAgain}”",
        "longhaul export 10001",
        "test_an_error_of_the_service_has_a_number_to_tell",
    ),
    refusal("unavailable", "a service is busy", "“{common.tryAgain}”", "longhaul status JOB"),
)

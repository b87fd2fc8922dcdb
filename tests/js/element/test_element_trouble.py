"""What goes wrong is said in words, tried again where that helps, and can be cancelled."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.js.element.stage import CREATE, LINK, STATUS, Stage, answer, once, posts, problem
from tests.waiting import wait_for

SELECTION = "**/selection"
TRYING = re.compile("Trying again…")


def _failing(times: int, first: Callable[[Route], None]) -> Callable[[Route], None]:
    """Returns a handler whose first calls are `first`; the others go on their way."""
    left = [times]

    def handle(route: Route) -> None:
        if left[0] == 0 or route.request.method == "OPTIONS":
            return route.fallback()
        left[0] -= 1
        return first(route)

    return handle


@pytest.mark.parametrize("where", [SELECTION, CREATE, STATUS, LINK])
@pytest.mark.parametrize("how", ["lost", "busy"])
def test_a_failure_that_passes_is_told_and_then_forgotten(
    stage: Stage, where: str, how: str
) -> None:
    def fail(route: Route) -> None:
        if how == "lost":
            return route.abort("internetdisconnected")
        return route.fulfill(**problem(503, "unavailable"))

    stage.page.route(where, _failing(2, fail))
    stage.open(stage.order())
    words = {"lost": "No connection", "busy": "The service is busy"}[how]

    with stage.page.expect_download():
        stage.start()
        expect(stage.element.get_by_text(f"{words} · Trying again…").first).to_be_visible()

    stage.expect_state("ready")
    expect(stage.element.get_by_text(TRYING)).to_have_count(0)
    assert len(stage.jobs()) == 1


def test_a_request_that_nobody_answers_can_be_tried_again_as_the_same_request(stage: Stage) -> None:
    sent = posts(stage.page)
    stage.page.clock.install()
    stage.page.route(CREATE, lambda route: route.abort())
    stage.open(stage.order())
    stage.start()

    for _ in range(6):
        stage.page.wait_for_function("document.querySelector('longhaul-export').state")
        stage.page.clock.run_for(10_000)
    stage.expect_state("failed")
    expect(stage.page.locator("strong", has_text="No connection")).to_be_visible()
    assert stage.noted()[-1][::2] == ("error", "no-connection")
    stage.page.unroute(CREATE)
    stage.start("Try again")

    stage.expect_state("ready")
    assert len({headers["idempotency-key"] for headers in sent}) == 1


REFUSALS = {
    "a selection that was used": (CREATE, problem(403, "selection-used"), "exported before"),
    "a selection that is late": (CREATE, problem(401, "unauthorized"), "out of date"),
    "too many exports": (CREATE, problem(429, "too-many-jobs"), "The service is busy"),
    "a quota": (CREATE, problem(422, "quota-exceeded"), "more than you may export"),
    "a mistake of the page": (CREATE, problem(400, "invalid-request"), "The export failed"),
    "a backend that refuses": (SELECTION, answer(403), "not allowed"),
    "a backend that hides": (SELECTION, answer(404), "not allowed"),
    "a backend that wants a sign-in": (SELECTION, answer(401), "not signed in"),
    "a backend with another answer": (SELECTION, answer(200, other=1), "The export failed"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_told_in_words_and_may_be_tried_again(stage: Stage, name: str) -> None:
    where, refused, words = REFUSALS[name]
    stage.page.route(where, once(lambda route: route.fulfill(**refused)))
    stage.open(stage.order())

    stage.start()

    stage.expect_state("failed")
    expect(stage.page.locator("strong", has_text=words)).to_be_visible()
    assert stage.noted()[-1][0] == "error"
    assert stage.page.evaluate("sessionStorage.length") == 0
    with stage.page.expect_download():
        stage.start("Try again")


def test_a_selection_that_was_really_used_is_told(stage: Stage) -> None:
    attributes = stage.order(uses=1, jti="order-4")
    stage.open(attributes)
    with stage.page.expect_download():
        stage.start()
    stage.element.evaluate("element => element.reset()")

    stage.start()

    expect(stage.page.locator("strong", has_text="This was exported before")).to_be_visible()
    assert stage.noted()[-1][::2] == ("error", "selection-used")


def test_a_limit_says_when_to_come_back(stage: Stage) -> None:
    late = problem(429, "quota-exceeded")
    late["headers"]["retry-after"] = "7200"
    stage.page.route(CREATE, lambda route: route.fulfill(**late))
    stage.open('prefix="march/"')

    stage.start()

    expect(stage.page.get_by_text("Try again in 2 hr.", exact=True)).to_be_visible()


def test_a_function_of_the_page_that_throws_is_told(stage: Stage) -> None:
    element = stage.open('id="order"')
    element.evaluate("element => { element.selection = () => { throw new Error('no'); }; }")

    stage.start()

    stage.expect_state("failed")
    assert stage.noted()[-1][0] == "error"


def test_the_text_of_a_page_for_another_problem_is_used(stage: Stage) -> None:
    job_id = stage.records.failed("March.zip", "source-changed", "march/1 was changed")
    stage.of_record(job_id)
    stage.open('prefix="march/"')
    own = "{ en: { 'source-changed': 'Somebody has just changed {file}' } }"
    stage.page.evaluate(f"customElements.get('longhaul-export').texts = {own}")

    stage.start()

    expect(
        stage.page.locator("strong", has_text="Somebody has just changed {file}")
    ).to_be_visible()


# -- cancel ---------------------------------------------------------------------------------------


def _hold(stage: Stage, where: str, method: str = "POST") -> list[Route]:
    """Returns a list that gets each such request, which waits there."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method != method:
            return route.fallback()
        held.append(route)
        return None

    stage.page.route(where, hold)
    return held


def _cancel(stage: Stage) -> None:
    stage.page.get_by_role("button", name="Cancel").click()


def test_an_export_can_be_cancelled_and_started_again(stage: Stage) -> None:
    job_id = stage.records.running("March.zip", 41)
    stage.of_record(job_id)
    stage.open('prefix="march/"')
    stage.start()
    expect(stage.page.get_by_text("41%", exact=True)).to_be_visible()

    _cancel(stage)

    stage.expect_state("cancelled")
    assert stage.backstage.record(job_id)["status"]["S"] == "cancelled"
    assert stage.noted()[-1][::2] == ("end", "cancelled")
    expect(stage.page.get_by_role("button", name="Try again")).to_be_visible()


def test_what_is_cancelled_while_the_backend_signs_is_not_asked_for(stage: Stage) -> None:
    sent = posts(stage.page)
    attributes = stage.order()
    stage.page.route(SELECTION, once(lambda _: None))
    stage.open(attributes)
    with stage.page.expect_request(SELECTION):
        stage.start()

    _cancel(stage)

    stage.expect_state("cancelled")
    assert sent == []


def test_what_is_cancelled_before_its_answer_is_cancelled_after_it(stage: Stage) -> None:
    job_id = stage.records.running("March.zip", 41)
    held = _hold(stage, CREATE)
    stage.open('prefix="march/"')
    with stage.page.expect_request(CREATE):
        stage.start()

    _cancel(stage)
    expect(stage.page.get_by_role("button", name="Cancel")).to_be_disabled()
    held[0].fulfill(**answer(202, jobId=job_id, status="queued", totalFiles=40))

    stage.expect_state("cancelled")
    assert stage.backstage.record(job_id)["status"]["S"] == "cancelled"


def test_what_nobody_answers_can_be_cancelled(stage: Stage) -> None:
    stage.page.route(CREATE, lambda route: route.abort())
    stage.open('prefix="march/"')
    stage.start()
    expect(stage.element.get_by_text(TRYING).first).to_be_visible()

    _cancel(stage)

    stage.expect_state("cancelled")
    assert stage.page.evaluate("sessionStorage.length") == 0


def test_an_export_that_ended_before_it_was_cancelled_is_shown_as_it_ended(stage: Stage) -> None:
    job_id = stage.records.running("March.zip", 41)
    stage.of_record(job_id)
    stage.open('prefix="march/"')
    stage.start()
    expect(stage.page.get_by_text("41%", exact=True)).to_be_visible()
    held = _hold(stage, STATUS, "GET")
    # Not only sent: one that was on its way before would bring the end before the click.
    wait_for(lambda: stage.page.evaluate("true") and held, 30, "a request that is held")
    stage.records.change(job_id, status="failed", wake_at=None)
    with stage.page.expect_response(lambda response: response.request.method == "DELETE"):
        _cancel(stage)
    held[0].continue_()

    stage.expect_state("failed")
    assert [kind for kind, _, _ in stage.noted()].count("error") == 0

"""Values that no page should set, and messages that no tab of ours sends."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.js.element.shop import Shop
from tests.js.element.stage import Stage

_LIES = """() => {
  const channel = new BroadcastChannel("longhaul-export");
  for (const lie of [null, 5, "x", {}, { name: "longhaul-export" }]) channel.postMessage(lie);
}"""


@pytest.mark.parametrize("attribute", ['file-ids="[1,"', 'selection-url="http://["', 'keys="[5"'])
def test_a_button_that_asks_for_nothing_says_that_it_failed(
    context: BrowserContext, shop: Shop, stage: Stage, attribute: str
) -> None:
    # In a tab of its own: what is wrong is an error in the console, too.
    stage.page = context.new_page()
    stage.open(attribute)

    stage.start()

    stage.expect_state("failed")
    assert [kind for kind, *_ in stage.noted()] == ["error"]


_ANOTHERS = """() => {
  const kept = { key: "9-9-9-9", sub: "alice", jobId: "hers", ticket: "lht_hers" };
  new BroadcastChannel("longhaul-export").postMessage({ name: sessionStorage.key(0), kept });
}"""


def test_a_tab_of_who_was_signed_in_before_takes_nothing_away(stage: Stage) -> None:
    stage.open(stage.order())
    with stage.page.expect_download():
        stage.start()
    stage.expect_state("ready")
    # It hears everything after the component has.
    stage.page.evaluate(
        """() => new BroadcastChannel("longhaul-export").onmessage = () => (window.heard = true)"""
    )

    stage.page.evaluate(_ANOTHERS)
    stage.page.wait_for_function("window.heard")

    stage.expect_state("ready")
    assert stage.element.evaluate("element => element.state") == "ready"
    assert "hers" not in stage.page.evaluate("JSON.stringify(sessionStorage)")


def test_what_others_say_on_the_channel_is_passed_over(stage: Stage) -> None:
    stage.open(stage.order())
    teller = stage.page.context.new_page()
    teller.goto(stage.shop.page(""))

    teller.evaluate(_LIES)
    with stage.page.expect_download():
        stage.start()

    stage.expect_state("ready")
    expect(stage.element).to_be_visible()

"""What only the React example has: a hook, for a progress bar of one's own."""

import pytest
from playwright.sync_api import expect

from tests.examples.orders import ALICE, names_of_alices_order
from tests.examples.test_examples import files_in
from tests.examples.visits import Visitor

only_react = pytest.mark.parametrize("shop", ["react"], indirect=True, scope="session")


@only_react
@pytest.mark.usefixtures("no_archives")
def test_an_export_with_a_progress_bar_of_ones_own(visitor: Visitor) -> None:
    order = visitor.sign_in("alice").locator("section").filter(has_text=f"Order {ALICE}")

    order.get_by_text("With a progress bar of your own").click()
    order.get_by_role("button", name="Gather the files").click()
    expect(order.get_by_role("progressbar", name="Files")).to_be_visible()
    with visitor.page.expect_download() as download:
        order.get_by_role("button", name="Save the ZIP").click()

    assert files_in(download.value) == names_of_alices_order()


@only_react
@pytest.mark.usefixtures("no_archives")
def test_an_export_of_ones_own_that_is_cancelled_can_begin_again(visitor: Visitor) -> None:
    order = visitor.sign_in("alice").locator("section").filter(has_text=f"Order {ALICE}")
    order.get_by_text("With a progress bar of your own").click()
    order.get_by_role("button", name="Gather the files").click()

    order.get_by_role("button", name="Cancel").click()
    again = order.get_by_role("button", name="Gather the files again (cancelled)")
    again.click()
    expect(order.get_by_role("progressbar", name="Files")).to_be_visible()

    order.get_by_role("button", name="Cancel").click()
    expect(again).to_be_visible()


@only_react
def test_an_export_of_ones_own_that_fails_says_why(visitor: Visitor) -> None:
    page = visitor.sign_in("alice")
    order = page.locator("section").filter(has_text=f"Order {ALICE}")
    order.get_by_text("With a progress bar of your own").click()
    page.context.clear_cookies()

    order.get_by_role("button", name="Gather the files").click()

    expect(order.get_by_role("alert")).to_contain_text("No selection: 401.")

"""The search in a browser: with the keyboard, without scripts, and for everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PHONE, DESKTOP = 320, 1280


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_reader_asks_narrows_and_lands_on_the_comment(
    open_page, live_server, sample, scripts
):
    page = open_page(f"{live_server.url}/search/", width=PHONE, scripts=scripts)

    page.get_by_role("searchbox", name="Words").fill("xiaomi")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2).first).to_contain_text("hits")
    page.get_by_text("Narrow these hits").click()
    page.get_by_role("link", name="comments", exact=True).click()
    page.get_by_role("heading", level=3).get_by_role("link").first.click()

    expect(page.locator(".comment:target")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"]
)
@pytest.mark.parametrize(
    "asked",
    ["", "?q=xiaomi", "?q=xaomi&section=", "?q=xiaomi&since=2018&replies=on"],
)
def test_axe_finds_no_violation_and_nothing_is_cut_off(
    open_page, live_server, sample, make_comment, width, scheme, asked
):
    parent = make_comment(body="شاومي xiaomi", language="ar", author_name="ليلى")
    make_comment(parent=parent, body="xiaomi " * 40)

    page = open_page(f"{live_server.url}/search/{asked}", width=width, scheme=scheme)
    for details in page.locator("summary").all():
        if details.is_visible() and not details.locator("..").get_attribute("open"):
            details.click()

    assert [
        (found["id"], [node["html"] for node in found["nodes"]])
        for found in Axe().run(page).response["violations"]
    ] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width

"""A reader looking for a story: by section, topic, author and date."""

from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from articles.models import Author, Byline, Section, Topic

NARROWEST, PHONE, DESKTOP = 320, 360, 1280
LONG = "Donaudampfschifffahrtsgesellschaft" * 3


@pytest.fixture
def addresses(live_server, make_article, make_comment):
    """Return the address of each kind of list, with stories there."""
    section = Section.objects.create(name="City", slug="city", description=LONG)
    topic = Topic.objects.create(name=LONG, slug="rivers")
    author = Author.objects.create(name="Ann Lee", slug="ann", biography=LONG)
    for number, precision in enumerate(["minute", "day", "month", "year", "unknown"]):
        article = make_article(
            headline=f"Story of the {precision}",
            standfirst=LONG,
            section=section,
            published_at=None if number == 4 else datetime(2018, 2, 1, 9, tzinfo=UTC),
            published_precision=precision,
        )
        article.topics.add(topic)
        Byline.objects.create(article=article, author=author)
        make_comment(article=article)
    make_article(headline="نهر يفيض", language="ar")
    return [
        live_server.url + address
        for address in (
            reverse("article-list"),
            reverse("article-list") + "?section=city&year=2018",
            reverse("article-list") + "?section=nowhere",
            reverse("article-list") + "?section=city&language=ar",
            reverse("section-list"),
            reverse("topic-list"),
            reverse("topic-list") + "?letter=d",
            reverse("author-list"),
            section.get_absolute_url(),
            topic.get_absolute_url(),
            author.get_absolute_url(),
            reverse("archive"),
            reverse("archive-year", args=[2018]),
            reverse("archive-month", args=[2018, 2]),
            reverse("archive-day", args=[2018, 2, 1]),
            reverse("archive-undated"),
            reverse("archive-undated", args=[2018, 2]),
            reverse("on-this-day", args=[2, 1]),
            reverse("on-this-day", args=[2, 29]),
        )
    ]


def _tab_to(page, name):
    """Press Tab until the link of this name has the focus, and follow it."""
    link = page.get_by_role("link", name=name, exact=True).first
    for _ in range(60):
        page.keyboard.press("Tab")
        if link.evaluate("element => element === document.activeElement"):
            break
    expect(link).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_lists_are_reached_by_keyboard(open_page, live_server, addresses):
    page = open_page(live_server.url, width=PHONE)

    headings = []
    for links in (
        ["Stories"],
        ["Sections", "City"],
        ["Sections", "Topics", LONG],
        ["Sections", "Authors", "Ann Lee"],
        ["Archive", "2018", "February 2018", "1 February 2018: 2 stories"],
        ["Archive", "2018", "All stories of 2018"],
        ["Archive", "Without a date"],
    ):
        page.goto(live_server.url)
        for name in links:
            _tab_to(page, name)
        headings.append(page.locator("h1").inner_text())

    assert headings == [
        "Stories",
        "City",
        LONG,
        "Ann Lee",
        "1 February 2018",
        "Stories",
        "Without a date",
    ]


def test_filters_work_by_keyboard_and_without_scripts(
    open_page, live_server, addresses
):
    page = open_page(addresses[0], scripts=False)

    page.get_by_label("Year").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_label("Only with comments").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{live_server.url}/articles/?year=2018&discussion=on")
    expect(page.locator(".teaser__headline")).to_have_text(
        [f"Story of the {unit}" for unit in ("year", "month", "day", "minute")]
    )
    page.get_by_role("link", name="Remove Year").click()
    expect(page.locator(".teaser")).to_have_count(5)


def test_calendar_day_has_its_date_and_count_as_name(open_page, addresses, live_server):
    page = open_page(live_server.url + reverse("archive-month", args=[2018, 2]))

    table = page.get_by_role("table", name="Stories of February 2018 by day")
    day = table.get_by_role("cell").get_by_role("link")

    expect(day).to_have_accessible_name("1 February 2018: 2 stories")
    expect(table.get_by_role("columnheader").first).to_have_text("Mon")


@pytest.mark.parametrize("width", [NARROWEST, DESKTOP])
def test_no_list_scrolls_sideways(open_page, addresses, width):
    page = open_page(addresses[0], width=width)

    overflows = []
    for address in addresses:
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth - innerWidth") > 0:
            overflows.append(address)

    assert overflows == []


@pytest.mark.parametrize(
    ("width", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")], ids=["phone", "desktop"]
)
def test_axe_finds_no_violation_on_any_list(
    open_page, live_server, addresses, width, scheme
):
    page = open_page(live_server.url, width=width, scheme=scheme)

    found = []
    for address in [live_server.url, *addresses]:
        page.goto(address)
        found += [
            (address, violation["id"], [node["html"] for node in violation["nodes"]])
            for violation in Axe().run(page).response["violations"]
        ]

    assert found == []

"""A reader in a thread: by keyboard, with the scripts and without them."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from articles.models import Article
from comments.models import Comment
from comments.threads import PAGE_SIZE

CLS = """() => new Promise((resolve) => new PerformanceObserver((list) => resolve(
  list.getEntries().reduce((sum, entry) => sum + entry.value, 0)
)).observe({ type: "layout-shift", buffered: true }) ||
  setTimeout(() => resolve(0), 500))"""


@pytest.fixture
def talk(live_server, make_comment):
    """A story's address: three threads, the first of them three levels deep."""
    at = {"posted_precision": "second"}
    at["posted_at"] = datetime(2019, 5, 3, 22, 30, 5, tzinfo=UTC)
    first = make_comment(author_name="Ann", body="First", **at)
    reply = make_comment(parent=first, author_name="Bo", body="Answer")
    make_comment(parent=reply, author_name="Cy", body="Deep")
    make_comment(author_name="Di", body="Second")
    make_comment(author_name="Ed", body="Third")
    return live_server.url + Article.objects.get().get_absolute_url()


def comment(page, text):
    return page.locator(".comment", has_text=text)


def test_tab_visits_all_that_a_thread_offers_in_reading_order(open_page, talk):
    page = open_page(talk, scripts=False)
    seen = []
    page.locator("#discussion-heading").evaluate("it => it.tabIndex = -1")
    page.locator("#discussion-heading").focus()
    for _ in range(14):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        seen.append(" ".join(focused.text_content().split()))
        box = focused.bounding_box()
        assert min(box["width"], box["height"]) >= 20, seen[-1]
        outline = focused.evaluate("it => getComputedStyle(it).outlineStyle")
        assert outline == "solid", seen[-1]

    assert seen == [
        "As written",
        "Newest first",
        "Most answered",
        "As captured",
        "Search this discussion",
        "Link #1",
        "2 replies, by Bo, Cy",
        "Link #2",
        "#1",
        "1 reply, by Cy",
        "Link #3",
        "#2",
        "Link #4",
        "Link #5",
    ]


def test_fold_is_large_enough_to_hit(open_page, talk):
    page = open_page(talk, width=320)

    for fold in page.locator(".branch__fold").all():
        box = fold.bounding_box()
        assert min(box["width"], box["height"]) >= 24


def test_headings_lead_through_a_thread(open_page, talk):
    page = open_page(talk)

    headings = page.get_by_role("heading", level=3)
    names = [" ".join(text.split()) for text in headings.all_text_contents()]
    assert names[1:3] == [
        "Bo comment #2 level 2, in reply to #1, 1 reply, date unknown",
        "Cy comment #3 level 3, in reply to #2, date unknown",
    ]
    assert names[3] == "Di comment #4 level 1, date unknown"


def test_keys_go_to_the_next_and_the_previous_thread(open_page, talk):
    page = open_page(talk)

    page.keyboard.press("j")
    expect(comment(page, "First")).to_be_focused()
    page.keyboard.press("j")
    expect(comment(page, "Second")).to_be_focused()
    comment(page, "Deep").get_by_role("link").first.focus()
    page.keyboard.press("j")
    expect(comment(page, "Second")).to_be_focused()
    page.keyboard.press("Control+j")
    page.keyboard.press("k")
    expect(comment(page, "First")).to_be_focused()
    page.keyboard.press("k")
    expect(comment(page, "First")).to_be_focused()


def test_keys_can_be_switched_off_for_good(open_page, talk):
    page = open_page(talk)

    page.get_by_role("checkbox").uncheck()
    page.keyboard.press("j")
    expect(comment(page, "First")).not_to_be_focused()
    page.reload()
    expect(page.get_by_role("checkbox")).not_to_be_checked()


def test_all_branches_fold_and_unfold(open_page, talk):
    page = open_page(talk)

    page.get_by_role("button", name="Fold all", exact=True).click()
    expect(comment(page, "Answer")).to_be_hidden()
    page.get_by_role("button", name="Unfold all").click()
    expect(comment(page, "Deep")).to_be_visible()


def test_reader_jumps_to_what_is_answered_and_back(open_page, talk):
    page = open_page(talk)

    comment(page, "Deep").get_by_role("link", name="#2").click()
    expect(page.locator(".comment:target")).to_contain_text("Answer")
    page.get_by_role("link", name="Back to #3").click()
    expect(page.locator(".comment:target")).to_contain_text("Deep")
    expect(page.get_by_role("link", name="Back to #3")).to_have_count(0)


def test_address_of_a_folded_comment_unfolds_it(open_page, talk):
    page = open_page(talk)
    deep = Comment.objects.get(body="Deep")
    page.get_by_role("button", name="Fold all", exact=True).click()

    page.evaluate(f"location.hash = 'comment-{deep.pk}'")

    expect(comment(page, "Deep")).to_be_visible()
    expect(comment(page, "Deep")).to_be_in_viewport()


def test_second_visit_shows_what_is_new(open_page, talk, make_comment):
    page = open_page(talk)
    expect(page.locator(".comment__new")).to_have_count(0)
    first = Comment.objects.get(body="First")
    make_comment(parent=first, author_name="Flo", body="Fresh")

    again = page.context.new_page()
    again.goto(talk)

    expect(again.locator(".comment__new")).to_have_count(1)
    again.get_by_role("button", name="Fold all", exact=True).click()
    again.get_by_role("button", name="1 new since your last visit").click()
    expect(comment(again, "Fresh")).to_be_focused()
    again.reload()
    expect(again.locator(".comment__new")).to_have_count(1)


def test_exact_times_are_the_readers_own(open_page, talk):
    page = open_page(talk, timezone_id="Asia/Tokyo")

    time = comment(page, "First").locator("time")
    expect(time).to_have_text("4 May 2019, 07:30")
    expect(time).to_have_attribute("title", "3 May 2019, 22:30 +00:00")
    expect(time).to_have_attribute("datetime", "2019-05-03T22:30:05+00:00")


@pytest.mark.parametrize("width", [360, 1280])
def test_scripts_move_nothing(open_page, talk, width):
    page = open_page(talk, width=width)

    expect(page.get_by_role("button", name="Unfold all")).to_be_visible()
    assert page.evaluate(CLS) == 0


def test_page_is_whole_without_scripts(open_page, talk):
    page = open_page(talk, scripts=False)

    expect(page.locator(".comment")).to_have_count(5)
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(comment(page, "First").locator("time")).to_have_text("3 May 2019, 22:30")
    page.get_by_role("link", name="Newest first").click()
    texts = page.locator(".comment__body").all_text_contents()
    assert texts == ["Third", "Second", "First", "Answer", "Deep"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_permalink_into_a_long_discussion_marks_its_comment(
    open_page, live_server, make_comment, scripts
):
    top = make_comment(body="Start")
    Comment.objects.bulk_create(
        Comment(
            discussion_id=top.discussion_id,
            parent=top,
            reply_basis="given",
            body=f"Remark {number}",
            status="public",
        )
        for number in range(2, PAGE_SIZE + 50)
    )
    sought = Comment.objects.get(body=f"Remark {PAGE_SIZE + 20}")
    page = open_page(live_server.url + sought.get_absolute_url(), scripts=scripts)

    page.get_by_role("link", name="See it in the discussion").click()

    expect(page).to_have_url(re.compile(r"\?start=220#comment-\d+$"))
    expect(page.locator(".comment:target")).to_contain_text("Remark 220")
    expect(page.locator(".comment:target")).to_be_in_viewport()
    page.get_by_role("link", name="Previous comments").click()
    expect(page.locator(".comment__body").first).to_have_text("Remark 20")


def test_thread_of_either_direction_keeps_to_its_own(
    open_page, live_server, make_article, make_comment
):
    article = make_article(headline="نهر يفيض", language="ar")
    arabic = make_comment(
        article=article, author_name="ليلى", body="نهر يفيض في الليل", language="ar"
    )
    make_comment(article=article, parent=arabic, body="It rose at night", language="en")

    page = open_page(live_server.url + article.get_absolute_url())

    direction = "element => getComputedStyle(element).direction"
    bodies = page.locator(".comment__body").all()
    assert [body.evaluate(direction) for body in bodies] == ["rtl", "ltr"]
    languages = [body.get_attribute("lang") for body in bodies]
    assert languages == ["ar", "en"]
    assert page.locator("h1").evaluate(direction) == "rtl"


def test_deep_thread_fits_a_narrow_screen_and_twice_the_size(
    open_page, live_server, make_comment
):
    parent = None
    for number in range(14):
        parent = make_comment(parent=parent, body=f"{number} " + "c" * 120)
    story = live_server.url + Article.objects.get().get_absolute_url()

    for width in (320, 640):
        page = open_page(story, width=width)
        if width == 640:
            page.evaluate("document.documentElement.style.fontSize = '200%'")
        overflow = "document.documentElement.scrollWidth - innerWidth"
        assert page.evaluate(overflow) <= 0
        narrowest = page.locator(".comment__body").last.bounding_box()
        assert narrowest["width"] >= 160
        page.close()

"""A reader at work: phone and desktop, scripts on and off, by mouse and by keyboard."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from comments.models import Comment

PHONE, TABLET, DESKTOP = 360, 768, 1280


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_reader_finds_folds_and_follows(open_page, live_server, sample, width, scripts):
    page = open_page(live_server.url, width=width, scripts=scripts)

    page.get_by_role("article").get_by_role("link", name="Xiaomi").first.click()
    expect(page.locator("h1")).to_contain_text("Xiaomi and Microsoft")
    expect(page.locator(".comment")).to_have_count(13)

    reply = page.locator(".comment", has_text="good match right up to")
    fold = page.locator(".branch__fold").first
    expect(reply).to_be_visible()
    fold.click()
    expect(reply).to_be_hidden()
    expect(fold).to_contain_text("1 reply, by an unnamed reader")
    fold.click()
    expect(reply).to_be_visible()

    reply.get_by_role("link", name="Link #2").click()
    expect(page).to_have_url(re.compile(r"/comments/\d+/$"))
    expect(page.locator(".comment--single")).to_contain_text("good match right up to")
    expect(page.locator(".answered")).to_contain_text("swallowed the way Nokia was")

    page.get_by_role("link", name="See it in the discussion").click()
    expect(page).to_have_url(re.compile(r"#comment-\d+$"))
    expect(page.locator(".comment:target")).to_contain_text("good match right up to")
    expect(page.locator(".comment:target")).to_be_in_viewport()
    assert page.context.cookies() == []


def test_reply_leads_to_what_it_answers(open_page, sample):
    page = open_page(sample)

    page.locator(".comment", has_text="Ford").get_by_role("link", name="#11").click()

    expect(page.locator(".comment:target")).to_contain_text("It’s called Xbox")


def test_thread_folds_by_keyboard(open_page, sample):
    page = open_page(sample)
    fold = page.locator(".branch__fold").first

    fold.focus()
    page.keyboard.press("Enter")

    expect(page.locator(".branch").first).not_to_have_attribute("open", "")


def test_skip_link_is_the_first_stop(open_page, sample):
    page = open_page(sample)

    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()


def test_screen_reader_hears_level_parent_and_basis(open_page, sample):
    page = open_page(sample)
    comment = page.locator(".comment", has_text="Ford")

    expect(comment).to_have_accessible_name(
        "Unnamed reader comment #12 level 3, in reply to #11, date unknown"
    )
    assert " ".join(comment.locator(".comment__answers").text_content().split()) == (
        "Set by an editor: in reply to #11"
    )


def test_comment_in_another_language_is_marked(open_page, sample):
    page = open_page(sample)

    body = page.locator(".comment__body", has_text="Tomara")

    expect(body).to_have_attribute("lang", "pt")
    expect(body).to_have_attribute("dir", "auto")


def test_right_to_left_comment_is_set_so(open_page, make_comment, live_server):
    comment = make_comment(body="نهر يفيض في الليل", language="ar")
    story = comment.discussion.article.get_absolute_url()

    page = open_page(live_server.url + story)

    direction = "element => getComputedStyle(element).direction"
    assert page.locator(".comment__body").evaluate(direction) == "rtl"


@pytest.mark.parametrize("width", [320, PHONE, TABLET, DESKTOP])
def test_no_page_scrolls_sideways(
    open_page, live_server, sample, make_article, make_comment, width
):
    parent = None
    article = make_article(headline="A" * 80, standfirst="b" * 300)
    for _ in range(12):
        parent = make_comment(article=article, parent=parent, body="c" * 300)

    for address in (
        live_server.url,
        sample,
        live_server.url + article.get_absolute_url(),
        live_server.url + parent.get_absolute_url(),
    ):
        page = open_page(address, width=width)
        overflow = "document.documentElement.scrollWidth - innerWidth"
        assert page.evaluate(overflow) <= 0, address
        page.close()


def _violations(page):
    return [
        (page.url, violation["id"], [node["html"] for node in violation["nodes"]])
        for violation in Axe().run(page).response["violations"]
    ]


@pytest.mark.parametrize(
    ("width", "scheme"), [(PHONE, "light"), (DESKTOP, "dark")], ids=["phone", "desktop"]
)
def test_axe_finds_no_violation_on_any_page(
    open_page, live_server, sample, make_comment, width, scheme
):
    middle = Comment.objects.get(number=11)
    removed = make_comment(parent=middle, body="Gone")
    make_comment(parent=removed, author_name="Ann", author_url="https://a.example/")
    removed.set_status("removed", reason="An attack")
    removed.save()
    page = open_page(sample, width=width, scheme=scheme)

    found = _violations(page)
    for address in (
        live_server.url,
        f"{sample}discussion/?order=captured",
        f"{sample}discussion/?order=answered",
        live_server.url + middle.get_absolute_url(),
        live_server.url + removed.get_absolute_url(),
        f"{live_server.url}/nothing/about/xiaomi",
    ):
        page.goto(address)
        found += _violations(page)

    assert found == []


@pytest.mark.parametrize(
    ("width", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"]
)
def test_axe_finds_no_violation_in_the_story(open_page, sample, width, scheme):
    comment = Comment.objects.get(number=11)

    page = open_page(f"{sample}#comment-{comment.pk}", width=width, scheme=scheme)

    assert _violations(page) == []


def test_printed_story_keeps_its_discussion(open_page, sample):
    page = open_page(sample)
    page.locator(".branch__fold").first.click()

    page.emulate_media(media="print")

    for comment in page.locator(".comment").all():
        expect(comment).to_be_visible()
    permalink = "element => getComputedStyle(element, '::after').content"
    link = page.locator(".comment__links > a").first
    assert link.evaluate(permalink) == f'" {link.get_attribute("href")}"'
    expect(page.get_by_role("navigation", name="Order")).to_be_hidden()
    # What those links are relative to.
    address = page.locator("[rel=canonical]")
    expect(address).to_be_visible()
    assert address.evaluate(permalink) == f'"{sample}"'


def _edges(page, selector):
    box = page.locator(selector).first.bounding_box()
    return box["x"], box["x"] + box["width"]


@pytest.mark.parametrize("width", [718, 1045, 1507], ids=["A4", "landscape", "A3"])
def test_printed_page_is_one_column(open_page, sample, width):
    page = open_page(sample, width=width)

    page.emulate_media(media="print")

    columns = {
        _edges(page, selector)
        for selector in ("[rel=canonical]", ".masthead", ".story__body", ".discussion")
    }
    ((left, right),) = columns
    assert left == pytest.approx(width - right, abs=1)
    assert right - left == pytest.approx(476, abs=1)


@pytest.mark.parametrize("width", [1200, DESKTOP, 1920])
def test_margin_note_ends_where_the_masthead_does(open_page, sample, width):
    page = open_page(sample, width=width)

    note, text = _edges(page, ".provenance"), _edges(page, ".story__body")

    assert note[1] == pytest.approx(_edges(page, ".masthead")[1], abs=1)
    assert note[0] > text[1]
    assert text == pytest.approx(_edges(page, ".discussion"), abs=1)
    assert text[0] + text[1] == pytest.approx(width, abs=1)

"""An editor at work, under the site's content security policy."""

import re

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from articles.models import Article


@pytest.fixture
def admin_page(open_page, live_server):
    password = "correct-horse"  # noqa: S105 (of an account that lives for one test)
    get_user_model().objects.create_superuser("editor", password=password)
    page = open_page(f"{live_server.url}/admin/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_title(re.compile("Publish, moderate, take in"))
    return page


def test_moderator_sees_the_state_of_every_comment(
    admin_page, live_server, make_article, make_comment
):
    article = make_article(headline="The river rose at night and nobody saw it come")
    parent = None
    for _ in range(5):
        parent = make_comment(
            article=article, parent=parent, author_name="A" * 40, body="b" * 300
        )
    make_comment(article=article, body="It came without a warning. " * 20)

    admin_page.goto(f"{live_server.url}/admin/comments/comment/")

    box = admin_page.locator(".results").bounding_box()
    for cell in ("status", "story", "posted_in_words"):
        seen = admin_page.locator(f"td.field-{cell}").first.bounding_box()
        assert seen["x"] + seen["width"] <= box["x"] + box["width"]


def test_editor_publishes_and_the_reader_sees_it(admin_page, open_page, live_server):
    page = admin_page
    page.locator(".model-article .addlink").click()
    page.get_by_label("Headline").fill("The river rose at night")
    body = page.locator("[role=textbox][aria-label=Body]")
    body.click()
    page.keyboard.type("It came without a ")
    page.keyboard.press("Control+b")
    page.keyboard.type("warning")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was added successfully")

    reader = open_page(live_server.url)
    expect(reader.locator(".teaser")).to_have_count(0)

    page.get_by_role("link", name="The river rose at night").first.click()
    page.get_by_label("Status:").first.select_option("published")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")

    reader.reload()
    reader.get_by_role("link", name="The river rose at night").first.click()
    expect(reader.locator("h1")).to_have_text("The river rose at night")
    expect(reader.locator(".story__body strong")).to_have_text("warning")
    article = Article.objects.get()
    assert article.body == "<p>It came without a <strong>warning</strong></p>"
    assert article.published_at is not None
    assert article.revisions.get().editor.username == "editor"


def test_editor_corrects_and_the_reader_is_told(
    admin_page, open_page, live_server, make_article
):
    article = make_article(headline="The river fell", body="<p>It fell.</p>")
    page = admin_page
    page.goto(f"{live_server.url}/admin/articles/article/{article.pk}/change/")

    page.get_by_label("Headline").fill("The river rose")
    page.get_by_label("Correction").fill("It rose; an earlier version said it fell.")
    page.get_by_role("button", name="Save", exact=True).click()

    reader = open_page(live_server.url + article.get_absolute_url())
    expect(reader.locator("h1")).to_have_text("The river rose")
    expect(reader.locator(".correction")).to_contain_text("It rose; an earlier version")


def test_moderator_removes_and_the_reader_sees_a_tombstone(
    admin_page, open_page, live_server, make_comment
):
    comment = make_comment(body="Something rude")
    make_comment(parent=comment, body="No need for that")
    page = admin_page
    page.goto(f"{live_server.url}/admin/comments/comment/{comment.pk}/change/")

    page.get_by_label("Status:", exact=True).select_option("removed")
    page.get_by_label("Status reason").fill("An attack")
    page.get_by_role("button", name="Save", exact=True).click()

    reader = open_page(live_server.url + comment.discussion.article.get_absolute_url())
    expect(reader.locator(".tombstone")).to_contain_text("Removed by a moderator")
    expect(reader.locator(".tombstone")).to_contain_text("An attack")
    expect(reader.locator(".comment__body")).to_have_text("No need for that")

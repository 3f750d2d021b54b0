"""The editor of a story's text: what it keeps, and what it leaves alone."""

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

NOTE = "This story holds markup that the editor would lose, so it is shown as HTML."
KEPT = (
    "<h2>River</h2><p>It <strong>rose</strong>, <em>at</em> <s>noon</s> <u>night</u>: "
    '<a href="https://x.net/a?b=1&amp;c=2" title="T" rel="noopener">see</a>'
    " H<sub>2</sub>O<sup>3</sup> <code>flood()</code><br>there</p><hr>\n"
    "<pre><code>a = 1\n  b = 2</code></pre>\n<ul><li>One</li><li><p>Two</p></li></ul>"
    '<ol start="3"><li><p>Three</p></li></ol><blockquote>Said <b>so</b></blockquote>'
    '<table><tbody><tr><th>A</th><td colspan="2">B &amp; C</td></tr></tbody></table>'
)

LOST = [
    '<p><abbr title="World Health Organization">WHO</abbr> said</p>',
    "<p><cite>Hamlet</cite></p>",
    "<p><q>So</q></p>",
    '<p><del datetime="2018-02-23">old</del> <ins>new</ins></p>',
    '<p lang="pt" dir="ltr">Rio</p>',
    "<pre>a <b>b</b></pre>",
    '<p>x</p><figure><img src="https://x.net/a.png" alt="A">'
    "<figcaption>C</figcaption></figure>",
    '<p><img src="https://x.net/a.png" alt="A"></p>',
    "<table><thead><tr><th>A</th></tr></thead></table>",
    '<table><tbody><tr><th scope="row">A</th></tr></tbody></table>',
]


@pytest.fixture
def edit(open_page, live_server):
    """Return an opener of a story's page in admin."""
    password = "correct-horse"  # noqa: S105 (of an account that lives for one test)
    get_user_model().objects.create_superuser("editor", password=password)

    def open_(article):
        address = f"/admin/articles/article/{article.pk}/change/"
        page = open_page(f"{live_server.url}/admin/login/?next={address}")
        page.get_by_label("Username").fill("editor")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        return page

    return open_


def save(page):
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")


def test_editor_opens_what_it_keeps(edit, make_article):
    article = make_article(body=KEPT)
    page = edit(article)

    expect(page.get_by_role("textbox", name="Body").locator("h2")).to_have_text("River")
    expect(page.get_by_text(NOTE)).to_have_count(0)
    page.get_by_label("Headline").fill("Another headline")
    save(page)

    body = article.body
    article.refresh_from_db()
    assert (article.headline, article.body) == ("Another headline", body)


def test_editor_leaves_what_it_would_lose_as_html(edit, live_server, make_article):
    articles = [make_article(body=body) for body in LOST]
    page = edit(articles[0])

    for article in articles:
        page.goto(f"{live_server.url}/admin/articles/article/{article.pk}/change/")
        expect(page.get_by_text(NOTE)).to_be_visible()
        expect(page.locator(".ProseMirror")).to_have_count(0)
        expect(page.locator("textarea[name=body]")).to_have_value(article.body)

    page.locator("textarea[name=body]").fill("<p>More</p>")
    save(page)
    articles[-1].refresh_from_db()
    assert articles[-1].body == "<p>More</p>"


def test_editor_offers_no_images(edit, make_article):
    page = edit(make_article(body="<p>x</p>"))
    expect(page.get_by_role("textbox", name="Body")).to_be_visible()
    offered = page.locator(".prose-editor [data-name]").evaluate_all(
        "buttons => buttons.map(button => button.dataset.name)"
    )
    assert "code" in offered
    assert {"image", "figure"} & {*offered} == set()

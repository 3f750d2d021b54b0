"""Somebody follows an old link, and somebody cites what was found."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from articles.models import Article
from comments.models import Comment
from comments.threads import PAGE_SIZE
from newsroom.archive.importing import import_file

MANY = PAGE_SIZE + 30
OLD_ADDRESS = "/2018/02/the-river/"


@pytest.fixture
def imported(tmp_path, settings, live_server):
    """Take in a long discussion of a story that was known on another host."""
    settings.OLD_HOSTS = ["harbour.example"]
    address = f"https://harbour.example{OLD_ADDRESS}"
    story = {"type": "article", "id": "1", "headline": "The river", "slug": "river"}
    story |= {"status": "published", "source_url": address, "addresses": [address]}
    header = {"type": "archive", "format": "newsroom-archive", "version": 2}
    comments = [
        {
            "type": "comment",
            "id": f"9{number:03}",
            "article": "1",
            "body": f"Remark {number}.",
            "status": "public",
        }
        for number in range(1, MANY + 1)
    ]
    records = [header | {"origin": "harbour.example"}, story, *comments]
    archive = tmp_path / "archive.jsonl"
    archive.write_text("\n".join(map(json.dumps, records)))
    import_file(archive)


@pytest.mark.parametrize("number", [1, 7, MANY])
def test_old_link_to_a_comment_leads_to_it(open_page, live_server, imported, number):
    page = open_page(f"{live_server.url}{OLD_ADDRESS}#comment-9{number:03}")

    expect(page.locator(":target")).to_contain_text(f"Remark {number}.")
    expect(page.locator(":target")).to_be_in_viewport()


def test_old_link_to_nothing_leads_to_its_story(open_page, live_server, imported):
    for fragment in ("", "#comments", "#respond"):
        page = open_page(f"{live_server.url}{OLD_ADDRESS}{fragment}")

        expect(page.locator("h1")).to_have_text("The river")
        expect(page).to_have_url(re.compile(rf"/articles/river/given/{fragment}$"))


def test_old_link_works_without_scripts(open_page, live_server, imported):
    address = f"{live_server.url}{OLD_ADDRESS}#comment-9007"

    page = open_page(address, scripts=False)

    expect(page.locator("h1")).to_have_text("The river")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_story_is_cited(open_page, sample, width, scheme):
    page = open_page(sample, width=width, scheme=scheme)

    page.get_by_role("link", name="Cite this story").click()

    expect(page.locator(".cite__text")).to_contain_text("Dan Thorp-Lancaster.")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    with page.expect_download() as download:
        page.get_by_role("link", name="BibTeX").click()
    slug = Article.objects.get().slug
    assert download.value.suggested_filename == f"{slug}.bib"


def test_comment_is_cited(open_page, live_server, sample):
    comment = Comment.objects.get(number=2)
    page = open_page(live_server.url + comment.get_absolute_url())

    page.get_by_role("link", name="Cite this comment").click()

    expect(page.locator(".cite__text")).to_contain_text("Unnamed reader. Comment #2 on")
    assert Axe().run(page).response["violations"] == []
